//! Where a figure stands, as whoever has the original before them finds it.
//!
//! In: a record and a place in it. Out: words and a quotation. A place that the record does not have gives what is known.
//! Workbooks: sheet and cell by name. Other tables: number, row and column from 1, and the labels.
//! Text: number of the paragraph, the heading above it, and the words around the figure.

use std::collections::BTreeMap;

use super::words::Language;
use crate::record::{At, BlockEntry, BlockType, CellEntry, Record, TableEntry};

/// Characters of a quotation in front of a figure and behind it.
const AROUND: usize = 24;
/// Characters of a heading or caption that are named.
const NAMED: usize = 30;

/// A place in words.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Place {
    /// The address, as `工作表“经费明细”E8单元格` or `第2个表第3行第4列`.
    pub(super) address: String,
    /// What a workbook calls the cell, as `经费明细!E8`.
    pub(super) cell: Option<String>,
    /// The words before the figure, the figure, those behind it.
    pub(super) quote: Option<[String; 3]>,
}

impl Place {
    fn at(address: String, quote: Option<[String; 3]>) -> Self {
        Self { address, cell: None, quote }
    }

    /// The cell as its workbook calls it, else the address in words.
    pub(super) fn exact(&self) -> &str {
        self.cell.as_deref().unwrap_or(&self.address)
    }

    /// The quotation on one line, the figure in brackets.
    pub(super) fn quoted(&self) -> String {
        self.quote.as_ref().map(|[before, figure, behind]| format!("{before}【{figure}】{behind}")).unwrap_or_default()
    }
}

/// Tables and blocks of a record by their ids: a large record has many places.
#[derive(Debug)]
pub(super) struct Index<'a> {
    /// Each with its number, from 1.
    tables: BTreeMap<&'a str, (usize, &'a TableEntry)>,
    /// Each with its number among those with text, from 1.
    blocks: BTreeMap<&'a str, (usize, &'a BlockEntry)>,
}

impl<'a> Index<'a> {
    /// Counts what a record has.
    pub(super) fn of(record: &'a Record) -> Self {
        let counts = |block: &BlockEntry| block.kind != BlockType::Table && !block.text.trim().is_empty();
        let mut number = 0;
        let blocks = record.blocks.iter().map(|block| {
            number += usize::from(counts(block));
            (&*block.id, (number, block))
        });
        Self {
            blocks: blocks.collect(),
            tables: record.tables.iter().zip(1..).map(|(table, number)| (&*table.id, (number, table))).collect(),
        }
    }

    /// The table of an id.
    pub(super) fn table(&self, id: &str) -> Option<&'a TableEntry> {
        self.tables.get(id).map(|(_, table)| *table)
    }

    /// The place of something in the record.
    pub(super) fn place(&self, at: &At, language: Language) -> Place {
        match at {
            At::Document => Place::at(language.pick("全文", "the document").to_owned(), None),
            At::Part { name } => Place::at(plain(name), None),
            At::Cell { table, row, col, start, end } => {
                let Some((number, table)) = self.tables.get(&**table).copied() else { return Place::default() };
                let text = cell_at(table, *row, *col).map(|cell| &*cell.text);
                let quote = match (text, start, end) {
                    (Some(text), Some(start), Some(end)) => Some(around(text, *start, *end)),
                    _ => None,
                };
                let address = cell_address(table, number, *row, *col, language);
                Place { cell: cell_reference(table, *row, *col), ..Place::at(address, quote) }
            }
            At::Block { block } => self.in_block(block, None, language),
            At::Text { block, start, end, .. } => self.in_block(block, Some((*start, *end)), language),
        }
    }

    /// A paragraph by its number among those with text and the heading above it.
    fn in_block(&self, id: &str, range: Option<(usize, usize)>, language: Language) -> Place {
        let Some((number, block)) = self.blocks.get(id).copied() else { return Place::default() };
        let heading = block.section.last().map(|heading| shortened(heading, NAMED)).filter(|text| !text.is_empty());
        let address = match (language, heading) {
            (Language::Zh, Some(heading)) => format!("正文第{number}段（“{heading}”部分）"),
            (Language::Zh, None) => format!("正文第{number}段"),
            (Language::En, Some(heading)) => format!("paragraph {number} (under “{heading}”)"),
            (Language::En, None) => format!("paragraph {number}"),
        };
        Place::at(address, range.map(|(start, end)| around(&block.text, start, end)))
    }
}

/// The cell that begins at a position. Cells stand by row, then column.
fn cell_at(table: &TableEntry, row: u32, col: u32) -> Option<&CellEntry> {
    let at = table.cells.binary_search_by_key(&(row, col), |cell| (cell.row, cell.col)).ok()?;
    table.cells.get(at)
}

fn cell_address(table: &TableEntry, number: usize, row: u32, col: u32, language: Language) -> String {
    if let (Some(sheet), Some(cell)) = (&table.sheet, cell_on_sheet(table, row, col)) {
        return match language {
            Language::Zh => format!("工作表“{}”{cell}单元格", plain(sheet)),
            Language::En => format!("sheet “{}”, cell {cell}", plain(sheet)),
        };
    }
    let (row, col) = (u64::from(row) + 1, u64::from(col) + 1);
    match language {
        Language::Zh => format!("{}第{row}行第{col}列", table_name(table, number, language)),
        Language::En => format!("{}, row {row}, column {col}", table_name(table, number, language)),
    }
}

