//! Excel 2003 XML workbooks, which reporting systems still save as .xls.
//!
//! In: decoded text. Out: one table per used sheet, numbers as their formats show them. Wrong: damaged XML.
//!
//! Follows the XML Spreadsheet Reference of Office XP and 2003: rows and cells without an index follow the one before them,
//! `MergeAcross` and `MergeDown` count further columns and rows, number formats may be names.

use std::collections::BTreeMap;

use super::decimal::Decimal;
use super::formulas::from_r1c1;
use super::number_format::NumberFormat;
use super::sheet::{MergedRange, Sheet};
use super::{Show, Shown, source_of, truth, verbatim};
use crate::document::{Cell, Text};
use crate::error::{Error, Result};
use crate::reader::collector::Collector;
use crate::reader::xml::{Token, Xml};

/// Reads the workbook.
///
/// # Errors
/// `truncated`, `malformed`, `doctype-forbidden`, `limit-exceeded`.
pub(super) fn read(text: &str, out: &mut Collector<'_>) -> Result<()> {
    let mut xml = Xml::new(text, "workbook", out.limits);
    let mut formats: BTreeMap<String, NumberFormat> = BTreeMap::new();
    let mut style = String::new();
    loop {
        match xml.next()? {
            Token::Start(_) => match xml.local() {
                "Style" => style = xml.attr("ID").unwrap_or_default().into_owned(),
                "NumberFormat" => {
                    if let Some(format) = xml.attr("Format") {
                        formats.insert(style.clone(), NumberFormat::new(named_format(&format)));
                    }
                }
                "Worksheet" => {
                    let sheet = Sheet { name: xml.attr("Name").unwrap_or_default().into_owned(), ..Sheet::default() };
                    let show = Show::default();
                    let mut reader = SheetReader { sheet, formats: &formats, show, row: 0, col: 0, column: 0 };
                    reader.read(&mut xml, out)?;
                    reader.sheet.emit(out)?;
                }
                _ => {}
            },
            Token::Eof => return Ok(()),
            _ => {}
        }
    }
}

struct SheetReader<'f> {
    sheet: Sheet,
    formats: &'f BTreeMap<String, NumberFormat>,
    show: Show,
    row: u32,
    col: u32,
    /// Next column to be declared.
    column: u32,
}

impl SheetReader<'_> {
    fn read(&mut self, xml: &mut Xml<'_>, out: &Collector<'_>) -> Result<()> {
        let outside = xml.depth().saturating_sub(1);
        let mut next_row = 0_u32;
        while xml.depth() > outside {
            match xml.next()? {
                Token::Start(_) => match xml.local() {
                    "Column" => {
                        let first = index(xml, self.column);
                        let last = first.saturating_add(xml.number("Span").unwrap_or(0));
                        if is_hidden(xml) {
                            self.sheet.hidden_cols.push((first, last));
                        }
                        self.column = last.saturating_add(1);
                    }
                    "Row" => {
                        self.row = index(xml, next_row);
                        self.col = 0;
                        let last = self.row.saturating_add(xml.number("Span").unwrap_or(0));
                        // The rows that a span covers are empty.
                        if is_hidden(xml) {
                            self.sheet.hidden_rows.insert(self.row);
                        }
                        next_row = last.saturating_add(1);
                    }
                    "Cell" => self.cell(xml, out)?,
                    "Visible" => self.sheet.hidden = xml.text()?.trim() != "SheetVisible",
                    _ => {}
                },
                Token::Eof => break,
                _ => {}
            }
        }
        Ok(())
    }

    fn cell(&mut self, xml: &mut Xml<'_>, out: &Collector<'_>) -> Result<()> {
        let col = index(xml, self.col);
        let (across, down) = (xml.number("MergeAcross").unwrap_or(0_u32), xml.number("MergeDown").unwrap_or(0_u32));
        let formula = xml.attr("Formula").map(|formula| {
            let formula = formula.trim_start_matches('=');
            from_r1c1(formula, self.row, col).map_or_else(|| Text::from(formula), Text::from)
        });
        let format = xml.attr("StyleID").and_then(|style| self.formats.get(style.as_ref()));
        self.col = col.saturating_add(across).saturating_add(1);
        let mut value: Option<(String, String)> = None;
        let outside = xml.depth().saturating_sub(1);
        while xml.depth() > outside {
            match xml.next()? {
                Token::Start(_) if xml.local() == "Data" => {
                    let kind = xml.attr("Type").unwrap_or_default().into_owned();
                    value = Some((kind, xml.text()?));
                }
                Token::Start(_) if xml.local() == "Comment" => xml.skip()?,
                Token::Eof => break,
                _ => {}
            }
        }
        if self.sheet.cells.len() >= out.limits.cells {
            return Err(Error::limit("cells", out.limits.cells).at(&self.sheet.name));
        }
        if let Some((kind, stored)) = value {
            let (text, raw) = shown(&kind, &stored, format, &mut self.show);
            let source = source_of(&text, raw, format.map(|format| Text::clone(&format.code)), formula);
            self.sheet.cells.push(Cell { source, ..Cell::at(self.row, col, text) });
        }
        if across > 0 || down > 0 {
            let last = (self.row.saturating_add(down), col.saturating_add(across));
            self.sheet.merges.push(MergedRange { first: (self.row, col), last });
        }
        Ok(())
    }
}

