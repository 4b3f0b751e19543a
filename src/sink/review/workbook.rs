//! A review as a workbook: a summary, the problems with their figures typed as numbers, every figure with its address.
//!
//! In: a [`Letter`]. Out: an .xlsx. A workbook stores doubles; a decimal becomes one at the last moment, in the library,
//! and one of more than 15 digits, which a double cannot hold, stays text. Text cells are strings of the workbook's
//! table of strings, never formulas; those that begin as a formula would are marked as text for whoever saves the sheet as
//! CSV. What can go wrong: more rows than a sheet has, which is cut off before; packing.

use rust_decimal::Decimal;
use rust_xlsxwriter::{
    Color, DocProperties, ExcelDateTime, Format, FormatAlign, FormatBorder, Workbook, Worksheet, XlsxError,
};

use super::content::{Amounts, Letter, Operand, Problem, Report};
use super::place::plain;
use super::unpackable;
use super::words::{self, Language};
use crate::error::Result;
use crate::record::{Finding, Severity};

/// Rows of a sheet that are written at most; a sheet ends at 1,048,576.
const MOST_ROWS: usize = 100_000;
/// Characters of a cell: Excel refuses a file with more than 32,767.
const CELL_CHARS: usize = 30_000;
/// Digits that a double holds whatever they are.
const DIGITS: u32 = 15;
/// Points of a line, and lines of a row: no row is higher than 409 points.
const LINE: u16 = 14;
const MOST_LINES: usize = 28;
/// A4.
const PAPER: u8 = 9;

/// The packed workbook.
pub(super) fn workbook(letter: &Letter<'_>) -> Result<Vec<u8>> {
    build(letter).map_err(unpackable)
}

fn build(letter: &Letter<'_>) -> std::result::Result<Vec<u8>, XlsxError> {
    let mut book = Workbook::new();
    let properties = DocProperties::new().set_title(cell_text(&letter.subject)).set_author("hedui");
    book.set_properties(&properties.set_creation_datetime(&day(&letter.moment)?));
    let pick = |zh, en| letter.language.pick(zh, en);
    let mut sheet = Sheet::add(&mut book, pick("概况", "Summary"), letter.language, &SUMMARY)?;
    sheet.summary(letter)?;
    let mut sheet = Sheet::add(&mut book, pick("问题清单", "Findings"), letter.language, &FINDINGS)?;
    sheet.findings(letter)?;
    let mut sheet = Sheet::add(&mut book, pick("涉及数据", "Figures"), letter.language, &FIGURES)?;
    sheet.figures(letter)?;
    book.save_to_buffer()
}

/// A column: its heading in Chinese and English, and its width in characters.
type Column = (&'static str, &'static str, u8);

const SUMMARY: [Column; 9] = [
    ("序号", "No.", 6),
    ("单位", "Unit", 30),
    ("报告", "Report", 46),
    ("年度", "Year", 8),
    ("来源文件", "Source", 40),
    ("错误", "Errors", 8),
    ("提示", "Warnings", 8),
    ("参考", "Infos", 8),
    ("记录编号", "Record", 44),
];

const FINDINGS: [Column; 15] = [
    ("序号", "No.", 5),
    ("程度", "Severity", 7),
    ("问题类型", "Kind", 12),
    ("问题说明", "Message", 30),
    ("所列数", "Stated", 12),
    ("核算数", "Computed", 12),
    ("差额", "Difference", 12),
    ("单位", "Unit", 6),
    ("核算等式", "Equation", 28),
    ("可能原因", "Probable cause", 28),
    ("所在位置", "Where", 20),
    ("原文", "Quotation", 40),
    ("请核对", "To check", 40),
    ("报告", "Report", 30),
    ("问题编号", "Fingerprint", 20),
];

/// The columns of it that are printed: all of them would be too small to read on A4.
const PRINTED: u16 = 11;

const FIGURES: [Column; 9] = [
    ("问题序号", "No.", 10),
    ("报告", "Report", 30),
    ("作用", "Role", 10),
    ("疑有误", "Suspect", 10),
    ("名称", "Label", 34),
    ("数值", "Figure", 16),
    ("单位", "Unit", 8),
    ("所在位置", "Where", 40),
    ("原文", "Quotation", 50),
];

/// A sheet that is being filled, row by row below its headings.
struct Sheet<'b> {
    sheet: &'b mut Worksheet,
    language: Language,
    row: u32,
    col: u16,
    fill: Option<Color>,
    columns: &'static [Column],
    /// Lines of the row's longest text.
    lines: usize,
}

