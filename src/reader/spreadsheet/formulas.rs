//! Formulas as the cell that they stand in would have them.
//!
//! In: the formula of another cell (shared formulas of Excel), or one in R1C1 notation (Excel 2003 XML). Out: the same in A1
//! notation for the cell at hand. Wrong: references that would leave the sheet, and notations that are not followed, give
//! nothing: a formula is a help, not a value.
//!
//! Follows ECMA-376 Part 1, 18.3.1.40 (`f`, shared formulas) and 18.17 (references).

use std::fmt::Write as _;
use std::iter::Peekable;
use std::str::CharIndices;

/// Columns and rows of a sheet.
const MAX_COL: u32 = 16_384;
const MAX_ROW: u32 = 1_048_576;

/// A formula of one cell as it stands so many rows below and columns to the right of it.
pub(super) fn shifted(formula: &str, rows: i64, cols: i64) -> Option<String> {
    rewritten(formula, |word| match reference(word) {
        Some(reference) if reference.col < MAX_COL => reference.moved(rows, cols).map(Some),
        _ => Some(None),
    })
}

/// A formula of a binary package as calamine spells it: references keep the two flags of their column, which then lies behind the
/// last one. What stays and what moves is not told any more; nothing asks for it.
pub(super) fn without_flags(formula: &str) -> Option<String> {
    rewritten(formula, |word| {
        let Some(found) = reference(word) else { return Some(None) };
        let col = if found.col < MAX_COL { found.col } else { found.col & (MAX_COL - 1) };
        Some(Some(Reference { col, ..found }.written()))
    })
}

/// A cell, row and column from 0, in A1 notation, and whether each stays when the formula is copied.
pub(super) fn cell_name(row: u32, col: u32, row_stays: bool, col_stays: bool) -> String {
    Reference { row, col, row_stays, col_stays }.written()
}

/// A formula in R1C1 notation as the cell at this row and column, from 0, would have it in A1 notation.
pub(super) fn from_r1c1(formula: &str, row: u32, col: u32) -> Option<String> {
    let mut out = String::with_capacity(formula.len());
    let mut rest = formula;
    while let Some(letter) = rest.chars().next() {
        if matches!(letter, '"' | '\'') {
            let end = rest.get(1..)?.find(letter)? + 2;
            out.push_str(rest.get(..end)?);
            rest = rest.get(end..)?;
            continue;
        }
        let word = rest.find(|c: char| !is_word(c) || c == '$').unwrap_or(rest.len());
        if let Some((reference, after)) = r1c1(rest, row, col)? {
            out.push_str(&reference);
            rest = after;
        } else {
            let length = word.max(letter.len_utf8());
            out.push_str(rest.get(..length)?);
            rest = rest.get(length..)?;
        }
    }
    Some(out)
}

/// Goes through the words of a formula that can be references. `change` gives what stands in a word's place, if anything
/// else, or `None` when the formula cannot be told.
fn rewritten(formula: &str, change: impl Fn(&str) -> Option<Option<String>>) -> Option<String> {
    let mut out = String::with_capacity(formula.len());
    let mut letters = formula.char_indices().peekable();
    let mut before = ' ';
    while let Some((start, letter)) = letters.next() {
        match letter {
            '"' | '\'' => {
                let end = skip_past(&mut letters, letter)?;
                out.push_str(formula.get(start..end)?);
            }
            '[' => {
                let end = skip_past(&mut letters, ']')?;
                out.push_str(formula.get(start..end)?);
            }
            letter if is_word(letter) => {
                while letters.next_if(|(_, letter)| is_word(*letter)).is_some() {}
                let (end, after) = letters.peek().map_or((formula.len(), ' '), |(at, letter)| (*at, *letter));
                let word = formula.get(start..end)?;
                // Functions, sheets and tables may be called like a cell.
                let changed = if matches!(after, '(' | '!' | '[') { None } else { change(word)? };
                // Whole rows and columns (`A:A`, `3:5`) would have to move too.
                if changed.is_none() && (before == ':' || after == ':') && after != '!' {
                    return None;
                }
                out.push_str(changed.as_deref().unwrap_or(word));
            }
            letter => out.push(letter),
        }
        before = letter;
    }
    Some(out)
}

/// Passes over everything up to and with `end`; gives the place behind it.
fn skip_past(letters: &mut Peekable<CharIndices<'_>>, end: char) -> Option<usize> {
    letters.find(|(_, letter)| *letter == end).map(|(at, letter)| at + letter.len_utf8())
}

fn is_word(letter: char) -> bool {
    letter.is_alphanumeric() || matches!(letter, '_' | '$' | '.')
}

/// A cell in A1 notation, row and column from 0, and whether each stays when the formula is copied.
#[derive(Debug, Clone, Copy)]
struct Reference {
    row: u32,
    col: u32,
    row_stays: bool,
    col_stays: bool,
}

