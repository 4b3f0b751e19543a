//! Indicator tables: level 1 to 3 carried down through merges or read from the numbering of a tree.

use crate::document::{Cell, TableId, Text};
use crate::normalize::heading::{Numbering, enumerator};
use crate::normalize::table::Region;
use crate::normalize::{CellContent, CellView, TableView, key};
use crate::record::{At, Figure, Indicator, IndicatorCell};

/// Columns of an indicator region by what they hold.
#[derive(Debug, Default)]
struct Columns {
    level1: Option<u32>,
    level2: Option<u32>,
    level3: Option<u32>,
    /// The one column of names of a tree.
    name: Option<u32>,
    target: Option<u32>,
    actual: Option<u32>,
    weight: Option<u32>,
    score: Option<u32>,
    deviation: Option<u32>,
}

/// All indicator rows of a table, without ids.
pub(super) fn indicators(table: &TableView) -> Vec<Indicator> {
    table
        .regions
        .iter()
        .filter(|region| is_indicator_region(table, region))
        .flat_map(|region| {
            let columns = columns(table, region);
            if columns.name.is_some() { tree(table, region, &columns) } else { levels(table, region, &columns) }
        })
        .collect()
}

/// True for regions whose header band names indicators and weights or scores.
pub(super) fn is_indicator_region(table: &TableView, region: &Region) -> bool {
    let columns = columns(table, region);
    let named = columns.level3.is_some() || columns.name.is_some() || columns.level2.is_some();
    named && (columns.weight.is_some() || columns.score.is_some())
}

fn columns(table: &TableView, region: &Region) -> Columns {
    let mut columns = Columns::default();
    for (view, col, _) in table.headers(region) {
        let label = bare(&view.text);
        let slot = match label.as_str() {
            "一级指标" => &mut columns.level1,
            "二级指标" => &mut columns.level2,
            "三级指标" | "四级指标" | "具体指标" => &mut columns.level3,
            "指标名称" | "评价指标" | "指标内容" | "指标" | "评价内容" => &mut columns.name,
            _ if label.ends_with("指标值") || label.ends_with("目标值") => &mut columns.target,
            _ if label.ends_with("完成值") || label.ends_with("实际值") || label.ends_with("完成情况") => {
                &mut columns.actual
            }
            _ if label.ends_with("分值") || label.ends_with("权重") || label == "标准分" => &mut columns.weight,
            _ if label.ends_with("得分") || label.ends_with("评分") => &mut columns.score,
            _ if label.contains("偏差") || label.contains("改进措施") => &mut columns.deviation,
            _ => continue,
        };
        slot.get_or_insert(col);
    }
    if columns.level3.is_some() {
        columns.name = None;
    }
    columns
}

fn bare(text: &str) -> String {
    let label = key(text);
    label.split('(').next().unwrap_or_default().to_owned()
}

/// One row per third-level name; first and second level from the cells that span it.
fn levels(table: &TableView, region: &Region, columns: &Columns) -> Vec<Indicator> {
    let Some(name) = columns.level3.or(columns.level2) else { return Vec::new() };
    let mut rows = Vec::new();
    for row in region.body..region.end {
        let Some((view, place)) = table.index_at(row, name).and_then(|index| table.cell(index)) else { continue };
        let first_col = columns.level1.unwrap_or(name);
        let spans_levels = place.col < first_col || (place.col == first_col && columns.level1.is_some());
        if place.row != row || view.content != CellContent::Text || spans_levels || is_total(&view.text) {
            continue;
        }
        let text = |col: Option<u32>| covering(table, row, col).map(|(view, _)| flat(&view.text));
        rows.push(Indicator {
            level1: text(columns.level1),
            level2: text(columns.level2),
            level3: columns.level3.map(|_| flat(&view.text)),
            ..row_of(table, row, columns, place)
        });
    }
    rows
}

