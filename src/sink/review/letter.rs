//! A review as a letter for Word: what does not add up, the tables concerned with comments at the wrong cells, what to do.
//!
//! In: a [`Letter`]. Out: a .docx. The sender's name and the day are left to be filled in: the letter is theirs who send
//! it. What can go wrong: packing.

use super::content::{Letter, Problem, Report};
use super::extract::Mark;
use super::html::{BETWEEN, CORRECTED, left_out, more};
use super::paper::{Paper, Set};
use super::place::plain;
use super::words::{self, Language};
use crate::error::Result;

/// Numbers of sections.
const SECTIONS: [&str; 7] = ["一", "二", "三", "四", "五", "六", "七"];

/// The packed letter.
pub(super) fn document(letter: &Letter<'_>) -> Result<Vec<u8>> {
    let mut paper = Paper::new(letter);
    let mut sections = Sections { language: letter.language, number: 0 };
    paper.put(Set::Title, &letter.subject);
    let unit = letter.unit.as_deref().unwrap_or(letter.language.pick("报送单位", "To the reporting unit"));
    paper.put(Set::Flush, &format!("{unit}{}", letter.language.pick("：", ":")));
    paper.put(Set::Text, &letter.opening());
    if letter.problems() > 0 {
        paper.put(Set::Heading, &sections.next("需要核实的问题", "Problems"));
        each(letter, &mut paper, problems);
        if letter.reports.iter().any(|report| !report.extracts(letter.language).is_empty()) {
            paper.put(Set::Heading, &sections.next("有关表格摘录", "Tables concerned"));
            paper.put(Set::Note, letter.language.pick(
                "深色底纹为疑有误的数，浅色底纹为参与验算的数，〔 〕内为问题序号，说明见批注。较长的表格只摘录有关部分。",
                "Dark cells hold the figures that are probably wrong, light ones those that take part; the number of the \
                 problem stands in brackets, more in the comments. Long tables are cut to what is concerned.",
            ));
            each(letter, &mut paper, tables);
        }
        if letter.reports.iter().any(|report| !report.passages(letter.language).is_empty()) {
            paper.put(Set::Heading, &sections.next("有关文字摘录", "Sentences concerned"));
            each(letter, &mut paper, passages);
        }
    }
    for (fixed, (zh, en)) in [(false, BETWEEN), (true, CORRECTED)] {
        let sentences = letter.beside_sentences(fixed);
        if !sentences.is_empty() {
            paper.put(Set::Heading, &sections.next(zh, en));
        }
        for (sentence, number) in sentences.iter().zip(1..) {
            paper.put(Set::Text, &format!("{number}{}{sentence}", letter.language.pick("．", ". ")));
        }
    }
    if letter.reports.iter().any(|report| !report.remarks.is_empty()) {
        paper.put(Set::Heading, &sections.next("另供参考", "For information"));
        each(letter, &mut paper, |report, paper| {
            report.remarks.iter().for_each(|remark| paper.put(Set::Text, remark));
        });
    }
    if let Some(request) = letter.request() {
        paper.put(Set::Heading, &sections.next("办理要求", "What to do"));
        paper.put(Set::Text, request);
    }
    close(letter, &mut paper);
    paper.pack()
}

struct Sections {
    language: Language,
    number: usize,
}

impl Sections {
    fn next(&mut self, zh: &str, en: &str) -> String {
        let number = SECTIONS.get(self.number).copied().unwrap_or_default();
        self.number += 1;
        match self.language {
            Language::Zh => format!("{number}、{zh}"),
            Language::En => format!("{}. {en}", self.number),
        }
    }
}

/// Does something for each report that has something to say, under its title where there are several.
fn each(letter: &Letter<'_>, paper: &mut Paper, put: impl Fn(&Report<'_>, &mut Paper)) {
    for report in &letter.reports {
        if report.problems.is_empty() && report.remarks.is_empty() {
            continue;
        }
        if letter.reports.len() > 1 {
            paper.put(Set::Strong, &letter.language.titled(&report.title));
        }
        put(report, paper);
    }
}

