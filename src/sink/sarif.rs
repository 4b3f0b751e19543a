//! Findings as SARIF 2.1.0, the exchange format of checkers: code hosts and editors show them beside the file.
//!
//! In: records one by one. Out: one log with one run. Levels: error, warning, note. A place within a document has no line, so it
//! stands as a logical location; our fingerprint is a partial fingerprint.

use serde_json::{Value, json};

use super::lines::{first_check, places};
use super::text::spot;
use crate::record::{FindingCode, Record, Severity};

/// Collects the results of a run.
#[derive(Debug, Default)]
pub struct SarifLog {
    results: Vec<Value>,
}

impl SarifLog {
    /// Adds the findings of a record.
    pub fn add(&mut self, record: &Record) {
        for finding in &record.findings {
            let spots = first_check(record, finding).map(|check| places(record, check)).unwrap_or_default();
            let logical: Vec<Value> = spots.iter().map(|at| json!({ "fullyQualifiedName": spot(at) })).collect();
            let rule = FindingCode::ALL.iter().position(|code| *code == finding.code);
            self.results.push(json!({
                "ruleId": finding.code.label(),
                "ruleIndex": rule,
                "level": match finding.severity {
                    Severity::Error => "error",
                    Severity::Warning => "warning",
                    Severity::Info => "note",
                },
                "message": { "text": format!("{}\n{}", finding.message.zh, finding.message.en) },
                "locations": [{
                    "physicalLocation": { "artifactLocation": { "uri": uri(&record.source.path) } },
                    "logicalLocations": logical,
                }],
                "partialFingerprints": { "hedui/v1": finding.fingerprint },
            }));
        }
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
