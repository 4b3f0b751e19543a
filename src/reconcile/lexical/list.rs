//! Sums announced in prose: a total, 其中 (or 包括, 情况为), and its parts up to the end of the list.
//!
//! Lists nest: a second 其中 binds to the last amount and ends at the next semicolon; the outer list goes on. A list whose
//! items are whole sentences or paragraphs (其中： at the end of a line, or list numbers) ends with the last of them.

use std::collections::{BTreeMap, BTreeSet};

use super::changes::{self, Said};
use super::passage::{Gap, Passage};
use super::totals;
use crate::reconcile::Material;
use crate::reconcile::cause::{LOOSE, one_slip};
use crate::reconcile::claim::{Claim, ClaimTerm, Claims};
use crate::reconcile::evaluate::{adds_up, evaluate};
use crate::record::{At, Fact, FactKind, Origin, Phase, Relation, Severity, Status, TermRole};

/// One open list.
#[derive(Debug, Clone)]
struct Frame {
    /// The totals, one per phase (支出预算 and 支出决算 are listed together).
    totals: Vec<usize>,
    items: Vec<usize>,
    /// Shares printed beside the items.
    shares: Vec<usize>,
    /// Items are paragraphs or numbered sentences.
    across: bool,
    /// Semicolons separate the items.
    semicolons: Option<bool>,
    /// Parentheses that were open when it was opened: it ends with them.
    depth: i32,
    /// 等 or 其余 says that not all parts are named.
    open_ended: bool,
    /// 无自筹资金 says that what is named is all.
    exhausted: bool,
    /// Announced by other words than 其中, so that completeness is less certain.
    announced: bool,
    /// An item was taken since the last separator.
    filled: Vec<Option<Phase>>,
}

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
            self.close_while(material, claims, |frame| !frame.across);
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
    pub(super) fn before(&mut self, gap: &Gap, position: usize, material: &Material<'_>, claims: &mut Claims) {
        self.note_open_end(&gap.text);
        self.depth = if gap.stop { 0 } else { (self.depth - gap.closing).max(0) };
        let depth = self.depth;
        self.close_while(material, claims, |frame| frame.depth > depth);
        if gap.stop && position > 0 {
            self.close_while(material, claims, |frame| !frame.across || !gap.enumerated);
        } else if gap.semicolon {
            self.semicolon(material, claims);
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
            self.open_list(material, gap.stop);
            if let Some(frame) = self.open.last_mut().filter(|_| position == 0 && self.paragraph_goes_on) {
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

    fn semicolon(&mut self, material: &Material<'_>, claims: &mut Claims) {
        while let Some(frame) = self.open.last_mut() {
            let by_semicolons = *frame.semicolons.get_or_insert(frame.items.len() <= frame.totals.len());
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
            self.open.push(Frame { depth: self.depth, ..Frame::of(totals, across) });
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
            self.open.push(Frame { announced: true, depth: self.depth, ..Frame::of(vec![total], false) });
        }
    }

    /// A figure may be an item of the innermost list that fits.
    pub(super) fn take(&mut self, position: usize, passage: &Passage<'_>, material: &Material<'_>) {
        let Some(index) = passage.mentions.get(position).map(|mention| mention.fact) else { return };
        let Some(fact) = material.facts.get(index) else { return };
        let clause = &passage.gap(position).clause;
        let amount_of_change = is_change(clause) || compares(clause) || passage.is_base(position);
        // 「甲20万元、乙30万元，合计50万元」 adds up the items and is none.
        let adds_up = self.open.last().is_some_and(|frame| frame.items.len() >= 2) && totals::is_total(clause);
        if amount_of_change || adds_up {
            return;
        }
        let depth = self.depth;
        // What stands in parentheses belongs to what stands before them, not to the list around.
        if let Some(frame) = self.open.last_mut()
            && frame.depth == depth
            && frame.accepts(fact, material)
        {
            frame.items.push(index);
            frame.filled.push(fact.phase);
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

impl Frame {
    fn of(totals: Vec<usize>, across: bool) -> Self {
        Self {
            totals,
            items: Vec::new(),
            shares: Vec::new(),
            across,
            semicolons: None,
            depth: 0,
            open_ended: false,
            exhausted: false,
            announced: false,
            filled: Vec::new(),
        }
    }

    /// Same unit as a total, the total's phase, a part of the total by concept, and one item per separator and phase.
    fn accepts(&self, fact: &Fact, material: &Material<'_>) -> bool {
        let single = self.totals.len() == 1;
        let fits = self.totals.iter().filter_map(|total| material.facts.get(*total)).any(|total| {
            total.kind == fact.kind
                && same_counter(total, fact)
                && (single || total.phase == fact.phase)
                && one_stage(total.phase, fact.phase)
                && part_of(fact.concept.as_deref(), total.concept.as_deref())
        });
        fits && !self.filled.contains(&fact.phase)
    }

    fn items_of(&self, total: &Fact, material: &Material<'_>) -> Vec<usize> {
        let single = self.totals.len() == 1;
        self.items
            .iter()
            .copied()
            .filter(|item| material.facts.get(*item).is_some_and(|fact| single || fact.phase == total.phase))
            .collect()
    }

    fn holds(&self, material: &Material<'_>) -> bool {
        self.totals.iter().all(|index| {
            let Some(total) = material.facts.get(*index) else { return false };
            let claim = Claim::sum("", Origin::Lexical, Relation::Sum, *index, &self.items_of(total, material));
            adds_up(&claim, material)
        })
    }

    fn claims(&self, material: &Material<'_>, said: &BTreeMap<usize, Said>) -> Vec<Claim> {
        let mut found = Vec::new();
        let mut complete = false;
        for index in &self.totals {
            let Some(total) = material.facts.get(*index) else { continue };
            let items = self.items_of(total, material);
            let only_part = items.len() == 1 && !self.announced && self.only_part(*index, &items, material);
            if items.len() < 2 && !only_part {
                found.extend(self.bounds(*index, &items, material));
                continue;
            }
            let relation = if total.kind == FactKind::Score { Relation::ScoreSum } else { Relation::Sum };
            let sum = |items: &[usize]| Claim::sum("sum.of_which", Origin::Lexical, relation, *index, items);
            let some = names_some(&items, material);
            let partial = some || (total.kind == FactKind::Count && cut_across(&items, material));
            if self.open_ended || (partial && !adds_up(&sum(&items), material)) {
                found.extend(self.bounds(*index, &items, material));
                continue;
            }
            if self.names_fewer(*index, &items, &sum(&items), material) {
                found.extend(self.bounds(*index, &items, material));
                continue;
            }
            complete = true;
            let items = one_partition(*index, &items, material);
            found.extend(changes::of_parts(*index, &items, said, material));
            let claim = sum(&items);
            let verdict = evaluate(&claim, &|fact| material.operand(fact));
            // Words other than 其中 do not say that the list is complete.
            let fails = verdict.status == Status::Inconsistent;
            if self.announced && fails && (items.len() < 3 || !one_slip(&claim, LOOSE, material)) {
                continue;
            }
            // What is counted may be counted by two measures: women and party members among the staff.
            let doubtful = total.kind != FactKind::Money || (self.announced && fails);
            found.push(if doubtful { claim.at_most(Severity::Warning) } else { claim });
            found.extend(self.larger_parts(*index, &items, material));
        }
        if complete && self.shares.len() >= 2 && self.shares.len() == self.items.len() {
            let terms = self.shares.iter().map(|share| ClaimTerm::fact(*share, TermRole::Addend)).collect();
            found.push(
                Claim::new("shares=100", Origin::Lexical, Relation::ShareSum, None, terms).at_most(Severity::Warning),
            );
        }
        found
    }

    /// 「公用经费120万元，其中办公费20万元、差旅费15万元」: parts that come to far less are some of them. What is a slip of the pen
    /// away, or printed with shares of the whole, is meant to be all.
    fn names_fewer(&self, total: usize, items: &[usize], sum: &Claim, material: &Material<'_>) -> bool {
        let verdict = evaluate(sum, &|fact| material.operand(fact));
        let fewer = material.operand(total).zip(verdict.computed).is_some_and(|(total, parts)| parts < total.value);
        let money = material.facts.get(total).is_some_and(|fact| fact.kind == FactKind::Money);
        fewer
            && money
            && verdict.status == Status::Inconsistent
            && self.shares.len() < items.len()
            && !one_slip(sum, LOOSE, material)
    }

    /// 「总投入127.55万元，其中财政资金127.55万元」: one part that is the whole, or a slip away from it.
    fn only_part(&self, total: usize, items: &[usize], material: &Material<'_>) -> bool {
        let claim = Claim::sum("", Origin::Lexical, Relation::Sum, total, items);
        equal_value(total, items.first(), material) || (self.exhausted && one_slip(&claim, LOOSE, material))
    }

    /// Each part is at most the whole; said for a list that is not complete.
    fn bounds(&self, total: usize, items: &[usize], material: &Material<'_>) -> Vec<Claim> {
        let money = |item: &&usize| material.facts.get(**item).is_some_and(|fact| fact.kind == FactKind::Money);
        items.iter().filter(money).map(|item| bound(*item, total)).collect()
    }

    /// Parts that are larger than the whole, beside the sum that fails.
    fn larger_parts(&self, total: usize, items: &[usize], material: &Material<'_>) -> Vec<Claim> {
        let value = |index: usize| material.operand(index).map(|operand| operand.value);
        items.iter().filter(|item| value(**item) > value(total)).map(|item| bound(*item, total)).collect()
    }
}

/// 「主要包括……」 lists parts, not all of them.
fn names_some(items: &[usize], material: &Material<'_>) -> bool {
    items.iter().filter_map(|item| material.facts.get(*item)).any(|fact| {
        // 主要领导干部用车 is a name.
        let label = fact.label.replace("主要领导", "").replace("主要负责", "");
        label.contains("主要") || label.contains("重点") || label.ends_with('等')
    })
}

/// 「在职人员45人，其中党员30人、女职工20人」, 「受理投诉120件，其中办结118件」: what is counted by a measure of its own is no share of a
/// division of all.
fn cut_across(items: &[usize], material: &Material<'_>) -> bool {
    const MEASURES: [&str; 20] = [
        "党员", "女", "研究生", "硕士", "博士", "本科", "大专", "学历", "职称", "岁", "民族", "发现", "整改", "办结", "立案",
        "完成", "合格", "达标", "取得", "获",
    ];
    let label = |item: &usize| material.facts.get(*item).map(|fact| fact.label.as_ref());
    items.iter().filter_map(label).any(|label: &str| MEASURES.iter().any(|word| label.contains(word)))
}

/// The items, or the neighbours among them that alone make up the total: 「其中财政拨款800万元，基本支出500万元，项目支出500万元」
/// divides the total by two measures.
fn one_partition(total: usize, items: &[usize], material: &Material<'_>) -> Vec<usize> {
    let holds = |part: &[usize]| {
        let claim = Claim::sum("", Origin::Lexical, Relation::Sum, total, part);
        evaluate(&claim, &|fact| material.operand(fact)).status == Status::Consistent
    };
    if items.len() < 3 || items.len() > 40 || holds(items) {
        return items.to_vec();
    }
    let runs = (2..items.len()).rev().flat_map(|length| items.windows(length));
    // What is left over is of another measure; the three public expenses have only one.
    let family = |item: &usize| {
        let concept = material.facts.get(*item)?.concept.as_deref()?;
        concept.split('.').next().filter(|family| *family == "three_public")
    };
    let apart = |run: &[usize]| {
        let taken: BTreeSet<&str> = run.iter().filter_map(family).collect();
        items.iter().filter(|item| !run.contains(item)).filter_map(family).all(|family| !taken.contains(family))
    };
    runs.into_iter().find(|run| apart(run) && holds(run)).unwrap_or(items).to_vec()
}

fn bound(part: usize, whole: usize) -> Claim {
    let terms = vec![ClaimTerm::fact(whole, TermRole::Whole)];
    Claim::new("part<=whole", Origin::Lexical, Relation::Bound, Some(part), terms)
}

fn equal_value(total: usize, item: Option<&usize>, material: &Material<'_>) -> bool {
    let value = |index: usize| material.operand(index).map(|operand| operand.value);
    item.is_some_and(|item| value(*item) == value(total))
}

/// What was planned is no part of what was spent, nor the other way round.
fn one_stage(total: Option<Phase>, part: Option<Phase>) -> bool {
    let planned = |phase| matches!(phase, Some(Phase::Budget | Phase::InitialBudget | Phase::AdjustedBudget));
    let spent = |phase| phase == Some(Phase::Executed);
    !(planned(total) && spent(part) || spent(total) && planned(part))
}

fn same_counter(a: &Fact, b: &Fact) -> bool {
    a.unit == b.unit
        && (a.kind != FactKind::Count || a.unit.as_deref() != Some("item") || a.reported.unit == b.reported.unit)
}

/// A known concept within another known one must be one of its parts: 三公经费 is no part of 基本支出.
fn part_of(part: Option<&str>, whole: Option<&str>) -> bool {
    let (Some(part), Some(whole)) = (part, whole) else { return true };
    let family = whole.strip_suffix(".total").unwrap_or(whole);
    let root = |id: &str| id.split('.').next().map(str::to_owned);
    // 「收入900万元，其中财政拨款850万元，支出880万元」: another whole, and nothing spent is part of an income.
    let apart = root(part) != root(whole);
    if apart
        && (part.ends_with("total") || (root(whole).as_deref() == Some("income") && part.starts_with("expenditure.")))
    {
        return false;
    }
    // 「在职人员60人，其中公务员55人、事业编制5人」
    if part == whole || (whole, part) == ("staff.in_post", "staff.quota") {
        return true;
    }
    match whole {
        "expenditure.total" | "funds.total" | "income.total" | "expenditure.fiscal_appropriation" => {
            root(part).as_deref() != Some("three_public")
        }
        _ => {
            part.starts_with(family)
                || root(part) != root(whole) && root(part).as_deref() != Some("three_public")
                || part.starts_with("expenditure.economic")
        }
    }
}

fn after_last<'t>(text: &'t str, marks: &[&str]) -> &'t str {
    marks.iter().fold(text, |rest, mark| rest.rsplit_once(mark).map_or(rest, |(_, tail)| tail))
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
        || divides(&squeezed)
}

/// 「按功能分类：」, 「按支出性质划分，」.
fn divides(gap: &str) -> bool {
    const MEASURES: [&str; 6] = ["功能分类", "经济分类", "支出性质", "资金来源", "资金性质", "支出用途"];
    gap.rsplit_once('按').is_some_and(|(_, words)| MEASURES.iter().any(|measure| words.contains(measure)))
}

/// Words for a change, at the end of the clause in front of its amount.
pub(super) const CHANGES: [&str; 11] =
    ["增加", "减少", "增长", "下降", "上升", "降低", "减收", "增收", "减支", "增支", "压减"];

pub(super) fn is_change(clause: &str) -> bool {
    CHANGES.iter().any(|word| clause.ends_with(word))
}

/// 「比上年433万元」, 「较2024年的2190万元」.
pub(super) fn compares(clause: &str) -> bool {
    let starts = ["比", "较", "与", "同比"].iter().any(|word| clause.starts_with(word));
    starts && (clause.contains("上年") || clause.contains('年') || clause.contains("去年") || clause.contains("预算"))
}
