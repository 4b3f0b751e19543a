//! A review as one page that needs nothing else: no script, no picture, no font, no link to elsewhere.
//!
//! In: a [`Letter`]. Out: HTML. Every text that is not written here goes through [`Page::text`]; nothing of a document
//! becomes markup, an attribute or an address. A policy in the page forbids scripts even so.

use std::fmt::Write as _;

use super::content::{Letter, Passage, Problem, Report};
use super::extract::{Extract, Mark, is_figure};
use super::words::{self, Language};
use crate::record::Severity;

/// Headings of what stands in no record, in Chinese and English.
pub(super) const BETWEEN: (&str, &str) = ("报告之间不一致的数据", "Figures that differ between reports");
pub(super) const CORRECTED: (&str, &str) = ("后续报送中已改正的问题", "Corrected in a later filing");

const STYLE: &str = include_str!("page.css");

/// The page.
pub(super) fn page(letter: &Letter<'_>) -> String {
    let mut page = Page { html: String::new(), language: letter.language };
    page.raw("<!DOCTYPE html>\n<html lang=\"");
    page.raw(letter.language.tag());
    page.raw("\">\n<head>\n<meta charset=\"utf-8\">\n<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n");
    page.raw("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>");
    page.text(&letter.subject);
    page.raw("</title>\n<style>\n");
    page.raw(STYLE);
    page.raw("</style>\n</head>\n<body>\n<main>\n<h1>");
    page.text(&letter.subject);
    page.raw("</h1>\n");
    page.salutation(letter);
    page.overview(letter);
    for (number, report) in letter.reports.iter().enumerate() {
        page.report(report, number + 1, letter.reports.len() > 1);
    }
    page.beside(letter, false, BETWEEN);
    page.beside(letter, true, CORRECTED);
    if let Some(request) = letter.request() {
        page.element("h2", letter.language.pick("办理要求", "What to do"));
        page.element("p", request);
    }
    page.raw("<footer class=\"foot\">\n");
    letter.reports.iter().for_each(|report| page.footnote(report));
    page.raw("</footer>\n</main>\n</body>\n</html>\n");
    page.html
}

struct Page {
    html: String,
    language: Language,
}

impl Page {
    fn raw(&mut self, markup: &str) {
        self.html.push_str(markup);
    }

    /// A text of whatever origin.
    fn text(&mut self, text: &str) {
        for c in text.chars() {
            match c {
                '&' => self.html.push_str("&amp;"),
                '<' => self.html.push_str("&lt;"),
                '>' => self.html.push_str("&gt;"),
                '"' => self.html.push_str("&quot;"),
                '\'' => self.html.push_str("&#39;"),
                '\n' => self.html.push_str("<br>"),
                _ => self.html.push(c),
            }
        }
    }

    fn element(&mut self, name: &str, text: &str) {
        self.classed(name, "", text);
    }

    fn classed(&mut self, name: &str, class: &str, text: &str) {
        self.open(name, class);
        self.text(text);
        self.close(name);
    }

    fn open(&mut self, name: &str, class: &str) {
        // Writing to a String cannot fail.
        let _ = if class.is_empty() {
            write!(self.html, "<{name}>")
        } else {
            write!(self.html, "<{name} class=\"{class}\">")
        };
    }

    fn close(&mut self, name: &str) {
        let _ = writeln!(self.html, "</{name}>");
    }

    fn salutation(&mut self, letter: &Letter<'_>) {
        let unit = letter.unit.as_deref().unwrap_or(letter.language.pick("报送单位", "To the reporting unit"));
        let colon = letter.language.pick("：", ":");
        self.classed("p", "to", &format!("{unit}{colon}"));
        self.element("p", &letter.opening());
    }

    /// Several reports at a glance.
    fn overview(&mut self, letter: &Letter<'_>) {
        if letter.reports.len() < 2 {
            return;
        }
        let pick = |zh, en| letter.language.pick(zh, en);
        self.raw("<table>\n<thead><tr>");
        for head in [
            pick("序号", "No."),
            pick("报告", "report"),
            pick("年度", "year"),
            pick("来源文件", "file"),
            pick("错误", "errors"),
            pick("警告", "warnings"),
        ] {
            let _ = write!(self.html, "<th scope=\"col\">{head}</th>");
        }
        self.raw("</tr></thead>\n<tbody>\n");
        for (report, number) in letter.reports.iter().zip(1..) {
            let _ = write!(self.html, "<tr><td>{number}</td><td><a href=\"#r{number}\">");
            self.text(&report.title);
            self.raw("</a></td>");
            let year = report.record.document.fiscal_year.map(|year| year.to_string()).unwrap_or_default();
            for cell in [year, report.source(), report.counts.error.to_string(), report.counts.warning.to_string()] {
                self.raw("<td>");
                self.text(&cell);
                self.raw("</td>");
            }
            self.raw("</tr>\n");
        }
        self.raw("</tbody>\n</table>\n");
    }

