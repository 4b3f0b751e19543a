//! Excel 2003 XML workbooks, which reporting systems still save as .xls.
//!
//! In: decoded text. Out: one table per used sheet, numbers as their formats show them. Wrong: damaged XML.
//!
//! Follows the XML Spreadsheet Reference of Office XP and 2003: rows and cells without an index follow the one before them,
//! `MergeAcross` and `MergeDown` count further columns and rows, number formats may be names and come from the style of the
//! cell, its row, its column or the table, or from the style that one stands on.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::around::Line;
use super::decimal::Decimal;
use super::formulas::from_r1c1;
use super::number_format::NumberFormat;
use super::sheet::{MergedRange, Sheet};
use super::{Show, Shown, source_of, truth, verbatim};
use crate::document::{Cell, Location, Text, WarningKind};
use crate::error::{Error, Result};
use crate::reader::collector::Collector;
use crate::reader::raised::{is_figure, push_raised};
use crate::reader::xml::{Token, Xml};

/// Reads the workbook.
///
/// # Errors
/// `truncated`, `malformed`, `doctype-forbidden`, `limit-exceeded`.
pub(super) fn read(text: &str, out: &mut Collector<'_>) -> Result<()> {
    let mut xml = Xml::new(text, "workbook", out.limits);
    let mut styles = Styles::default();
    let mut style = String::new();
    loop {
        match xml.next()? {
            Token::Start(_) => match xml.local() {
                "Style" => {
                    style = xml.attr("ID").unwrap_or_default().into_owned();
                    let parent = xml.attr("Parent").map(Cow::into_owned);
                    styles.all.insert(style.clone(), Style { parent, format: None });
                }
                "NumberFormat" => {
                    let code = xml.attr("Format").map(|format| named_format(&format).to_owned());
                    if let Some(style) = styles.all.get_mut(&style) {
                        style.format = Some(code.map(|code| NumberFormat::new(&code)));
                    }
                }
                "Worksheet" => {
                    let name = xml.attr("Name").unwrap_or_default().into_owned();
                    let mut reader = SheetReader::new(Sheet { name, ..Sheet::default() }, &styles);
                    reader.read(&mut xml, out)?;
                    let place = || Location::Part(reader.sheet.name.clone());
                    out.warn_times(WarningKind::Dropped("comment".to_owned()), place(), reader.comments);
                    out.warn_times(WarningKind::HiddenText, place(), reader.struck);
                    reader.sheet.emit(out)?;
                }
                _ => {}
            },
            Token::Eof => return Ok(()),
            _ => {}
        }
    }
}

/// Styles that stand on one another at most.
const MOST_PARENTS: usize = 16;

/// Number formats by style.
#[derive(Default)]
struct Styles {
    all: BTreeMap<String, Style>,
}

struct Style {
    parent: Option<String>,
    /// The format that it states, which may be General.
    format: Option<Option<NumberFormat>>,
}

impl Styles {
    /// The format of a style: its own or that of the style it stands on; nothing for General.
    fn format(&self, name: &str) -> Option<&NumberFormat> {
        let mut style = self.all.get(name);
        for _ in 0..MOST_PARENTS {
            let found = style?;
            if let Some(format) = &found.format {
                return format.as_ref();
            }
            style = self.all.get(found.parent.as_ref()?);
        }
        None
    }
}

struct SheetReader<'s> {
    sheet: Sheet,
    styles: &'s Styles,
    show: Show,
    row: u32,
    col: u32,
    /// Next column to be declared.
    column: u32,
    /// Style of all cells for which nothing nearer says one, of ranges of columns, and of the open row.
    table_style: Option<String>,
    column_styles: Vec<(u32, u32, String)>,
    row_style: Option<String>,
    comments: u32,
    /// Pieces that are struck out.
    struck: u32,
}

impl<'s> SheetReader<'s> {
    fn new(sheet: Sheet, styles: &'s Styles) -> Self {
        Self {
            sheet,
            styles,
            show: Show::default(),
            row: 0,
            col: 0,
            column: 0,
            table_style: None,
            column_styles: Vec::new(),
            row_style: None,
            comments: 0,
            struck: 0,
        }
    }

