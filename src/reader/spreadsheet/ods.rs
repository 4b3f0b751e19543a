//! OpenDocument spreadsheets.
//!
//! In: the package. Out: one table per used sheet, with the shown text that the format itself stores beside each value, merged
//! ranges, hidden rows, columns and sheets. Wrong: damaged XML, encrypted content, and repetitions that unfold beyond the
//! limits.
//!
//! Follows OpenDocument 1.2 Part 1, 9.1 and 19.385: a cell and a row may stand for many equal ones; a value is shown as
//! its paragraphs say, an empty one too. Rows and columns of no size are hidden. Comments and shapes are counted.

use std::collections::BTreeSet;

use super::sheet::{MergedRange, Sheet};
use super::source_of;
use crate::document::{Cell, Location, Text, WarningKind};
use crate::error::{Error, ErrorKind, Result};
use crate::reader::collector::Collector;
use crate::reader::package::Package;
use crate::reader::xml::{self, Token, Xml};

const CONTENT: &str = "content.xml";

/// Reads the spreadsheet.
///
/// # Errors
/// `truncated`, `malformed`, `encrypted`, `doctype-forbidden`, `limit-exceeded`.
pub(super) fn read(package: &mut Package<'_>, out: &mut Collector<'_>) -> Result<()> {
    if let Some(manifest) = package.read("META-INF/manifest.xml")?
        && xml::decode(&manifest).0.contains("encryption-data")
    {
        return Err(Error::new(ErrorKind::Encrypted, ""));
    }
    let bytes = package
        .read(CONTENT)?
        .ok_or_else(|| Error::new(ErrorKind::Malformed, ("缺少 content.xml", "content.xml is missing")))?;
    let (text, replaced) = xml::decode(&bytes);
    if replaced {
        out.warn(WarningKind::ReplacedBytes, Location::Part(CONTENT.to_owned()));
    }
    let mut xml = Xml::new(&text, CONTENT, out.limits);
    let (mut hidden_styles, mut flat_styles) = (BTreeSet::new(), BTreeSet::new());
    let mut style = String::new();
    loop {
        match xml.next()? {
            Token::Start(_) => match xml.local() {
                "style" => style = xml.attr("name").unwrap_or_default().into_owned(),
                "table-row-properties" if is_nothing(&xml, "row-height") => {
                    flat_styles.insert(style.clone());
                }
                "table-column-properties" if is_nothing(&xml, "column-width") => {
                    flat_styles.insert(style.clone());
                }
                "table-properties" if xml.attr("display").as_deref() == Some("false") => {
                    hidden_styles.insert(style.clone());
                }
                "table" => {
                    let hidden = xml.attr("style-name").is_some_and(|style| hidden_styles.contains(style.as_ref()));
                    let name = xml.attr("name").unwrap_or_default().into_owned();
                    let sheet = Sheet { name, hidden, ..Sheet::default() };
                    let mut reader =
                        SheetReader { sheet, flat_styles: &flat_styles, row: 0, col: 0, lost: Lost::default() };
                    reader.read(&mut xml, out)?;
                    reader.lost.tell(&reader.sheet.name, out);
                    reader.sheet.emit(out)?;
                }
                _ => {}
            },
            Token::Eof => return Ok(()),
            _ => {}
        }
    }
}

/// What has no place in a table, counted.
#[derive(Default)]
struct Lost {
    comments: u32,
    shapes: u32,
}

impl Lost {
    fn tell(&self, sheet: &str, out: &mut Collector<'_>) {
        for (what, count) in [("comment", self.comments), ("shape", self.shapes)] {
            out.warn_times(WarningKind::Dropped(what.to_owned()), Location::Part(sheet.to_owned()), count);
        }
    }
}

struct SheetReader<'s> {
    sheet: Sheet,
    /// Styles of rows and columns that have no size.
    flat_styles: &'s BTreeSet<String>,
    lost: Lost,
    row: u32,
    /// Next cell in the row, or next column while columns are declared.
    col: u32,
}

