//! Sums in the labels of rows: numbered rows below a head, 其中 rows, 小计 and 合计.

use super::Cells;
use crate::normalize::heading::enumerator;
use crate::normalize::table::CellRole;
use crate::normalize::{CellContent, TableView};
use crate::reconcile::Material;
use crate::reconcile::cause::{LOOSE, one_slip};
use crate::reconcile::claim::{Claim, Claims};
use crate::reconcile::evaluate::adds_up;
use crate::record::{FactKind, Origin, Relation};

/// Claims of one table.
pub(super) fn claims(table: &TableView, cells: &Cells, material: &Material<'_>, claims: &mut Claims) {
    let rows = rows(table);
    label_trees(table, &rows, cells, material, claims);
    bottom_totals(table, &rows, cells, material, claims);
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
fn label_trees(table: &TableView, rows: &[Row], cells: &Cells, material: &Material<'_>, claims: &mut Claims) {
    for (at, head) in rows.iter().enumerate() {
        let below = rows.iter().skip(at + 1).take_while(|row| same_group(table, head.row, row.row));
        match rows.get(at + 1).map(|row| row.rank) {
            Some(Rank::Numbered) if head.rank == Rank::Plain => {
                let mut in_of_which = false;
                let run = below.take_while(|row| {
                    let belongs = row.rank != Rank::Plain || in_of_which;
                    in_of_which = row.rank == Rank::OfWhich || (in_of_which && row.rank == Rank::Plain);
                    belongs
                });
                let children: Vec<u32> = run.filter(|row| row.rank == Rank::Numbered).map(|row| row.row).collect();
                column_sums(head.row, &children, cells, material, claims);
            }
            Some(Rank::OfWhich) if head.rank != Rank::OfWhich => {
                let first = below.clone().take(1);
                let children: Vec<u32> = first
                    .chain(below.skip(1).take_while(|row| row.rank == Rank::Plain))
                    .take(6)
                    .map(|row| row.row)
                    .collect();
                of_which(head.row, &children, cells, material, claims);
            }
            _ => {}
        }
    }
}

/// 小计 and 合计 below their items: the items since the last total, subtotals in their place.
fn bottom_totals(table: &TableView, rows: &[Row], cells: &Cells, material: &Material<'_>, claims: &mut Claims) {
    for region in &table.regions {
        let mut items: Vec<u32> = Vec::new();
        let mut subtotals: Vec<u32> = Vec::new();
        let from = rows.partition_point(|row| row.row < region.body);
        for row in rows.iter().skip(from).take_while(|row| row.row < region.end) {
            match total_word(table, row.row) {
                Some("小计") => {
                    column_sums(row.row, &items, cells, material, claims);
                    subtotals.push(row.row);
                    items.clear();
                }
                Some(_) => {
                    let parts: Vec<u32> = subtotals.iter().chain(&items).copied().collect();
                    if parts.len() >= 2 {
                        total_sums(row.row, &parts, cells, material, claims);
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
        (view.content == CellContent::Text && place.row == row && place.row_span == 1).then(|| view.key.clone())
    })?;
    ["小计", "合计", "总计"].into_iter().find(|word| *label == **word)
}

fn rows(table: &TableView) -> Vec<Row> {
    let mut found = Vec::new();
    for row in 0..table.rows() {
        // The innermost row header; remarks to the right of the figures are none.
        let label = table.distinct(row).into_iter().rev().find_map(|index| {
            let (view, place) = table.cell(index)?;
            let names_row = view.role == CellRole::RowHeader && place.row == row && place.row_span == 1;
            (names_row && view.chars.len() <= 40).then_some(view)
        });
        let Some(view) = label else { continue };
        let squeezed = &view.key;
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
fn of_which(head: u32, children: &[u32], cells: &Cells, material: &Material<'_>, claims: &mut Claims) {
    for take in (1..=children.len()).rev() {
        let Some(first) = children.get(..take) else { continue };
        let sums = sums(head, first, cells, material);
        let holding = sums.iter().filter(|claim| adds_up(claim, material)).count();
        if holding > 0 && (holding == sums.len() || holding * 2 > sums.len()) {
            claims.extend(sums);
            return;
        }
    }
}

/// A reading that holds in no column is no reading of this table.
fn column_sums(head: u32, children: &[u32], cells: &Cells, material: &Material<'_>, claims: &mut Claims) {
    let sums = sums(head, children, cells, material);
    let holding = sums.iter().filter(|claim| adds_up(claim, material)).count();
    if holding * 2 > sums.len() || (holding >= 1 && sums.len() <= 2) {
        claims.extend(sums);
    }
}

/// A total below its items says what it is, so that a table of one column needs no other one to bear it out: one slip will do.
fn total_sums(total: u32, parts: &[u32], cells: &Cells, material: &Material<'_>, claims: &mut Claims) {
    match sums(total, parts, cells, material).as_slice() {
        [only] if parts.len() >= 2 && !adds_up(only, material) => {
            claims.extend(Some(only.clone()).filter(|only| one_slip(only, LOOSE, material)));
        }
        _ => column_sums(total, parts, cells, material, claims),
    }
}

/// One sum per money column in which the head and at least one child are printed.
fn sums(head: u32, children: &[u32], cells: &Cells, material: &Material<'_>) -> Vec<Claim> {
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
