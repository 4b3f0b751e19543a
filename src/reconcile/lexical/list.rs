//! Sums announced in prose: a total, 其中 (or 包括, 情况为), and its parts up to the end of the list.
//!
//! Lists nest: a second 其中 binds to the last amount and ends at the next semicolon; the outer list goes on. A list whose
//! items are whole sentences or paragraphs (其中： at the end of a line, or list numbers) ends with the last of them.

use std::collections::BTreeMap;

use super::changes::{self, Said};
use super::frame::{Frame, Opening};
use super::passage::{Gap, Passage};
use super::totals;
use crate::normalize::heading::enumerator;
use crate::reconcile::Material;
use crate::reconcile::claim::{Claim, Claims};
use crate::reconcile::evaluate::adds_up;
use crate::record::{At, Phase, Relation};
use crate::vocabulary::is_average;

/// What announces a list of paragraphs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Below {
    /// 其中.
    OfWhich,
    /// 主要用于以下方面, 具体如下.
    Announced,
}

/// The lists that are open at a place.
#[derive(Debug, Default)]
pub(super) struct Lists {
    open: Vec<Frame>,
    /// The last amounts before the current figure, newest last.
    recent: Vec<usize>,
    /// How the passage before ended: with 其中：, or with other words that announce a list.
    below: Option<Below>,
    /// Parentheses that are open here.
    depth: i32,
    /// How amounts have changed.
    said: BTreeMap<usize, Said>,
    /// The passage begins with 其中: what it divides stands in the passage before.
    paragraph_goes_on: bool,
}

impl Lists {
    /// A new passage begins: lists of sentences end, lists of paragraphs may go on.
    pub(super) fn enter(&mut self, passage: &Passage<'_>, material: &Material<'_>, claims: &mut Claims) {
        changes::said(passage, material, &mut self.said);
        if passage.block.is_none()
            || passage.heading.is_some_and(|level| level <= 2)
            || (passage.mentions.is_empty() && passage.chars.len() > 120)
        {
            self.close_all(material, claims);
            self.below = None;
        }
        if let Some(below) = self.below.take_if(|_| !passage.mentions.is_empty()) {
            self.open_list(material, true);
            if let Some(frame) = self.open.last_mut().filter(|_| below == Below::Announced) {
                frame.announced = true;
            }
        } else {
            let numbering = enumerator(passage.chars).map(|found| found.numbering);
            let goes_on = |frame: &Frame| frame.across && (frame.numbering.is_none() || frame.numbering == numbering);
            self.close_while(material, claims, |frame| !goes_on(frame));
            self.close_complete(material, claims);
        }
        if !self.open.is_empty() {
            self.separate();
        }
        let goes_on = passage.gap(0).text.trim_start().starts_with("其中")
            || (passage.mentions.is_empty() && stands_alone(&passage.tail()));
        if self.open.is_empty() && self.below.is_none() && !goes_on {
            self.recent.clear();
        }
        self.paragraph_goes_on = goes_on && self.open.is_empty();
    }

    /// The passage ends.
    pub(super) fn leave(&mut self, passage: &Passage<'_>, material: &Material<'_>, claims: &mut Claims) {
        let tail = passage.tail();
        if passage.mentions.is_empty() {
            // 其中 may have a line of its own.
            if stands_alone(&tail) {
                self.below = Some(Below::OfWhich);
            }
            return;
        }
        self.note_open_end(&tail);
        self.depth = 0;
        self.close_while(material, claims, |frame| !frame.across);
        self.below = match &*tail {
            tail if tail.ends_with("其中:") || tail.ends_with("其中") => Some(Below::OfWhich),
            tail if tail.ends_with(':') && announces(tail) => Some(Below::Announced),
            _ => None,
        };
    }