impl SheetReader<'_> {
    fn is_hidden(&self, xml: &Xml<'_>) -> bool {
        xml.attr("visibility").is_some_and(|value| value != "visible")
            || xml.attr("style-name").is_some_and(|style| self.flat_styles.contains(style.as_ref()))
    }

    fn read(&mut self, xml: &mut Xml<'_>, out: &Collector<'_>) -> Result<()> {
        let outside = xml.depth().saturating_sub(1);
        let mut column = 0_u32;
        while xml.depth() > outside {
            match xml.next()? {
                Token::Start(_) => match xml.local() {
                    "table-column" => {
                        let count = repeated(xml, "number-columns-repeated");
                        if self.is_hidden(xml) {
                            self.sheet.hidden_cols.push((column, column.saturating_add(count - 1)));
                        }
                        column = column.saturating_add(count);
                    }
                    "table-row" => {
                        let (hidden, count) = (self.is_hidden(xml), repeated(xml, "number-rows-repeated"));
                        self.row(hidden, count, xml, out)?;
                    }
                    // Shapes and charts over the sheet, and tracked changes, have cells of their own.
                    "shapes" => self.shapes(xml)?,
                    "tracked-changes" | "named-expressions" => xml.skip()?,
                    _ => {}
                },
                Token::Eof => break,
                _ => {}
            }
        }
        Ok(())
    }

    /// Reads a row that stands for `count` rows.
    fn row(&mut self, hidden: bool, count: u32, xml: &mut Xml<'_>, out: &Collector<'_>) -> Result<()> {
        let first = self.sheet.cells.len();
        self.col = 0;
        let outside = xml.depth().saturating_sub(1);
        while xml.depth() > outside {
            match xml.next()? {
                Token::Start(_) if matches!(xml.local(), "table-cell" | "covered-table-cell") => {
                    self.cell(xml, out)?;
                }
                Token::Eof => break,
                _ => {}
            }
        }
        let used = self.sheet.cells.len() - first;
        // Empty rows are repeated to the end of the sheet; only used and hidden ones are unfolded.
        for repeat in 1..(if used > 0 { count } else { 1 }) {
            for index in first..first + used {
                let Some(cell) = self.sheet.cells.get(index) else { break };
                let copy = Cell { row: cell.row.saturating_add(repeat), ..cell.clone() };
                self.push(copy, out)?;
            }
        }
        // Rows without cells have nothing to mark; those with cells are bounded by the limit of cells.
        if hidden && used > 0 {
            self.sheet.hidden_rows.extend((0..count).map(|offset| self.row.saturating_add(offset)));
        }
        self.row = self.row.saturating_add(count);
        Ok(())
    }

    fn cell(&mut self, xml: &mut Xml<'_>, out: &Collector<'_>) -> Result<()> {
        let count = repeated(xml, "number-columns-repeated");
        let covered = xml.local() == "covered-table-cell";
        let (rows, cols) = (repeated(xml, "number-rows-spanned"), repeated(xml, "number-columns-spanned"));
        let kind = xml.attr("value-type").unwrap_or_default().into_owned();
        let stored = match kind.as_str() {
            "float" | "percentage" | "currency" => xml.attr("value"),
            "date" => xml.attr("date-value"),
            "time" => xml.attr("time-value"),
            "boolean" => xml.attr("boolean-value"),
            _ => xml.attr("string-value"),
        };
        let stored = stored.map(|value| Text::from(plain(&kind, &value)));
        let formula =
            xml.attr("formula").map(|formula| formula.trim_start_matches("of:").trim_start_matches('=').into());
        let (shown, comments) = read_text(xml)?;
        self.lost.comments = self.lost.comments.saturating_add(comments);
        let is_text = matches!(kind.as_str(), "string" | "");
        let text = match (shown, &stored) {
            (None, Some(stored)) => Text::clone(stored),
            (shown, _) => Text::from(shown.unwrap_or_default()),
        };
        let start = self.col;
        self.col = start.saturating_add(count);
        if text.is_empty() && (covered || stored.is_none()) {
            return Ok(());
        }
        let raw = stored.or_else(|| (!is_text).then(|| Text::clone(&text)));
        let raw = raw.filter(|_| !is_text || formula.is_some());
        let source = source_of(&text, raw, None, formula);
        for offset in 0..count {
            let place = (self.row, start.saturating_add(offset));
            let cell = Cell { source: source.clone(), ..Cell::at(place.0, place.1, Text::clone(&text)) };
            self.push(cell, out)?;
        }
        if !covered && (rows > 1 || cols > 1) {
            let last = (self.row.saturating_add(rows - 1), start.saturating_add(cols - 1));
            self.sheet.merges.push(MergedRange { first: (self.row, start), last });
        }
        Ok(())
    }

    /// Counts what lies over the sheet.
    fn shapes(&mut self, xml: &mut Xml<'_>) -> Result<()> {
        let outside = xml.depth().saturating_sub(1);
        while xml.depth() > outside {
            match xml.next()? {
                Token::Start(_) => {
                    self.lost.shapes = self.lost.shapes.saturating_add(1);
                    xml.skip()?;
                }
                Token::Eof => break,
                _ => {}
            }
        }
        Ok(())
    }

    fn push(&mut self, cell: Cell, out: &Collector<'_>) -> Result<()> {
        if self.sheet.cells.len() >= out.limits.cells {
            return Err(Error::limit("cells", out.limits.cells).at(&self.sheet.name));
        }
        self.sheet.cells.push(cell);
        Ok(())
    }
}

