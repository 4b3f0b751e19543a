//! Weights and scores of indicator rows against their totals.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use super::{Cells, concept_facts};
use crate::document::Text;
use crate::normalize::TableView;
use crate::normalize::heading::{Numbering, enumerator};
use crate::reconcile::Material;
use crate::reconcile::claim::{Claim, ClaimTerm, Claims};
use crate::reconcile::evaluate::{evaluate, holds};
use crate::record::{Origin, Relation, Severity, Status, TermRole};

/// Facts with their cells, by row and column.
type Placed = Vec<((u32, u32), usize)>;

/// With or without the row for execution, whichever the weights say; for trees level by level. `before` is the table in
/// front: forms that are printed as several tables have their execution row there.
pub(super) fn claims(
    table: &TableView,
    cells: &Cells,
    before: Option<&Cells>,
    material: &Material<'_>,
    claims: &mut Claims,
) {
    let of = |id: &str| concept_facts(cells, id, material);
    let with_groups = |leaf: &str, group: &str| -> Placed { of(leaf).into_iter().chain(of(group)).collect() };
    let weights = with_groups("weight.indicator", "weight.group");
    let scores = with_groups("score.indicator", "score.group");
    within_weights(&of("weight.indicator"), &of("score.indicator"), material, claims);
    if let Some(tree) = Tree::of_points(table, &weights, &scores) {
        tree.claims(&of("weight.total"), &of("score.total"), claims);
        return;
    }
    let execution = |id: &str| {
        let here = first(&of(id));
        here.or_else(|| first(&concept_facts(before?, id, material)))
    };
    let (weight_total, weight_parts) = column(&of("weight.total"), of("weight.indicator"));
    let (score_total, score_parts) = column(&of("score.total"), of("score.indicator"));
    let weights = Points {
        relation: Relation::WeightSum,
        rules: ["weights=total", "weights+execution=total"],
        total: weight_total,
        parts: weight_parts,
        execution: execution("weight.execution"),
    };
    let scores = Points {
        relation: Relation::ScoreSum,
        rules: ["scores=total", "scores+execution=total"],
        total: score_total,
        parts: score_parts,
        execution: execution("score.execution"),
    };
    // A reading that the weights bear out is sure; the scores are read the same way.
    let said = |with_execution: bool| {
        let weights_hold = weights.holds(with_execution, material);
        let hundred = weights.make_up_hundred(with_execution, material);
        let borne_out = weights_hold || hundred;
        let signs =
            [weights_hold, hundred, scores.holds(with_execution, material)].into_iter().filter(|sign| *sign).count();
        (signs, borne_out)
    };
    let (plain, with) = (said(false), said(true));
    let with_execution = with > plain;
    let severity = if plain.max(with).1 { Severity::Error } else { Severity::Warning };
    for points in [weights, scores] {
        claims.extend(points.claim(with_execution).map(|claim| claim.at_most(severity)));
    }
}

/// Points of a row are at most its weight; those given on top say so. Where they are on another scale (weights in percent,
/// points of a hundred) most rows have more, and nothing is said.
fn within_weights(weights: &Placed, scores: &Placed, material: &Material<'_>, claims: &mut Claims) {
    let fact = |index: usize| material.facts.get(index);
    let zero = |index: usize| fact(index).and_then(|fact| fact.value).is_none_or(|value| value.0.is_zero());
    let percent = |index: usize| fact(index).is_some_and(|fact| fact.reported.text.contains(['%', '％']));
    let weights: BTreeMap<u32, usize> = weights
        .iter()
        .filter(|(_, weight)| !zero(*weight) && !percent(*weight))
        .map(|((row, _), weight)| (*row, *weight))
        .collect();
    let on_top = |index: usize| {
        const WORDS: [&str; 4] = ["加分", "奖励", "附加", "额外"];
        let said = |label: &Text| WORDS.iter().any(|word| label.contains(word));
        fact(index).is_some_and(|fact| {
            fact.label_path.iter().any(said) || fact.column_path.iter().any(|label| label.contains("百分制"))
        })
    };
    // Of several columns of points the last one counts.
    let scores: BTreeMap<u32, usize> = scores.iter().map(|((row, _), score)| (*row, *score)).collect();
    let bound = |(row, score): (&u32, &usize)| {
        let weight = weights.get(row).filter(|_| !on_top(*score))?;
        let terms = vec![ClaimTerm::fact(*weight, TermRole::Whole)];
        let claim = Claim::new("score<=weight", Origin::Structural, Relation::Bound, Some(*score), terms);
        Some(claim.at_most(Severity::Warning))
    };
    let found: Vec<Claim> = scores.iter().filter_map(bound).collect();
    let over = found.iter().filter(|claim| !holds(claim, material)).count();
    if over * 2 <= found.len() {
        claims.extend(found);
    }
}

fn first(facts: &Placed) -> Option<usize> {
    facts.first().map(|(_, fact)| *fact)
}

