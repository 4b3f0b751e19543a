//! What is different between two records of the same source: facts and findings.
//!
//! In: the record that stands and the one that a conversion would give now. Out: [`Changes`]. Facts are the same when
//! they stand at the same place and are of the same kind, findings when they have the same fingerprint; ids count for
//! nothing, because one fact more shifts them all. Nothing can go wrong.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use crate::record::{At, Fact, Finding, Record};

/// Keys of a fact that say nothing about it.
const UNTOLD: [&str; 3] = ["id", "at", "kind"];

/// The differences.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Changes {
    /// Facts, in the order of their places.
    pub facts: Vec<FactChange>,
    /// Findings that are new.
    pub findings_added: Vec<String>,
    /// Findings that there are no more.
    pub findings_removed: Vec<String>,
    /// The document itself: kind, entity, year and the like, before and now.
    pub document: BTreeMap<String, (Value, Value)>,
    /// Number of checks before and now.
    pub checks: (usize, usize),
    /// Number of indicators before and now.
    pub indicators: (usize, usize),
    /// Number of warnings before and now.
    pub warnings: (usize, usize),
}

/// One fact.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FactChange {
    /// Where it stands.
    pub place: String,
    /// The nearest label.
    pub label: String,
    /// As printed.
    pub text: String,
    /// What is different, before and now; empty for a fact that is new or gone.
    pub fields: BTreeMap<String, (Value, Value)>,
    /// `added`, `removed` or `changed`.
    pub what: &'static str,
}

impl Changes {
    /// From the record that stands to the one of now.
    #[must_use]
    pub fn between(before: &Record, now: &Record) -> Self {
        let (old, new) = (by_place(&before.facts), by_place(&now.facts));
        let mut facts = Vec::new();
        let places: std::collections::BTreeSet<_> = old.keys().chain(new.keys()).collect();
        for place in places {
            facts.extend(match (old.get(place), new.get(place)) {
                (Some(old), Some(new)) => change(&place.0, old, new),
                (Some(old), None) => Some(told(&place.0, old, "removed")),
                (None, Some(new)) => Some(told(&place.0, new, "added")),
                (None, None) => None,
            });
        }
        let (was, is) = (by_fingerprint(&before.findings), by_fingerprint(&now.findings));
        let only = |these: &BTreeMap<(&str, usize), String>, those: &BTreeMap<(&str, usize), String>| {
            these.iter().filter(|(key, _)| !those.contains_key(*key)).map(|(_, text)| text.clone()).collect()
        };
        Self {
            facts,
            findings_added: only(&is, &was),
            findings_removed: only(&was, &is),
            document: differing(&json(&before.document), &json(&now.document)),
            checks: (before.checks.len(), now.checks.len()),
            indicators: (before.indicators.len(), now.indicators.len()),
            warnings: (before.warnings.len(), now.warnings.len()),
        }
    }
}

/// By place and kind, and a number where several have both in common.
fn by_place(facts: &[Fact]) -> BTreeMap<(String, String, usize), &Fact> {
    let mut map = BTreeMap::new();
    for fact in facts {
        let kind = json(&fact.kind).to_string();
        let place = place_of(&fact.at);
        let number = (0..).find(|number| !map.contains_key(&(place.clone(), kind.clone(), *number))).unwrap_or(0);
        map.insert((place, kind, number), fact);
    }
    map
}

fn by_fingerprint(findings: &[Finding]) -> BTreeMap<(&str, usize), String> {
    let mut map = BTreeMap::new();
    for finding in findings {
        let print = finding.fingerprint.as_str();
        let number = (0..).find(|number| !map.contains_key(&(print, *number))).unwrap_or(0);
        let word = |value: Value| value.as_str().unwrap_or_default().to_owned();
        let (severity, code) = (word(json(&finding.severity)), word(json(&finding.code)));
        map.insert((print, number), format!("{severity} {code}: {}", finding.message.zh));
    }
    map
}

fn change(place: &str, old: &Fact, new: &Fact) -> Option<FactChange> {
    let mut fields = differing(&json(old), &json(new));
    UNTOLD.iter().for_each(|key| drop(fields.remove(*key)));
    (!fields.is_empty()).then(|| FactChange { fields, ..told(place, new, "changed") })
}

fn told(place: &str, fact: &Fact, what: &'static str) -> FactChange {
    let (label, text) = (fact.label.to_string(), fact.reported.text.to_string());
    FactChange { place: place.to_owned(), label, text, fields: BTreeMap::new(), what }
}

fn differing(old: &Value, new: &Value) -> BTreeMap<String, (Value, Value)> {
    let (Value::Object(old), Value::Object(new)) = (old, new) else { return BTreeMap::new() };
    let keys = old.keys().chain(new.keys());
    let get = |map: &serde_json::Map<String, Value>, key: &str| map.get(key).cloned().unwrap_or_default();
    keys.map(|key| (key.clone(), (get(old, key), get(new, key)))).filter(|(_, (old, new))| old != new).collect()
}

/// `t1 2,4` or `b14 8-15`.
fn place_of(at: &At) -> String {
    match json(at) {
        Value::Object(map) => {
            let part = |key: &str| map.get(key).map(|value| value.as_str().map_or(value.to_string(), str::to_owned));
            match (part("table"), part("block")) {
                (Some(table), _) => {
                    format!("{table} {},{}", part("row").unwrap_or_default(), part("col").unwrap_or_default())
                }
                (None, Some(block)) => {
                    format!("{block} {}-{}", part("start").unwrap_or_default(), part("end").unwrap_or_default())
                }
                (None, None) => Value::Object(map).to_string(),
            }
        }
        other => other.to_string(),
    }
}

/// Types of the record are all representable.
fn json(value: &impl Serialize) -> Value {
    serde_json::to_value(value).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::load_catalog;
    use crate::limits::Limits;
    use crate::pipeline::{Hints, Options, convert};

    #[test]
    fn what_changed_is_told_and_nothing_else() {
        let options = Options { limits: Limits::default(), catalog: load_catalog(None).unwrap() };
        let text = "某单位2022年度部门整体支出绩效自评报告\n2022年总支出100.00万元，其中基本支出60.00万元，项目支出50.00万元。\n";
        let of = |text: &str| convert(text.as_bytes(), &Hints::default(), &options).unwrap();
        let before = of(text);
        assert!(!before.findings.is_empty());
        let same = Changes::between(&before, &of(text));
        assert!(same.facts.is_empty() && same.findings_added.is_empty() && same.findings_removed.is_empty());
        let now = of(&text.replace("50.00", "40.00"));
        let changes = Changes::between(&before, &now);
        let [fact] = &changes.facts[..] else { panic!("{changes:?}") };
        assert_eq!((fact.what, fact.text.as_str()), ("changed", "40.00万元"), "{fact:?}");
        assert!(fact.fields.contains_key("value"));
        assert!(!changes.findings_removed.is_empty() && changes.findings_added.is_empty(), "{changes:?}");
        let fewer = of(&text.replace("，项目支出50.00万元", ""));
        assert!(Changes::between(&before, &fewer).facts.iter().any(|fact| fact.what == "removed"));
        assert!(Changes::between(&fewer, &before).facts.iter().any(|fact| fact.what == "added"));
    }
}
