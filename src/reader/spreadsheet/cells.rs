//! One worksheet of an Excel package, in one pass over its XML.
//!
//! In: the part, the workbook's texts and formats. Out: a [`Sheet`]: values as shown with what is stored behind them,
//! formulas, merged ranges, hidden rows and columns. Wrong: damaged XML, more cells than the limit.
//!
//! Follows ECMA-376 Part 1, 18.3.1: rows and cells without a reference follow the one before them. A number that is none
//! and a type that is not known are taken as text; a text that the list of shared texts does not have is empty and told, as is one that its format hides. Formulas
//! whose result is an empty text, with which forms are filled beforehand, show nothing; those without any result are told.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::around::Line;
use super::decimal::Decimal;
use super::formulas::shifted;
use super::number_format::NumberFormat;
use super::sheet::{MergedRange, Sheet};
use super::styles::Styles;
use super::{Show, Shown, source_of, stored, strings, truth, verbatim};
use crate::document::{Cell, Location, Text, WarningKind};
use crate::error::{Error, Result};
use crate::reader::collector::Collector;
use crate::reader::xml::{Token, Xml};

/// Bytes of formulas that cells of a sheet share.
const SHARED_FORMULAS: usize = 8 << 20;

/// What all sheets of a workbook share.
pub(super) struct Book {
    pub(super) strings: Vec<Text>,
    pub(super) styles: Styles,
    /// Days count from 1904.
    pub(super) date_1904: bool,
}

/// Reads the sheet called `name`. `bytes` are those of its XML, about.
///
/// # Errors
/// Those of [`Xml::next`], and `limit-exceeded` (`cells`).
pub(super) fn read(xml: &mut Xml<'_>, name: &str, bytes: usize, book: &Book, out: &mut Collector<'_>) -> Result<Sheet> {
    let mut reader = SheetReader {
        book,
        show: Show::new(book.date_1904),
        repeats: Repeats::default(),
        shared: Shared::default(),
        lost: Lost::default(),
        sheet: Sheet::default(),
        row: 0,
        col: 0,
        value: String::new(),
        limit: out.limits.cells,
    };
    loop {
        match xml.next()? {
            Token::Start(_) => reader.start(xml, bytes).map_err(|error| error.at(name))?,
            Token::Eof => break,
            _ => {}
        }
    }
    let place = || Location::Part(name.to_owned());
    out.warn_times(WarningKind::Dropped("shared formula".to_owned()), place(), reader.shared.dropped);
    out.warn_times(WarningKind::NotAvailable("formula results".to_owned()), place(), reader.lost.results);
    out.warn_times(WarningKind::Dropped("shared text".to_owned()), place(), reader.lost.texts);
    out.warn_times(WarningKind::HiddenText, place(), reader.lost.hidden.saturating_add(reader.lost.struck));
    Ok(reader.sheet)
}

/// What a sheet has and its cells do not show, counted.
#[derive(Default)]
struct Lost {
    /// Formulas without a result.
    results: u32,
    /// Texts that the list of shared ones does not have.
    texts: u32,
    /// Texts that their number format hides.
    hidden: u32,
    /// Texts that are struck out.
    struck: u32,
}

impl Lost {
    /// A text as its number format shows it, and as stored where that is something else.
    fn formatted(&mut self, text: Text, format: Option<&NumberFormat>) -> Shown {
        let Some(shown) = format.and_then(|format| format.text(&text)).filter(|shown| **shown != *text) else {
            return (text, None);
        };
        self.hidden = self.hidden.saturating_add(u32::from(shown.is_empty()));
        (shown.into(), Some(text))
    }
}

struct SheetReader<'b> {
    book: &'b Book,
    show: Show,
    repeats: Repeats,
    shared: Shared,
    lost: Lost,
    sheet: Sheet,
    /// Where the next row and cell without a reference stand.
    row: u32,
    col: u32,
    /// The value that is being read.
    value: String,
    limit: usize,
}

/// What a cell's `t` says about its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Number,
    Shared,
    Inline,
    Truth,
    /// In ISO 8601.
    Date,
    /// Errors are stored as they are shown.
    AsStored,
    Text,
}

