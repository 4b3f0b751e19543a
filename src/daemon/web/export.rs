//! Lists as files for a spreadsheet: the documents and the findings that a page shows, by the same filters.
//!
//! In: a query and a format. Out: an attachment with its ETag. What can go wrong: more rows than may be exported, which is
//! told instead of leaving some out.

use axum::Extension;
use axum::extract::{Query, State};
use axum::http::HeaderMap;
use axum::response::Response;
use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::Deserialize;

use super::super::Ground;
use super::super::journal::{Issue, IssueState, Listed, Reader};
use super::documents::{kind_name, region_text};
use super::download::packed;
use super::findings::state_word;
use super::problem::{Problem, ProblemKind};
use super::query::ListQuery;
use super::site::{Site, Turn};
use super::visitor::Visitor;
use super::words::Language;
use crate::record::{Figure, LogBody};
use crate::sink::{Entry, Export, ExportFormat, Heading, export, local_time};

/// Rows that are read at a time.
const BATCH: u32 = 1_000;

const DOCUMENTS: [Heading; 13] = [
    ("标题", "Title", 46),
    ("单位", "Unit", 30),
    ("地区", "Region", 12),
    ("年度", "Year", 8),
    ("报告类型", "Kind", 24),
    ("错误", "Errors", 8),
    ("警告", "Warnings", 8),
    ("提示", "Infos", 8),
    ("收件文件夹", "Inbox", 12),
    ("来源文件", "Source file", 40),
    ("格式", "Format", 8),
    ("收到时间", "Received", 20),
    ("记录编号", "Record", 44),
];

const FINDINGS: [Heading; 19] = [
    ("状态", "State", 10),
    ("程度", "Severity", 8),
    ("问题种类", "Kind", 22),
    ("问题说明", "Message", 50),
    ("所列数", "Stated", 16),
    ("核算数", "Computed", 16),
    ("差额", "Difference", 14),
    ("计量单位", "Unit of figures", 9),
    ("单位", "Unit", 30),
    ("年度", "Year", 8),
    ("报告", "Report", 40),
    ("来源文件", "Source file", 34),
    ("另一文件", "Other file", 30),
    ("处理人", "Decided by", 12),
    ("处理说明", "Note", 30),
    ("处理时间", "Decided", 20),
    ("收到时间", "Received", 20),
    ("记录编号", "Record", 44),
    ("问题编号", "Fingerprint", 20),
];

/// How a list is exported.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub(super) struct ExportQuery {
    /// `csv` (when nothing is said) or `xlsx`.
    pub(super) format: String,
    /// Language of the headings, `zh` or `en`; when nothing is said that of the configuration.
    #[serde(rename = "lang")]
    _lang: String,
}

impl ExportQuery {
    fn format(&self) -> Result<ExportFormat, Problem> {
        let name = if self.format.is_empty() { ExportFormat::Csv.label() } else { &self.format };
        ExportFormat::named(name).ok_or_else(|| ProblemKind::Invalid.told_of("told.one_of", "format = csv, xlsx"))
    }
}

/// The list of documents.
pub(super) async fn documents(
    State(site): State<Site>,
    Extension(visitor): Extension<Visitor>,
    headers: HeaderMap,
    Query(query): Query<ListQuery>,
    Query(how): Query<ExportQuery>,
) -> Result<Response, Problem> {
    let (format, filter) = (how.format()?, query.reports()?);
    handed_out(&site, &headers, format, move |ground, reader| {
        let rows = all(ground, |before| Ok(reader.reports(&filter, before, BATCH)?), |row| row.number)?;
        let moment = rows.first().map(|row| row.at.clone()).unwrap_or_default();
        let rows = rows.into_iter().map(|row| document_entries(ground, row, visitor.language)).collect();
        let language = visitor.language.of_reviews();
        Ok(Export { name: ("报告", "Documents"), language, columns: &DOCUMENTS, rows, moment })
    })
    .await
}

/// The queue of findings.
pub(super) async fn findings(
    State(site): State<Site>,
    Extension(visitor): Extension<Visitor>,
    headers: HeaderMap,
    Query(query): Query<ListQuery>,
    Query(how): Query<ExportQuery>,
) -> Result<Response, Problem> {
    let (format, filter) = (how.format()?, query.issues()?);
    handed_out(&site, &headers, format, move |ground, reader| {
        let rows = all(ground, |before| Ok(reader.issues(&filter, before, BATCH)?), |row| row.number)?;
        let moment = rows.first().map(|row| row.at.clone()).unwrap_or_default();
        let entries = |row| finding_entries(ground, reader, &row, visitor.language).transpose();
        let rows = rows.into_iter().filter_map(entries).collect::<Result<_, Problem>>()?;
        let language = visitor.language.of_reviews();
        Ok(Export { name: ("问题", "Findings"), language, columns: &FINDINGS, rows, moment })
    })
    .await
}

