//! Formulas that cells of a BIFF workbook share, as each cell would have them.
//!
//! In: the tokens of a shared formula and the cell at hand. Out: the formula in A1 notation, without `=`. Wrong: tokens and
//! functions that are not followed give nothing; calamine spells formulas that stand with their own cell.
//!
//! Follows [MS-XLS] 2.5.198 (tokens in postfix order, brackets told) for what programs write when a formula is filled down:
//! references, numbers, operators and the functions of sums and shares. Numbers with a fraction are not followed, since they
//! are stored as doubles.

use super::compound::u16_at;
use super::formulas::cell_name;

/// Columns and rows of a sheet.
const COLS: u32 = 256;
const ROWS: u32 = 65_536;

/// Spells a formula for the cell at this row and column, from 0.
pub(super) fn spell(tokens: &[u8], row: u32, col: u32) -> Option<String> {
    let mut stack: Vec<String> = Vec::new();
    let mut rest = tokens;
    while let Some((token, after)) = rest.split_first() {
        // The two bits above the kind say whether a value, a reference or an array is wanted.
        let kind = if *token >= 0x40 { (*token & 0x1F) | 0x20 } else { *token };
        let used = match kind {
            0x03..=0x11 => binary(kind, &mut stack)?,
            0x12..=0x15 => unary(kind, &mut stack)?,
            0x16 => pushed(String::new(), 0, &mut stack),
            0x17 => text(after, &mut stack)?,
            0x19 => attribute(after, &mut stack)?,
            0x1D => pushed(if *after.first()? == 0 { "FALSE" } else { "TRUE" }.to_owned(), 1, &mut stack),
            0x1E => pushed(u16_at(after, 0)?.to_string(), 2, &mut stack),
            0x21 => {
                let (name, arguments) = function(u16_at(after, 0)?)?;
                call(name, arguments?, 2, &mut stack)?
            }
            0x22 => {
                let (name, _) = function(u16_at(after, 1)? & 0x7FFF)?;
                call(name, usize::from(*after.first()? & 0x7F), 3, &mut stack)?
            }
            0x24 | 0x2C => pushed(reference(after, 0, 2, (row, col), kind == 0x2C)?, 4, &mut stack),
            0x25 | 0x2D => {
                let first = reference(after, 0, 4, (row, col), kind == 0x2D)?;
                let last = reference(after, 2, 6, (row, col), kind == 0x2D)?;
                pushed(format!("{first}:{last}"), 8, &mut stack)
            }
            _ => return None,
        };
        rest = after.get(used..)?;
    }
    let formula = stack.pop()?;
    stack.is_empty().then_some(formula)
}

/// Puts an operand on the stack; gives the bytes that its token used.
fn pushed(text: String, used: usize, stack: &mut Vec<String>) -> usize {
    stack.push(text);
    used
}

fn binary(kind: u8, stack: &mut Vec<String>) -> Option<usize> {
    const SIGNS: [&str; 15] = ["+", "-", "*", "/", "^", "&", "<", "<=", "=", ">=", ">", "<>", " ", ",", ":"];
    let sign = SIGNS.get(usize::from(kind.checked_sub(3)?))?;
    let (right, left) = (stack.pop()?, stack.pop()?);
    stack.push(format!("{left}{sign}{right}"));
    Some(0)
}

fn unary(kind: u8, stack: &mut Vec<String>) -> Option<usize> {
    let of = stack.pop()?;
    stack.push(match kind {
        0x12 => format!("+{of}"),
        0x13 => format!("-{of}"),
        0x14 => format!("{of}%"),
        _ => format!("({of})"),
    });
    Some(0)
}

/// A text of one or two bytes to the character.
fn text(data: &[u8], stack: &mut Vec<String>) -> Option<usize> {
    let (length, wide) = (usize::from(*data.first()?), data.get(1)? & 1 == 1);
    let used = 2 + length * if wide { 2 } else { 1 };
    let text: String = if wide {
        let units = (0..length).filter_map(|index| u16_at(data, 2 + index * 2));
        char::decode_utf16(units).map(|letter| letter.unwrap_or('\u{FFFD}')).collect()
    } else {
        data.get(2..used)?.iter().map(|byte| char::from(*byte)).collect()
    };
    stack.push(format!("\"{}\"", text.replace('"', "\"\"")));
    Some(used)
}