    fn report(&mut self, report: &Report<'_>, number: usize, several: bool) {
        let _ = write!(self.html, "<section id=\"r{number}\">");
        if several {
            self.raw("<h2>");
            let _ = write!(self.html, "{number}. ");
            self.text(&report.title);
            self.raw("</h2>\n");
        }
        let heading = if several { "h3" } else { "h2" };
        let (problems, others) = report.spelled_out();
        if problems.is_empty() && report.checks() == 0 {
            self.element("p", self.language.pick("没有可以核对的内容。", "Nothing could be checked."));
        } else if problems.is_empty() {
            self.element("p", self.language.pick("未发现需要更正的问题。", "Nothing needs correction."));
        } else {
            self.element(heading, self.language.pick("需要核实的问题", "Problems"));
            self.raw("<ol class=\"problems\">\n");
            for problem in problems {
                self.problem(problem, number);
            }
            self.raw("</ol>\n");
            if others > 0 {
                self.element("p", &more(self.language, others));
            }
        }
        self.tables(report, heading, number);
        self.passages(&report.passages(self.language), heading, number);
        if !report.remarks.is_empty() {
            self.element(heading, self.language.pick("另供参考", "For information"));
            self.raw("<ul>\n");
            report.remarks.iter().for_each(|remark| self.element("li", remark));
            self.raw("</ul>\n");
        }
        self.raw("</section>\n");
    }

    fn problem(&mut self, problem: &Problem<'_>, report: usize) {
        let _ = write!(self.html, "<li id=\"r{report}p{}\">\n<p class=\"said\">", problem.number);
        let severity = problem.finding.severity;
        let class = if severity == Severity::Error { "error" } else { "warning" };
        let _ = write!(self.html, "<span class=\"severity {class}\">");
        self.raw(if severity == Severity::Error { "✖ " } else { "▲ " });
        self.text(words::severity(self.language, severity));
        self.raw("</span> ");
        self.text(&problem.sentence);
        self.raw("</p>\n<dl>\n");
        if !problem.equations.is_empty() {
            self.raw("<dt>");
            self.text(self.language.pick("验算", "Equation"));
            self.raw("</dt>");
            problem.equations.iter().for_each(|equation| self.classed("dd", "equation", equation));
        }
        for (name, text) in [
            (self.language.pick("可能原因", "Probable cause"), problem.cause.as_str()),
            (self.language.pick("请核对", "To check"), problem.advice),
        ] {
            self.element("dt", name);
            self.element("dd", text);
        }
        self.element("dt", self.language.pick("所在位置", "Where"));
        for figure in &problem.figures {
            self.raw("<dd>");
            if figure.wrong {
                self.classed("strong", "suspect", self.language.pick("▶ 疑有误 ", "▶ suspect "));
            }
            self.text(&format!("{} {}", figure.label, plain_text(&figure.fact.reported.text)));
            self.raw(" <span class=\"where\">");
            self.text(&figure.place.address);
            self.raw("</span></dd>\n");
        }
        self.raw("</dl>\n</li>\n");
    }

    fn tables(&mut self, report: &Report<'_>, heading: &str, number: usize) {
        let extracts = report.extracts(self.language);
        if extracts.is_empty() {
            return;
        }
        self.element(heading, self.language.pick("有关表格", "Tables concerned"));
        self.classed("p", "key", self.language.pick(
            "▶ 深色为疑有误的数，浅色为参与验算的数；方括号内为问题序号。表格较长的只摘录有关部分。",
            "▶ Dark cells hold the figures that are probably wrong, light ones those that take part; the number of the \
             problem stands in brackets. Long tables are cut to what is concerned.",
        ));
        for (table, name, extract) in extracts {
            self.extract(&name, table.unit.as_deref(), table.rows, &extract, number);
        }
    }