/// A list as an attachment, when it is its turn.
async fn handed_out(
    site: &Site,
    headers: &HeaderMap,
    format: ExportFormat,
    list: impl FnOnce(&Ground, &Reader) -> Result<Export, Problem> + Send + 'static,
) -> Result<Response, Problem> {
    let _place = site.turn(Turn::Review).await?;
    let (bytes, name) = site.ask(move |ground, reader| write(&list(ground, reader)?, format)).await?;
    Ok(packed(headers, bytes, format.media_type(), &name))
}

/// Every row of a list, page by page.
fn all<T>(
    ground: &Ground,
    page: impl Fn(Option<i64>) -> Result<Vec<T>, Problem>,
    number: impl Fn(&T) -> i64,
) -> Result<Vec<T>, Problem> {
    let most = ground.config.limits.review_rows;
    let mut rows: Vec<T> = Vec::new();
    loop {
        let found = page(rows.last().map(&number))?;
        if found.is_empty() {
            return Ok(rows);
        }
        rows.extend(found);
        if rows.len() > most {
            return Err(ProblemKind::TooManyRows.told_of("told.rows", most));
        }
    }
}

fn write(list: &Export, format: ExportFormat) -> Result<(Vec<u8>, String), Problem> {
    let bytes = super::super::pool::contain(|| export(list, format));
    let bytes = bytes.map_err(|error| ProblemKind::Internal.because(error))?;
    let name = match list.language {
        crate::sink::Language::Zh => list.name.0,
        crate::sink::Language::En => list.name.1,
    };
    Ok((bytes, format!("{name}.{}", format.label())))
}

fn document_entries(ground: &Ground, row: Listed, language: Language) -> Vec<Entry> {
    let count = |count: usize| Entry::Number(Decimal::from(count));
    let kind = row.properties.kind.map(|id| kind_name(ground, &id, language));
    vec![
        Entry::text(row.title.as_deref()),
        Entry::text(row.properties.unit.as_deref()),
        Entry::text(row.properties.region.as_deref().map(region_text).as_deref()),
        Entry::number(row.properties.year.map(Decimal::from)),
        Entry::text(kind.as_deref()),
        count(row.findings.error),
        count(row.findings.warning),
        count(row.findings.info),
        Entry::text(row.properties.inbox.as_deref()),
        Entry::Text(row.source),
        Entry::text(row.format.as_deref()),
        Entry::Text(local_time(&row.at, ground.config.zone_minutes)),
        Entry::Text(row.record),
    ]
}

fn finding_entries(
    ground: &Ground,
    reader: &Reader,
    issue: &Issue,
    language: Language,
) -> Result<Option<Vec<Entry>>, Problem> {
    let decided = match issue.state {
        IssueState::Open => None,
        _ => reader.decisions(&issue.report, &issue.fingerprint, 1)?.pop(),
    };
    let LogBody::Finding { record_id, source, entity, fiscal_year, severity, code, message, stated, .. } = &issue.line
    else {
        return Ok(None);
    };
    let LogBody::Finding { computed, delta, unit, against, .. } = &issue.line else { return Ok(None) };
    let figure = |figure: &Option<Figure>| Entry::number(figure.map(|figure| figure.0));
    let time = |at: &str| local_time(at, ground.config.zone_minutes);
    let decided_at = decided.as_ref().map(|decided| time(&decided.at));
    Ok(Some(vec![
        Entry::Text(language.word(state_word(issue.state)).to_owned()),
        Entry::Text(language.word(&format!("severity.{}", severity.label())).to_owned()),
        Entry::Text(language.begin(&code.meaning())),
        Entry::Text(language.choose(message).to_owned()),
        figure(stated),
        figure(computed),
        figure(delta),
        Entry::text(unit.as_deref().map(|unit| language.unit(unit))),
        Entry::text(entity.as_deref()),
        Entry::number(fiscal_year.map(Decimal::from)),
        Entry::text(issue.title.as_deref()),
        Entry::Text(source.clone()),
        Entry::text(against.as_ref().map(|against| against.source.as_str())),
        Entry::text(decided.as_ref().map(|decided| decided.who.as_str())),
        Entry::text(decided.as_ref().map(|decided| decided.note.as_str())),
        Entry::text(decided_at.as_deref()),
        Entry::Text(time(&issue.at)),
        Entry::Text(record_id.clone()),
        Entry::Text(issue.fingerprint.clone()),
    ]))
}
