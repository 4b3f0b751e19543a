//! The page of one document: what it is, what does not add up, and the document itself drawn anew.
//!
//! In: a record's id. Out: the page. What can go wrong: there is no such record, or its file is gone or too large to be
//! drawn; it can be downloaded all the same.

use std::collections::{BTreeMap, BTreeSet};

use askama::Template;
use axum::Extension;
use axum::extract::{Path, State};
use axum::response::Response;

use super::super::Ground;
use super::super::journal::{DocumentState, IssueState, Reader};
use super::documents::{DocumentRow, document_row, kind_name};
use super::draw::{self, CheckLine, Drawing, FindingView, Marks};
use super::findings::{IssueView, decision_view, issue_view};
use super::frame::{Frame, Place, page_of};
use super::html::Html;
use super::problem::{Problem, ProblemKind};
use super::review::has_annotated;
use super::site::Site;
use super::unit;
use super::visitor::Visitor;
use super::words::Language;
use crate::record::{Coverage, LogBody, Record, Severity};
use crate::sink::local_time;

/// Bytes of a record beyond which no page is made of it.
const MAX_RECORD: u64 = 32 << 20;
/// Checks that the page lists.
const MAX_CHECKS: usize = 500;
/// Findings of all filings of a report that are looked at.
const MAX_ISSUES: u32 = 500;
/// Other filings that are named.
const MAX_FILINGS: u32 = 20;
/// Decisions of a finding that are shown.
const TRAIL: u32 = 10;
/// Warnings that the page lists.
const MAX_WARNINGS: usize = 100;

/// A name and a value.
pub(super) struct Row {
    pub(super) name: &'static str,
    pub(super) value: String,
}

/// What a reader skipped or repaired, however often.
pub(super) struct WarningView {
    pub(super) code: String,
    pub(super) message: String,
    pub(super) count: usize,
}

#[derive(Template)]
#[template(path = "document.html")]
struct DocumentPage {
    f: Frame,
    id: String,
    superseded: bool,
    identity: Vec<Row>,
    normalized: Vec<Row>,
    warnings: Vec<WarningView>,
    findings: Vec<FindingView>,
    counts: [(Severity, usize); 3],
    /// Findings about this report and another.
    across: Vec<IssueView>,
    /// Findings of another filing that are fixed.
    resolved: Vec<IssueView>,
    /// Other filings of the report.
    filings: Vec<DocumentRow>,
    checks: Vec<CheckLine>,
    checks_total: usize,
    /// No check could be decided.
    unchecked: bool,
    /// What was checked, and why not more.
    coverage: String,
    story: Html,
    cut: bool,
    /// There is an annotated copy.
    annotated: bool,
    /// Name and page of its unit.
    unit: Option<(String, String)>,
    /// Year and kind, for the line below the title.
    about: String,
}

impl DocumentPage {
    fn icon(&self, severity: &Severity) -> &'static str {
        draw::icon(*severity)
    }
}

/// One document.
pub(super) async fn document(
    State(site): State<Site>,
    Extension(visitor): Extension<Visitor>,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    site.ask(move |ground, reader| page_of(&page(ground, reader, &visitor, id)?)).await
}

fn page(ground: &Ground, reader: &Reader, visitor: &Visitor, id: String) -> Result<DocumentPage, Problem> {
    let (record, state) = record_of(ground, reader, &id)?;
    let language = visitor.language;
    let marks = Marks::of(&record);
    let concepts = &ground.options.catalog.vocabulary.concepts;
    let names: draw::Names<'_> = concepts.iter().map(|concept| (&*concept.id, concept)).collect();
    let drawing = Drawing { record: &record, marks: &marks, language, names: &names };
    let (story, cut) = draw::blocks(&drawing);
    let title = record.document.title.clone().unwrap_or_else(|| record.source.name.clone());
    let mut findings = draw::findings(&drawing);
    let beside = beside(ground, reader, &id, &mut findings, language)?;
    let kind = record.document.kind.as_deref().map(|id| kind_name(ground, id, language));
    let year = record.document.fiscal_year.map(|year| year.to_string());
    let about: Vec<String> = [year, kind].into_iter().flatten().collect();
    let unit = record.document.entity.name.clone().filter(|_| state == DocumentState::Current);
    let unit = unit.map(|name| (name.clone(), unit::address(&name)));
    let count = |severity| (severity, record.findings.iter().filter(|each| each.severity == severity).count());
    Ok(DocumentPage {
        f: Frame::titled(Place::Documents, visitor, title),
        superseded: state == DocumentState::Superseded,
        identity: identity(&record, ground, language),
        normalized: normalized(&record, language),
        warnings: warnings(&record, language),
        findings,
        across: beside.across,
        resolved: beside.resolved,
        filings: beside.filings,
        counts: [Severity::Error, Severity::Warning, Severity::Info].map(count),
        checks: draw::check_lines(&drawing, MAX_CHECKS),
        checks_total: record.checks.len(),
        unchecked: record.coverage.checks.decided() == 0,
        coverage: covered(&record.coverage, language),
        about: about.join(" · "),
        story,
        cut,
        annotated: has_annotated(&record),
        unit,
        id,
    })
}

