//! The description of the API, OpenAPI 3.1, made of the routes and of the types they answer with.
//!
//! In: the list of routes. Out: `openapi.json`. A route without words here is described by its address alone; a test
//! sees to it that there is none.

use axum::http::HeaderMap;
use axum::response::Response;
use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, SchemaGenerator};
use serde_json::{Map, Value, json};

use super::super::export::ExportQuery;
use super::super::problem::{Problem, ProblemKind};
use super::super::query::ListQuery;
use super::super::review::{ReviewQuery, UnitReviewQuery};
use super::shapes::{
    DecisionBody, DecisionList, DocumentItem, DocumentList, FindingItem, FindingList, OverviewBody, ProblemBody,
    QuarantineList, RetryBody, UploadBody, UploadQuery,
};
use super::{ROOT, ROUTES, Route, answer};
use crate::record::Record;
use crate::sink::{ExportFormat, ReviewFormat};

/// The description.
pub(super) async fn openapi(headers: HeaderMap) -> Result<Response, Problem> {
    Ok(answer(&headers, serde_json::to_vec_pretty(&description())?))
}

/// What a route takes and gives.
struct Words {
    summary: &'static str,
    /// Schemas whose properties are parameters.
    query: Vec<Value>,
    body: Option<Value>,
    /// Status, what it means, content types, schema.
    gives: (&'static str, &'static str, Vec<&'static str>, Value),
    problems: &'static [ProblemKind],
}

fn description() -> Value {
    let settings = SchemaSettings::draft2020_12().with(|settings| {
        settings.definitions_path = "/components/schemas".into();
    });
    let mut schemas = settings.into_generator();
    let mut paths: Map<String, Value> = Map::new();
    for route in &ROUTES {
        let words = words(route, &mut schemas);
        let operation = operation(route, &words, &mut schemas);
        let path = paths.entry(format!("{ROOT}{}", route.path)).or_insert_with(|| json!({}));
        if let Some(path) = path.as_object_mut() {
            path.insert(route.method.to_owned(), operation);
        }
    }
    let definitions = schemas.take_definitions(true);
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "hedui",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Documents, findings and quarantine of a hedui daemon. With `web.token_file` every call needs `Authorization: Bearer`.",
        },
        "servers": [{"url": "/"}],
        "security": [{}, {"token": []}],
        "paths": paths,
        "components": {
            "schemas": definitions,
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    })
}

fn reference<T: JsonSchema>(schemas: &mut SchemaGenerator) -> Value {
    schemas.subschema_for::<T>().to_value()
}

fn operation(route: &Route, words: &Words, schemas: &mut SchemaGenerator) -> Value {
    let parts = route.path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    let mut parameters: Vec<Value> =
        parts.map(|name| json!({"name": name, "in": "path", "required": true, "schema": {"type": "string"}})).collect();
    parameters.extend(words.query.iter().flat_map(query_parameters));
    let (status, meaning, kinds, schema) = &words.gives;
    let mut responses = Map::new();
    let content: Map<String, Value> =
        kinds.iter().map(|kind| ((*kind).to_owned(), json!({"schema": schema}))).collect();
    let given = json!({"description": meaning, "content": content});
    responses.insert((*status).to_owned(), given);
    let problem = reference::<ProblemBody>(schemas);
    let common = [ProblemKind::Unauthorized, ProblemKind::WrongHost, ProblemKind::Busy];
    for kind in words.problems.iter().chain(&common) {
        let told = json!({
            "description": super::super::words::Language::En.word(kind.word()),
            "content": {"application/problem+json": {"schema": problem}},
        });
        responses.insert(kind.status().as_str().to_owned(), told);
    }
    if route.method == "get" {
        let same = json!({"description": "Not modified since the ETag that was named"});
        responses.insert("304".to_owned(), same);
    }
    let mut operation = Map::new();
    operation.insert("summary".to_owned(), words.summary.into());
    operation.insert("parameters".to_owned(), parameters.into());
    operation.insert("responses".to_owned(), responses.into());
    if let Some(body) = &words.body {
        operation.insert("requestBody".to_owned(), json!({"required": true, "content": body}));
    }
    operation.into()
}

/// Parameters of a query, from the schema of its type.
fn query_parameters(schema: &Value) -> Vec<Value> {
    let required = schema.get("required").and_then(Value::as_array).cloned().unwrap_or_default();
    let properties = schema.get("properties").and_then(Value::as_object).cloned().unwrap_or_default();
    let parameter = |(name, schema): (String, Value)| {
        json!({
            "name": name,
            "in": "query",
            "required": required.contains(&Value::String(name.clone())),
            "description": schema.get("description"),
            "schema": {"type": "string"},
        })
    };
    properties.into_iter().map(parameter).collect()
}

