//! Every bound on what one source may cost, each with its unit and its reason.
//!
//! A reader that reaches one stops with [`ErrorKind::LimitExceeded`](crate::error::ErrorKind) and the field's name.
//! The defaults are far above anything an honest report needs and low enough that a machine of 2 GB survives.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The bounds. Each can be set under `limits:` in config.yaml.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Bytes of one source. Larger files are refused before they are read.
    pub input_bytes: u64,
    /// Bytes of one inflated part of a ZIP container (a 20 MB document.xml is already a very long report).
    pub part_bytes: u64,
    /// Bytes of all inflated parts together.
    pub total_bytes: u64,
    /// Inflated bytes per compressed byte of one part, counted once a part is larger than 4 MiB. Honest sheets reach 60, bombs 1000.
    pub inflation_ratio: u64,
    /// Entries of a ZIP container.
    pub zip_entries: usize,
    /// Documents in one ZIP file of reports.
    pub bundle_entries: usize,
    /// Nesting of elements in XML and HTML. Word writes below 60.
    pub element_depth: usize,
    /// Tables within tables.
    pub table_depth: usize,
    /// Blocks of a document.
    pub blocks: usize,
    /// Tables of a document.
    pub tables: usize,
    /// Cells, covered positions included, of all tables of a document.
    pub cells: usize,
    /// Columns of a table. XLSX itself ends at 16384.
    pub columns: u32,
    /// Rows of a table. XLSX itself ends at 1048576.
    pub rows: u32,
    /// Characters of one paragraph or cell.
    pub text_chars: usize,
    /// Bytes of all texts of a document. One that a workbook stores once counts in each cell that shows it: a file of 100 KB can
    /// show 30 GB that way.
    pub document_bytes: usize,
    /// Facts of a record.
    pub facts: usize,
    /// Checks of a record.
    pub checks: usize,
    /// Bytes of a record as JSON. That of a report with 1,000 facts has 2 MB.
    pub record_bytes: u64,
    /// Rows of a sheet of a review, and of a list that is exported. Excel itself ends at 1048576; a clerk does long before.
    pub review_rows: usize,
    /// Comments of a Word file. Word takes minutes to open one with some ten thousand.
    pub review_comments: usize,
    /// Documents of one unit's review that the dashboard makes; `hedui report --unit` makes it of any number.
    pub review_documents: usize,
    /// Seconds that the daemon gives a conversion; the longest report known takes two.
    pub seconds: u64,
    /// Bytes of address space of a process in which the daemon converts, its program and stacks included.
    pub memory_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            input_bytes: 200 << 20,
            part_bytes: 200 << 20,
            total_bytes: 1 << 30,
            inflation_ratio: 250,
            zip_entries: 20_000,
            bundle_entries: 1_000,
            element_depth: 1_000,
            table_depth: 40,
            blocks: 500_000,
            tables: 20_000,
            cells: 1_000_000,
            columns: 16_384,
            rows: 1_048_576,
            text_chars: 5_000_000,
            document_bytes: 128 << 20,
            facts: 200_000,
            checks: 200_000,
            record_bytes: 512 << 20,
            review_rows: 50_000,
            review_comments: 5_000,
            review_documents: 500,
            seconds: 120,
            memory_bytes: 2 << 30,
        }
    }
}