impl<'b> Sheet<'b> {
    fn add(
        book: &'b mut Workbook,
        name: &str,
        language: Language,
        columns: &'static [Column],
    ) -> std::result::Result<Self, XlsxError> {
        let head =
            cell_format().set_bold().set_background_color(Color::RGB(0x00E7_E6E1)).set_align(FormatAlign::Center);
        let sheet = book.add_worksheet();
        sheet.set_name(name)?;
        for (col, (zh, en, width)) in (0..).zip(columns) {
            sheet.set_column_width(col, *width)?;
            sheet.write_string_with_format(0, col, language.pick(zh, en), &head)?;
        }
        sheet.set_row_height(0, 24)?;
        sheet.set_freeze_panes(1, 0)?;
        sheet.set_paper_size(PAPER).set_landscape().set_print_fit_to_pages(1, 0).set_repeat_rows(0, 0)?;
        sheet.set_footer("&C&P / &N");
        Ok(Self { sheet, language, row: 1, col: 0, fill: None, columns, lines: 1 })
    }

    /// Ends a row. Its height is set: not every program makes room for wrapped text by itself.
    fn next_row(&mut self) -> std::result::Result<(), XlsxError> {
        let height = u16::try_from(self.lines.min(MOST_LINES)).unwrap_or(1) * LINE + 6;
        self.sheet.set_row_height(self.row, height)?;
        self.row += 1;
        self.col = 0;
        self.lines = 1;
        Ok(())
    }

    /// Room for one more row.
    fn has_room(&self) -> bool {
        (self.row as usize) <= MOST_ROWS
    }

    fn format(&self) -> Format {
        self.fill.map_or_else(cell_format, |fill| cell_format().set_background_color(fill))
    }

    fn text(&mut self, text: &str) -> std::result::Result<(), XlsxError> {
        let text = cell_text(text);
        let width = self.columns.get(usize::from(self.col)).map_or(1, |(.., width)| usize::from(*width));
        self.lines = self.lines.max(lines_of(&text, width));
        // Whoever saves the sheet as CSV and opens that again must not get a formula; Excel does not show the mark.
        let format = if begins_as_formula(&text) { self.format().set_quote_prefix() } else { self.format() };
        self.sheet.write_string_with_format(self.row, self.col, text, &format)?;
        self.col += 1;
        Ok(())
    }

    fn count(&mut self, count: usize) -> std::result::Result<(), XlsxError> {
        let format = self.format().set_num_format("0").set_align(FormatAlign::Center);
        self.sheet.write_with_format(self.row, self.col, Decimal::from(count), &format)?;
        self.col += 1;
        Ok(())
    }

