//! Sums in the codes of rows: a code of a classification (201 一般公共服务支出) is the codes that begin with it (20101,
//! 20102), and the row of the total is the shortest codes.
//!
//! In: the cells of one table whose rows begin with codes of three, five or seven digits. Out: one sum per code and column
//! of figures. A table may go on on the next page, and a list of codes need not be complete: a sum that fails is claimed
//! only where the same codes add up in another column, or one slip of the pen accounts for the gap.

use std::collections::BTreeMap;

use super::Cells;
use crate::normalize::TableView;
use crate::reconcile::Material;
use crate::reconcile::cause::{LOOSE, one_slip};
use crate::reconcile::claim::{Claim, Claims};
use crate::reconcile::evaluate::adds_up;
use crate::record::{FactKind, Origin, Relation, Severity};

/// Digits of a class, a section and an item of the national classifications.
const LENGTHS: [usize; 3] = [3, 5, 7];
/// Codes that a column must have to be one of codes.
const LEAST_CODES: usize = 3;

/// A row with a code: where its figures begin and end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Line {
    row: u32,
    from: u32,
    to: u32,
}

/// Claims of one table.
pub(super) fn claims(table: &TableView, cells: &Cells, material: &Material<'_>, claims: &mut Claims) {
    for region in &table.regions {
        let lines = coded_lines(table, region.start, region.end);
        for (code, head) in &lines {
            let below = children(code, &lines);
            take(*head, &below, cells, material, claims);
        }
        let top: Vec<Line> = top_lines(&lines);
        for total in total_lines(table, region.start, region.end, &top) {
            take(total, &top, cells, material, claims);
        }
    }
}

/// Rows by their code. A code that stands twice says nothing of either row.
fn coded_lines(table: &TableView, start: u32, end: u32) -> BTreeMap<String, Line> {
    let mut columns: BTreeMap<u32, Vec<(u32, String)>> = BTreeMap::new();
    for row in start..end {
        for index in table.distinct(row) {
            if let Some((view, place)) = table.cell(index).filter(|(_, place)| place.row == row && place.row_span == 1)
                && let Some(code) = code_of(&view.key)
            {
                columns.entry(place.col).or_default().push((row, code));
            }
        }
    }
    columns.retain(|_, codes| codes.len() >= LEAST_CODES && codes.iter().any(|(_, code)| code.len() == 3));
    let starts: Vec<u32> = columns.keys().copied().collect();
    let mut lines = BTreeMap::new();
    let mut twice = Vec::new();
    for (col, codes) in columns {
        let to = starts.iter().copied().find(|start| *start > col).unwrap_or(table.cols());
        for (row, code) in codes {
            if lines.insert(code.clone(), Line { row, from: col + 1, to }).is_some() {
                twice.push(code);
            }
        }
    }
    lines.retain(|code, _| !twice.contains(code));
    lines
}

/// 「201」, 「2010101」, 「201一般公共服务支出」.
fn code_of(text: &str) -> Option<String> {
    let digits: String = text.chars().take_while(char::is_ascii_digit).collect();
    let rest = text.chars().nth(digits.len());
    let named = rest.is_none_or(|next| ('\u{4e00}'..='\u{9fff}').contains(&next) && !"年月日个人万元".contains(next));
    (named && LENGTHS.contains(&digits.len()) && !digits.starts_with('0')).then_some(digits)
}

/// The codes one level below, or two where the level between is not printed.
fn children(code: &str, lines: &BTreeMap<String, Line>) -> Vec<Line> {
    let below = |length: usize| -> Vec<Line> {
        lines
            .range(code.to_owned()..)
            .take_while(|(other, _)| other.starts_with(code))
            .filter(|(other, _)| other.len() == length)
            .map(|(_, line)| *line)
            .collect()
    };
    let next = below(code.len() + 2);
    if next.is_empty() && code.len() == 3 { below(7) } else { next }
}

/// The codes that no other one is above of.
fn top_lines(lines: &BTreeMap<String, Line>) -> Vec<Line> {
    let shortest = lines.keys().map(String::len).min().unwrap_or_default();
    lines.iter().filter(|(code, _)| code.len() == shortest).map(|(_, line)| *line).collect()
}

/// Rows called 合计, 总计 or 本年支出合计 that stand over or under all codes of one column of codes.
fn total_lines(table: &TableView, start: u32, end: u32, top: &[Line]) -> Vec<Line> {
    let Some(first) = top.first().filter(|first| top.iter().all(|line| line.from == first.from)) else {
        return Vec::new();
    };
    let called = |row: u32| {
        table.distinct(row).into_iter().any(|index| {
            table.cell(index).is_some_and(|(view, place)| {
                place.row == row && place.row_span == 1 && place.col < first.to && matches!(&*view.key, "合计" | "总计")
            })
        })
    };
    (start..end).filter(|row| called(*row)).map(|row| Line { row, ..*first }).collect()
}

/// The sums of one head: all of them where one column bears them out, else those that hold or are one slip away.
fn take(head: Line, below: &[Line], cells: &Cells, material: &Material<'_>, claims: &mut Claims) {
    let money = |line: &Line, offset: u32| {
        cells
            .get(&(line.row, line.from + offset))
            .copied()
            .filter(|_| line.from + offset < line.to)
            .filter(|index| material.facts.get(*index).is_some_and(|fact| fact.kind == FactKind::Money))
    };
    let mut sums = Vec::new();
    for offset in 0..head.to.saturating_sub(head.from) {
        let Some(stated) = money(&head, offset) else { continue };
        let parts: Vec<usize> = below.iter().filter_map(|line| money(line, offset)).collect();
        if !parts.is_empty() {
            sums.push(Claim::sum("code=codes_below", Origin::Structural, Relation::Sum, stated, &parts));
        }
    }
    let borne_out = sums.iter().any(|claim| claim.terms.len() >= 2 && adds_up(claim, material));
    for claim in sums {
        if borne_out || adds_up(&claim, material) {
            claims.add(claim);
        } else if one_slip(&claim, LOOSE, material) {
            claims.add(claim.at_most(Severity::Warning));
        }
    }
}
