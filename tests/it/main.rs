//! The integration tests, in one binary.
//!
//! `HEDUI_BLESS=1 cargo test` rewrites what is generated (snapshots, schemas, docs/errors.md) instead of comparing it;
//! read the difference before committing it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a test stops where an assumption fails, and says so on standard error"
)]

mod acceptance;
mod across;
mod browser;
mod cli;
mod codes;
mod config;
mod constructs;
mod daemon;
mod daemon_bundle;
mod daemon_identity;
mod daemon_ready;
mod daemon_service;
mod daemon_stock;
mod daemon_upkeep;
mod daemon_workers;
mod dice;
mod diff;
mod differential;
mod formats;
mod forms;
mod formulas;
mod grid;
mod home;
mod hostile;
mod judgement;
mod meaning;
mod operate;
mod pipelines;
mod properties;
mod readme;
mod review;
mod review_service;
mod rules;
mod samples;
mod schema;
mod sums;
mod support;
mod tidy;
mod web;
mod web_api;
mod web_browser;
mod web_files;
mod web_guard;
mod web_refiled;
mod web_words;