/// A number as the plain decimal that it is; LibreOffice writes very small ones with an exponent.
fn plain(kind: &str, value: &str) -> String {
    let is_number = matches!(kind, "float" | "percentage" | "currency");
    let decimal = if is_number { super::decimal::Decimal::parse(value) } else { None };
    decimal.map_or_else(|| value.to_owned(), |decimal| decimal.plain())
}

/// The paragraphs of a cell, if it has any, and the number of its comments.
fn read_text(xml: &mut Xml<'_>) -> Result<(Option<String>, u32)> {
    let mut comments = 0_u32;
    let mut text = String::new();
    let mut paragraphs = 0_usize;
    let mut inside: Option<usize> = None;
    let outside = xml.depth().saturating_sub(1);
    while xml.depth() > outside {
        match xml.next()? {
            Token::Start(_) => match xml.local() {
                "annotation" => {
                    comments = comments.saturating_add(1);
                    xml.skip()?;
                }
                "table" | "shapes" => xml.skip()?,
                "p" | "h" if inside.is_none() => {
                    if paragraphs > 0 {
                        text.push('\n');
                    }
                    paragraphs += 1;
                    inside = Some(xml.depth());
                }
                "s" => text.extend(std::iter::repeat_n(' ', repeated(xml, "c").min(1000) as usize)),
                "tab" => text.push('\t'),
                "line-break" => text.push('\n'),
                _ => {}
            },
            Token::End if inside.is_some_and(|depth| xml.depth() < depth) => inside = None,
            Token::Text if inside.is_some() => text.push_str(xml.piece()),
            Token::Eof => break,
            _ => {}
        }
    }
    Ok(((paragraphs > 0).then_some(text), comments))
}

/// A size of zero in any unit.
fn is_nothing(xml: &Xml<'_>, name: &str) -> bool {
    xml.attr(name).is_some_and(|size| {
        let digits = size.trim_end_matches(|letter: char| letter.is_ascii_alphabetic());
        super::decimal::Decimal::parse(digits).is_some_and(|size| size.is_zero())
    })
}

