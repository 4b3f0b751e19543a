//! One open list of amounts: what it divides, its items, and what is claimed of it when it ends.

use std::collections::{BTreeMap, BTreeSet};

use super::changes::{self, Said};
use crate::normalize::heading::Numbering;
use crate::normalize::key;
use crate::reconcile::Material;
use crate::reconcile::cause::{BOUND, LOOSE, one_slip};
use crate::reconcile::claim::{Claim, ClaimTerm};
use crate::reconcile::evaluate::{adds_up, evaluate};
use crate::record::{Fact, FactKind, Origin, Phase, Relation, Severity, Status, TermRole};

/// One open list.
#[derive(Debug, Clone)]
pub(super) struct Frame {
    /// The totals, one per phase (支出预算 and 支出决算 are listed together).
    pub(super) totals: Vec<usize>,
    pub(super) items: Vec<usize>,
    /// Shares printed beside the items.
    pub(super) shares: Vec<usize>,
    /// Items are paragraphs or numbered sentences.
    pub(super) across: bool,
    /// Semicolons separate the items.
    pub(super) semicolons: Option<bool>,
    /// Parentheses that were open when it was opened: it ends with them.
    pub(super) depth: i32,
    /// 等 or 其余 says that not all parts are named.
    pub(super) open_ended: bool,
    /// 无自筹资金 says that what is named is all.
    pub(super) exhausted: bool,
    /// Announced by other words than 其中, so that completeness is less certain.
    pub(super) announced: bool,
    /// An item was taken since the last separator.
    pub(super) filled: Vec<Option<Phase>>,
    /// Amounts in front of the list that might be meant instead of the totals, newest first.
    pub(super) others: Vec<usize>,
    /// Figures of the same sort inside the list that are known to be something else.
    pub(super) rejected: Vec<usize>,
    pub(super) opened_by: Opening,
    /// How the first of several paragraphs is numbered.
    pub(super) numbering: Option<Numbering>,
}

/// Amounts in front of a list that its items are measured by.
const MEASURES: usize = 6;
/// Characters at the end of an amount's name that tell its measure.
const LONG_NAME: usize = 12;
const SHORT_NAME: usize = 4;

/// What stands around 其中.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Opening {
    /// Behind a full stop.
    Stop,
    /// 其中：, or parentheses.
    Certain,
    /// 其中 alone: what follows a semicolon may be said of something else.
    Bare,
}