/// `E8`, for a table of a workbook.
fn cell_on_sheet(table: &TableEntry, row: u32, col: u32) -> Option<String> {
    let origin = table.origin.filter(|_| table.sheet.is_some())?;
    Some(cell_name(u64::from(origin.row) + u64::from(row), u64::from(origin.col) + u64::from(col)))
}

/// `经费明细!E8`; names with other than letters and digits stand in quotes, as in formulas.
fn cell_reference(table: &TableEntry, row: u32, col: u32) -> Option<String> {
    let cell = cell_on_sheet(table, row, col)?;
    let sheet = plain(table.sheet.as_deref()?);
    let bare = sheet.chars().all(|c| c.is_alphanumeric() || c == '_') && !sheet.starts_with(|c: char| c.is_numeric());
    Some(if bare { format!("{sheet}!{cell}") } else { format!("'{}'!{cell}", sheet.replace('\'', "''")) })
}

/// A table by its number and caption.
pub(super) fn table_name(table: &TableEntry, number: usize, language: Language) -> String {
    let caption = table.caption.as_deref().map(|caption| shortened(caption, NAMED)).filter(|text| !text.is_empty());
    match (language, caption) {
        (Language::Zh, Some(caption)) => format!("第{number}个表（{caption}）"),
        (Language::Zh, None) => format!("第{number}个表"),
        (Language::En, Some(caption)) => format!("table {number} ({caption})"),
        (Language::En, None) => format!("table {number}"),
    }
}

/// `E8` for row 7 and column 4.
fn cell_name(row: u64, col: u64) -> String {
    let mut letters = Vec::new();
    let mut rest = col + 1;
    while rest > 0 {
        rest -= 1;
        letters.push(char::from(b'A' + u8::try_from(rest % 26).unwrap_or_default()));
        rest /= 26;
    }
    let letters: String = letters.into_iter().rev().collect();
    format!("{letters}{}", row + 1)
}

/// The surroundings of a character range.
fn around(text: &str, start: usize, end: usize) -> [String; 3] {
    let part = |from: usize, upto: usize| -> String {
        plain(&text.chars().skip(from).take(upto.saturating_sub(from)).collect::<String>()).replace('\n', " ")
    };
    let from = start.saturating_sub(AROUND);
    let lead = if from > 0 { "…" } else { "" };
    let upto = end.saturating_add(AROUND);
    let trail = if text.chars().nth(upto).is_some() { "…" } else { "" };
    [format!("{lead}{}", part(from, start)), part(start, end), format!("{}{trail}", part(end, upto))]
}

/// The start of a text, on one line.
pub(super) fn shortened(text: &str, chars: usize) -> String {
    let text = plain(text).replace('\n', " ");
    let text = text.trim();
    if text.chars().nth(chars).is_none() {
        return text.to_owned();
    }
    format!("{}…", text.chars().take(chars).collect::<String>())
}

/// A text without what no XML can hold and no page should: control characters but line feeds, and non-characters.
/// Marks that turn the direction of writing are left out too: they can make a figure read otherwise than it is.
pub(in super::super) fn plain(text: &str) -> String {
    let is_bad = |c: char| {
        (c.is_control() && c != '\n')
            || matches!(c, '\u{FFFE}' | '\u{FFFF}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
    };
    text.chars().map(|c| if matches!(c, '\t' | '\r') { ' ' } else { c }).filter(|c| !is_bad(*c)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_have_the_names_of_workbooks() {
        for (row, col, name) in
            [(0, 0, "A1"), (7, 4, "E8"), (0, 25, "Z1"), (9, 26, "AA10"), (0, 701, "ZZ1"), (0, 702, "AAA1")]
        {
            assert_eq!(cell_name(row, col), name);
        }
        assert_eq!(cell_name(u64::from(u32::MAX) * 2, 16_383), "XFD8589934591");
    }

    #[test]
    fn quotations_end_where_the_text_does() {
        let [before, figure, behind] = around("总支出1348.65万元", 3, 10);
        assert_eq!((before.as_str(), figure.as_str(), behind.as_str()), ("总支出", "1348.65", "万元"));
        let long = format!("{}7{}", "前".repeat(40), "后".repeat(40));
        let [before, figure, behind] = around(&long, 40, 41);
        assert!(before.starts_with('…') && behind.ends_with('…') && figure == "7");
        assert_eq!(before.chars().count(), AROUND + 1);
        assert_eq!(around("短", 5, 9), ["短".to_owned(), String::new(), String::new()]);
    }

    #[test]
    fn nothing_is_left_that_xml_cannot_hold() {
        assert_eq!(plain("a\u{0}b\u{1b}\tc\r\nd\u{FFFE}\u{202E}e"), "ab c \nde");
        assert_eq!(shortened("一二三四", 3), "一二三…");
        assert_eq!(shortened(" 一\n二 ", 3), "一 二");
    }
}