/// A word that is a cell and nothing else; its column may have two flags before it.
fn reference(word: &str) -> Option<Reference> {
    let (col_stays, rest) = word.strip_prefix('$').map_or((false, word), |rest| (true, rest));
    let digits = rest.find(|letter: char| !letter.is_ascii_alphabetic())?;
    let (letters, rest) = rest.split_at_checked(digits)?;
    let (row_stays, digits) = rest.strip_prefix('$').map_or((false, rest), |rest| (true, rest));
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let (row, col) = super::cells::position(&format!("{letters}{digits}"))?;
    (row < MAX_ROW && col < 4 * MAX_COL).then_some(Reference { row, col, row_stays, col_stays })
}

impl Reference {
    fn moved(self, rows: i64, cols: i64) -> Option<String> {
        let add = |place: u32, by: i64, stays: bool, most: u32| {
            let moved = if stays { i64::from(place) } else { i64::from(place).checked_add(by)? };
            u32::try_from(moved).ok().filter(|moved| *moved < most)
        };
        let row = add(self.row, rows, self.row_stays, MAX_ROW)?;
        let col = add(self.col, cols, self.col_stays, MAX_COL)?;
        Some(Self { row, col, ..self }.written())
    }

    fn written(self) -> String {
        let mut letters = Vec::new();
        let mut rest = self.col + 1;
        while rest > 0 {
            let digit = u8::try_from((rest - 1) % 26).unwrap_or_default();
            letters.push(char::from(b'A' + digit));
            rest = (rest - 1) / 26;
        }
        let mut text = String::from(if self.col_stays { "$" } else { "" });
        text.extend(letters.iter().rev());
        // Writing to a String cannot fail.
        let _ = write!(text, "{}{}", if self.row_stays { "$" } else { "" }, self.row + 1);
        text
    }
}

/// A cell in R1C1 notation at the beginning of `text`, in A1 notation, with what comes after it; the outer `None` when it leaves
/// the sheet.
fn r1c1(text: &str, row: u32, col: u32) -> Option<Option<(String, &str)>> {
    let part = |text: &'_ str, letter: char, here: u32| -> Option<(Option<u32>, bool, usize)> {
        let rest = text.strip_prefix(letter)?;
        if let Some(inside) = rest.strip_prefix('[') {
            let end = inside.find(']')?;
            let by: i64 = inside.get(..end)?.parse().ok()?;
            let place = u32::try_from(i64::from(here).checked_add(by)?).ok();
            return Some((place, false, end + 3));
        }
        let end = rest.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(rest.len());
        if end == 0 {
            return Some((Some(here), false, 1));
        }
        let number: u32 = rest.get(..end)?.parse().ok()?;
        Some((number.checked_sub(1), true, end + 1))
    };
    let found = part(text, 'R', row).and_then(|(row, row_stays, length)| {
        let rest = text.get(length..)?;
        let (col, col_stays, length) = part(rest, 'C', col)?;
        let after = rest.get(length..)?;
        // `ROUND(` and names begin the same.
        (!after.starts_with(|letter: char| is_word(letter) || letter == '('))
            .then_some((row, row_stays, col, col_stays, after))
    });
    let Some((row, row_stays, col, col_stays, after)) = found else { return Some(None) };
    let (row, col) = (row.filter(|row| *row < MAX_ROW)?, col.filter(|col| *col < MAX_COL)?);
    Some(Some((Reference { row, col, row_stays, col_stays }.written(), after)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_move_with_their_cell() {
        let check = |formula: &str, rows: i64, cols: i64, expected: Option<&str>| {
            assert_eq!(shifted(formula, rows, cols).as_deref(), expected, "{formula}");
        };
        check("SUM(B2:B5)", 0, 1, Some("SUM(C2:C5)"));
        check("$B2/B$5*Z9", 2, 1, Some("$B4/C$5*AA11"));
        check("IF(A1=\"B2\",LOG10(A1),Sheet1!A1)", 1, 0, Some("IF(A2=\"B2\",LOG10(A2),Sheet1!A2)"));
        check("'甲 A1'!A1+合计+1.5", 1, 1, Some("'甲 A1'!B2+合计+1.5"));
        check("[1]Sheet1!A1+T1[A1]", 1, 0, Some("[1]Sheet1!A2+T1[A1]"));
        check("SUM(A:A)", 0, 1, None);
        check("SUM(3:5)", 1, 0, None);
        check("A1", -1, 0, None);
        check("XFD1", 0, 1, None);
        check("\"open", 0, 0, None);
    }

    #[test]
    fn flags_of_columns_are_taken_away() {
        assert_eq!(without_flags("SUM($BTRN$1:$BTRN$9)+B2").as_deref(), Some("SUM($B$1:$B$9)+B2"));
    }

    #[test]
    fn relative_notation_becomes_absolute() {
        let check = |formula: &str, expected: Option<&str>| {
            assert_eq!(from_r1c1(formula, 4, 2).as_deref(), expected, "{formula}");
        };
        check("SUM(R[-3]C:R[-1]C)", Some("SUM(C2:C4)"));
        check("RC[-1]/R5C2", Some("B5/$B$5"));
        check("ROUND(RC[-1],2)&\"RC\"", Some("ROUND(B5,2)&\"RC\""));
        check("COUNT(甲!R1C1)", Some("COUNT(甲!$A$1)"));
        check("R[-9]C", None);
    }
}