    /// What stands in front of a figure: separators, and words that open a list.
    pub(super) fn before(
        &mut self,
        gap: &Gap,
        (position, fact): (usize, usize),
        material: &Material<'_>,
        claims: &mut Claims,
    ) {
        self.note_open_end(&gap.text);
        self.depth = if gap.stop { 0 } else { (self.depth - gap.closing).max(0) };
        let depth = self.depth;
        self.close_while(material, claims, |frame| frame.depth > depth);
        if gap.stop && position > 0 {
            self.close_while(material, claims, |frame| !frame.across || !gap.enumerated);
        } else if gap.semicolon {
            self.semicolon(fact, material, claims);
        }
        if position > 0 && (gap.semicolon || gap.stop || gap.text.contains([',', '、'])) {
            self.separate();
        }
        let parts = after_last(&gap.text, &[";"]);
        let last = after_last(parts, &["。", "\n"]);
        let opens = last.contains("其中") || (gap.stop && (last.contains("其中:") || ends_before_list(&gap.text)));
        let inside =
            last.contains("(包括") || last.contains("(含") || after_last(last, &[","]).trim().starts_with("包括");
        if opens || inside {
            // Sentences are items where they are numbered.
            self.open_list(material, gap.stop && numbered_items(last));
            if let Some(frame) = self.open.last_mut() {
                frame.opened_by = if gap.stop {
                    Opening::Stop
                } else if last.contains("其中:") || inside {
                    Opening::Certain
                } else {
                    Opening::Bare
                };
            }
            if let Some(frame) = self.open.last_mut().filter(|_| position == 0 && self.paragraph_goes_on) {
                frame.announced = true;
            }
        } else if divides(&gap.text) || (position > 0 && gap.text.trim_start().starts_with('(')) {
            self.open_list(material, false);
            if let Some(frame) = self.open.last_mut() {
                frame.announced = true;
            }
        } else if announces(&gap.text) {
            self.open_announced(material);
        }
    }

    /// 「办公费30万元等。」, 「……，其余为其他支出」: the list names some of the parts.
    fn note_open_end(&mut self, behind: &str) {
        let some = behind.trim_start().starts_with('等')
            || ["其余", "剩余为", "另有"].iter().any(|word| behind.contains(word));
        let all = ["无自筹", "无其他", "没有其他", "无配套"].iter().any(|word| behind.contains(word));
        if let Some(frame) = self.open.last_mut().filter(|frame| !frame.items.is_empty()) {
            frame.open_ended |= some;
            frame.exhausted |= all;
        }
    }

    /// `next` is the figure behind the semicolon.
    fn semicolon(&mut self, next: usize, material: &Material<'_>, claims: &mut Claims) {
        // 「新增限额2.39亿元，其中一般债务1.39亿元，其中外债0.01亿元；专项债务1亿元」: it ends the inner list where the outer one adds up.
        let outer = self.open.len().checked_sub(2).and_then(|at| self.open.get(at));
        if outer.is_some_and(|outer| outer.holds_with(next, material)) {
            self.close_one(material, claims);
            if let Some(outer) = self.open.last_mut() {
                outer.semicolons = Some(true);
            }
            return;
        }
        while let Some(frame) = self.open.last_mut() {
            let first = |frame: &Frame| frame.items.len() <= frame.totals.len() || frame.has_measures(material);
            let by_semicolons = frame.semicolons.unwrap_or_else(|| first(frame));
            frame.semicolons = Some(by_semicolons);
            if by_semicolons || frame.across {
                return;
            }
            let nested = self.open.len() > 1;
            self.close_one(material, claims);
            if nested && let Some(outer) = self.open.last_mut() {
                outer.semicolons = Some(true);
                return;
            }
        }
    }

    fn separate(&mut self) {
        for frame in &mut self.open {
            frame.filled.clear();
        }
    }

    /// Opens a list under the last amounts: one total per phase, all of one clause group.
    fn open_list(&mut self, material: &Material<'_>, across: bool) {
        let mut totals: Vec<usize> = Vec::new();
        for index in self.recent.iter().rev() {
            let Some(fact) = material.facts.get(*index) else { continue };
            let Some(first) = totals.first().and_then(|first| material.facts.get(*first)) else {
                totals.push(*index);
                continue;
            };
            let other_phase = fact.phase.is_some()
                && totals.iter().all(|total| material.facts.get(*total).is_none_or(|total| total.phase != fact.phase));
            if fact.kind == first.kind
                && fact.concept == first.concept
                && fact.concept.is_some()
                && other_phase
                && fact.period == first.period
                && fact.scope == first.scope
            {
                totals.push(*index);
            } else {
                break;
            }
        }
        if !totals.is_empty() {
            let others = self.recent.iter().rev().copied().filter(|index| !totals.contains(index)).collect();
            self.open.push(Frame { depth: self.depth, others, ..Frame::of(totals, across) });
        }
    }

