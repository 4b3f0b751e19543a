//! Relations that a workbook states itself: its formulas against the values stored beside them.
//!
//! In: the formula texts of cells. Out: sums, differences and rates over the figures that the formulas name. Understood are
//! `SUM` over references and ranges, references joined by plus and minus, and one reference divided by another; of `$`, and
//! of the brackets and points of OpenDocument, nothing is kept. Any other formula, and one that reaches into another sheet or
//! over a number that is no fact, says nothing: what is not understood in full is not checked.

use std::collections::BTreeMap;

use super::Material;
use super::claim::{Claim, ClaimTerm, Claims};
use super::evaluate::evaluate;
use super::structural::{self, Cells};
use crate::normalize::{CellContent, TableView};
use crate::record::{Origin, Relation, Severity, Status, TermRole};

/// Formulas in which one figure is added: running totals name n²/2 cells.
const USES: u8 = 8;
/// Cells of one range.
const RANGE: usize = 2_000;
/// So many formulas may fail, or a quarter of all, before the workbook counts as one that was never calculated.
const FAILURES: usize = 3;
/// Beyond so many failures, and in longer sums, nobody can tell which figure it is.
const MOST_FAILURES: usize = 20;
const LONGEST_FAILURE: usize = 100;

/// Claims of all formulas.
pub(super) fn claims(material: &Material<'_>, claims: &mut Claims) {
    let has_formula = |table: &&TableView| {
        table.table.grid.cells().iter().any(|cell| cell.source.as_ref().is_some_and(|source| source.formula.is_some()))
    };
    let tables: Vec<&TableView> = material.document.tables.iter().filter(has_formula).collect();
    if tables.is_empty() {
        return;
    }
    let by_table = structural::whole_cells(material);
    let mut uses: BTreeMap<usize, u8> = BTreeMap::new();
    let mut found = Vec::new();
    for table in tables {
        let Some(cells) = by_table.get(&*table.id.label()) else { continue };
        for place in table.table.grid.cells() {
            let formula = place.source.as_ref().and_then(|source| source.formula.as_deref()).and_then(parse);
            let (Some(formula), Some(stated)) = (formula, cells.get(&(place.row, place.col))) else { continue };
            found.extend(claim(&formula, *stated, table, cells).filter(|claim| {
                claim.facts().all(|fact| {
                    let count = uses.entry(fact).or_default();
                    *count = count.saturating_add(1);
                    *count <= USES
                })
            }));
        }
    }
    claims.extend(believed(found, material));
}

/// Those that hold; and those that fail, where few do: a program that writes formulas need not calculate them.
fn believed(found: Vec<Claim>, material: &Material<'_>) -> Vec<Claim> {
    let total = found.len();
    let fails = |claim: &Claim| evaluate(claim, &|fact| material.operand(fact)).status == Status::Inconsistent;
    let (failing, mut believed): (Vec<Claim>, Vec<Claim>) = found.into_iter().partition(fails);
    if failing.len() <= FAILURES.max(total / 4).min(MOST_FAILURES) {
        believed.extend(failing.into_iter().filter(|claim| claim.terms.len() <= LONGEST_FAILURE));
    }
    believed
}

fn claim(formula: &Formula, stated: usize, table: &TableView, cells: &Cells) -> Option<Claim> {
    let claim = match formula {
        Formula::Ratio(part, whole) => {
            let fact = |at: &Position| cells.get(&at.within(table)?).copied();
            Claim::ratio("formula.ratio", Origin::Formula, stated, fact(part)?, fact(whole)?)
        }
        Formula::Sum(parts) => {
            let mut terms = Vec::new();
            for part in parts {
                figures(part, table, cells, &mut terms)?;
            }
            // What is taken away has its own relation, and a form of its own: first term less the others.
            let minus = terms.iter().filter(|term| term.negative).count();
            let relation = match terms.first() {
                Some(_) if minus == 0 => Relation::Sum,
                Some(first) if !first.negative && minus + 1 == terms.len() => Relation::Difference,
                _ => return None,
            };
            Claim::new("formula.sum", Origin::Formula, relation, Some(stated), terms)
        }
    };
    Some(claim.at_most(Severity::Warning))
}

/// The facts of a range; `None` when it reaches out of the table or over a number that is none.
fn figures(part: &Part, table: &TableView, cells: &Cells, terms: &mut Vec<ClaimTerm>) -> Option<()> {
    let (top, start) = part.from.within(table)?;
    let (bottom, end) = part.upto.within(table)?;
    let rows = bottom.checked_sub(top)? as usize + 1;
    let columns = end.checked_sub(start)? as usize + 1;
    if rows.checked_mul(columns)? > RANGE {
        return None;
    }
    for row in top..=bottom {
        for col in start..=end {
            if let Some(fact) = cells.get(&(row, col)) {
                let term = if part.minus { ClaimTerm::minus } else { ClaimTerm::fact };
                terms.push(term(*fact, TermRole::Addend));
            } else if matches!(table.cell(table.index_at(row, col)?)?.0.content, CellContent::Figure(_)) {
                return None;
            }
        }
    }
    Some(())
}

