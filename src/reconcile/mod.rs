//! Facts -> checks -> findings.

pub mod rules;

pub use rules::Rule;