fn problems(report: &Report<'_>, paper: &mut Paper) {
    let language = paper.language();
    let (shown, others) = report.spelled_out();
    for problem in shown {
        let severity = words::severity(language, problem.finding.severity);
        let sentence = match language {
            Language::Zh => format!("{}．【{severity}】{}", problem.number, problem.sentence),
            Language::En => format!("{}. [{severity}] {}", problem.number, problem.sentence),
        };
        paper.put(Set::Strong, &sentence);
        let equations: Vec<&str> = problem.equations.iter().map(String::as_str).collect();
        paper.put_named(language.pick("验　　算：", "Equation: "), &equations);
        paper.put_named(language.pick("所在位置：", "Where: "), &[&places(problem, language)]);
        paper.put_named(language.pick("可能原因：", "Probable cause: "), &[&problem.cause]);
        paper.put_named(language.pick("请 核 对：", "To check: "), &[problem.advice]);
    }
    if others > 0 {
        paper.put(Set::Text, &more(language, others));
    }
}

/// Where the suspected figures stand, or the stated one.
fn places(problem: &Problem<'_>, language: Language) -> String {
    let wrong = problem.figures.iter().filter(|figure| figure.wrong);
    let told: Vec<String> = wrong
        .map(|figure| {
            let figure_text = plain(&figure.fact.reported.text);
            let label = language.quoted(&figure.label);
            match language {
                Language::Zh => format!("{}，{label}{figure_text}", figure.place.address),
                Language::En => format!("{}, {label} {figure_text}", figure.place.address),
            }
        })
        .collect();
    match language {
        Language::Zh => format!("{}。", told.join("；")),
        Language::En => format!("{}.", told.join("; ")),
    }
}

fn tables(report: &Report<'_>, paper: &mut Paper) {
    let language = paper.language();
    for (table, name, extract) in report.extracts(language) {
        let unit =
            table.unit.as_deref().map(|unit| format!("{}{}", language.pick("　单位：", ", unit: "), plain(unit)));
        paper.put(Set::Note, &format!("{name}{}", unit.unwrap_or_default()));
        let gap = |at: usize| left_out(language, extract.left_out(at, table.rows));
        paper.put_table(&extract, true, &gap, &|mark| remark(report, mark, language));
    }
}

fn passages(report: &Report<'_>, paper: &mut Paper) {
    let language = paper.language();
    for passage in report.passages(language) {
        paper.put(Set::Note, &passage.address);
        paper.put_pieces(Set::Text, &passage.pieces, &|mark| remark(report, mark, language));
    }
}

/// What is said at a figure that is probably wrong: its problems, each with its equation and cause.
pub(super) fn remark(report: &Report<'_>, mark: &Mark, language: Language) -> Option<String> {
    let said: Vec<String> = mark
        .wrong_in
        .iter()
        .filter_map(|number| report.problems.get(number.checked_sub(1)?))
        .map(|problem| {
            let equation = problem.equations.first().map(|equation| format!("\n{equation}")).unwrap_or_default();
            let cause = &problem.cause;
            match language {
                Language::Zh => format!("问题{}：{}{equation}\n{cause}", problem.number, problem.sentence),
                Language::En => format!("Problem {}: {}{equation}\n{cause}", problem.number, problem.sentence),
            }
        })
        .collect();
    (!said.is_empty()).then(|| said.join("\n"))
}

/// Who sends it and when is for them to fill in; what it rests on is small print.
fn close(letter: &Letter<'_>, paper: &mut Paper) {
    paper.put(Set::Flush, "");
    match letter.language {
        Language::Zh => {
            paper.put(Set::Right, "（核对单位印章）　　　　");
            paper.put(Set::Right, "　　年　　月　　日　　");
        }
        Language::En => paper.put(Set::Right, "(name and date)"),
    }
    for report in &letter.reports {
        let record = report.record;
        let text = match letter.language {
            Language::Zh => {
                format!("来源文件：{}，sha256 {}，记录 {}", report.source(), record.source.sha256, record.record_id)
            }
            Language::En => {
                format!("Source: {}, sha256 {}, record {}", report.source(), record.source.sha256, record.record_id)
            }
        };
        paper.put(Set::Note, &plain(&text));
    }
}