fn words(route: &Route, schemas: &mut SchemaGenerator) -> Words {
    use ProblemKind::{Conflict, CrossOrigin, Invalid, NotFound, TooLarge};
    let json_kind = "application/json";
    let list = || vec![schemars::schema_for!(ListQuery).to_value()];
    let reads = |summary, schema| Words {
        summary,
        query: Vec::new(),
        body: None,
        gives: ("200", "That", vec![json_kind], schema),
        problems: &[NotFound],
    };
    if let Some(words) = file_words(route) {
        return words;
    }
    match (route.method, route.path) {
        ("get", "/openapi.json") => reads("This description", json!({"type": "object"})),
        ("get", "/overview") => reads("How much there is of what", reference::<OverviewBody>(schemas)),
        ("get", "/documents") => Words {
            query: list(),
            problems: &[Invalid],
            ..reads("Current documents, the newest first", reference::<DocumentList>(schemas))
        },
        ("get", "/documents/{id}") => reads("One document", reference::<DocumentItem>(schemas)),
        ("get", "/records/{id}") => {
            Words { problems: &[NotFound, TooLarge], ..reads("A record in full", reference::<Record>(schemas)) }
        }
        ("get", "/findings") => Words {
            query: list(),
            problems: &[Invalid],
            ..reads("Findings, the newest first", reference::<FindingList>(schemas))
        },
        ("get", "/findings/{record}/{finding}/decisions") => {
            reads("What people decided of a finding, the latest first", reference::<DecisionList>(schemas))
        }
        ("post", "/findings/{record}/{finding}/decision") => Words {
            body: Some(json!({ json_kind: {"schema": reference::<DecisionBody>(schemas)} })),
            problems: &[Invalid, NotFound, CrossOrigin],
            ..reads("Decide what becomes of a finding", reference::<FindingItem>(schemas))
        },
        ("get", "/quarantine") => Words {
            query: list(),
            problems: &[Invalid],
            ..reads("Sources that gave no record, the latest first", reference::<QuarantineList>(schemas))
        },
        ("post", "/quarantine/{id}/retry") => Words {
            problems: &[NotFound, Conflict, CrossOrigin],
            ..reads("Try an entry of quarantine again", reference::<RetryBody>(schemas))
        },
        ("post", "/upload") => Words {
            query: vec![schemars::schema_for!(UploadQuery).to_value()],
            body: Some(json!({"application/octet-stream": {"schema": {}}})),
            gives: ("201", "It is in the inbox", vec![json_kind], reference::<UploadBody>(schemas)),
            problems: &[Invalid, NotFound, Conflict, TooLarge, CrossOrigin],
            ..reads("Put a file into an inbox", json!({}))
        },
        _ => reads("", json!({})),
    }
}

/// What a route takes that gives a file.
fn file_words(route: &Route) -> Option<Words> {
    use ProblemKind::{Invalid, NotFound, TooLarge, TooManyRows};
    let lists = || vec![schemars::schema_for!(ListQuery).to_value(), schemars::schema_for!(ExportQuery).to_value()];
    let sheets = || ExportFormat::ALL.map(ExportFormat::media_type).to_vec();
    let forms = || ReviewFormat::ALL.map(ReviewFormat::media_type).to_vec();
    let file = |summary, kinds, query, problems| Words {
        summary,
        query,
        body: None,
        gives: ("200", "A file to be saved", kinds, json!({})),
        problems,
    };
    let review = &[Invalid, NotFound, TooLarge];
    Some(match route.path {
        "/documents/{id}/original" => file(
            "The source of a record or of an entry of quarantine, as it came",
            vec!["application/octet-stream"],
            Vec::new(),
            &[NotFound],
        ),
        "/documents/{id}/review" => file(
            "What the unit is told about one document",
            forms(),
            vec![schemars::schema_for!(ReviewQuery).to_value()],
            review,
        ),
        "/units/review" => file(
            "What a unit is told about all of its current documents and what does not agree between them",
            forms(),
            vec![schemars::schema_for!(UnitReviewQuery).to_value()],
            review,
        ),
        "/documents/export" => {
            file("All documents of a list, for a spreadsheet", sheets(), lists(), &[Invalid, TooManyRows])
        }
        "/findings/export" => {
            file("All findings of a list, for a spreadsheet", sheets(), lists(), &[Invalid, TooManyRows])
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_route_is_described() {
        let description = description();
        for route in &ROUTES {
            let operation = &description["paths"][format!("{ROOT}{}", route.path)][route.method];
            assert!(operation["summary"].as_str().is_some_and(|summary| !summary.is_empty()), "{}", route.path);
            assert!(operation["responses"].as_object().is_some_and(|responses| responses.len() > 3), "{}", route.path);
        }
        let told = description["paths"].as_object().unwrap().values().map(|path| path.as_object().unwrap().len());
        assert_eq!(told.sum::<usize>(), ROUTES.len());
    }

    /// Every reference leads to a schema that is there.
    #[test]
    fn references_lead_somewhere() {
        let description = description();
        let text = description.to_string();
        let mut count = 0;
        for name in text.split("\"$ref\":\"").skip(1).filter_map(|rest| rest.split('"').next()) {
            assert!(description.pointer(name.trim_start_matches('#')).is_some(), "{name}");
            count += 1;
        }
        assert!(count > 20);
    }
}
