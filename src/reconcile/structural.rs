//! Relations in the shape of tables: totals of indicator rows, label trees, rates and points beside their amounts.

use std::collections::BTreeMap;

use super::Material;
use super::claim::{Claim, ClaimTerm, Claims};
use super::evaluate::evaluate;
use crate::normalize::heading::{Numbering, enumerator};
use crate::normalize::{CellContent, TableView, key};
use crate::record::{At, Fact, FactKind, Origin, Phase, Relation, Severity, Status, TermRole};

/// Facts of a table by their cell.
type CellFacts = BTreeMap<(u32, u32), usize>;

/// Claims of all tables.
pub(super) fn claims(material: &Material<'_>, claims: &mut Claims) {
    let mut by_table: BTreeMap<&str, CellFacts> = BTreeMap::new();
    for (index, fact) in material.facts.iter().enumerate() {
        if let At::Cell { table, row, col, start: None, .. } = &fact.at
            && fact.value.is_some()
        {
            by_table.entry(table).or_default().insert((*row, *col), index);
        }
    }
    for table in &material.document.tables {
        if let Some(cells) = by_table.get(format!("t{}", table.id.0 + 1).as_str()) {
            rates_in_rows(cells, material, claims);
            points(table, cells, material, claims);
            label_trees(table, cells, material, claims);
            bottom_totals(table, cells, material, claims);
        }
    }
}

/// 执行率, 到位率, 控制率 and the points for execution, beside the figures they come from.
fn rates_in_rows(cells: &CellFacts, material: &Material<'_>, claims: &mut Claims) {
    let mut rows: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
    for ((row, _), index) in cells {
        rows.entry(*row).or_default().push(*index);
    }
    for members in rows.values() {
        let find = |test: &dyn Fn(&Fact) -> bool| {
            members.iter().copied().find(|index| material.facts.get(*index).is_some_and(test))
        };
        let money = |phase: Phase| find(&|fact| fact.kind == FactKind::Money && fact.phase == Some(phase));
        let concept = |id: &str| find(&|fact| fact.concept.as_deref() == Some(id));
        let budget =
            money(Phase::Budget).or_else(|| money(Phase::AdjustedBudget)).or_else(|| money(Phase::InitialBudget));
        if let (Some(rate), Some(executed), Some(budget)) = (concept("rate.execution"), money(Phase::Executed), budget)
        {
            claims.add(Claim::ratio("rate.execution=executed/budget", Origin::Structural, rate, executed, budget));
        }
        if let (Some(rate), Some(arrived), Some(budget)) = (concept("rate.arrival"), money(Phase::Arrived), budget) {
            claims.add(Claim::ratio("rate.arrival=arrived/budget", Origin::Structural, rate, arrived, budget));
        }
        if let (Some(rate), Some(staff), Some(quota)) =
            (concept("staff.control_rate"), concept("staff.in_post"), concept("staff.quota"))
        {
            claims.add(Claim::ratio("staff.control_rate=in_post/quota", Origin::Structural, rate, staff, quota));
        }
        if let (Some(score), Some(rate), Some(weight)) =
            (concept("score.execution"), concept("rate.execution"), concept("weight.execution"))
        {
            let terms = vec![ClaimTerm::fact(rate, TermRole::Rate), ClaimTerm::fact(weight, TermRole::Weight)];
            claims.add(Claim::new(
                "score.execution=rate*weight",
                Origin::Structural,
                Relation::Score,
                Some(score),
                terms,
            ));
        }
    }
}