    /// A list that other words announce breaks down what was spent last.
    fn open_announced(&mut self, material: &Material<'_>) {
        let spent = |index: &usize| {
            material.facts.get(*index).is_some_and(|fact| {
                let whole = fact
                    .concept
                    .as_deref()
                    .is_some_and(|concept| concept.starts_with("expenditure.") || concept.starts_with("funds."));
                fact.phase == Some(Phase::Executed) && whole
            })
        };
        if let Some(total) = self.recent.iter().rev().copied().find(spent) {
            let others = self.recent.iter().rev().copied().filter(|index| *index != total).collect();
            self.open.push(Frame { announced: true, depth: self.depth, others, ..Frame::of(vec![total], false) });
        }
    }

    /// A figure may be an item of the innermost list that fits.
    pub(super) fn take(&mut self, position: usize, passage: &Passage<'_>, material: &Material<'_>) {
        let Some(index) = passage.mentions.get(position).map(|mention| mention.fact) else { return };
        let Some(fact) = material.facts.get(index) else { return };
        let clause = &passage.gap(position).clause;
        let amount_of_change = is_change(clause) || compares(clause) || passage.is_base(position);
        // 「甲20万元、乙30万元，合计50万元」 adds up the items and is none.
        let adds_up = self.open.last().is_some_and(|frame| !frame.items.is_empty())
            && totals::is_total(clause, totals::is_added_to(position, passage));
        if amount_of_change || adds_up || is_average(&fact.label) {
            return;
        }
        let depth = self.depth;
        // What stands in parentheses belongs to what stands before them, not to the list around.
        if let Some(frame) = self.open.last_mut()
            && frame.depth == depth
        {
            if frame.across && frame.items.is_empty() {
                frame.numbering = enumerator(passage.chars).map(|found| found.numbering).filter(|_| position == 0);
            }
            frame.offer(index, fact, material);
        }
        self.recent.push(index);
        if self.recent.len() > 8 {
            self.recent.remove(0);
        }
    }

    /// The share that belongs to the last item, when the rate follows it.
    pub(super) fn share(&mut self, rate: usize) {
        if let Some(frame) = self.open.last_mut() {
            frame.shares.push(rate);
        }
    }

    /// The total of the innermost list that has items, for shares that name no whole.
    pub(super) fn whole(&self, part: usize) -> Option<usize> {
        let frame = self.open.iter().rev().find(|frame| frame.items.contains(&part))?;
        frame.totals.last().copied().filter(|_| frame.totals.len() == 1).or_else(|| frame.totals.first().copied())
    }

    /// The whole that [`Lists::whole`] gives may be another one.
    pub(super) fn is_doubtful(&self, part: usize) -> bool {
        self.open.iter().rev().find(|frame| frame.items.contains(&part)).is_some_and(|frame| frame.announced)
    }

    /// Identifies the innermost list, for grouping.
    pub(super) fn name(&self) -> Option<String> {
        self.open.last().and_then(|frame| frame.totals.first()).map(|total| format!("list:{total}"))
    }

    /// Shares were printed beside earlier items of the innermost list.
    pub(super) fn has_shares(&self) -> bool {
        self.open.last().is_some_and(|frame| !frame.shares.is_empty())
    }

    /// Lists of paragraphs end when their items already make up the total.
    fn close_complete(&mut self, material: &Material<'_>, claims: &mut Claims) {
        while self.open.last().is_some_and(|frame| frame.items.len() >= 2 && frame.holds(material)) {
            self.close_one(material, claims);
        }
    }

    fn close_while(&mut self, material: &Material<'_>, claims: &mut Claims, ends: impl Fn(&Frame) -> bool) {
        while self.open.last().is_some_and(&ends) {
            self.close_one(material, claims);
        }
    }

    /// Everything ends.
    pub(super) fn close_all(&mut self, material: &Material<'_>, claims: &mut Claims) {
        self.close_while(material, claims, |_| true);
        self.recent.clear();
    }