/// The last total and the parts of its own column: points of levels stand in columns of their own.
fn column(totals: &Placed, parts: Placed) -> (Option<usize>, Vec<usize>) {
    let Some(((_, column), total)) = totals.last().copied() else { return (None, Vec::new()) };
    (Some(total), parts.into_iter().filter(|((_, col), _)| *col == column).map(|(_, fact)| fact).collect())
}

/// A total of points with its parts.
struct Points {
    relation: Relation,
    /// Rule names without and with the execution row.
    rules: [&'static str; 2],
    total: Option<usize>,
    parts: Vec<usize>,
    execution: Option<usize>,
}

impl Points {
    fn claim(&self, with_execution: bool) -> Option<Claim> {
        let total = self.total.filter(|_| self.parts.len() >= 2)?;
        let [plain, with] = self.rules;
        let extra = self.execution.filter(|_| with_execution);
        let rule = if extra.is_some() { with } else { plain };
        let parts: Vec<usize> = extra.into_iter().chain(self.parts.iter().copied()).collect();
        Some(Claim::sum(rule, Origin::Structural, self.relation, total, &parts))
    }

    /// Whether the total is what its parts give.
    fn holds(&self, with_execution: bool, material: &Material<'_>) -> bool {
        (self.execution.is_some() || !with_execution)
            && self
                .claim(with_execution)
                .is_some_and(|claim| evaluate(&claim, &|fact| material.operand(fact)).status == Status::Consistent)
    }

    /// Whether the points make up a hundred, whatever their printed total says.
    fn make_up_hundred(&self, with_execution: bool, material: &Material<'_>) -> bool {
        let value = |fact: usize| material.operand(fact).map(|operand| operand.value);
        let execution = self.execution.filter(|_| with_execution);
        let sum: Option<Decimal> = self.parts.iter().copied().chain(execution).map(value).sum();
        (execution.is_some() || !with_execution) && self.parts.len() >= 2 && sum == Some(Decimal::ONE_HUNDRED)
    }
}

/// Rows of one indicator column whose numbering makes a tree.
struct Tree {
    /// Depth, weight, score.
    rows: Vec<(u8, Option<usize>, Option<usize>)>,
}

impl Tree {
    fn of_points(table: &TableView, weights: &Placed, scores: &Placed) -> Option<Self> {
        let mut rows: BTreeMap<u32, (u8, Option<usize>, Option<usize>)> = BTreeMap::new();
        let depth = |row: u32| {
            let cell = table.cells.get(table.index_at(row, 0)?)?;
            Some(match enumerator(&cell.chars).map(|found| found.numbering) {
                Some(Numbering::Chinese) | None => 1,
                Some(Numbering::ChineseInParentheses) => 2,
                Some(_) => 3,
            })
        };
        for ((row, _), fact) in weights {
            rows.entry(*row).or_insert((depth(*row)?, None, None)).1 = Some(*fact);
        }
        for ((row, _), fact) in scores {
            rows.entry(*row).or_insert((depth(*row)?, None, None)).2 = Some(*fact);
        }
        let rows: Vec<_> = rows.into_values().collect();
        let nested = rows.iter().any(|(depth, _, _)| *depth == 1) && rows.iter().any(|(depth, _, _)| *depth > 1);
        nested.then_some(Self { rows })
    }

    fn claims(&self, weight_total: &Placed, score_total: &Placed, claims: &mut Claims) {
        for (at, (depth, weight, score)) in self.rows.iter().enumerate() {
            let below: Vec<_> = self.rows.iter().skip(at + 1).take_while(|(other, _, _)| other > depth).collect();
            let child = below.iter().map(|(depth, _, _)| *depth).min();
            let children: Vec<_> = below.into_iter().filter(|(depth, _, _)| Some(*depth) == child).collect();
            add("weights.level", Relation::WeightSum, *weight, children.iter().map(|row| row.1).collect(), claims);
            add("scores.level", Relation::ScoreSum, *score, children.iter().map(|row| row.2).collect(), claims);
        }
        let top: Vec<_> = self.rows.iter().filter(|(depth, _, _)| *depth == 1).collect();
        add("weights=total", Relation::WeightSum, first(weight_total), top.iter().map(|row| row.1).collect(), claims);
        add("scores=total", Relation::ScoreSum, first(score_total), top.iter().map(|row| row.2).collect(), claims);
    }
}

/// A sum whose parts are all printed.
fn add(rule: &str, relation: Relation, stated: Option<usize>, parts: Vec<Option<usize>>, claims: &mut Claims) {
    let count = parts.len();
    let parts: Vec<usize> = parts.into_iter().flatten().collect();
    if let Some(stated) = stated
        && parts.len() == count
        && !parts.is_empty()
    {
        claims.add(Claim::sum(rule, Origin::Structural, relation, stated, &parts));
    }
}