/// Weights and scores of indicator rows against their totals, with or without the row for execution, whichever the
/// weights say; for trees level by level.
fn points(table: &TableView, cells: &CellFacts, material: &Material<'_>, claims: &mut Claims) {
    let of = |id: &str| -> Vec<((u32, u32), usize)> {
        cells
            .iter()
            .filter(|(_, index)| material.facts.get(**index).is_some_and(|fact| fact.concept.as_deref() == Some(id)))
            .map(|(place, index)| (*place, *index))
            .collect()
    };
    let tree = Tree::of_points(table, &of("weight.indicator"), &of("score.indicator"));
    if let Some(tree) = tree {
        tree.claims(&of("weight.total"), &of("score.total"), claims);
        return;
    }
    let facts = |list: Vec<((u32, u32), usize)>| -> Vec<usize> { list.into_iter().map(|(_, index)| index).collect() };
    let (weights, scores) = (facts(of("weight.indicator")), facts(of("score.indicator")));
    let (weight_total, score_total) =
        (of("weight.total").first().map(|(_, index)| *index), of("score.total").first().map(|(_, index)| *index));
    let execution = (
        of("weight.execution").first().map(|(_, index)| *index),
        of("score.execution").first().map(|(_, index)| *index),
    );
    let with = |list: &[usize], extra: Option<usize>| -> Vec<usize> {
        extra.into_iter().chain(list.iter().copied()).collect()
    };
    let mut include = None;
    if let Some(total) = weight_total.filter(|_| weights.len() >= 2) {
        let plain = Claim::sum("weights=total", Origin::Structural, Relation::WeightSum, total, &weights);
        let all = Claim::sum(
            "weights+execution=total",
            Origin::Structural,
            Relation::WeightSum,
            total,
            &with(&weights, execution.0),
        );
        let holds = |claim: &Claim| evaluate(claim, &|fact| material.operand(fact)).status == Status::Consistent;
        include = Some(!holds(&plain) && execution.0.is_some() && holds(&all));
        claims.add(if include == Some(true) { all } else { plain });
    }
    if let Some(total) = score_total.filter(|_| scores.len() >= 2) {
        // Without weights that tell, a total that fits with the execution row is read so.
        let plain = Claim::sum("scores=total", Origin::Structural, Relation::ScoreSum, total, &scores);
        let all = Claim::sum(
            "scores+execution=total",
            Origin::Structural,
            Relation::ScoreSum,
            total,
            &with(&scores, execution.1),
        );
        let fits = evaluate(&all, &|fact| material.operand(fact)).status == Status::Consistent;
        let chosen = if include.unwrap_or(fits) { all } else { plain };
        let certain = include.is_some();
        claims.add(if certain { chosen } else { chosen.at_most(Severity::Warning) });
    }
}

/// Rows of one indicator column whose numbering makes a tree.
struct Tree {
    /// Depth, weight, score.
    rows: Vec<(u8, Option<usize>, Option<usize>)>,
}