    fn extract(&mut self, name: &str, unit: Option<&str>, rows: u32, extract: &Extract, report: usize) {
        self.raw("<div class=\"wide\"><table class=\"extract\">\n<caption>");
        self.text(name);
        if let Some(unit) = unit {
            self.text(self.language.pick("　单位：", ", unit: "));
            self.text(&plain_text(unit));
        }
        self.raw("</caption>\n");
        for (at, row) in extract.rows.iter().enumerate() {
            self.raw("<tr>");
            if row.is_none() {
                let _ = write!(self.html, "<td class=\"gap\" colspan=\"{}\">", extract.cols.len());
                self.text(&left_out(self.language, extract.left_out(at, rows)));
                self.raw("</td></tr>\n");
                continue;
            }
            let mut cells = extract.cells.iter().filter(|cell| cell.row == at).peekable();
            for (col, kept) in extract.cols.iter().enumerate() {
                if kept.is_none() {
                    self.raw("<td class=\"gap\">…</td>");
                } else if let Some(cell) = cells.next_if(|cell| cell.col == col) {
                    self.cell(cell, report);
                }
            }
            self.raw("</tr>\n");
        }
        self.raw("</table></div>\n");
    }

    fn cell(&mut self, cell: &super::extract::ExtractCell, report: usize) {
        let tag = if cell.header { "th" } else { "td" };
        let _ = write!(self.html, "<{tag}");
        for (name, span) in [("rowspan", cell.row_span), ("colspan", cell.col_span)] {
            if span > 1 {
                let _ = write!(self.html, " {name}=\"{span}\"");
            }
        }
        match &cell.mark {
            Some(mark) => {
                let _ = write!(self.html, " class=\"{}\">", class_of(mark));
                self.marked(&cell.text, mark, report);
            }
            None => {
                self.raw(if is_figure(&cell.text) { " class=\"figure\">" } else { ">" });
                self.text(&cell.text);
            }
        }
        let _ = write!(self.html, "</{tag}>");
    }

    /// A figure with the problems that name it.
    fn marked(&mut self, text: &str, mark: &Mark, report: usize) {
        if mark.wrong {
            self.raw("▶ ");
        }
        self.text(text);
        for number in &mark.numbers {
            let _ = write!(self.html, "<a class=\"ref\" href=\"#r{report}p{number}\">[{number}]</a>");
        }
    }

    fn passages(&mut self, passages: &[Passage], heading: &str, report: usize) {
        if passages.is_empty() {
            return;
        }
        self.element(heading, self.language.pick("有关文字", "Sentences concerned"));
        for passage in passages {
            self.raw("<blockquote><p>");
            for (text, mark) in &passage.pieces {
                match mark {
                    Some(mark) => {
                        self.open("mark", class_of(mark));
                        self.marked(text, mark, report);
                        self.raw("</mark>");
                    }
                    None => self.text(text),
                }
            }
            self.raw("</p><footer>");
            self.text(&passage.address);
            self.raw("</footer></blockquote>\n");
        }
    }

    /// Findings that stand in no record.
    fn beside(&mut self, letter: &Letter<'_>, fixed: bool, heading: (&'static str, &'static str)) {
        let sentences = letter.beside_sentences(fixed);
        if sentences.is_empty() {
            return;
        }
        self.element("h2", letter.language.pick(heading.0, heading.1));
        self.raw("<ol>\n");
        sentences.iter().for_each(|sentence| self.element("li", sentence));
        self.raw("</ol>\n");
    }

    fn footnote(&mut self, report: &Report<'_>) {
        let record = report.record;
        let language = self.language;
        let text = format!(
            "{}{} · {}{} · sha256 {}",
            language.pick("来源文件：", "source: "),
            report.source(),
            language.pick("记录：", "record: "),
            plain_text(&record.record_id),
            plain_text(&record.source.sha256),
        );
        self.element("p", &text);
    }
}

fn class_of(mark: &Mark) -> &'static str {
    if mark.wrong { "wrong" } else { "part" }
}

fn plain_text(text: &str) -> String {
    super::place::plain(text)
}

/// What stands for rows that are left out.
pub(super) fn left_out(language: Language, rows: u32) -> String {
    match language {
        Language::Zh => format!("……（略去{rows}行）"),
        Language::En => format!("… (left out: {rows} rows)"),
    }
}

/// What stands for problems that are not spelled out.
pub(super) fn more(language: Language, others: usize) -> String {
    match language {
        Language::Zh => format!("另有{others}个问题未逐一列出，详见电子表格格式的核对报告。"),
        Language::En => format!("{others} more problems are in the review as a workbook."),
    }
}