/// What the journal knows beside the record.
#[derive(Default)]
struct Beside {
    across: Vec<IssueView>,
    resolved: Vec<IssueView>,
    filings: Vec<DocumentRow>,
}

/// Puts decisions to the findings of a record, and finds what belongs to its report.
fn beside(
    ground: &Ground,
    reader: &Reader,
    id: &str,
    findings: &mut [FindingView],
    language: Language,
) -> Result<Beside, Problem> {
    let mut beside = Beside::default();
    let Some(listed) = reader.report(id)? else { return Ok(beside) };
    // Findings in the name of other reports, about this one or a filing before it.
    let filings = reader.filings(&listed, MAX_FILINGS)?;
    // A filing that has no key is known by another name.
    let names: BTreeSet<&str> = filings.iter().chain([&listed]).map(|filing| filing.report.as_str()).collect();
    let mut issues = Vec::new();
    for name in names {
        issues.extend(reader.issues_of(name, MAX_ISSUES)?);
    }
    let of_filings = filings.iter().map(|filing| filing.record.as_str()).filter(|record| *record != id);
    for record in [id].into_iter().chain(of_filings) {
        let others = reader.issues_against(record, MAX_ISSUES)?.into_iter();
        issues.extend(others.filter(|issue| record == id || issue.state == IssueState::Fixed));
    }
    for issue in issues {
        let LogBody::Finding { record_id, finding, against, .. } = &issue.line else { continue };
        let against = against.as_ref().is_some_and(|against| against.record_id == id);
        let here = record_id == id || against;
        let (finding, fixed) = (finding.clone(), issue.state == IssueState::Fixed);
        let trail = reader.decisions(&issue.report, &issue.fingerprint, TRAIL)?;
        match findings.iter_mut().find(|view| here && view.id == finding) {
            Some(view) => view.decision = decision_view(ground, &issue, trail, language),
            None if here && !fixed => {
                let mut view = issue_view(ground, issue, trail, language);
                if let Some(view) = view.as_mut().filter(|_| against) {
                    // From here the other report is the one in whose name it is told.
                    view.against = Some(view.link.clone());
                }
                beside.across.extend(view);
            }
            None if fixed => beside.resolved.extend(issue_view(ground, issue, trail, language)),
            None => {}
        }
    }
    let others = filings.into_iter().filter(|filing| filing.record != id);
    beside.filings = others.map(|row| document_row(ground, row, language)).collect();
    Ok(beside)
}

/// The record of an id, as its file has it.
pub(super) fn record_of(ground: &Ground, reader: &Reader, id: &str) -> Result<(Record, DocumentState), Problem> {
    let (bytes, state) = record_bytes(ground, reader, id, MAX_RECORD)?;
    Ok((serde_json::from_slice(&bytes)?, state))
}

/// A record file's bytes, at most so many.
pub(super) fn record_bytes(
    ground: &Ground,
    reader: &Reader,
    id: &str,
    most: u64,
) -> Result<(Vec<u8>, DocumentState), Problem> {
    let unknown = || ProblemKind::NotFound.told("told.record");
    let row = reader.document(id)?.filter(|row| row.state != DocumentState::Quarantined).ok_or_else(unknown)?;
    let place = ground.config.output.join(&row.place);
    // A record that was replaced keeps its place in the journal and moves to another folder.
    let moved = place.file_name().map(|name| ground.config.output.join("superseded").join(name));
    let path = if place.is_file() { place } else { moved.filter(|path| path.is_file()).ok_or_else(unknown)? };
    let gone = |_| unknown();
    if path.metadata().map_err(gone)?.len() > most {
        return Err(ProblemKind::TooLarge.told("told.record_large"));
    }
    Ok((std::fs::read(&path).map_err(gone)?, row.state))
}

