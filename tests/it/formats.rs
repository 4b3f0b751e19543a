//! The same report as a Word file, a workbook, a page and a text dump says the same: one markup, one renderer per format.

#[path = "../../examples/make_samples/docx.rs"]
mod docx;
#[path = "../../examples/make_samples/html.rs"]
mod html;
#[path = "../../examples/make_samples/markup.rs"]
mod markup;
#[path = "../../examples/make_samples/text.rs"]
mod text;
#[path = "../../examples/make_samples/xlsx.rs"]
mod xlsx;

use std::error::Error;
use std::fs;

use hedui::pipeline::{self, Hints};
use hedui::record::{At, Fact};

use self::html::Charset;
use self::markup::{Part, Report};
use crate::diff::line_diff;
use crate::support::{options, root};

/// Renders a report in one format.
type Render = fn(&Report) -> Result<Vec<u8>, Box<dyn Error>>;

#[test]
fn a_department_form_with_annexes() {
    same_in_all_formats("yunze2023");
}

#[test]
fn a_project_report() {
    same_in_all_formats("jiaozhou2023");
}

#[test]
fn a_form_of_indicators() {
    same_in_all_formats("gulou2021");
}

#[test]
fn a_form_with_rates() {
    same_in_all_formats("yunhe2022");
}

#[test]
fn a_self_evaluation() {
    same_in_all_formats("xihu2022");
}

#[test]
fn a_narrative() {
    same_in_all_formats("xinghu2023");
}

#[test]
fn a_page_with_an_annex() {
    same_in_all_formats("baishui2020");
}

#[test]
fn a_page_with_an_account() {
    same_in_all_formats("hongshan2022");
}

#[test]
fn a_page_with_a_gap() {
    same_in_all_formats("qinglan2021");
}

#[test]
fn a_narrative_page() {
    same_in_all_formats("zhenyuan2022");
}

/// Compares what the formats of a report say with what its Word file says. A workbook has no running text: its tables are
/// compared.
fn same_in_all_formats(name: &str) {
    let path = root().join(format!("examples/make_samples/reports/{name}.report"));
    let source = fs::read_to_string(path).unwrap();
    let word = facts(&source, "docx", docx::render);
    let tables = |facts: &[Fact]| lines(facts.iter().filter(|fact| matches!(fact.at, At::Cell { start: None, .. })));
    let formats: [(&str, Render); 3] = [
        ("utf-8.html", |report| html::render(report, Charset::Utf8)),
        ("gbk.html", |report| {
            // Some have letters that GBK lacks.
            html::render(report, Charset::GbkAsGb2312).or_else(|_| html::render(report, Charset::Gb18030Undeclared))
        }),
        ("txt", text::render),
    ];
    for (format, render) in formats {
        assert_same(&lines(&word), &lines(&facts(&source, format, render)), name, format);
    }
    assert_same(&tables(&word), &tables(&facts(&source, "xlsx", xlsx::render)), name, "xlsx");
}

fn assert_same(expected: &[String], found: &[String], name: &str, format: &str) {
    let (expected, found) = (expected.join("\n"), found.join("\n"));
    assert!(expected == found, "{name}: - docx, + {format}\n{}", line_diff(&expected, &found));
}

/// The facts of a report in one format.
fn facts(source: &str, format: &str, render: Render) -> Vec<Fact> {
    let mut report = Report::parse(source).unwrap();
    report.parts.retain(|part| !matches!(part, Part::Sheet(_) | Part::Chrome { .. }));
    if format == "xlsx" {
        report.parts.insert(0, Part::Sheet("Sheet1".to_owned()));
        for part in &mut report.parts {
            if let Part::Heading { text, .. } = part {
                *part = Part::Paragraph(std::mem::take(text));
            }
        }
    }
    let bytes = render(&report).unwrap();
    let name = format!("report.{format}");
    let hints = Hints { name: name.clone(), path: name, ..Hints::default() };
    pipeline::convert(&bytes, &hints, &options()).unwrap().facts
}

/// What the facts say, whatever their order and places.
fn lines<'f>(facts: impl IntoIterator<Item = &'f Fact>) -> Vec<String> {
    let text = |value: Option<&str>| value.unwrap_or("-").to_owned();
    let mut lines: Vec<String> = facts
        .into_iter()
        .map(|fact| {
            let phase = fact.phase.map_or_else(|| "-".to_owned(), |phase| format!("{phase:?}"));
            let value = fact.value.as_ref().map_or_else(|| "-".to_owned(), ToString::to_string);
            let decimals = fact.decimals.map_or_else(|| "-".to_owned(), |decimals| decimals.to_string());
            let (concept, period, unit) =
                (text(fact.concept.as_deref()), text(fact.period.as_deref()), text(fact.unit.as_deref()));
            format!("{concept} {phase} {period} {value} {unit} {decimals}")
        })
        .collect();
    lines.sort();
    lines
}
