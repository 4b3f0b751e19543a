//! The JSON Schemas under docs/schema/ are those of the types.

use hedui::record::{LogLine, Record};
use schemars::Schema;

use crate::support::{assert_generated, assert_valid, convert, pretty};

#[test]
fn record_schema_is_current() {
    assert_schema("docs/schema/record.schema.json", &schemars::schema_for!(Record));
}

#[test]
fn log_schema_is_current() {
    assert_schema("docs/schema/log.schema.json", &schemars::schema_for!(LogLine));
}

#[test]
fn pipeline_schemas_are_current() {
    assert_schema("docs/schema/pipeline.schema.json", &hedui::config::pipeline_schema());
    assert_schema("docs/schema/vocabulary.schema.json", &hedui::config::vocabulary_schema());
}

#[test]
fn a_number_in_place_of_a_decimal_string_breaks_the_schema() {
    let mut record = serde_json::to_value(convert("samples/xinghu-2023-narrative--clean.txt")).unwrap();
    assert_valid(&record);
    record["source"]["size_bytes"] = "12".into();
    let broken = std::panic::catch_unwind(|| assert_valid(&record));
    assert!(broken.is_err(), "the schema accepts a text for size_bytes");
}

fn assert_schema(path: &str, schema: &Schema) {
    assert_eq!(schema.get("$schema").unwrap(), "https://json-schema.org/draft/2020-12/schema");
    assert_generated(path, &pretty(schema.as_value()));
}

#[test]
fn the_content_hash_is_that_of_the_canonical_json() {
    let record = convert("samples/yunze-2023-department--digit-slip.docx");
    let mut value = serde_json::to_value(&record).unwrap();
    let object = value.as_object_mut().unwrap();
    object.remove("run");
    object.remove("content_hash");
    let canonical = hedui::record::canonical_json(&value).unwrap();
    assert_eq!(record.content_hash, hedui::record::sha256_hex(canonical.as_bytes()));
}