    /// A figure as a number; with as many digits after the point as it has, and at least as many as are printed.
    fn figure(&mut self, value: Option<Decimal>, decimals: u32, grouped: bool) -> std::result::Result<(), XlsxError> {
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

    fn summary(&mut self, letter: &Letter<'_>) -> std::result::Result<(), XlsxError> {
        for (report, number) in letter.reports.iter().zip(1..).take(MOST_ROWS) {
            let record = report.record;
            self.count(number)?;
            self.text(record.document.entity.name.as_deref().unwrap_or_default())?;
            self.text(&report.title)?;
            match record.document.fiscal_year {
                Some(year) => self.figure(Some(Decimal::from(year)), 0, false)?,
                None => self.text("")?,
            }
            self.text(&report.source())?;
            for count in [report.counts.error, report.counts.warning, report.counts.info] {
                self.count(count)?;
            }
            self.text(&record.record_id)?;
            self.next_row()?;
        }
        Ok(())
    }

    fn findings(&mut self, letter: &Letter<'_>) -> std::result::Result<(), XlsxError> {
        for report in &letter.reports {
            for problem in &report.problems {
                if !self.has_room() {
                    return Ok(());
                }
                self.fill = (problem.finding.severity == Severity::Error).then_some(Color::RGB(0x00FD_F0EB));
                self.problem(report, problem)?;
                self.next_row()?;
            }
            self.fill = None;
            let infos = report.record.findings.iter().filter(|finding| finding.severity == Severity::Info);
            for (finding, number) in infos.zip(report.problems.len() + 1..) {
                if !self.has_room() {
                    return Ok(());
                }
                self.remark(report, finding, number)?;
                self.next_row()?;
            }
        }
        let (last_row, last_col) = (self.row.saturating_sub(1), u16::try_from(FINDINGS.len() - 1).unwrap_or(0));
        self.sheet.autofilter(0, 0, last_row, last_col)?;
        self.sheet.set_print_area(0, 0, last_row, PRINTED - 1)?;
        Ok(())
    }

    /// The first columns, which every finding has.
    fn finding(&mut self, finding: &Finding, number: usize, said: &str) -> std::result::Result<(), XlsxError> {
        self.count(number)?;
        self.text(words::severity(self.language, finding.severity))?;
        self.text(&words::code(self.language, finding.code))?;
        self.text(said)
    }

    fn problem(&mut self, report: &Report<'_>, problem: &Problem<'_>) -> std::result::Result<(), XlsxError> {
        self.finding(problem.finding, problem.number, &problem.sentence)?;
        let none =
            Amounts { stated: None, computed: None, delta: None, decimals: 0, unit: String::new(), grouped: false };
        let amounts = problem.amounts.as_ref().unwrap_or(&none);
        for value in [amounts.stated, amounts.computed, amounts.delta] {
            self.figure(value, amounts.decimals, amounts.grouped)?;
        }
        self.text(&amounts.unit)?;
        self.text(&problem.equations.join("\n"))?;
        self.text(&problem.cause)?;
        let suspects: Vec<&Operand<'_>> = problem.figures.iter().filter(|figure| figure.wrong).collect();
        let lines = |line: &dyn Fn(&Operand<'_>) -> String| {
            let lines: Vec<String> =
                suspects.iter().map(|figure| line(figure)).filter(|line| !line.is_empty()).collect();
            lines.join("\n")
        };
        self.text(&lines(&|figure| figure.place.exact().to_owned()))?;
        self.text(&lines(&quotation))?;
        self.text(problem.advice)?;
        self.text(&report.title)?;
        self.text(&problem.finding.fingerprint)
    }

    fn remark(&mut self, report: &Report<'_>, finding: &Finding, number: usize) -> std::result::Result<(), XlsxError> {
        let said = words::message(self.language, &finding.message);
        self.finding(finding, number, said)?;
        for _ in 0..8 {
            self.text("")?;
        }
        self.text(words::advice(self.language, finding.code))?;
        self.text(&report.title)?;
        self.text(&finding.fingerprint)
    }

    fn figures(&mut self, letter: &Letter<'_>) -> std::result::Result<(), XlsxError> {
        for report in &letter.reports {
            for problem in &report.problems {
                for figure in &problem.figures {
                    if !self.has_room() {
                        return Ok(());
                    }
                    self.operand(report, problem, figure)?;
                    self.next_row()?;
                }
            }
        }
        Ok(())
    }

    fn operand(
        &mut self,
        report: &Report<'_>,
        problem: &Problem<'_>,
        figure: &Operand<'_>,
    ) -> std::result::Result<(), XlsxError> {
        self.fill = figure.wrong.then_some(Color::RGB(0x00F6_C6B4));
        self.count(problem.number)?;
        self.text(&report.title)?;
        self.text(words::role(self.language, figure.role))?;
        self.text(if figure.wrong { self.language.pick("▶ 疑有误", "▶ suspect") } else { "" })?;
        self.text(&figure.label)?;
        let (value, decimals) = figure.printed();
        self.figure(value, decimals, figure.fact.unit.as_deref() == Some("CNY"))?;
        self.text(figure.fact.reported.unit.as_deref().unwrap_or_default())?;
        self.text(figure.place.exact())?;
        self.text(&quotation(figure))
    }
}

/// The words around a figure, or its cell's.
fn quotation(figure: &Operand<'_>) -> String {
    let quoted = figure.place.quoted();
    if quoted.is_empty() { plain(&figure.fact.reported.text) } else { quoted }
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
fn begins_as_formula(text: &str) -> bool {
    text.trim_start().starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠'])
}

/// Significant digits.
fn digits(value: Decimal) -> u32 {
    value.mantissa().unsigned_abs().checked_ilog10().map_or(1, |log| log + 1)
}

/// The day that the workbook bears.
fn day(moment: &str) -> std::result::Result<ExcelDateTime, XlsxError> {
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
        for text in ["=1+1", " =HYPERLINK(\"x\")", "+1", "-1", "@SUM(A1)", "＝1"] {
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