/// A formula that is understood.
#[derive(Debug, PartialEq, Eq)]
enum Formula {
    Sum(Vec<Part>),
    Ratio(Position, Position),
}

/// A cell or a rectangle of cells, added or taken away.
#[derive(Debug, PartialEq, Eq)]
struct Part {
    from: Position,
    upto: Position,
    minus: bool,
}

/// A row and column of a sheet, from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Position {
    row: u32,
    col: u32,
}

impl Position {
    /// The position in a table cut from the sheet; `None` in front of it or behind it.
    fn within(self, table: &TableView) -> Option<(u32, u32)> {
        let (top, left) = table.table.sheet_origin;
        let (row, col) = (self.row.checked_sub(top)?, self.col.checked_sub(left)?);
        (row < table.rows() && col < table.cols()).then_some((row, col))
    }
}

fn parse(formula: &str) -> Option<Formula> {
    // OpenDocument writes [.B2:.B5], with semicolons between arguments; a name in front of the point is another sheet's.
    if formula.chars().zip(formula.chars().skip(1)).any(|(before, c)| c == '.' && !matches!(before, '[' | ':')) {
        return None;
    }
    let plain: String = formula
        .chars()
        .filter(|c| !matches!(c, '$' | '[' | ']' | '.' | '=' | ' '))
        .map(|c| if c == ';' { ',' } else { c.to_ascii_uppercase() })
        .collect();
    if let Some((part, whole)) = plain.split_once('/') {
        return Some(Formula::Ratio(position(part)?, position(whole)?));
    }
    let mut parts = Vec::new();
    let mut rest = plain.as_str();
    while !rest.is_empty() {
        let minus = rest.starts_with('-');
        rest = rest.strip_prefix(['+', '-']).unwrap_or(rest);
        let upto;
        if let Some(inner) = rest.strip_prefix("SUM(") {
            let (arguments, after) = inner.split_once(')')?;
            for argument in arguments.split(',') {
                parts.push(range(argument, minus)?);
            }
            upto = after;
        } else {
            let end = rest.find(['+', '-']).unwrap_or(rest.len());
            let (one, after) = rest.split_at_checked(end)?;
            let at = position(one)?;
            parts.push(Part { from: at, upto: at, minus });
            upto = after;
        }
        if !upto.is_empty() && !upto.starts_with(['+', '-']) {
            return None;
        }
        rest = upto;
    }
    // A reference alone is a copy.
    let copy = parts.iter().all(|part| part.from == part.upto) && parts.len() < 2;
    (!copy).then_some(Formula::Sum(parts))
}

fn range(text: &str, minus: bool) -> Option<Part> {
    let (from, upto) = text.split_once(':').unwrap_or((text, text));
    Some(Part { from: position(from)?, upto: position(upto)?, minus })
}

/// `AB12`; names, numbers and references into other sheets are none.
fn position(text: &str) -> Option<Position> {
    let digits = text.find(|c: char| c.is_ascii_digit())?;
    let (letters, row) = text.split_at_checked(digits)?;
    if letters.is_empty() || letters.len() > 3 || row.len() > 7 || !letters.chars().all(|c| c.is_ascii_uppercase()) {
        return None;
    }
    let mut col = 0_u32;
    for letter in letters.chars() {
        col = col * 26 + (u32::from(letter) - u32::from('A') + 1);
    }
    Some(Position { row: row.parse::<u32>().ok()?.checked_sub(1)?, col: col.checked_sub(1)? })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spelled(formula: &str) -> Option<String> {
        let spell = |at: &Position| format!("{},{}", at.row, at.col);
        Some(match parse(formula)? {
            Formula::Ratio(part, whole) => format!("{} / {}", spell(&part), spell(&whole)),
            Formula::Sum(parts) => parts
                .iter()
                .map(|part| {
                    let sign = if part.minus { '-' } else { '+' };
                    format!("{sign}{}..{}", spell(&part.from), spell(&part.upto))
                })
                .collect(),
        })
    }

    #[test]
    fn sums_and_rates_are_understood_and_nothing_else() {
        let check = |formula: &str, expected: Option<&str>| {
            assert_eq!(spelled(formula).as_deref(), expected, "{formula}");
        };
        check("SUM(B2:B5)", Some("+1,1..4,1"));
        check("sum($B$2:$B$5, AA7)", Some("+1,1..4,1+6,26..6,26"));
        check("SUM([.B2:.B5];[.C3])", Some("+1,1..4,1+2,2..2,2"));
        check("B2+C2-D2", Some("+1,1..1,1+1,2..1,2-1,3..1,3"));
        check("SUM(B2:B5)-C7", Some("+1,1..4,1-6,2..6,2"));
        check("C2/B2", Some("1,2 / 1,1"));
        check("B2", None);
        check("B2*1.1", None);
        check("B2+3", None);
        check("SUM(Sheet2!B2:B5)", None);
        check("SUM(B2:B5)*100", None);
        check("SUMIF(B2:B5,1)", None);
        check("IF(B2=0,0,C2/B2)", None);
        check("SUM([$AB.B2:.B5])", None);
        check("SUM(R[-3]C:R[-1]C)", None);
        check("", None);
    }
}
