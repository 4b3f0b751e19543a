//! The list of documents, by filter.
//!
//! In: a query. Out: the page. What can go wrong: a parameter that cannot be.

use askama::Template;
use axum::Extension;
use axum::extract::{Query, State};
use axum::response::Response;

use super::super::Ground;
use super::super::journal::{Listed, Reader};
use super::frame::{Frame, Place, page_of};
use super::problem::Problem;
use super::query::{ListQuery, cut};
use super::site::Site;
use super::visitor::Visitor;
use super::words::Language;
use crate::extract::region_name;
use crate::sink::local_time;

/// Values of a facet that a filter offers.
const CHOICES: u32 = 200;

/// One value of a filter.
pub(super) struct Choice {
    pub(super) value: String,
    pub(super) text: String,
    pub(super) chosen: bool,
}

/// One row.
pub(super) struct DocumentRow {
    pub(super) id: String,
    pub(super) title: String,
    pub(super) unit: String,
    pub(super) unit_link: String,
    pub(super) region: String,
    pub(super) year: String,
    pub(super) kind: String,
    pub(super) source: String,
    pub(super) at: String,
    /// Severity, shape, number.
    pub(super) findings: Vec<(&'static str, &'static str, usize)>,
    /// No check could be decided, so that nothing found says nothing.
    pub(super) unchecked: bool,
}

#[derive(Template)]
#[template(path = "documents.html")]
struct DocumentsPage {
    f: Frame,
    query: ListQuery,
    /// Words and addresses of the list as a file.
    exports: [(&'static str, String); 2],
    regions: Vec<Choice>,
    years: Vec<Choice>,
    kinds: Vec<Choice>,
    severities: Vec<Choice>,
    units: Vec<String>,
    rows: Vec<DocumentRow>,
    next: Option<String>,
    filtered: bool,
}

/// The list.
pub(super) async fn documents(
    State(site): State<Site>,
    Extension(visitor): Extension<Visitor>,
    Query(query): Query<ListQuery>,
) -> Result<Response, Problem> {
    site.ask(move |ground, reader| page_of(&page(ground, reader, &visitor, query)?)).await
}

fn page(ground: &Ground, reader: &Reader, visitor: &Visitor, query: ListQuery) -> Result<DocumentsPage, Problem> {
    let f = Frame::at(Place::Documents, visitor);
    let (filter, limit) = (query.reports()?, query.limit()?);
    let mut rows = reader.reports(&filter, query.before()?, limit + 1)?;
    let next = cut(&mut rows, limit, |row| row.number.to_string()).map(|cursor| f.with("after", &cursor));
    let choices = |facet: &str, chosen: &str, text: &dyn Fn(&str) -> String| -> Result<Vec<Choice>, Problem> {
        let tallies = reader.tallies(facet, CHOICES)?;
        let choice = |value: String| Choice { text: text(&value), chosen: value == chosen, value };
        Ok(tallies.into_iter().map(|tally| choice(tally.value)).collect())
    };
    let same = |value: &str| value.to_owned();
    let mut years = choices("year", &query.year, &same)?;
    years.reverse();
    let severity = |value: &&str| Choice {
        value: (*value).to_owned(),
        text: f.severity(value).to_owned(),
        chosen: *value == query.severity,
    };
    let filtered = filter != Default::default();
    Ok(DocumentsPage {
        regions: choices("region", &query.region, &region_text)?,
        years,
        kinds: choices("kind", &query.kind, &|id| kind_name(ground, id, visitor.language))?,
        severities: ["any", "error", "warning", "info", "clean", "unchecked"].iter().map(severity).collect(),
        units: reader.worst("unit", CHOICES)?.into_iter().map(|tally| tally.value).collect(),
        rows: rows.into_iter().map(|row| document_row(ground, row, visitor.language)).collect(),
        next,
        exports: exports(&f, "/documents/export", None),
        filtered,
        query,
        f,
    })
}

/// Words and addresses of a list as a file, with what the page filters by.
pub(super) fn exports(f: &Frame, path: &str, more: Option<(&str, &str)>) -> [(&'static str, String); 2] {
    let (_, query) = f.visitor.target.split_once('?').unwrap_or_default();
    let left_out = |pair: &str| {
        let name = pair.split('=').next().unwrap_or_default();
        ["", "after", "limit", "lang", "theme", "format"].contains(&name) || more.is_some_and(|(more, _)| more == name)
    };
    let kept = query.split('&').filter(|pair| !left_out(pair)).map(str::to_owned);
    let more = more.map(|(name, value)| format!("{name}={value}"));
    let kept: Vec<String> = kept.chain(more).collect();
    [("export.xlsx", "xlsx"), ("export.csv", "csv")].map(|(word, format)| {
        let pairs: Vec<String> = kept.iter().cloned().chain([format!("format={format}")]).collect();
        (f.w(word), format!("{path}?{}", pairs.join("&")))
    })
}

/// What a list says of a document.
pub(super) fn document_row(ground: &Ground, row: Listed, language: Language) -> DocumentRow {
    let counts =
        [("error", "✗", row.findings.error), ("warning", "▲", row.findings.warning), ("info", "ⓘ", row.findings.info)];
    let unit = row.properties.unit.unwrap_or_default();
    DocumentRow {
        title: row.title.unwrap_or_else(|| row.source.clone()),
        unit_link: super::unit::address(&unit),
        unit,
        region: row.properties.region.map(|region| region_text(&region)).unwrap_or_default(),
        year: row.properties.year.map(|year| year.to_string()).unwrap_or_default(),
        kind: row.properties.kind.map(|id| kind_name(ground, &id, language)).unwrap_or_default(),
        source: format!("{}/{}", row.properties.inbox.unwrap_or_default(), row.source),
        at: local_time(&row.at, ground.config.zone_minutes),
        unchecked: row.checked == Some(0),
        findings: counts.into_iter().filter(|(_, _, count)| *count > 0).collect(),
        id: row.record,
    }
}

/// A region as people call it; what is no code is a name.
pub(super) fn region_text(region: &str) -> String {
    region_name(region).unwrap_or_else(|| region.to_owned())
}

/// A document kind as people call it.
pub(super) fn kind_name(ground: &Ground, id: &str, language: Language) -> String {
    let kinds = &ground.options.catalog.vocabulary.document_kinds;
    let known = kinds.iter().find(|kind| kind.id == id);
    let name = known.map(|kind| match language {
        Language::Zh => kind.zh.clone(),
        Language::En => kind.en.clone(),
    });
    name.filter(|name| !name.is_empty()).unwrap_or_else(|| id.replace('_', " "))
}
