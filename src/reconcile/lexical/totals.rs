//! Totals behind their parts: 「甲20万元、乙30万元，合计50万元」, 「年初预算500万元，年中追加80万元，调整后预算580万元」.
//!
//! In: a figure whose clause says that it adds up what stands in front of it in its sentence. Out: at most one sum. Sentences
//! add up what they have named last, not always all of it, so that of the runs that end in front of the total the longest
//! that holds is taken; where none does, all amounts of the sentence are, if one slip accounts for the gap.

use super::list::{compares, is_change};
use super::passage::{LOOK_BACK, Passage};
use super::rates::index_of;
use crate::reconcile::Material;
use crate::reconcile::cause::{LOOSE, one_slip};
use crate::reconcile::claim::{Claim, ClaimTerm, Claims};
use crate::reconcile::evaluate::adds_up;
use crate::record::{Fact, FactKind, Origin, Phase, Relation, Severity, TermRole};

/// Words that announce a total of what stands in front.
const CUES: [&str; 6] = ["合计", "共计", "总计", "总共", "一共", "共"];
/// Amounts that a total behind them adds up.
const MOST_PARTS: usize = 24;
/// What may stand between such a word and its figure.
const BETWEEN: [&str; 12] =
    ["金额", "资金", "支付", "支出", "投入", "安排", "下达", "到位", "使用", "经费", "费用", "发放"];

/// 「合计」, 「共计支付」, 「两项合计为」: the figure adds up what its sentence has named.
pub(super) fn is_total(clause: &str, added: bool) -> bool {
    let mut words = clause.trim_end_matches(['为', '达', '是', '约']);
    while let Some(rest) = BETWEEN.iter().find_map(|word| words.strip_suffix(word)) {
        words = rest;
    }
    let whole = clause.trim_end_matches(['为', '达', '是', '约']);
    if added && ["总收入", "总支出", "总量", "总财力"].iter().any(|word| whole.ends_with(word)) {
        return true;
    }
    let lead = CUES.iter().find_map(|cue| words.strip_suffix(cue));
    let counted = |lead: &str| {
        let lead = lead.trim_start_matches(['以', '上', '前', '述', '这']);
        let number = lead.trim_end_matches(['项', '笔', '者', '次', '批', '类', '个', '年', '部', '分']);
        number.chars().all(|c| c.is_ascii_digit() || "一二两三四五六七八九十".contains(c))
    };
    // 「收入147亿元，加上转移性收入49亿元，收入合计196亿元」.
    let named = |lead: &str| added && lead.chars().count() <= 8;
    lead.is_some_and(|lead| counted(lead) || named(lead))
}

/// 「……，加上转移性收入49亿元，」 stands in front.
pub(super) fn is_added_to(position: usize, passage: &Passage<'_>) -> bool {
    let from = passage.sentence_before(position).max(position.saturating_sub(LOOK_BACK));
    (from..position).any(|at| passage.gap(at).clause.starts_with('加'))
}

/// Claims the sum that a total behind its parts states.
pub(super) fn behind_parts(position: usize, passage: &Passage<'_>, material: &Material<'_>, claims: &mut Claims) {
    let from = passage.sentence_before(position).max(position.saturating_sub(LOOK_BACK));
    if !is_total(&passage.gap(position).clause, is_added_to(position, passage)) {
        return;
    }
    let (Some(stated), Some(total)) = (index_of(position, passage), passage.fact(position, material)) else { return };
    let part = |at: &usize| passage.fact(*at, material).is_some_and(|fact| is_part(fact, total));
    let whole = |at: usize| is_total(&passage.gap(at).clause, false);
    let changes = |at: usize| {
        let clause = &passage.gap(at).clause;
        is_change(clause) || compares(clause) || passage.is_base(at)
    };
    let run = (from..position).rev().take(MOST_PARTS).take_while(|at| part(at) && !whole(*at) && !changes(*at));
    let mut parts: Vec<usize> = run.filter_map(|at| index_of(at, passage)).collect();
    parts.reverse();
    let sum = |parts: &[usize]| Claim::sum("sum.behind_parts", Origin::Lexical, Relation::Sum, stated, parts);
    let runs = (0..parts.len().saturating_sub(1)).filter_map(|first| parts.get(first..));
    let nested = (from..position).any(|at| passage.gap(at).text.contains("其中") || passage.gap(at).closing != 0);
    if let Some(run) = runs.clone().find(|run| adds_up(&sum(run), material)) {
        claims.add(sum(run));
    } else if let Some(claim) = runs.map(sum).next().filter(|claim| !nested && one_slip(claim, LOOSE, material)) {
        claims.add(claim);
    }
}

/// Of the total's sort, and no plan where the total was spent.
fn is_part(part: &Fact, total: &Fact) -> bool {
    let planned =
        |fact: &Fact| matches!(fact.phase, Some(Phase::Budget | Phase::InitialBudget | Phase::AdjustedBudget));
    let spent = |fact: &Fact| fact.phase == Some(Phase::Executed);
    let staged = !(planned(part) && spent(total) || spent(part) && planned(total));
    let counter = part.kind != FactKind::Count || part.reported.unit == total.reported.unit;
    part.kind == total.kind && part.unit == total.unit && counter && staged
}

/// What adds to a budget in the course of the year.
const ADDED: [&str; 6] = ["追加", "调增", "增加", "增拨", "新增", "追加预算"];
/// What takes from it.
const TAKEN: [&str; 6] = ["调减", "核减", "压减", "收回", "减少", "追减"];

/// 「年初预算500万元，年中追加80万元，调整后预算580万元」.
pub(super) fn adjusted(position: usize, passage: &Passage<'_>, material: &Material<'_>, claims: &mut Claims) {
    let Some(total) = passage.fact(position, material) else { return };
    let words = ["调整后", "调整预算", "预算调整", "全年预算"].iter().any(|word| total.label.contains(word));
    let (Some(stated), FactKind::Money, true) = (index_of(position, passage), total.kind, words) else { return };
    let from = passage.sentence_before(position).max(position.saturating_sub(LOOK_BACK));
    let initial = |at: &usize| {
        passage.fact(*at, material).is_some_and(|fact| {
            let planned = matches!(fact.phase, Some(Phase::Budget | Phase::InitialBudget));
            planned && fact.kind == FactKind::Money && !is_change(&passage.gap(*at).clause)
        })
    };
    let Some(first) = (from..position).find(initial) else { return };
    let mut terms: Vec<ClaimTerm> =
        index_of(first, passage).map(|fact| ClaimTerm::fact(fact, TermRole::Operand)).into_iter().collect();
    let mut named = true;
    for at in first + 1..position {
        let (Some(fact), Some(change)) = (passage.fact(at, material), index_of(at, passage)) else { return };
        if fact.kind != FactKind::Money || fact.scope != total.scope {
            continue;
        }
        let says = |words: &[&str]| words.iter().any(|word| passage.gap(at).clause.contains(word));
        let (less, more) = (says(&TAKEN), says(&ADDED));
        named &= less != more;
        terms.push(ClaimTerm { negative: less, ..ClaimTerm::fact(change, TermRole::Operand) });
    }
    if terms.len() < 2 || compares(&passage.gap(position).clause) {
        return;
    }
    let falls = terms.iter().any(|term| term.negative);
    let relation = if falls { Relation::Difference } else { Relation::Sum };
    let claim = Claim::new("budget=initial+changes", Origin::Lexical, relation, Some(stated), terms);
    if adds_up(&claim, material) || (named && one_slip(&claim, LOOSE, material)) {
        claims.add(claim.at_most(Severity::Warning));
    }
}
