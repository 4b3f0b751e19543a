//! A review as a workbook: a summary, the problems with their figures typed as numbers, every figure with its address.
//!
//! In: a [`Letter`]. Out: an .xlsx. Of more rows than are allowed the rest is left out. What can go wrong: packing.

use rust_decimal::Decimal;

use super::super::sheet::{Book, Column, Fill, Filled, Sheet};
use super::beside::YUAN;
use super::content::{Amounts, Letter, Operand, Problem, Report};
use super::place::plain;
use super::unpackable;
use super::words::{self, Language};
use crate::error::Result;
use crate::record::{Finding, Severity};

/// The packed workbook.
pub(super) fn workbook(letter: &Letter<'_>) -> Result<Vec<u8>> {
    build(letter).map_err(unpackable)
}

fn build(letter: &Letter<'_>) -> Filled<Vec<u8>> {
    let mut book = Book::new(&letter.subject, &letter.moment)?;
    let pick = |zh, en| letter.language.pick(zh, en);
    List::add(&mut book, letter, pick("概况", "Summary"), &SUMMARY)?.summary(letter)?;
    List::add(&mut book, letter, pick("问题清单", "Findings"), &FINDINGS)?.findings(letter)?;
    List::add(&mut book, letter, pick("涉及数据", "Figures"), &FIGURES)?.figures(letter)?;
    for (name, fixed) in [(pick("报告之间", "Between reports"), false), (pick("已改正", "Corrected"), true)] {
        if letter.beside(fixed).next().is_some() {
            List::add(&mut book, letter, name, &BESIDE)?.beside(letter, fixed)?;
        }
    }
    book.pack()
}

const SUMMARY: [Column; 9] = [
    ("序号", "No.", 6),
    ("单位", "Unit", 30),
    ("报告", "Report", 46),
    ("年度", "Year", 8),
    ("来源文件", "Source", 40),
    ("错误", "Errors", 8),
    ("警告", "Warnings", 8),
    ("提示", "Infos", 8),
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

const BESIDE: [Column; 11] = [
    ("序号", "No.", 5),
    ("程度", "Severity", 7),
    ("问题类型", "Kind", 14),
    ("问题说明", "Message", 50),
    ("本报告数", "Here", 16),
    ("另一报告数", "There", 16),
    ("差额", "Difference", 14),
    ("单位", "Unit", 6),
    ("来源文件", "Source", 34),
    ("另一文件", "Other source", 34),
    ("问题编号", "Fingerprint", 20),
];

/// A sheet of the review.
struct List<'b> {
    sheet: Sheet<'b>,
    language: Language,
    /// Rows that it may have.
    most: usize,
}

impl<'b> List<'b> {
    fn add(book: &'b mut Book, letter: &Letter<'_>, name: &str, columns: &'static [Column]) -> Filled<Self> {
        let sheet = book.sheet(name, columns, |zh, en| letter.language.pick(zh, en))?;
        Ok(Self { sheet, language: letter.language, most: letter.rows })
    }

    /// Room for one more row.
    fn has_room(&self) -> bool {
        self.sheet.rows() < self.most
    }

    fn summary(&mut self, letter: &Letter<'_>) -> Filled {
        for (report, number) in letter.reports.iter().zip(1..).take(self.most) {
            let record = report.record;
            self.sheet.count(number)?;
            self.sheet.text(record.document.entity.name.as_deref().unwrap_or_default())?;
            self.sheet.text(&report.title)?;
            match record.document.fiscal_year {
                Some(year) => self.sheet.figure(Some(Decimal::from(year)), 0, false)?,
                None => self.sheet.text("")?,
            }
            self.sheet.text(&report.source())?;
            for count in [report.counts.error, report.counts.warning, report.counts.info] {
                self.sheet.count(count)?;
            }
            self.sheet.text(&record.record_id)?;
            self.sheet.next_row()?;
        }
        Ok(())
    }

    fn findings(&mut self, letter: &Letter<'_>) -> Filled {
        for report in &letter.reports {
            for problem in &report.problems {
                if !self.has_room() {
                    return Ok(());
                }
                self.sheet.fill((problem.finding.severity == Severity::Error).then_some(Fill::Pale));
                self.problem(report, problem)?;
                self.sheet.next_row()?;
            }
            self.sheet.fill(None);
            let infos = report.record.findings.iter().filter(|finding| finding.severity == Severity::Info);
            for (finding, number) in infos.zip(report.problems.len() + 1..) {
                if !self.has_room() {
                    return Ok(());
                }
                self.remark(report, finding, number)?;
                self.sheet.next_row()?;
            }
        }
        self.sheet.close(PRINTED)
    }