/// A sum of one argument; jumps, spaces and marks, which say nothing about the value. The table of a choice is not followed.
fn attribute(data: &[u8], stack: &mut Vec<String>) -> Option<usize> {
    match *data.first()? {
        kind if kind & 0x04 != 0 => None,
        kind if kind & 0x10 != 0 => call("SUM", 1, 3, stack),
        _ => Some(3),
    }
}

fn call(name: &str, arguments: usize, used: usize, stack: &mut Vec<String>) -> Option<usize> {
    let arguments = stack.split_off(stack.len().checked_sub(arguments)?);
    stack.push(format!("{name}({})", arguments.join(",")));
    Some(used)
}

/// Name of a function, and the number of its arguments where that never changes.
fn function(number: u16) -> Option<(&'static str, Option<usize>)> {
    Some(match number {
        0 => ("COUNT", None),
        1 => ("IF", None),
        3 => ("ISERROR", Some(1)),
        4 => ("SUM", None),
        5 => ("AVERAGE", None),
        6 => ("MIN", None),
        7 => ("MAX", None),
        24 => ("ABS", Some(1)),
        25 => ("INT", Some(1)),
        27 => ("ROUND", Some(2)),
        36 => ("AND", None),
        37 => ("OR", None),
        38 => ("NOT", Some(1)),
        169 => ("COUNTA", None),
        183 => ("PRODUCT", None),
        212 => ("ROUNDUP", Some(2)),
        213 => ("ROUNDDOWN", Some(2)),
        228 => ("SUMPRODUCT", None),
        344 => ("SUBTOTAL", None),
        345 => ("SUMIF", None),
        346 => ("COUNTIF", Some(2)),
        _ => return None,
    })
}

/// A cell: its row and its column, whose two highest bits say what moves. In a shared formula (`by_distance`) what moves is stored as
/// the distance from the cell at hand, around the edges of the sheet.
fn reference(data: &[u8], row_at: usize, col_at: usize, here: (u32, u32), by_distance: bool) -> Option<String> {
    let (row, flags) = (u32::from(u16_at(data, row_at)?), u16_at(data, col_at)?);
    let (col, row_moves, col_moves) = (u32::from(flags & 0x00FF), flags & 0x8000 != 0, flags & 0x4000 != 0);
    let row = if by_distance && row_moves { (here.0 + row) % ROWS } else { row };
    let col = if by_distance && col_moves { (here.1 + col) % COLS } else { col };
    Some(cell_name(row, col, !row_moves, !col_moves))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two columns to the left of E5 and one; the same row.
    const LEFT: [u8; 5] = [0x4C, 0, 0, 0xFE, 0xC0];
    const RIGHT: [u8; 5] = [0x4C, 0, 0, 0xFF, 0xC0];

    fn check(parts: &[&[u8]], expected: Option<&str>) {
        assert_eq!(spell(&parts.concat(), 4, 4).as_deref(), expected);
    }

    #[test]
    fn shared_formulas_are_spelled() {
        check(&[&LEFT, &RIGHT, &[0x03]], Some("C5+D5"));
        check(&[&LEFT, &RIGHT, &[0x03, 0x15, 0x1E, 100, 0, 0x06]], Some("(C5+D5)/100"));
        // SUM over the three rows above: by its own token and as a function of one argument.
        let area = [0x2D, 0xFD, 0xFF, 0xFF, 0xFF, 0, 0xC0, 0, 0xC0];
        check(&[&area, &[0x19, 0x10, 0, 0]], Some("SUM(E2:E4)"));
        check(&[&area, &[0x42, 1, 4, 0]], Some("SUM(E2:E4)"));
        check(&[&LEFT, &RIGHT, &[0x06, 0x1E, 4, 0, 0x41, 27, 0]], Some("ROUND(C5/D5,4)"));
        // What does not move stays: $B$1.
        check(&[&LEFT, &[0x44, 0, 0, 1, 0], &[0x05]], Some("C5*$B$1"));
        check(&[&LEFT, &[0x17, 1, 0, b'x', 0x08]], Some("C5&\"x\""));
    }

    #[test]
    fn what_is_not_followed_gives_nothing() {
        check(&[&LEFT, &[0x1F, 0, 0, 0, 0, 0, 0, 0xE0, 0x3F, 0x05]], None);
        check(&[&LEFT, &[0x42, 1, 255, 0]], None);
        check(&[&LEFT, &RIGHT], None);
        check(&[&[0x03]], None);
        check(&[&[0x4C, 0]], None);
        check(&[], None);
    }
}