impl SheetReader<'_> {
    fn start(&mut self, xml: &mut Xml<'_>, bytes: usize) -> Result<()> {
        // A height or width of nothing hides as well.
        let is_hidden = |xml: &Xml<'_>, size: &str| {
            xml.attr("hidden").is_some_and(|value| matches!(&*value, "1" | "true"))
                || xml.attr(size).and_then(|size| Decimal::parse(&size)).is_some_and(|size| size.is_zero())
        };
        match xml.local() {
            "c" => return self.cell(xml),
            "row" => {
                let row = xml.number::<u32>("r").map_or(self.row, |row| row.saturating_sub(1));
                if is_hidden(xml, "ht") {
                    self.sheet.hidden_rows.insert(row);
                }
                (self.row, self.col) = (row.saturating_add(1), 0);
            }
            "col" if is_hidden(xml, "width") => {
                if let (Some(first), Some(last)) = (xml.number::<u32>("min"), xml.number::<u32>("max")) {
                    self.sheet.hidden_cols.push((first.saturating_sub(1), last.saturating_sub(1)));
                }
            }
            "mergeCell" => self.sheet.merges.extend(xml.attr("ref").as_deref().and_then(range)),
            "dimension" => {
                if let Some(declared) = xml.attr("ref").as_deref().and_then(range) {
                    self.sheet.cells.reserve(likely_cells(declared, bytes).min(self.limit));
                }
            }
            name @ ("oddHeader" | "evenHeader" | "firstHeader" | "oddFooter" | "evenFooter" | "firstFooter") => {
                let below = name.ends_with("Footer");
                let codes = xml.text()?;
                self.sheet.lines.push(Line { below, codes });
            }
            // Extensions have elements of the same names.
            "extLst" | "AlternateContent" => xml.skip()?,
            _ => {}
        }
        Ok(())
    }

    fn cell(&mut self, xml: &mut Xml<'_>) -> Result<()> {
        let (mut at, mut style, mut kind) = (None, None, Kind::Number);
        for (name, value) in xml.raw_attributes() {
            match name {
                "r" => at = position(value),
                "s" => style = value.parse().ok(),
                "t" => {
                    kind = match value {
                        "s" => Kind::Shared,
                        "n" => Kind::Number,
                        "inlineStr" => Kind::Inline,
                        "b" => Kind::Truth,
                        "d" => Kind::Date,
                        "e" => Kind::AsStored,
                        _ => Kind::Text,
                    }
                }
                _ => {}
            }
        }
        let (row, col) = at.unwrap_or((self.row.saturating_sub(1), self.col));
        self.col = col.saturating_add(1);
        self.value.clear();
        let mut formula = None;
        let outside = xml.depth().saturating_sub(1);
        while xml.depth() > outside {
            match xml.next()? {
                Token::Start(_) => match xml.local() {
                    "v" if kind != Kind::Inline => xml.text_into(&mut self.value)?,
                    "is" => {
                        kind = Kind::Inline;
                        self.value.clear();
                        let struck = strings::read_rich(xml, &mut self.value)?;
                        self.lost.struck = self.lost.struck.saturating_add(struck);
                    }
                    "f" => {
                        let group = xml.attr("si").map(Cow::into_owned);
                        formula = self.shared.formula(group, xml.text()?, (row, col));
                    }
                    _ => xml.skip()?,
                },
                Token::Eof => break,
                _ => {}
            }
        }
        self.push((row, col), kind, style.unwrap_or(0), formula)
    }

    fn push(&mut self, (row, col): (u32, u32), kind: Kind, style: usize, formula: Option<Text>) -> Result<()> {
        let format = self.book.styles.format(style);
        let value = self.value.as_str();
        let (text, raw) = match kind {
            _ if value.is_empty() => Shown::default(),
            Kind::Shared => {
                let text = value.trim().parse::<usize>().ok().and_then(|index| self.book.strings.get(index));
                self.lost.texts = self.lost.texts.saturating_add(u32::from(text.is_none()));
                self.lost.formatted(text.cloned().unwrap_or_default(), format)
            }
            Kind::Inline => self.lost.formatted(self.repeats.text(value, col), format),
            Kind::Truth => truth(matches!(value.trim(), "1" | "true")),
            Kind::Date => self.show.iso(value, format),
            Kind::AsStored => stored(value),
            Kind::Number => match Decimal::parse(value) {
                Some(number) => {
                    let show = &mut self.show;
                    self.repeats.number(number, style, col, || show.decimal(&number, format))
                }
                None => verbatim(value),
            },
            Kind::Text => {
                let mut text = String::with_capacity(value.len());
                strings::push_unescaped(value, &mut text);
                self.lost.formatted(self.repeats.text(&text, col), format)
            }
        };
        if text.is_empty() && raw.is_none() {
            if formula.is_none() || kind == Kind::Text {
                return Ok(());
            }
            // A program that writes formulas need not calculate them.
            self.lost.results = self.lost.results.saturating_add(1);
        }
        if self.sheet.cells.len() >= self.limit {
            return Err(Error::limit("cells", self.limit));
        }
        let source = source_of(&text, raw, format.map(|format| Text::clone(&format.code)), formula);
        self.sheet.cells.push(Cell { source, ..Cell::at(row, col, text) });
        Ok(())
    }
}