    /// The first columns, which every finding has.
    fn finding(&mut self, finding: &Finding, number: usize, said: &str) -> Filled {
        self.sheet.count(number)?;
        self.sheet.text(words::severity(self.language, finding.severity))?;
        self.sheet.text(&words::code(self.language, finding.code))?;
        self.sheet.text(said)
    }

    fn problem(&mut self, report: &Report<'_>, problem: &Problem<'_>) -> Filled {
        self.finding(problem.finding, problem.number, &problem.sentence)?;
        let none =
            Amounts { stated: None, computed: None, delta: None, decimals: 0, unit: String::new(), grouped: false };
        let amounts = problem.amounts.as_ref().unwrap_or(&none);
        for value in [amounts.stated, amounts.computed, amounts.delta] {
            self.sheet.figure(value, amounts.decimals, amounts.grouped)?;
        }
        self.sheet.text(&amounts.unit)?;
        self.sheet.text(&problem.equations.join("\n"))?;
        self.sheet.text(&problem.cause)?;
        let suspects: Vec<&Operand<'_>> = problem.figures.iter().filter(|figure| figure.wrong).collect();
        let lines = |line: &dyn Fn(&Operand<'_>) -> String| {
            let lines: Vec<String> =
                suspects.iter().map(|figure| line(figure)).filter(|line| !line.is_empty()).collect();
            lines.join("\n")
        };
        self.sheet.text(&lines(&|figure| figure.place.exact().to_owned()))?;
        self.sheet.text(&lines(&quotation))?;
        self.sheet.text(problem.advice)?;
        self.sheet.text(&report.title)?;
        self.sheet.text(&problem.finding.fingerprint)
    }

    fn remark(&mut self, report: &Report<'_>, finding: &Finding, number: usize) -> Filled {
        let said = words::message(self.language, &finding.message);
        self.finding(finding, number, said)?;
        for _ in 0..8 {
            self.sheet.text("")?;
        }
        self.sheet.text(words::advice(self.language, finding.code))?;
        self.sheet.text(&report.title)?;
        self.sheet.text(&finding.fingerprint)
    }

    fn figures(&mut self, letter: &Letter<'_>) -> Filled {
        for report in &letter.reports {
            for problem in &report.problems {
                for figure in &problem.figures {
                    if !self.has_room() {
                        return Ok(());
                    }
                    self.operand(report, problem, figure)?;
                    self.sheet.next_row()?;
                }
            }
        }
        Ok(())
    }

    fn operand(&mut self, report: &Report<'_>, problem: &Problem<'_>, figure: &Operand<'_>) -> Filled {
        self.sheet.fill(figure.wrong.then_some(Fill::Strong));
        self.sheet.count(problem.number)?;
        self.sheet.text(&report.title)?;
        self.sheet.text(words::role(self.language, figure.role))?;
        self.sheet.text(if figure.wrong { self.language.pick("▶ 疑有误", "▶ suspect") } else { "" })?;
        self.sheet.text(&figure.label)?;
        let (value, decimals) = figure.printed();
        self.sheet.figure(value, decimals, figure.fact.unit.as_deref() == Some("CNY"))?;
        self.sheet.text(figure.fact.reported.unit.as_deref().unwrap_or_default())?;
        self.sheet.text(figure.place.exact())?;
        self.sheet.text(&quotation(figure))
    }

    fn beside(&mut self, letter: &Letter<'_>, fixed: bool) -> Filled {
        for (line, number) in letter.beside(fixed).zip(1..).take(self.most) {
            self.sheet.fill((line.severity == Severity::Error && !fixed).then_some(Fill::Pale));
            self.sheet.count(number)?;
            self.sheet.text(words::severity(self.language, line.severity))?;
            self.sheet.text(&words::code(self.language, line.code))?;
            self.sheet.text(&line.message)?;
            for value in line.amounts {
                self.sheet.figure(value, 0, line.unit == YUAN)?;
            }
            self.sheet.text(&line.unit)?;
            self.sheet.text(&line.source)?;
            self.sheet.text(&line.other)?;
            self.sheet.text(&line.fingerprint)?;
            self.sheet.next_row()?;
        }
        self.sheet.close(u16::MAX)
    }
}

/// The words around a figure, or its cell's.
fn quotation(figure: &Operand<'_>) -> String {
    let quoted = figure.place.quoted();
    if quoted.is_empty() { plain(&figure.fact.reported.text) } else { quoted }
}
