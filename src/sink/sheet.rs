//! Workbooks that are being written, row by row: figures typed as numbers, texts that are nothing but text.
//!
//! In: columns, texts, decimals. Out: an .xlsx. A workbook stores doubles; a decimal becomes one at the last moment, in the
//! library, and one of more than 15 digits, which a double cannot hold, stays text. Text cells are strings of the
//! workbook's table of strings, never formulas; those that begin as a formula would are marked as text for whoever saves the
//! sheet as CSV. What can go wrong: packing; more rows than are allowed are the caller's to leave out.

use rust_decimal::Decimal;
use rust_xlsxwriter::{
    Color, DocProperties, ExcelDateTime, Format, FormatAlign, FormatBorder, Workbook, Worksheet, XlsxError,
};

use super::review::plain;

/// Characters of a cell: Excel refuses a file with more than 32,767.
const CELL_CHARS: usize = 30_000;
/// Digits that a double holds whatever they are.
const DIGITS: u32 = 15;
/// Points of a line, and lines of a row: no row is higher than 409 points.
const LINE: u16 = 14;
const MOST_LINES: usize = 28;
/// A4.
const PAPER: u8 = 9;

/// What comes of writing a part.
pub(super) type Filled<T = ()> = Result<T, XlsxError>;

/// A column: its heading in Chinese and English, and its width in characters.
pub(super) type Column = (&'static str, &'static str, u8);

/// What lies behind the cells of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fill {
    /// Something is wrong in it.
    Pale,
    /// It is probably what is wrong.
    Strong,
}

impl Fill {
    fn color(self) -> Color {
        match self {
            Self::Pale => Color::RGB(0x00FD_F0EB),
            Self::Strong => Color::RGB(0x00F6_C6B4),
        }
    }
}

/// A workbook under way.
pub(super) struct Book(Workbook);

impl Book {
    /// An empty one that bears a title, and the day of a moment as RFC 3339 has it.
    pub(super) fn new(title: &str, moment: &str) -> Filled<Self> {
        let mut book = Workbook::new();
        let properties = DocProperties::new().set_title(cell_text(title)).set_author("hedui");
        book.set_properties(&properties.set_creation_datetime(&day(moment)?));
        Ok(Self(book))
    }

    /// One more sheet, with its headings, in the language that `pick` chooses.
    pub(super) fn sheet(
        &mut self,
        name: &str,
        columns: &'static [Column],
        pick: impl Fn(&'static str, &'static str) -> &'static str,
    ) -> Filled<Sheet<'_>> {
        let head =
            cell_format().set_bold().set_background_color(Color::RGB(0x00E7_E6E1)).set_align(FormatAlign::Center);
        let sheet = self.0.add_worksheet();
        sheet.set_name(name)?;
        for (col, (zh, en, width)) in (0..).zip(columns) {
            sheet.set_column_width(col, *width)?;
            sheet.write_string_with_format(0, col, pick(zh, en), &head)?;
        }
        sheet.set_row_height(0, 24)?;
        sheet.set_freeze_panes(1, 0)?;
        sheet.set_paper_size(PAPER).set_landscape().set_print_fit_to_pages(1, 0).set_repeat_rows(0, 0)?;
        sheet.set_footer("&C&P / &N");
        Ok(Sheet { sheet, row: 1, col: 0, fill: None, columns, lines: 1 })
    }

    /// Packs it.
    pub(super) fn pack(mut self) -> Filled<Vec<u8>> {
        self.0.save_to_buffer()
    }
}

/// A sheet that is being filled, row by row below its headings.
pub(super) struct Sheet<'b> {
    sheet: &'b mut Worksheet,
    row: u32,
    col: u16,
    fill: Option<Fill>,
    columns: &'static [Column],
    /// Lines of the row's longest text.
    lines: usize,
}