    fn read(&mut self, xml: &mut Xml<'_>, out: &Collector<'_>) -> Result<()> {
        let outside = xml.depth().saturating_sub(1);
        let mut next_row = 0_u32;
        while xml.depth() > outside {
            match xml.next()? {
                Token::Start(_) => match xml.local() {
                    "Table" => self.table_style = xml.attr("StyleID").map(Cow::into_owned),
                    "Column" => self.column(xml),
                    "Row" => {
                        self.row = index(xml, next_row);
                        self.col = 0;
                        self.row_style = xml.attr("StyleID").map(Cow::into_owned);
                        let last = self.row.saturating_add(xml.number("Span").unwrap_or(0));
                        // The rows that a span covers are empty.
                        if is_hidden(xml, "Height") {
                            self.sheet.hidden_rows.insert(self.row);
                        }
                        next_row = last.saturating_add(1);
                    }
                    "Cell" => self.cell(xml, out)?,
                    "Visible" => self.sheet.hidden = xml.text()?.trim() != "SheetVisible",
                    name @ ("Header" | "Footer") => {
                        let below = name == "Footer";
                        let codes = xml.attr("Data").map(Cow::into_owned);
                        self.sheet.lines.extend(codes.map(|codes| Line { below, codes }));
                    }
                    _ => {}
                },
                Token::Eof => break,
                _ => {}
            }
        }
        Ok(())
    }

    fn column(&mut self, xml: &Xml<'_>) {
        let first = index(xml, self.column);
        let last = first.saturating_add(xml.number("Span").unwrap_or(0));
        if is_hidden(xml, "Width") {
            self.sheet.hidden_cols.push((first, last));
        }
        if let Some(style) = xml.attr("StyleID").filter(|_| self.column_styles.len() < MOST_COLUMNS) {
            self.column_styles.push((first, last, style.into_owned()));
        }
        self.column = last.saturating_add(1);
    }