fn repeated(xml: &Xml<'_>, name: &str) -> u32 {
    xml.number::<u32>(name).unwrap_or(1).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first sheet of a content part.
    fn read(content: &str) -> (Sheet, Lost) {
        let limits = Limits::default();
        let out = Collector::new(&limits);
        let mut xml = Xml::new(content, CONTENT, &limits);
        while !matches!(xml.next().unwrap(), Token::Start(_) if xml.local() == "table") {}
        let flat_styles = BTreeSet::from(["flat".to_owned()]);
        let mut reader =
            SheetReader { sheet: Sheet::default(), flat_styles: &flat_styles, row: 0, col: 0, lost: Lost::default() };
        reader.read(&mut xml, &out).unwrap();
        (reader.sheet, reader.lost)
    }

    fn drawn(sheet: Sheet) -> crate::document::Document {
        let limits = Limits::default();
        let mut out = Collector::new(&limits);
        sheet.emit(&mut out).unwrap();
        out.finish().0
    }
    use crate::limits::Limits;

    #[test]
    fn values_are_shown_as_stored_text() {
        let content = r#"<d xmlns:t="urn:oasis:names:tc:opendocument:xmlns:table:1.0" xmlns:o="o" xmlns:x="x"><t:table t:name="表">
            <t:table-row t:number-rows-repeated="2"><t:table-cell o:value-type="percentage" o:value="0.7436"><x:p>74.36%</x:p></t:table-cell>
            <t:table-cell t:number-columns-spanned="2"><x:p>a<x:s x:c="2"/>b</x:p><x:p>c</x:p></t:table-cell><t:covered-table-cell/></t:table-row>
            <t:table-row t:number-rows-repeated="1000000"><t:table-cell t:number-columns-repeated="1000"/></t:table-row></t:table></d>"#;
        let (sheet, _) = read(content);
        let document = drawn(sheet);
        let grid = &document.tables[0].grid;
        assert_eq!((grid.rows(), grid.cols()), (2, 3));
        let cell = grid.origin(1, 0).unwrap();
        assert_eq!((&*cell.text, &*cell.source.as_ref().unwrap().raw), ("74.36%", "0.7436"));
        let merged = grid.origin(0, 1).unwrap();
        assert_eq!((&*merged.text, merged.col_span), ("a  b\nc", 2));
    }

    #[test]
    fn hidden_rows_without_cells_take_no_memory() {
        let hidden =
            r#"<t:table-row t:visibility="collapse" t:number-rows-repeated="1048576"><t:table-cell/></t:table-row>"#;
        let content = format!(
            r#"<d xmlns:t="urn:oasis:names:tc:opendocument:xmlns:table:1.0" xmlns:x="x"><t:table t:name="表">
               <t:table-row t:visibility="collapse"><t:table-cell><x:p>甲</x:p></t:table-cell></t:table-row>{hidden}</t:table></d>"#
        );
        let (sheet, _) = read(&content);
        assert_eq!(sheet.hidden_rows.into_iter().collect::<Vec<_>>(), [0]);
    }

    #[test]
    fn what_a_format_hides_is_hidden() {
        let content = r#"<d xmlns:t="urn:oasis:names:tc:opendocument:xmlns:table:1.0" xmlns:o="o" xmlns:x="x"><t:table t:name="表">
            <t:table-row t:style-name="flat"><t:table-cell o:value-type="float" o:value="0"><x:p/></t:table-cell>
            <t:table-cell o:value-type="float" o:value="7"><annotation><x:p>注</x:p></annotation></t:table-cell></t:table-row>
            <t:shapes><x:frame/></t:shapes></t:table></d>"#;
        let (sheet, lost) = read(content);
        assert_eq!((lost.comments, lost.shapes), (1, 1));
        let document = drawn(sheet);
        let (grid, rows) = (&document.tables[0].grid, &document.tables[0].hidden_rows);
        let zero = grid.origin(0, 0).unwrap();
        assert_eq!((&*zero.text, &*zero.source.as_ref().unwrap().raw, rows.as_slice()), ("", "0", &[0][..]));
        assert_eq!(&*grid.origin(0, 1).unwrap().text, "7");
    }
}