/// Shown text and stored value.
fn shown(kind: &str, value: &str, format: Option<&NumberFormat>, show: &mut Show) -> Shown {
    match kind {
        "Number" => match Decimal::parse(value) {
            Some(decimal) => show.decimal(&decimal, format),
            None => verbatim(value),
        },
        "DateTime" => {
            let text = value.trim().trim_end_matches("T00:00:00.000").replace('T', " ");
            (text.trim_end_matches(".000").into(), Some(value.into()))
        }
        "Boolean" => truth(value.trim() == "1"),
        _ => verbatim(value),
    }
}

/// The code behind a format's name.
fn named_format(name: &str) -> &str {
    match name {
        "General" | "General Number" => "General",
        "Fixed" => "0.00",
        "Standard" => "#,##0.00",
        "Percent" => "0.00%",
        "Scientific" => "0.00E+00",
        "Currency" | "Euro Currency" => "#,##0.00",
        "Short Date" => "yyyy/m/d",
        "Long Date" => "yyyy\"年\"m\"月\"d\"日\"",
        "Short Time" => "h:mm",
        other => other,
    }
}

/// A place from its index, which counts from 1, or the next one.
fn index(xml: &Xml<'_>, next: u32) -> u32 {
    xml.number::<u32>("Index").map_or(next, |index| index.saturating_sub(1))
}

fn is_hidden(xml: &Xml<'_>) -> bool {
    xml.attr("Hidden").as_deref() == Some("1")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::Limits;

    #[test]
    fn cells_follow_their_indexes() {
        let text = r#"<Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet" xmlns:ss="urn:schemas-microsoft-com:office:spreadsheet">
            <Styles><Style ss:ID="p"><NumberFormat ss:Format="Percent"/></Style></Styles>
            <Worksheet ss:Name="表"><Table><Row><Cell ss:MergeAcross="2"><Data ss:Type="String">标题</Data></Cell></Row>
            <Row ss:Index="3"><Cell ss:Index="2" ss:StyleID="p"><Data ss:Type="Number">0.7436</Data></Cell>
            <Cell><Data ss:Type="Number">12.50</Data></Cell></Row></Table></Worksheet></Workbook>"#;
        let limits = Limits::default();
        let mut out = Collector::new(&limits);
        read(text, &mut out).unwrap();
        let (document, _) = out.finish();
        let grid = &document.tables[0].grid;
        assert_eq!((grid.rows(), grid.cols()), (3, 3));
        assert_eq!(grid.origin(0, 0).unwrap().col_span, 3);
        assert_eq!(grid.origin(2, 1).unwrap().text.as_ref(), "74.36%");
        assert_eq!(grid.origin(2, 2).unwrap().text.as_ref(), "12.5");
    }
}
