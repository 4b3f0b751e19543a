//! Normalized document -> facts, indicators, document identity.

pub mod vocabulary;

pub use vocabulary::Vocabulary;
