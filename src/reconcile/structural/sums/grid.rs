//! The numbers of one table as whole units of its last printed digit, by line and across the lines.
//!
//! A *line* is a column when sums run along the rows, and a row when they run down the columns; a *cross* is the other one.
//! Everything that looks for sums speaks of lines and crosses, so that both directions are one algorithm.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use crate::document::Text;
use crate::normalize::key;
use crate::reconcile::Material;
use crate::reconcile::structural::Cells;
use crate::record::{BoundName, Fact, FactKind};

/// A number of the table.
#[derive(Debug, Clone, Copy)]
pub(super) struct Entry {
    /// Its cross within a line, its line within a cross.
    pub(super) at: u32,
    /// In units of the table's last digit.
    pub(super) value: i128,
    /// One of the number's own last digit.
    pub(super) unit: i128,
    /// Only numbers of the same sort are added up.
    pub(super) sort: u32,
    /// The fact behind it.
    pub(super) fact: usize,
}

/// The numbers of a table in one direction.
#[derive(Debug, Clone, Default)]
pub(super) struct Axis {
    /// Per line its numbers, in order of their crosses.
    pub(super) lines: Vec<Vec<Entry>>,
    /// Per cross its numbers, in order of their lines.
    pub(super) crosses: Vec<Vec<Entry>>,
    /// Per line the words above or beside it, as they are compared.
    pub(super) names: Vec<Vec<Text>>,
    /// One, in units of the table's last digit.
    pub(super) one: i128,
}

impl Axis {
    /// The numbers of a line.
    pub(super) fn line(&self, line: u32) -> &[Entry] {
        self.lines.get(line as usize).map(Vec::as_slice).unwrap_or_default()
    }

    /// The words of a line.
    pub(super) fn names(&self, line: u32) -> &[Text] {
        self.names.get(line as usize).map(Vec::as_slice).unwrap_or_default()
    }
}

/// Sums along the rows (columns are lines), then down the columns (rows are lines).
pub(super) fn axes(cells: &Cells, material: &Material<'_>) -> [Axis; 2] {
    let numbers = numbers(cells, material);
    let finest = numbers.iter().map(|number| number.own).max().unwrap_or_default().max(0);
    let mut sorts: BTreeMap<(FactKind, Option<Text>), u32> = BTreeMap::new();
    let (mut by_column, mut by_row) = (Axis::default(), Axis::default());
    for number in numbers {
        let next = u32::try_from(sorts.len()).unwrap_or(u32::MAX);
        let sort = *sorts.entry((number.fact.kind, number.fact.unit.clone())).or_insert(next);
        let (Some(value), Some(unit)) = (whole(number.value, finest), power(finest - number.own)) else { continue };
        let entry = |at| Entry { at, value, unit, sort, fact: number.index };
        put(&mut by_column.lines, number.col, entry(number.row));
        put(&mut by_row.lines, number.row, entry(number.col));
        name(&mut by_column.names, number.col, &number.fact.column_path);
        name(&mut by_row.names, number.row, &number.fact.label_path);
    }
    by_column.crosses.clone_from(&by_row.lines);
    by_row.crosses.clone_from(&by_column.lines);
    by_column.one = power(finest).unwrap_or(1);
    by_row.one = by_column.one;
    [by_column, by_row]
}

struct Number<'a> {
    row: u32,
    col: u32,
    index: usize,
    fact: &'a Fact,
    value: Decimal,
    own: i32,
}

/// What can be added up: no rates, no points, nothing that is only a bound.
fn numbers<'a>(cells: &Cells, material: &Material<'a>) -> Vec<Number<'a>> {
    let mut numbers = Vec::with_capacity(cells.len());
    for ((row, col), index) in cells {
        let Some(operand) = material.operand(*index) else { continue };
        let fact = operand.fact;
        let adds = matches!(fact.kind, FactKind::Money | FactKind::Count | FactKind::Quantity);
        if adds && fact.bound == BoundName::Exact {
            let (value, own) = (operand.value, operand.own);
            numbers.push(Number { row: *row, col: *col, index: *index, fact, value, own });
        }
    }
    numbers
}

/// A value in units of 10^-decimals; `None` when it does not come out even or is too large.
fn whole(value: Decimal, decimals: i32) -> Option<i128> {
    let scaled = value.checked_mul(Decimal::from_i128_with_scale(power(decimals)?, 0))?;
    scaled.is_integer().then(|| scaled.to_i128()).flatten()
}

fn power(exponent: i32) -> Option<i128> {
    10_i128.checked_pow(u32::try_from(exponent).ok()?).filter(|power| *power < 1_000_000_000_000_000_000_000)
}

fn put(lines: &mut Vec<Vec<Entry>>, at: u32, entry: Entry) {
    let at = at as usize;
    if lines.len() <= at {
        lines.resize_with(at + 1, Vec::new);
    }
    if let Some(line) = lines.get_mut(at) {
        line.push(entry);
    }
}

/// The first number of a line says what the line is called.
fn name(names: &mut Vec<Vec<Text>>, at: u32, path: &[Text]) {
    let at = at as usize;
    if names.len() <= at {
        names.resize_with(at + 1, Vec::new);
    }
    if let Some(slot) = names.get_mut(at).filter(|slot| slot.is_empty()) {
        *slot = path.iter().map(|label| key(label).as_str().into()).collect();
    }
}

/// Words that announce a total, as labels are compared.
const TOTAL: [&str; 20] = [
    "合计",
    "小计",
    "总计",
    "总额",
    "共计",
    "总数",
    "累计",
    "合計",
    "小計",
    "總計",
    "total",
    "summe",
    "gesamt",
    "итого",
    "всего",
    "suma",
    "somme",
    "totaal",
    "overall",
    "summa",
];

/// The words of a line announce a total.
pub(super) fn announces_total(names: &[Text]) -> bool {
    names.iter().any(|name| {
        let name = name.to_lowercase();
        name == "sum" || name == "计" || TOTAL.iter().any(|word| name.contains(word))
    })
}