    /// Where a total and its parts stand in sentences of their own, their changes may add up as they do. Sentences leave parts
    /// out, so only what closes is claimed.
    pub(super) fn changes_under_sums(&self, material: &Material<'_>, claims: &mut Claims) {
        let in_text = |index: usize| {
            material
                .facts
                .get(index)
                .is_some_and(|fact| matches!(fact.at, At::Text { .. } | At::Cell { start: Some(_), .. }))
        };
        let found: Vec<Claim> = claims
            .iter()
            .filter(|claim| claim.relation == Relation::Sum && claim.terms.len() > 1)
            .filter_map(|claim| {
                let total = claim.stated.filter(|stated| in_text(*stated))?;
                let items: Vec<usize> = claim.terms.iter().filter_map(|term| term.fact).collect();
                changes::of_parts(total, &items, &self.said, material)
            })
            .filter(|claim| adds_up(claim, material))
            .collect();
        claims.extend(found);
    }

    fn close_one(&mut self, material: &Material<'_>, claims: &mut Claims) {
        if let Some(frame) = self.open.pop() {
            claims.extend(frame.claims(material, &self.said));
        }
    }
}

fn after_last<'t>(text: &'t str, marks: &[&str]) -> &'t str {
    marks.iter().fold(text, |rest, mark| rest.rsplit_once(mark).map_or(rest, |(_, tail)| tail))
}

/// 「其中：1.甲项目……」.
fn numbered_items(clause: &str) -> bool {
    let behind = clause.rsplit_once("其中").map_or(clause, |(_, behind)| behind);
    let behind: Vec<char> = behind.trim_start_matches([':', ',', ' ']).chars().collect();
    enumerator(&behind).is_some()
}

/// 「其中：」 is all of the line.
fn stands_alone(tail: &str) -> bool {
    tail.trim_end_matches(':') == "其中"
}

/// 「……。其中：1.」: the word stands right behind the full stop.
fn ends_before_list(gap: &str) -> bool {
    let squeezed: String = gap.chars().filter(|c| !c.is_whitespace()).collect();
    squeezed.contains("。其中")
}

/// 「资金具体使用情况为：」, 「构成如下：」.
fn announces(gap: &str) -> bool {
    let squeezed: String = gap.chars().filter(|c| !c.is_whitespace()).collect();
    [
        "使用情况为:",
        "使用情况如下:",
        "构成如下:",
        "具体如下:",
        "明细如下:",
        "以下方面:",
        "具体为:",
        "分别是:",
        "用途为:",
        "主要包括",
        "主要用于",
        "主要项目为:",
        "主要为:",
    ]
    .iter()
    .any(|word| squeezed.contains(word))
}

/// 「按功能分类：」, 「从支出性质看，」, 「支出包括：」.
fn divides(gap: &str) -> bool {
    const MEASURES: [&str; 6] = ["功能分类", "经济分类", "支出性质", "资金来源", "资金性质", "支出用途"];
    let gap: String = after_last(gap, &["。", ";", "\n"]).chars().filter(|c| !c.is_whitespace()).collect();
    let by = gap.rsplit_once('按').is_some_and(|(_, words)| MEASURES.iter().any(|measure| words.contains(measure)));
    let seen = gap.starts_with(['从', '分', '按']) && (gap.contains("看,") || gap.contains("看:"));
    let holds = ["收入包括:", "支出包括:", "收入包括,", "支出包括,"].iter().any(|word| gap.starts_with(word));
    by || seen || holds
}

/// Words for a change, at the end of the clause in front of its amount.
pub(super) const CHANGES: [&str; 15] = [
    "增加", "减少", "增长", "下降", "上升", "降低", "减收", "增收", "减支", "增支", "压减", "调增", "调减", "核增",
    "核减",
];

pub(super) fn is_change(clause: &str) -> bool {
    CHANGES.iter().any(|word| clause.ends_with(word))
}

/// 「比上年433万元」, 「较2024年的2190万元」.
pub(super) fn compares(clause: &str) -> bool {
    let starts = ["比", "较", "与", "同比"].iter().any(|word| clause.starts_with(word));
    starts && (clause.contains("上年") || clause.contains('年') || clause.contains("去年") || clause.contains("预算"))
}