impl Tree {
    fn of_points(table: &TableView, weights: &[((u32, u32), usize)], scores: &[((u32, u32), usize)]) -> Option<Self> {
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

    fn claims(&self, weight_total: &[((u32, u32), usize)], score_total: &[((u32, u32), usize)], claims: &mut Claims) {
        for (at, (depth, weight, score)) in self.rows.iter().enumerate() {
            let below: Vec<_> = self.rows.iter().skip(at + 1).take_while(|(other, _, _)| other > depth).collect();
            let child = below.iter().map(|(depth, _, _)| *depth).min();
            let children: Vec<_> = below.into_iter().filter(|(depth, _, _)| Some(*depth) == child).collect();
            add("weights.level", Relation::WeightSum, *weight, children.iter().map(|row| row.1).collect(), claims);
            add("scores.level", Relation::ScoreSum, *score, children.iter().map(|row| row.2).collect(), claims);
        }
        let top: Vec<_> = self.rows.iter().filter(|(depth, _, _)| *depth == 1).collect();
        let total = |list: &[((u32, u32), usize)]| list.first().map(|(_, index)| *index);
        add("weights=total", Relation::WeightSum, total(weight_total), top.iter().map(|row| row.1).collect(), claims);
        add("scores=total", Relation::ScoreSum, total(score_total), top.iter().map(|row| row.2).collect(), claims);
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

/// One row of a region as a node of its label tree.
struct Row {
    row: u32,
    rank: Rank,
}

/// How a row's label places it among its neighbours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rank {
    /// 合计 and the like, or a label without number.
    Plain,
    /// （1）, 1、.
    Numbered,
    /// 其中:.
    OfWhich,
}

/// A head with numbered rows below it, and a row with 其中 rows below it: the column sums of money.
fn label_trees(table: &TableView, cells: &CellFacts, material: &Material<'_>, claims: &mut Claims) {
    let rows = rows(table);
    for (at, head) in rows.iter().enumerate() {
        let below: Vec<&Row> = rows
            .iter()
            .skip(at + 1)
            .take_while(|row| row.row > head.row && same_group(table, head.row, row.row))
            .collect();
        match below.first().map(|row| row.rank) {
            Some(Rank::Numbered) if head.rank == Rank::Plain => {
                let numbered = below.iter().take_while(|row| row.rank != Rank::Plain || follows_of_which(&below, row));
                let children: Vec<u32> = numbered.filter(|row| row.rank == Rank::Numbered).map(|row| row.row).collect();
                column_sums(head.row, &children, cells, material, claims);
            }
            Some(Rank::OfWhich) if head.rank != Rank::OfWhich => of_which(head.row, &below, cells, material, claims),
            _ => {}
        }
    }
}

/// 小计 and 合计 below their items: the items since the last total, subtotals in their place.
fn bottom_totals(table: &TableView, cells: &CellFacts, material: &Material<'_>, claims: &mut Claims) {
    for region in &table.regions {
        let mut items: Vec<u32> = Vec::new();
        let mut subtotals: Vec<u32> = Vec::new();
        for row in rows(table).into_iter().filter(|row| (region.body..region.end).contains(&row.row)) {
            match total_word(table, row.row) {
                Some("小计") => {
                    column_sums(row.row, &items, cells, material, claims);
                    subtotals.push(row.row);
                    items.clear();
                }
                Some(_) => {
                    let parts: Vec<u32> = subtotals.iter().chain(&items).copied().collect();
                    if parts.len() >= 2 {
                        column_sums(row.row, &parts, cells, material, claims);
                    }
                    items.clear();
                    subtotals.clear();
                }
                None if row.rank == Rank::OfWhich => {}
                None => items.push(row.row),
            }
        }
    }
}

fn total_word(table: &TableView, row: u32) -> Option<&'static str> {
    let label = table.distinct(row).into_iter().find_map(|index| {
        let (view, place) = table.cell(index)?;
        (view.content == CellContent::Text && place.row == row && place.row_span == 1).then(|| key(&view.text))
    })?;
    ["小计", "合计", "总计"].into_iter().find(|word| label == *word)
}

/// A plain row right behind 其中 rows belongs to them.
fn follows_of_which(below: &[&Row], row: &Row) -> bool {
    let at = below.iter().position(|other| other.row == row.row);
    at.and_then(|at| below.get(..at)).is_some_and(|before| {
        before.iter().rev().find(|other| other.rank != Rank::Plain).is_some_and(|other| other.rank == Rank::OfWhich)
    })
}

fn rows(table: &TableView) -> Vec<Row> {
    let mut found = Vec::new();
    for row in 0..table.rows() {
        let label = table.distinct(row).into_iter().rev().find_map(|index| {
            let (view, place) = table.cell(index)?;
            (view.content == CellContent::Text && place.row == row && place.row_span == 1 && view.chars.len() <= 40)
                .then_some(view)
        });
        let Some(view) = label else { continue };
        let squeezed = key(&view.text);
        let rank = if squeezed.starts_with("其中") {
            Rank::OfWhich
        } else if enumerator(&view.chars).is_some() {
            Rank::Numbered
        } else {
            Rank::Plain
        };
        found.push(Row { row, rank });
    }
    found
}

/// Rows of one region and under one merged group label.
fn same_group(table: &TableView, head: u32, row: u32) -> bool {
    let region = |row: u32| table.region(row).map(|region| region.start);
    let group = |row: u32| {
        table
            .distinct(row)
            .into_iter()
            .filter(|index| {
                table.cell(*index).is_some_and(|(view, place)| place.row_span > 1 && view.content == CellContent::Text)
            })
            .collect::<Vec<_>>()
    };
    region(head) == region(row) && group(head) == group(row)
}

/// The rows from 其中 on, as many as make up the head in all filled columns.
fn of_which(head: u32, below: &[&Row], cells: &CellFacts, material: &Material<'_>, claims: &mut Claims) {
    let children: Vec<u32> = below
        .iter()
        .enumerate()
        .take_while(|(at, row)| *at == 0 || row.rank == Rank::Plain)
        .map(|(_, row)| row.row)
        .collect();
    for take in (1..=children.len().min(6)).rev() {
        let Some(first) = children.get(..take) else { continue };
        let sums = sums(head, first, cells, material);
        let holding = sums.iter().filter(|claim| holds(claim, material)).count();
        if holding > 0 && (holding == sums.len() || holding * 2 > sums.len()) {
            claims.extend(sums);
            return;
        }
    }
}

fn holds(claim: &Claim, material: &Material<'_>) -> bool {
    matches!(evaluate(claim, &|fact| material.operand(fact)).status, Status::Consistent | Status::Rounding)
}

/// A reading that holds in no column is no reading of this table.
fn column_sums(head: u32, children: &[u32], cells: &CellFacts, material: &Material<'_>, claims: &mut Claims) {
    let sums = sums(head, children, cells, material);
    let holding = sums.iter().filter(|claim| holds(claim, material)).count();
    if holding * 2 > sums.len() || (holding >= 1 && sums.len() <= 2) {
        claims.extend(sums);
    }
}

/// One sum per money column in which the head and at least one child are printed.
fn sums(head: u32, children: &[u32], cells: &CellFacts, material: &Material<'_>) -> Vec<Claim> {
    let money = |row: u32, col: u32| {
        cells
            .get(&(row, col))
            .copied()
            .filter(|index| material.facts.get(*index).is_some_and(|fact| fact.kind == FactKind::Money))
    };
    cells
        .range((head, 0)..(head + 1, 0))
        .filter_map(|((_, col), _)| {
            let stated = money(head, *col)?;
            let parts: Vec<usize> = children.iter().filter_map(|row| money(*row, *col)).collect();
            (!parts.is_empty()).then(|| Claim::sum("rows=head", Origin::Structural, Relation::Sum, stated, &parts))
        })
        .collect()
}