/// The cells for which memory is set aside: those of the declared rectangle, but no more than the sheet's bytes can hold.
fn likely_cells(declared: MergedRange, bytes: usize) -> usize {
    /// The least that a cell with a value is written with (`<c r="A1"><v>1</v></c>`).
    const CELL: usize = 22;
    let rows = (declared.last.0 - declared.first.0) as usize + 1;
    let cols = (declared.last.1 - declared.first.1) as usize + 1;
    rows.saturating_mul(cols).min(bytes / CELL)
}

/// Columns whose repeated values are shared. No report is wider.
const SHARED_COLUMNS: usize = 256;

/// The last value of each column: units, stages, full scores and zeros stand below one another many times.
#[derive(Default)]
struct Repeats {
    columns: Vec<Last>,
}

/// The last value of a column.
#[derive(Clone, Default)]
struct Last {
    text: Text,
    /// The last number and its style, and how it is shown.
    number: Option<(Decimal, usize, Shown)>,
}

impl Repeats {
    /// `text`, sharing the characters of an equal one above.
    fn text(&mut self, text: &str, col: u32) -> Text {
        match self.column(col) {
            Some(last) if *last.text == *text => Text::clone(&last.text),
            Some(last) => {
                last.text = text.into();
                Text::clone(&last.text)
            }
            None => text.into(),
        }
    }

    /// A number as `show` shows it, unless the same stands above in the same style.
    fn number(&mut self, number: Decimal, style: usize, col: u32, show: impl FnOnce() -> Shown) -> Shown {
        let Some(last) = self.column(col) else { return show() };
        match &last.number {
            Some((last, of, shown)) if (*last, *of) == (number, style) => shown.clone(),
            _ => {
                let shown = show();
                last.number = Some((number, style, shown.clone()));
                shown
            }
        }
    }

    fn column(&mut self, col: u32) -> Option<&mut Last> {
        let col = col as usize;
        if (self.columns.len()..SHARED_COLUMNS).contains(&col) {
            self.columns.resize(col + 1, Last::default());
        }
        self.columns.get_mut(col)
    }
}

/// Formulas that stand once for many cells.
#[derive(Default)]
struct Shared {
    /// By group: the formula, and the cell that it stands in.
    first: BTreeMap<String, (String, (u32, u32))>,
    /// Bytes written for other cells of the groups.
    bytes: usize,
    dropped: u32,
}

impl Shared {
    /// The formula of the cell at `place`: its own text, or that of its group.
    fn formula(&mut self, group: Option<String>, own: String, place: (u32, u32)) -> Option<Text> {
        if !own.is_empty() {
            let text = Text::from(own.as_str());
            if let Some(group) = group {
                self.first.insert(group, (own, place));
            }
            return Some(text);
        }
        let (formula, first) = self.first.get(&group?)?;
        if self.bytes.saturating_add(formula.len()) > SHARED_FORMULAS {
            self.dropped = self.dropped.saturating_add(1);
            return None;
        }
        self.bytes += formula.len();
        let (rows, cols) = (i64::from(place.0) - i64::from(first.0), i64::from(place.1) - i64::from(first.1));
        shifted(formula, rows, cols).map(Text::from)
    }
}

/// `B7` as row and column from 0.
pub(super) fn position(reference: &str) -> Option<(u32, u32)> {
    let reference = reference.trim();
    let letters = reference.bytes().take_while(u8::is_ascii_alphabetic);
    let col = letters.clone().try_fold(0_u32, |col, letter| {
        let value = u32::from(letter.to_ascii_uppercase() - b'A') + 1;
        col.checked_mul(26)?.checked_add(value)
    })?;
    let row = reference.get(letters.count()..)?.parse::<u32>().ok()?;
    Some((row.checked_sub(1)?, col.checked_sub(1)?))
}