    /// The format of a cell: of its own style, or of its row, column or table.
    fn format(&self, own: Option<&str>, col: u32) -> Option<&'s NumberFormat> {
        let of_column = || {
            let found = self.column_styles.iter().find(|(first, last, _)| (*first..=*last).contains(&col));
            found.map(|(_, _, style)| style.as_str())
        };
        let style = own.or(self.row_style.as_deref()).or_else(of_column).or(self.table_style.as_deref());
        self.styles.format(style.unwrap_or("Default"))
    }

    fn cell(&mut self, xml: &mut Xml<'_>, out: &Collector<'_>) -> Result<()> {
        let col = index(xml, self.col);
        let (across, down) = (xml.number("MergeAcross").unwrap_or(0_u32), xml.number("MergeDown").unwrap_or(0_u32));
        let formula = xml.attr("Formula").map(|formula| {
            let formula = formula.trim_start_matches('=');
            from_r1c1(formula, self.row, col).map_or_else(|| Text::from(formula), Text::from)
        });
        let format = self.format(xml.attr("StyleID").as_deref(), col);
        self.col = col.saturating_add(across).saturating_add(1);
        let mut value: Option<(String, String)> = None;
        let outside = xml.depth().saturating_sub(1);
        while xml.depth() > outside {
            match xml.next()? {
                Token::Start(_) if xml.local() == "Data" => {
                    let kind = xml.attr("Type").unwrap_or_default().into_owned();
                    value = Some((kind, self.data(xml)?));
                }
                Token::Start(_) if xml.local() == "Comment" => {
                    self.comments = self.comments.saturating_add(1);
                    xml.skip()?;
                }
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

    /// The characters of a value, which may have markup of HTML in it: raised ones apart, struck-out ones left out.
    fn data(&mut self, xml: &mut Xml<'_>) -> Result<String> {
        let outside = xml.depth().saturating_sub(1);
        let mut text = String::new();
        let mut raised: Option<usize> = None;
        while xml.depth() > outside {
            match xml.next()? {
                Token::Start(_) if xml.local().eq_ignore_ascii_case("sup") => raised = raised.or(Some(xml.depth())),
                Token::Start(_) if xml.local().eq_ignore_ascii_case("s") => {
                    let struck = self.data(xml)?;
                    if is_figure(&struck) {
                        self.struck = self.struck.saturating_add(1);
                    } else {
                        text.push_str(&struck);
                    }
                }
                Token::End if raised.is_some_and(|depth| xml.depth() < depth) => raised = None,
                Token::Text if raised.is_some() => push_raised(xml.piece(), &mut text),
                Token::Text => text.push_str(xml.piece()),
                Token::Eof => break,
                _ => {}
            }
        }
        Ok(text)
    }
}

/// Ranges of columns whose style is kept. No sheet declares more than its columns.
const MOST_COLUMNS: usize = 1024;

/// Shown text and stored value.
fn shown(kind: &str, value: &str, format: Option<&NumberFormat>, show: &mut Show) -> Shown {
    match kind {
        "Number" => match Decimal::parse(value) {
            Some(decimal) => show.decimal(&decimal, format),
            None => verbatim(value),
        },
        "DateTime" if format.is_some() => show.iso(value, format),
        "DateTime" => {
            let text = value.trim().trim_end_matches("T00:00:00.000").replace('T', " ");
            (text.trim_end_matches(".000").into(), Some(value.into()))
        }
        "Boolean" => truth(value.trim() == "1"),
        _ => match format.and_then(|format| format.text(value)) {
            Some(shown) => (shown.into(), Some(value.into())),
            None => verbatim(value),
        },
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
        "General Date" => "yyyy/m/d h:mm",
        "Medium Date" => "d-mmm-yy",
        "Long Time" => "h:mm:ss",
        "Medium Time" => "h:mm AM/PM",
        "Yes/No" => "\"Yes\";\"Yes\";\"No\"",
        "True/False" => "\"True\";\"True\";\"False\"",
        "On/Off" => "\"On\";\"On\";\"Off\"",
        "Long Date" => "yyyy\"年\"m\"月\"d\"日\"",
        "Short Time" => "h:mm",
        other => other,
    }
}

/// A place from its index, which counts from 1, or the next one.
fn index(xml: &Xml<'_>, next: u32) -> u32 {
    xml.number::<u32>("Index").map_or(next, |index| index.saturating_sub(1))
}

/// Said to be, or of no size.
fn is_hidden(xml: &Xml<'_>, size: &str) -> bool {
    xml.attr("Hidden").as_deref() == Some("1")
        || xml.attr(size).and_then(|size| Decimal::parse(&size)).is_some_and(|size| size.is_zero())
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

    #[test]
    fn formats_come_from_rows_columns_and_parents() {
        let text = r#"<ss:Workbook xmlns:ss="urn:schemas-microsoft-com:office:spreadsheet"><ss:Styles>
            <ss:Style ss:ID="p"><ss:NumberFormat ss:Format="Percent"/></ss:Style><ss:Style ss:ID="q" ss:Parent="p"/>
            <ss:Style ss:ID="g"><ss:NumberFormat/></ss:Style>
            <ss:Style ss:ID="d"><ss:NumberFormat ss:Format="yyyy&quot;年&quot;m&quot;月&quot;"/></ss:Style></ss:Styles>
            <ss:Worksheet ss:Name="表"><ss:Table><ss:Column ss:Index="2" ss:StyleID="q"/>
            <ss:Row><ss:Cell><ss:Data ss:Type="Number">0.5</ss:Data></ss:Cell><ss:Cell><ss:Data ss:Type="Number">0.5</ss:Data></ss:Cell></ss:Row>
            <ss:Row ss:StyleID="p"><ss:Cell><ss:Data ss:Type="Number">0.5</ss:Data></ss:Cell>
            <ss:Cell ss:StyleID="g"><ss:Data ss:Type="Number">0.5</ss:Data></ss:Cell></ss:Row>
            <ss:Row ss:Height="0"><ss:Cell ss:StyleID="d"><ss:Data ss:Type="DateTime">2022-12-31T00:00:00.000</ss:Data></ss:Cell>
            <ss:Cell><ss:Data ss:Type="String" xmlns="http://www.w3.org/TR/REC-html40"><S>8</S><B>9.5</B><Sup>1</Sup></ss:Data>
            <ss:Comment><ss:Data>注</ss:Data></ss:Comment></ss:Cell></ss:Row></ss:Table></ss:Worksheet></ss:Workbook>"#;
        let limits = Limits::default();
        let mut out = Collector::new(&limits);
        read(text, &mut out).unwrap();
        let (document, warnings) = out.finish();
        let grid = &document.tables[0].grid;
        let texts: Vec<&str> = grid.cells().iter().map(|cell| &*cell.text).collect();
        assert_eq!(texts, ["0.5", "50.00%", "50.00%", "0.5", "2022年12月", "9.5¹"]);
        assert_eq!(document.tables[0].hidden_rows, [2]);
        let kinds: Vec<_> = warnings.into_iter().map(|warning| warning.kind).collect();
        assert_eq!(kinds, [WarningKind::Dropped("comment".to_owned()), WarningKind::HiddenText]);
    }
}
