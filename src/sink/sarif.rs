//! Findings as SARIF 2.1.0, the exchange format of checkers: code hosts and editors show them beside the file.
//!
//! In: findings as lines of the log, one by one. Out: one log with one run. Levels: error, warning, note. A place within a document has no line, so it
//! stands as a logical location; our fingerprint is a partial fingerprint.

use serde_json::{Value, json};

use super::text::spot;
use crate::record::{FindingCode, LogBody, Severity};

/// Collects the results of a run.
#[derive(Debug, Default)]
pub struct SarifLog {
    results: Vec<Value>,
}

impl SarifLog {
    /// Adds a finding; other lines have none.
    pub fn add(&mut self, line: &LogBody) {
        let LogBody::Finding { source, severity, code, message, places, fingerprint, against, .. } = line else {
            return;
        };
        let logical: Vec<Value> = places.iter().map(|at| json!({ "fullyQualifiedName": spot(at) })).collect();
        let rule = FindingCode::ALL.iter().position(|known| known == code);
        let place = |source: &str, logical: Vec<Value>| {
            json!({
                "physicalLocation": { "artifactLocation": { "uri": uri(source) } },
                "logicalLocations": logical,
            })
        };
        let related: Vec<Value> = against
            .iter()
            .map(|other| place(&other.source, vec![json!({ "fullyQualifiedName": spot(&other.place) })]))
            .collect();
        let mut result = json!({
            "ruleId": code.label(),
            "ruleIndex": rule,
            "level": match severity {
                Severity::Error => "error",
                Severity::Warning => "warning",
                Severity::Info => "note",
            },
            "message": { "text": format!("{}\n{}", message.zh, message.en) },
            "locations": [place(source, logical)],
            "partialFingerprints": { "hedui/v1": fingerprint },
        });
        if let (Some(object), false) = (result.as_object_mut(), related.is_empty()) {
            object.insert("relatedLocations".to_owned(), Value::Array(related));
        }
        self.results.push(result);
    }

    /// The whole log.
    #[must_use]
    pub fn finish(self) -> Value {
        let rules: Vec<Value> = FindingCode::ALL
            .iter()
            .map(|code| {
                let meaning = code.meaning();
                json!({
                    "id": code.label(),
                    "shortDescription": { "text": meaning.en },
                    "fullDescription": { "text": meaning.zh },
                })
            })
            .collect();
        json!({
            "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
            "version": "2.1.0",
            "runs": [{
                "tool": { "driver": {
                    "name": env!("CARGO_PKG_NAME"),
                    "version": env!("CARGO_PKG_VERSION"),
                    "rules": rules,
                } },
                "columnKind": "unicodeCodePoints",
                "results": self.results,
            }],
        })
    }
}

/// A path as a URI reference: what RFC 3986 does not allow in a path is escaped, byte by byte.
fn uri(path: &str) -> String {
    let mut uri = String::with_capacity(path.len());
    for byte in path.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => uri.push(char::from(byte)),
            _ => uri.push_str(&format!("%{byte:02X}")),
        }
    }
    uri
}