impl Frame {
    pub(super) fn of(totals: Vec<usize>, across: bool) -> Self {
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
            others: Vec::new(),
            rejected: Vec::new(),
            opened_by: Opening::Certain,
            numbering: None,
        }
    }

    /// A figure inside the list: an item, or one that says by its name that it is something else.
    pub(super) fn offer(&mut self, index: usize, fact: &Fact, material: &Material<'_>) {
        if self.accepts(fact, material) {
            self.items.push(index);
            self.filled.push(fact.phase);
        } else if !self.filled.contains(&fact.phase)
            && self.totals().any(|total| material.facts.get(total).is_some_and(|total| same_sort(total, fact)))
        {
            self.rejected.push(index);
        }
    }

    fn totals(&self) -> impl Iterator<Item = usize> {
        self.totals.iter().copied()
    }

    /// Same unit as a total, the total's phase, a part of the total by concept, and one item per separator and phase.
    fn accepts(&self, fact: &Fact, material: &Material<'_>) -> bool {
        let single = self.totals.len() == 1;
        let fits = self.totals.iter().filter_map(|total| material.facts.get(*total)).any(|total| {
            same_sort(total, fact)
                && !flows_from(fact, total)
                && (single || total.phase == fact.phase)
                && one_stage(total.phase, fact.phase)
                && part_of(fact.concept.as_deref(), total.concept.as_deref())
        });
        fits && !self.filled.contains(&fact.phase)
    }

    /// The items and one more figure make up the total.
    pub(super) fn holds_with(&self, next: usize, material: &Material<'_>) -> bool {
        let [total] = self.totals.as_slice() else { return false };
        let items: Vec<usize> = self.items.iter().copied().chain([next]).collect();
        items.len() >= 2 && adds_up(&Claim::sum("", Origin::Lexical, Relation::Sum, *total, &items), material)
    }

    fn items_of(&self, total: &Fact, material: &Material<'_>) -> Vec<usize> {
        let single = self.totals.len() == 1;
        self.items
            .iter()
            .copied()
            .filter(|item| material.facts.get(*item).is_some_and(|fact| single || fact.phase == total.phase))
            .collect()
    }

    pub(super) fn holds(&self, material: &Material<'_>) -> bool {
        self.totals.iter().all(|index| {
            let Some(total) = material.facts.get(*index) else { return false };
            let claim = Claim::sum("", Origin::Lexical, Relation::Sum, *index, &self.items_of(total, material));
            adds_up(&claim, material)
        })
    }

    pub(super) fn claims(&self, material: &Material<'_>, said: &BTreeMap<usize, Said>) -> Vec<Claim> {
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
            if !adds_up(&sum(&items), material) {
                if let Some(measures) = self.by_measure(*index, &items, relation, material) {
                    found.extend(measures);
                    break;
                }
                if let Some(claim) = self.meant_otherwise(&items, relation, *index, material) {
                    found.push(claim);
                    continue;
                }
                if !self.is_division(&items, &sum(&items), total, material) {
                    found.extend(self.bounds(*index, &items, material));
                    continue;
                }
            }
            complete = true;
            let items = one_partition(*index, &items, material);
            found.extend(changes::of_parts(*index, &items, said, material));
            let claim = sum(&items);
            let verdict = evaluate(&claim, &|fact| material.operand(fact));
            // Words other than 其中 do not say that the list is complete.
            let fails = verdict.status == Status::Inconsistent;
            let likely =
                divides_whole(total, &items, material) || (items.len() > 2 && one_slip(&claim, LOOSE, material));
            if self.announced && fails && !likely {
                continue;
            }
            // What is counted may be counted by two measures: women and party members among the staff.
            let doubtful = total.kind != FactKind::Money
                || (self.announced && fails)
                || (fails && !self.is_certain(&items, &claim, material) && !divides_whole(total, &items, material));
            let severity = if doubtful { Severity::Warning } else { Severity::Error };
            found.push(claim.at_most(severity));
            found.extend(self.larger_parts(*index, &items, material).into_iter().map(|claim| claim.at_most(severity)));
        }
        if complete && self.shares.len() >= 2 && self.shares.len() == self.items.len() {
            let terms = self.shares.iter().map(|share| ClaimTerm::fact(*share, TermRole::Addend)).collect();
            found.push(
                Claim::new("shares=100", Origin::Lexical, Relation::ShareSum, None, terms).at_most(Severity::Warning),
            );
        }
        found
    }

    /// 「公用经费120万元，其中办公费20万元、差旅费15万元」: parts that come to something else are some of them, or of something
    /// else. What is a slip of the pen away, printed with shares of the whole, or divided as such wholes are, is meant to be
    /// all. Counts are divided more often than they are picked from.
    fn is_division(&self, items: &[usize], sum: &Claim, total: &Fact, material: &Material<'_>) -> bool {
        match total.kind {
            FactKind::Money => {
                self.is_certain(items, sum, material)
                    || divides_whole(total, items, material)
                    || self.exceeds(sum, material)
            }
            FactKind::Count => {
                self.rejected.is_empty()
                    && (self.exceeds(sum, material)
                        || is_near(sum, material)
                        || divides_whole(total, items, material)
                        || one_slip(sum, BOUND, material))
            }
            _ => self.is_certain(items, sum, material),
        }
    }

    /// The items come to more than the total, and no other amount in front is large enough to be divided into them.
    fn exceeds(&self, sum: &Claim, material: &Material<'_>) -> bool {
        let value = |index: usize| material.operand(index).map(|operand| operand.value);
        let (Some(total), Some(parts)) =
            (sum.stated.and_then(value), evaluate(sum, &|fact| material.operand(fact)).computed)
        else {
            return false;
        };
        let larger = |other: &usize| value(*other) >= Some(parts);
        let items: Vec<usize> = sum.terms.iter().filter_map(|term| term.fact).collect();
        total.is_sign_positive()
            && !self.goes_on()
            && parts > total
            && !self.alternatives(&items, material).any(|other| larger(&other))
    }

    /// The items are of several measures, as [`Frame::by_measure`] tells them.
    pub(super) fn has_measures(&self, material: &Material<'_>) -> bool {
        let [total] = self.totals.as_slice() else { return false };
        self.by_measure(*total, &self.items, Relation::Sum, material).is_some()
    }

    /// 「资产总额210亿元，负债总额135亿元。其中，甲资产总额180亿元、负债总额104亿元；乙资产总额30亿元、负债总额31亿元」: where the names of the
    /// items end as those of several amounts in front do, the items of each measure are its parts. `None` for other lists.
    fn by_measure(
        &self,
        total: usize,
        items: &[usize],
        relation: Relation,
        material: &Material<'_>,
    ) -> Option<Vec<Claim>> {
        let label = |index: usize| material.facts.get(index).map(|fact| key(&fact.label)).unwrap_or_default();
        let wholes: Vec<usize> = std::iter::once(total).chain(self.others.iter().copied()).take(MEASURES).collect();
        let tail = |whole: usize, length: usize| -> String {
            let name = label(whole);
            let skip = name.chars().count().saturating_sub(length);
            name.chars().skip(skip).collect()
        };
        // Whole names first: 计划金额共计 and 实际金额共计 end alike.
        [LONG_NAME, SHORT_NAME].into_iter().find_map(|length| {
            let of = |whole: &usize| -> Vec<usize> {
                let tail = tail(*whole, length);
                let named = tail.chars().count() >= 2;
                items.iter().copied().filter(|item| named && label(*item).ends_with(&tail)).collect()
            };
            let groups: Vec<(usize, Vec<usize>)> =
                wholes.iter().map(|whole| (*whole, of(whole))).filter(|(_, items)| !items.is_empty()).collect();
            let named: usize = groups.iter().map(|(_, items)| items.len()).sum();
            if groups.len() < 2 || named != items.len() {
                return None;
            }
            let several = groups.into_iter().filter(|(_, items)| items.len() >= 2);
            let claims =
                several.map(|(whole, items)| Claim::sum("sum.of_which", Origin::Lexical, relation, whole, &items));
            Some(claims.filter(|claim| adds_up(claim, material) || one_slip(claim, LOOSE, material)).collect())
        })
    }

    /// Amounts in front of the list that the items may be parts of instead.
    fn alternatives<'s>(&'s self, items: &'s [usize], material: &'s Material<'_>) -> impl Iterator<Item = usize> + 's {
        let concept = |index: usize| material.facts.get(index).and_then(|fact| fact.concept.as_deref());
        let fits = move |other: &usize| {
            !items.contains(other) && items.iter().all(|item| part_of(concept(*item), concept(*other)))
        };
        self.others.iter().copied().filter(fits)
    }

    /// 「接受捐款2.5亿元，其中包括款项0.5亿元；资助支出4.4亿元」: behind the semicolon something else may be said.
    fn goes_on(&self) -> bool {
        self.opened_by == Opening::Bare && self.semicolons == Some(true)
    }

    /// What the failing sum says needs no further evidence.
    fn is_certain(&self, items: &[usize], sum: &Claim, material: &Material<'_>) -> bool {
        self.all_shares(items) || one_slip(sum, LOOSE, material)
    }

    fn all_shares(&self, items: &[usize]) -> bool {
        self.shares.len() >= items.len()
    }

    /// 「收入100万元，支出90万元，结余10万元。其中财政拨款80万元，其他收入20万元」: the items are the parts of another amount in front
    /// of the list, or all of them with a figure whose name made it something else.
    fn meant_otherwise(
        &self,
        items: &[usize],
        relation: Relation,
        total: usize,
        material: &Material<'_>,
    ) -> Option<Claim> {
        let sum = |total: usize, items: &[usize]| Claim::sum("sum.of_which", Origin::Lexical, relation, total, items);
        let sort = |index: usize| material.facts.get(index);
        let alike = |other: &usize| {
            sort(*other).zip(sort(total)).is_some_and(|(other, total)| same_sort(other, total))
                && !items.contains(other)
        };
        let other = self.others.iter().copied().filter(alike).map(|other| sum(other, items));
        let mut all: Vec<usize> = items.iter().chain(&self.rejected).copied().collect();
        all.sort_unstable();
        let with_rejected = (!self.rejected.is_empty()).then(|| sum(total, &all));
        other.chain(with_rejected).find(|claim| adds_up(claim, material))
    }

    /// 「总投入127.55万元，其中财政资金127.55万元」: one part that is the whole, or a slip away from it.
    fn only_part(&self, total: usize, items: &[usize], material: &Material<'_>) -> bool {
        let claim = Claim::sum("", Origin::Lexical, Relation::Sum, total, items);
        equal_value(total, items.first(), material) || (self.exhausted && one_slip(&claim, LOOSE, material))
    }

    /// Each part is at most the whole; said for a list that is not complete.
    fn bounds(&self, total: usize, items: &[usize], material: &Material<'_>) -> Vec<Claim> {
        let money = |item: &&usize| material.facts.get(**item).is_some_and(|fact| fact.kind == FactKind::Money);
        let value = |index: usize| material.operand(index).map(|operand| operand.value);
        let largest = items.iter().filter_map(|item| value(*item)).max();
        // Where another amount in front is large enough, that one may be meant.
        if largest > value(total) && self.alternatives(items, material).any(|other| value(other) >= largest) {
            return Vec::new();
        }
        // A new sentence may divide something else (averages, amounts of another place).
        let elsewhere = (self.opened_by == Opening::Stop || self.goes_on()) && largest > value(total);
        if self.announced || elsewhere || value(total).is_some_and(|total| total.is_sign_negative()) {
            return Vec::new();
        }
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

/// Items that lack less than a twentieth of the whole are meant to be all of it.
fn is_near(sum: &Claim, material: &Material<'_>) -> bool {
    let gap = evaluate(sum, &|fact| material.operand(fact)).delta;
    let total = sum.stated.and_then(|fact| material.operand(fact)).map(|operand| operand.value);
    gap.zip(total).is_some_and(|(gap, total)| gap.abs() * rust_decimal::Decimal::from(20) <= total.abs())
}

/// What wholes are divided into: each item is named as one of a division, and all of its members are named.
fn divides_whole(total: &Fact, items: &[usize], material: &Material<'_>) -> bool {
    // Words of the whole, where only some wholes are divided so; then those of each member.
    const DIVISIONS: [(&str, &[&[&str]]); 12] = [
        ("", &[&["行政"], &["事业"]]),
        ("", &[&["男"], &["女"]]),
        ("", &[&["在职"], &["离退休", "退休"]]),
        ("", &[&["一般债"], &["专项债"]]),
        ("", &[&["基本支出"], &["项目支出"]]),
        ("基本支出", &[&["人员经费", "人员支出"], &["公用经费", "公用支出"]]),
        ("采购", &[&["货物"], &["工程"], &["服务"]]),
        ("收入", &[&["非税"], &["税收"]]),
        ("", &[&["省级", "省本级"], &["市县"]]),
        ("", &[&["市本级", "市级"], &["县级", "区级", "县区", "区县"]]),
        ("", &[&["县本级", "县级"], &["乡镇", "镇级", "乡级"]]),
        ("公", &[&["因公出国"], &["公务用车"], &["公务接待"]]),
    ];
    let labels: Vec<&str> =
        items.iter().filter_map(|item| material.facts.get(*item)).map(|fact| &*fact.label).collect();
    let member = |members: &[&[&str]], label: &str| {
        members.iter().position(|words| words.iter().any(|word| label.contains(word)))
    };
    // The three public expenses are known by what they are.
    let concepts: BTreeSet<&str> = items
        .iter()
        .filter_map(|item| material.facts.get(*item)?.concept.as_deref())
        .filter_map(|concept| concept.strip_prefix("three_public."))
        .map(|part| part.split('_').next().unwrap_or(part))
        .collect();
    let public = total.concept.as_deref() == Some("three_public.total");
    if public && concepts == BTreeSet::from(["overseas", "reception", "vehicle"]) {
        return true;
    }
    DIVISIONS.iter().filter(|(whole, _)| total.label.contains(whole)).any(|(_, members)| {
        let mut named: Vec<Option<usize>> = labels.iter().map(|label| member(members, label)).collect();
        named.sort_unstable();
        named.into_iter().eq((0..members.len()).map(Some))
    })
}

/// 「在职人员45人，其中党员30人、女职工20人」, 「受理投诉120件，其中办结118件」: what is counted by a measure of its own is no share of a
/// division of all.
fn cut_across(items: &[usize], material: &Material<'_>) -> bool {
    const MEASURES: [&str; 20] = [
        "党员",
        "女",
        "研究生",
        "硕士",
        "博士",
        "本科",
        "大专",
        "学历",
        "职称",
        "岁",
        "民族",
        "发现",
        "整改",
        "办结",
        "立案",
        "完成",
        "合格",
        "达标",
        "取得",
        "获",
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
    // Small numbers make up others by chance: of counts only the first ones are looked at.
    let counts = material.facts.get(total).is_some_and(|total| total.kind == FactKind::Count);
    let runs =
        (2..items.len()).rev().flat_map(|length| items.windows(length).take(if counts { 1 } else { usize::MAX }));
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

/// 「年末结余26900亿元。其中，收入17002亿元；支出16090亿元」: what came in and went out is no part of what is left.
fn flows_from(part: &Fact, whole: &Fact) -> bool {
    let left = ["结余", "剩余", "结转"].iter().any(|word| whole.label.contains(word));
    let flows = ["收入", "支出", "收到", "支付"].iter().any(|word| part.label.ends_with(word));
    let brought = ["上年结转", "年初"].iter().any(|word| part.label.contains(word));
    left && (flows || brought)
}

fn same_sort(a: &Fact, b: &Fact) -> bool {
    a.kind == b.kind
        && a.unit == b.unit
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
