//! Hashes over bytes and canonical JSON.

use serde::Serialize;
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::Record;
use crate::error::{Error, ErrorKind, Result};

/// sha256 as 64 hex digits.
#[must_use]
pub fn sha256_hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    Sha256::digest(bytes).iter().fold(String::with_capacity(64), |mut hex, byte| {
        // Writing to a String cannot fail.
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

/// Canonical JSON by RFC 8785. Keys are ASCII here, so byte order is the order the RFC asks for; numbers are integers.
///
/// # Errors
/// `internal` when the value cannot be represented as JSON.
pub fn canonical_json<T: Serialize>(value: &T) -> Result<String> {
    let value = serde_json::to_value(value).map_err(|error| Error::new(ErrorKind::Internal, error.to_string()))?;
    let mut text = String::new();
    write_canonical(&value, &mut text);
    Ok(text)
}

fn write_canonical(value: &Value, out: &mut String) {
    match value {
        Value::Object(map) => {
            let mut entries: Vec<_> = map.iter().collect();
            entries.sort_by(|a, b| a.0.cmp(b.0));
            out.push('{');
            for (index, (key, value)) in entries.into_iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                out.push_str(&Value::from(key.as_str()).to_string());
                out.push(':');
                write_canonical(value, out);
            }
            out.push('}');
        }
        Value::Array(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                write_canonical(item, out);
            }
            out.push(']');
        }
        scalar => out.push_str(&scalar.to_string()),
    }
}

impl Record {
    /// Computes `content_hash` over everything but `run` and the hash itself.
    ///
    /// # Errors
    /// `internal` when the record cannot be represented as JSON.
    pub fn compute_content_hash(&self) -> Result<String> {
        let mut value =
            serde_json::to_value(self).map_err(|error| Error::new(ErrorKind::Internal, error.to_string()))?;
        if let Value::Object(map) = &mut value {
            map.remove("run");
            map.remove("content_hash");
        }
        Ok(sha256_hex(canonical_json(&value)?.as_bytes()))
    }
}