/// `A1:C2` with its corners in order; a single cell is a range too.
pub(super) fn range(reference: &str) -> Option<MergedRange> {
    let (first, last) = reference.split_once(':').unwrap_or((reference, reference));
    let (a, b) = (position(first)?, position(last)?);
    Some(MergedRange { first: (a.0.min(b.0), a.1.min(b.1)), last: (a.0.max(b.0), a.1.max(b.1)) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::Limits;

    fn sheet_of(content: &str) -> Sheet {
        let limits = Limits::default();
        let book = Book { strings: vec!["共享".into()], styles: Styles::default(), date_1904: false };
        let text = format!("<worksheet>{content}</worksheet>");
        read(&mut Xml::new(&text, "sheet", &limits), "sheet", 0, &book, &mut Collector::new(&limits)).unwrap()
    }

    fn check(cells: &str, expected: &[(u32, u32, &str)]) {
        let sheet = sheet_of(&format!("<sheetData>{cells}</sheetData>"));
        let found: Vec<_> = sheet.cells.iter().map(|cell| (cell.row, cell.col, &*cell.text)).collect();
        assert_eq!(found, expected, "{cells}");
    }

    #[test]
    fn values_are_of_many_types() {
        check("<row r='2'><c r='B2' t='s'><v>0</v></c><c r='C2' t='s'><v>9</v></c></row>", &[(1, 1, "共享")]);
        check(
            "<row><c t='inlineStr'><is><t>甲</t></is></c><c t='str'><v>乙_x000D_</v></c></row>",
            &[(0, 0, "甲"), (0, 1, "乙\r")],
        );
        check("<row><c t='b'><v>1</v></c><c t='e'><v>#DIV/0!</v></c></row>", &[(0, 0, "TRUE"), (0, 1, "#DIV/0!")]);
        check(
            "<row><c><v>1.10</v></c><c t='n'><v>5E-1</v></c><c><v>无</v></c></row>",
            &[(0, 0, "1.1"), (0, 1, "0.5"), (0, 2, "无")],
        );
        check("<row><c t='d' s='1'><v>2023-12-31</v></c><c><v/></c><c/></row>", &[(0, 0, "2023-12-31")]);
    }

    #[test]
    fn places_follow_references_or_one_another() {
        check(
            "<row><c><v>1</v></c></row><row><c r='C2'><v>2</v></c><c><v>3</v></c></row>",
            &[(0, 0, "1"), (1, 2, "2"), (1, 3, "3")],
        );
        check("<row r='5'><c><v>1</v></c></row><row><c><v>2</v></c></row>", &[(4, 0, "1"), (5, 0, "2")]);
        let sheet = sheet_of(
            "<cols><col min='2' max='3' hidden='1'/></cols><sheetData><row r='4' hidden='true'/></sheetData>\
             <mergeCells><mergeCell ref='A1:C2'/></mergeCells><extLst><ext><row r='9' hidden='1'/></ext></extLst>",
        );
        assert_eq!(
            (sheet.hidden_cols.as_slice(), sheet.hidden_rows.into_iter().collect::<Vec<_>>()),
            (&[(1, 2)][..], vec![3])
        );
        assert_eq!((sheet.merges[0].first, sheet.merges[0].last), ((0, 0), (1, 2)));
    }

    #[test]
    fn what_is_not_shown_is_told() {
        let sheet = sheet_of(
            "<cols><col min='2' max='2' width='0'/></cols><sheetData><row r='4' ht='0'><c><v>1</v></c></row></sheetData>\
             <headerFooter><oddHeader>&amp;R单位：万元</oddHeader><oddFooter>&amp;P</oddFooter></headerFooter>",
        );
        assert_eq!((sheet.hidden_cols.as_slice(), sheet.hidden_rows.contains(&3)), (&[(1, 1)][..], true));
        assert_eq!(sheet.lines.len(), 2);
        let limits = Limits::default();
        let mut out = Collector::new(&limits);
        sheet.emit(&mut out).unwrap();
        let (document, _) = out.finish();
        assert_eq!((document.blocks.len(), document.blocks[0].text.as_str()), (2, "单位：万元"));
    }

    #[test]
    fn shared_formulas_belong_to_each_cell() {
        let sheet = sheet_of(
            "<sheetData><row><c><v>1</v></c><c><f t='shared' ref='B1:B2' si='0'>SUM(A1:A1)</f><v>1</v></c></row>\
             <row><c><v>2</v></c><c><f t='shared' si='0'/><v>2</v></c></row></sheetData>",
        );
        let formulas: Vec<_> = sheet.cells.iter().filter_map(|cell| cell.source.as_ref()?.formula.as_deref()).collect();
        assert_eq!(formulas, ["SUM(A1:A1)", "SUM(A2:A2)"]);
    }

    #[test]
    fn references_are_read() {
        assert_eq!(position("A1"), Some((0, 0)));
        assert_eq!(position("AA10"), Some((9, 26)));
        assert_eq!(position("xfd1048576"), Some((1_048_575, 16_383)));
        assert_eq!(position("1"), None);
        assert_eq!(position("A0"), None);
        assert_eq!(position("ZZZZZZZZZZ9"), None);
        assert_eq!(range("C2:A1").map(|range| (range.first, range.last)), Some(((0, 0), (1, 2))));
    }
}