/// A tree in one column: 一、 is level 1, （一） level 2, 1、 level 3; rows that have rows below them are groups.
fn tree(table: &TableView, region: &Region, columns: &Columns) -> Vec<Indicator> {
    let Some(name) = columns.name else { return Vec::new() };
    let entries = entries(table, region, columns, name);
    let mut path: [Option<String>; 3] = [None, None, None];
    let mut rows = Vec::new();
    for (index, (depth, text, row)) in entries.iter().enumerate() {
        for (level, slot) in path.iter_mut().enumerate() {
            if level + 1 == usize::from(*depth) {
                *slot = Some(text.clone());
            } else if level + 1 > usize::from(*depth) {
                *slot = None;
            }
        }
        let group = entries.get(index + 1).is_some_and(|(next, _, _)| next > depth);
        let Some(place) = table.table.grid.at(*row, name).filter(|_| !group) else { continue };
        let [level1, level2, level3] = path.clone();
        rows.push(Indicator { level1, level2, level3, ..row_of(table, *row, columns, place) });
    }
    rows
}

/// Names of a tree with their depth and row.
fn entries(table: &TableView, region: &Region, columns: &Columns, name: u32) -> Vec<(u8, String, u32)> {
    let mut entries: Vec<(u8, String, u32)> = Vec::new();
    for row in region.body..region.end {
        let Some((view, place)) = table.index_at(row, name).and_then(|index| table.cell(index)) else { continue };
        if place.row != row || view.content != CellContent::Text || is_total(&view.text) || view.chars.len() > 60 {
            continue;
        }
        if columns.weight.or(columns.score).is_some_and(|col| place.col + place.col_span > col) {
            continue;
        }
        let depth = match enumerator(&view.chars).map(|found| found.numbering) {
            Some(Numbering::ChineseInParentheses) => 2,
            Some(Numbering::Arabic | Numbering::ArabicInParentheses | Numbering::Circled) => 3,
            Some(Numbering::Chinese) | None => 1,
        };
        entries.push((depth, flat(&view.text), row));
    }
    entries
}

/// Rows of a tree that have rows below them: their weights and scores are those of the rows below once more.
pub(super) fn group_rows(table: &TableView, region: &Region) -> Vec<u32> {
    let columns = columns(table, region);
    let Some(name) = columns.name else { return Vec::new() };
    let entries = entries(table, region, &columns, name);
    let pairs = entries.iter().zip(entries.iter().skip(1));
    pairs.filter(|((depth, _, _), (next, _, _))| next > depth).map(|((_, _, row), _)| *row).collect()
}

fn row_of(table: &TableView, row: u32, columns: &Columns, place: &Cell) -> Indicator {
    let value = |col: Option<u32>| own(table, row, col).and_then(|(view, _)| indicator_cell(view));
    Indicator {
        id: String::new(),
        level1: None,
        level2: None,
        level3: None,
        target: value(columns.target),
        actual: value(columns.actual),
        weight: value(columns.weight),
        score: value(columns.score),
        deviation: own(table, row, columns.deviation)
            .map(|(view, _)| view.text.clone())
            .filter(|text| !text.is_empty()),
        at: at(table.id, place),
    }
}

fn at(table: TableId, place: &Cell) -> At {
    At::Cell { table: table.label(), row: place.row, col: place.col, start: None, end: None }
}

fn covering(table: &TableView, row: u32, col: Option<u32>) -> Option<(&CellView, &Cell)> {
    let found = table.cell(table.index_at(row, col?)?)?;
    (!found.0.text.is_empty()).then_some(found)
}

/// The cell that begins in this row: a merged value belongs to the first row it spans.
fn own(table: &TableView, row: u32, col: Option<u32>) -> Option<(&CellView, &Cell)> {
    covering(table, row, col).filter(|(_, place)| place.row == row)
}

fn indicator_cell(view: &CellView) -> Option<IndicatorCell> {
    match &view.content {
        CellContent::Empty => None,
        CellContent::Figure(figure) => Some(IndicatorCell {
            text: view.text.clone(),
            value: Some(
                figure
                    .unit
                    .as_ref()
                    .and_then(|unit| figure.quantity(unit))
                    .map_or(Figure(figure.value), |quantity| Figure(quantity.value())),
            ),
            unit: figure.unit.as_ref().map(|unit| Text::clone(unit.unit.label())),
        }),
        _ => Some(IndicatorCell { text: view.text.clone(), value: None, unit: None }),
    }
}

fn flat(text: &str) -> String {
    text.replace('\n', "")
}

fn is_total(text: &str) -> bool {
    matches!(key(text).as_str(), "总分" | "合计" | "总计" | "总得分" | "小计")
}