impl Sheet<'_> {
    /// Ends a row. Its height is set: not every program makes room for wrapped text by itself.
    pub(super) fn next_row(&mut self) -> Filled {
        let height = u16::try_from(self.lines.min(MOST_LINES)).unwrap_or(1) * LINE + 6;
        self.sheet.set_row_height(self.row, height)?;
        self.row += 1;
        self.col = 0;
        self.lines = 1;
        Ok(())
    }

    /// Rows below the headings that were ended.
    pub(super) fn rows(&self) -> usize {
        self.row as usize - 1
    }

    /// What lies behind the cells from here on.
    pub(super) fn fill(&mut self, fill: Option<Fill>) {
        self.fill = fill;
    }

    fn format(&self) -> Format {
        self.fill.map_or_else(cell_format, |fill| cell_format().set_background_color(fill.color()))
    }

    /// A text.
    pub(super) fn text(&mut self, text: &str) -> Filled {
        let text = cell_text(text);
        let width = self.columns.get(usize::from(self.col)).map_or(1, |(.., width)| usize::from(*width));
        self.lines = self.lines.max(lines_of(&text, width));
        // Whoever saves the sheet as CSV and opens that again must not get a formula; Excel does not show the mark.
        let format = if begins_as_formula(&text) { self.format().set_quote_prefix() } else { self.format() };
        self.sheet.write_string_with_format(self.row, self.col, text, &format)?;
        self.col += 1;
        Ok(())
    }

    /// A number of things.
    pub(super) fn count(&mut self, count: usize) -> Filled {
        let format = self.format().set_num_format("0").set_align(FormatAlign::Center);
        self.sheet.write_with_format(self.row, self.col, Decimal::from(count), &format)?;
        self.col += 1;
        Ok(())
    }

    /// A figure as a number; with as many digits after the point as it has, and at least as many as are asked for.
    pub(super) fn figure(&mut self, value: Option<Decimal>, decimals: u32, grouped: bool) -> Filled {
        let Some(value) = value else { return self.text("") };
        let value = value.normalize();
        if digits(value) > DIGITS {
            return self.text(&value.to_string());
        }
        let decimals = decimals.max(value.scale()) as usize;
        let whole = if grouped { "#,##0" } else { "0" };
        let pattern = if decimals == 0 { whole.to_owned() } else { format!("{whole}.{}", "0".repeat(decimals)) };
        let format = self.format().set_num_format(pattern).set_align(FormatAlign::Right);
        self.sheet.write_with_format(self.row, self.col, value, &format)?;
        self.col += 1;
        Ok(())
    }

    /// Every row is there: what can be filtered, and how many of the columns are printed.
    pub(super) fn close(&mut self, printed: u16) -> Filled {
        let last_row = self.row.saturating_sub(1);
        let last_col = u16::try_from(self.columns.len()).unwrap_or(1).saturating_sub(1);
        self.sheet.autofilter(0, 0, last_row, last_col)?;
        self.sheet.set_print_area(0, 0, last_row, printed.saturating_sub(1).min(last_col))?;
        Ok(())
    }
}

fn cell_format() -> Format {
    Format::new()
        .set_font_name("宋体")
        .set_font_size(10)
        .set_border(FormatBorder::Thin)
        .set_align(FormatAlign::VerticalCenter)
        .set_text_wrap()
}

/// A text that a cell can hold.
fn cell_text(text: &str) -> String {
    let text = plain(text);
    if text.chars().nth(CELL_CHARS).is_some() { text.chars().take(CELL_CHARS).collect() } else { text }
}

/// Lines that a text takes in a column of so many half characters.
fn lines_of(text: &str, width: usize) -> usize {
    let halves = |line: &str| line.chars().map(|c| if c.is_ascii() { 1 } else { 2 }).sum::<usize>();
    // A character that does not fit goes over whole, so a line holds a little less.
    text.lines().map(|line| halves(line).div_ceil(width.saturating_sub(1).max(1)).max(1)).sum()
}

/// Spreadsheets take what begins so for a formula when they read it from a text file.
pub(super) fn begins_as_formula(text: &str) -> bool {
    text.starts_with(['\t', '\r', '\n']) || text.trim_start().starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠'])
}

/// Significant digits.
fn digits(value: Decimal) -> u32 {
    value.mantissa().unsigned_abs().checked_ilog10().map_or(1, |log| log + 1)
}

/// The day that the workbook bears.
fn day(moment: &str) -> Filled<ExcelDateTime> {
    let mut parts = moment.split(['-', 'T']);
    let mut number = || parts.next().and_then(|part| part.parse::<u16>().ok());
    let (year, month, day) = (number().unwrap_or(2000), number().unwrap_or(1), number().unwrap_or(1));
    let small = |value: u16| u8::try_from(value).unwrap_or(1);
    ExcelDateTime::from_ymd(year, small(month), small(day)).or_else(|_| ExcelDateTime::from_ymd(2000, 1, 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_are_told_from_texts() {
        for text in
            ["=1+1", " =HYPERLINK(\"x\")", "+1", "-1", "@SUM(A1)", "＝1", "＋1", "－1", "＠x", "\t1", "\r=1", "\n1"]
        {
            assert!(begins_as_formula(text), "{text}");
        }
        for text in ["", "1-1", "合计=", "“=1”"] {
            assert!(!begins_as_formula(text), "{text}");
        }
    }

    #[test]
    fn digits_are_counted() {
        for (value, count) in [("0", 1), ("9", 1), ("10", 2), ("-1429.35", 6), ("123456789012345.6", 16)] {
            assert_eq!(digits(value.parse().unwrap()), count, "{value}");
        }
    }
}