fn identity(record: &Record, ground: &Ground, language: Language) -> Vec<Row> {
    let document = &record.document;
    let kind = document.kind.as_deref().map(|id| kind_name(ground, id, language));
    let region = document.entity.region.as_ref().map(|region| match &region.code {
        Some(code) => format!("{} ({code})", region.name),
        None => region.name.clone(),
    });
    let period = document.period.as_ref().map(|period| format!("{} – {}", period.start, period.end));
    let source = &record.source;
    let inbox = source.inbox.as_deref().unwrap_or_default();
    rows(
        language,
        [
            ("field.entity", document.entity.name.clone()),
            ("field.region", region),
            ("field.year", document.fiscal_year.map(|year| year.to_string())),
            ("field.kind", kind),
            ("field.period", period),
            ("field.published", document.published.clone()),
            ("field.source", Some(format!("{inbox}/{}", source.path))),
            ("field.received", record.run.received_at.as_deref().map(|at| local_time(at, ground.config.zone_minutes))),
            ("field.size", Some(bytes_text(source.size_bytes))),
            ("field.sha256", Some(source.sha256.clone())),
            ("field.pipeline", Some(format!("{} {}", record.run.pipeline, record.run.pipeline_version))),
            ("field.supersedes", record.run.supersedes.clone()),
        ],
    )
}

/// How much was checked in a sentence, and where that is nothing, why.
fn covered(coverage: &Coverage, language: Language) -> String {
    let (decided, open) = (coverage.checks.decided(), coverage.checks.not_checkable);
    let (key, values) = match (coverage.facts, decided, open) {
        (0, 0, _) => ("coverage.no_figures", [0, 0, 0]),
        (facts, 0, 0) => ("coverage.alone", [facts, 0, 0]),
        (facts, 0, open) => ("coverage.open", [facts, open, 0]),
        (facts, decided, 0) => ("coverage.checked", [decided, coverage.facts_in_checks, facts]),
        (facts, decided, _) => ("coverage.checked_but", [decided, coverage.facts_in_checks, facts]),
    };
    let said =
        values.iter().fold(language.word(key).to_owned(), |said, value| said.replacen("{}", &value.to_string(), 1));
    if key == "coverage.checked_but" { said.replace("{open}", &open.to_string()) } else { said }
}

/// What was done to the source before its figures were read.
fn normalized(record: &Record, language: Language) -> Vec<Row> {
    let source = &record.source;
    let format = if source.extension_matches {
        source.format.clone()
    } else {
        format!("{} · {}", source.format, language.word("normalized.extension"))
    };
    let encoding = source.encoding.as_ref();
    let basis = |encoding: &crate::record::EncodingEntry| {
        let basis = serde_json::to_value(encoding.basis).ok();
        let basis = basis.as_ref().and_then(serde_json::Value::as_str).unwrap_or_default().to_owned();
        format!("{} · {}", encoding.label, language.word(&format!("encoding.{basis}")))
    };
    let replaced = encoding.map(|encoding| encoding.replacements).filter(|count| *count > 0);
    let container = source.container.as_ref().map(|inner| format!("{} › {}", inner.archive, inner.entry));
    let hidden = record
        .tables
        .iter()
        .filter(|table| table.hidden || !table.hidden_rows.is_empty() || !table.hidden_cols.is_empty());
    let hidden = Some(hidden.count()).filter(|count| *count > 0);
    let mojibake = encoding.filter(|encoding| encoding.suspect_mojibake);
    rows(
        language,
        [
            ("normalized.format", Some(format)),
            ("normalized.encoding", encoding.map(basis)),
            ("normalized.replaced", replaced.map(|count| count.to_string())),
            ("normalized.mojibake", mojibake.map(|_| language.word("yes").to_owned())),
            ("normalized.container", container),
            ("normalized.hidden", hidden.map(|count| count.to_string())),
            ("normalized.text", Some(language.word("normalized.text.what").to_owned())),
        ],
    )
}

fn rows<const N: usize>(language: Language, values: [(&'static str, Option<String>); N]) -> Vec<Row> {
    let row = |(word, value): (&'static str, Option<String>)| {
        value.filter(|value| !value.is_empty()).map(|value| Row { name: language.word(word), value })
    };
    values.into_iter().filter_map(row).collect()
}

/// Warnings of one code and message are one.
fn warnings(record: &Record, language: Language) -> Vec<WarningView> {
    let mut counts: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for warning in &record.warnings {
        *counts.entry((&warning.code, language.choose(&warning.message))).or_default() += 1;
    }
    let view = |((code, message), count): ((&str, &str), usize)| WarningView {
        code: code.to_owned(),
        message: message.to_owned(),
        count,
    };
    counts.into_iter().map(view).take(MAX_WARNINGS).collect()
}

/// Bytes as people say them, without fractions.
pub(super) fn bytes_text(bytes: u64) -> String {
    match bytes {
        0..10_000 => format!("{bytes} B"),
        10_000..10_240_000 => format!("{} KiB", bytes / 1024),
        _ => format!("{} MiB", bytes / (1024 * 1024)),
    }
}
