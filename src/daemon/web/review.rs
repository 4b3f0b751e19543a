//! Reviews for whoever sends them on: of one document, or of all current ones of a unit; the same files that
//! `hedui report` writes.
//!
//! In: a record's id or a unit's name, a form, the language of the page. Out: an attachment with its ETag: the same records
//! give the same bytes. What can go wrong: there is no such record, unit or form; a unit has more than is made here.

use axum::Extension;
use axum::extract::{Path, Query, State};
use axum::http::HeaderMap;
use axum::response::Response;
use schemars::JsonSchema;
use serde::Deserialize;

use super::super::Ground;
use super::super::journal::{DocumentState, Properties, Reader, ReportFilter};
use super::super::pool::contain;
use super::super::reviews::{beside, beside_record};
use super::document::{record_bytes, record_of};
use super::download::packed;
use super::problem::{Problem, ProblemKind};
use super::site::{Site, Turn};
use super::visitor::Visitor;
use super::words::Language;
use crate::record::Record;
use crate::sink::{ReviewFormat, ReviewOptions, annotated_copy, annotated_name, review, review_name};

/// Bytes of all records of a unit's review.
const MAX_RECORDS: u64 = 64 << 20;
/// The format whose documents have an annotated copy.
const WORD: &str = "docx";

/// A form of a review.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Review(ReviewFormat),
    Annotated,
}

impl Form {
    fn named(name: &str) -> Result<Self, Problem> {
        let form = match name {
            "" => Some(Self::Review(ReviewFormat::Html)),
            "annotated" => Some(Self::Annotated),
            name => ReviewFormat::named(name).map(Self::Review),
        };
        form.ok_or_else(|| ProblemKind::Invalid.told_of("told.one_of", "format = html, docx, xlsx, annotated"))
    }
}

/// Parameters of a document's review.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub(super) struct ReviewQuery {
    /// `html` (when nothing is said), `docx`, `xlsx`, or `annotated` for a Word document.
    pub(super) format: String,
    /// `zh` or `en`; when nothing is said that of the configuration.
    #[serde(rename = "lang")]
    _lang: String,
}

/// Parameters of a unit's review.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub(super) struct UnitReviewQuery {
    /// Name of the reporting unit, in full.
    pub(super) unit: String,
    /// `html` (when nothing is said), `docx` or `xlsx`.
    pub(super) format: String,
    /// `zh` or `en`; when nothing is said that of the configuration.
    #[serde(rename = "lang")]
    _lang: String,
}

/// The review of one document.
pub(super) async fn of_document(
    State(site): State<Site>,
    Extension(visitor): Extension<Visitor>,
    headers: HeaderMap,
    Path(id): Path<String>,
    Query(query): Query<ReviewQuery>,
) -> Result<Response, Problem> {
    let form = Form::named(&query.format)?;
    let _place = site.turn(Turn::Review).await?;
    let (bytes, kind, name) =
        site.ask(move |ground, reader| document_review(ground, reader, &id, form, visitor.language)).await?;
    Ok(packed(&headers, bytes, kind, &name))
}

/// Bytes, media type, name.
type Made = (Vec<u8>, &'static str, String);

fn document_review(
    ground: &Ground,
    reader: &Reader,
    id: &str,
    form: Form,
    language: Language,
) -> Result<Made, Problem> {
    let (record, _) = record_of(ground, reader, id)?;
    let options = ReviewOptions::new(language.of_reviews(), &ground.config.limits);
    match form {
        Form::Review(format) => {
            let beside = match reader.report(id)? {
                Some(listed) => beside_record(reader, &listed.report, id)?,
                None => Vec::new(),
            };
            let bytes = contain(|| review(&[&record], &beside, format, options)).map_err(|error| unmade(&error))?;
            Ok((bytes, format.media_type(), review_name(&record.source.name, format)))
        }
        Form::Annotated if record.source.format == WORD => {
            let bytes = contain(|| annotated_copy(&record, options)).map_err(|error| unmade(&error))?;
            Ok((bytes, ReviewFormat::Docx.media_type(), annotated_name(&record.source.name)))
        }
        Form::Annotated => Err(ProblemKind::NotFound.told("told.annotated_word")),
    }
}

/// The document has an annotated copy.
pub(super) fn has_annotated(record: &Record) -> bool {
    record.source.format == WORD
}

/// The review of a unit.
pub(super) async fn of_unit(
    State(site): State<Site>,
    Extension(visitor): Extension<Visitor>,
    headers: HeaderMap,
    Query(query): Query<UnitReviewQuery>,
) -> Result<Response, Problem> {
    let Form::Review(format) = Form::named(&query.format)? else {
        return Err(ProblemKind::Invalid.told("told.annotated_one"));
    };
    let _place = site.turn(Turn::Review).await?;
    let made = site.ask(move |ground, reader| unit_review(ground, reader, &query.unit, format, visitor.language));
    let (bytes, kind, name) = made.await?;
    Ok(packed(&headers, bytes, kind, &name))
}

fn unit_review(
    ground: &Ground,
    reader: &Reader,
    unit: &str,
    format: ReviewFormat,
    language: Language,
) -> Result<Made, Problem> {
    let records = records_of(ground, reader, unit)?;
    let records: Vec<&Record> = records.iter().collect();
    let beside = beside(reader, unit)?;
    let options = ReviewOptions::new(language.of_reviews(), &ground.config.limits);
    let bytes = contain(|| review(&records, &beside, format, options)).map_err(|error| unmade(&error))?;
    Ok((bytes, format.media_type(), review_name(unit, format)))
}

/// The current records of a unit whose files are there.
fn records_of(ground: &Ground, reader: &Reader, unit: &str) -> Result<Vec<Record>, Problem> {
    let most = ground.config.limits.review_documents;
    let filter = ReportFilter {
        properties: Properties { unit: Some(unit.trim().to_owned()), ..Properties::default() },
        ..ReportFilter::default()
    };
    let asked = u32::try_from(most).unwrap_or(u32::MAX).saturating_add(1);
    let listed = reader.reports(&filter, None, asked)?;
    let too_many = || ProblemKind::TooLarge.told("told.unit_large");
    if listed.len() > most {
        return Err(too_many());
    }
    let (mut records, mut room) = (Vec::with_capacity(listed.len()), MAX_RECORDS);
    for row in &listed {
        let (bytes, state) = match record_bytes(ground, reader, &row.record, room) {
            Ok(found) => found,
            Err(problem) if problem.kind == ProblemKind::NotFound => continue,
            Err(_) => return Err(too_many()),
        };
        room = room.saturating_sub(bytes.len() as u64);
        if state == DocumentState::Current {
            records.push(serde_json::from_slice(&bytes)?);
        }
    }
    if records.is_empty() {
        return Err(ProblemKind::NotFound.told("told.unit"));
    }
    Ok(records)
}

fn unmade(error: &crate::error::Error) -> Problem {
    tracing::error!(%error, "a review could not be made");
    ProblemKind::Internal.told("told.see_log")
}
