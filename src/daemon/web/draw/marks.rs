//! Which figures findings speak of, and how.
//!
//! In: a record. Out: a [`Mark`] for every figure with a place. Findings name checks, checks name facts; names that lead
//! nowhere are passed over.

use std::collections::BTreeMap;

use crate::record::{At, Check, Fact, Finding, Record, Severity, Status};

/// What findings say of one figure.
#[derive(Debug, Clone)]
pub(in super::super) struct Mark<'a> {
    pub(in super::super) fact: &'a Fact,
    /// It does not agree with its operands.
    pub(in super::super) is_wrong: bool,
    /// Some likely slip is in it.
    pub(in super::super) is_suspect: bool,
    /// It stands in the equation of a finding.
    pub(in super::super) is_operand: bool,
    /// Of the loudest finding.
    pub(in super::super) severity: Severity,
    /// Ids, in the order of the record.
    pub(in super::super) findings: Vec<&'a str>,
}

impl Mark<'_> {
    /// The word of its flag.
    pub(super) fn flag(&self) -> &'static str {
        if self.is_suspect { "flag.suspect" } else { "flag.wrong" }
    }
}

/// Every figure's mark.
#[derive(Debug, Default)]
pub(in super::super) struct Marks<'a> {
    by_fact: BTreeMap<&'a str, Mark<'a>>,
    /// Facts of a cell, by table, row and column.
    cells: BTreeMap<(&'a str, u32, u32), Vec<&'a str>>,
    /// Facts of a block's text.
    blocks: BTreeMap<&'a str, Vec<&'a str>>,
    checks: BTreeMap<&'a str, &'a Check>,
}

impl<'a> Marks<'a> {
    pub(in super::super) fn of(record: &'a Record) -> Self {
        let checks = record.checks.iter().map(|check| (check.id.as_str(), check)).collect();
        let mut marks = Self { checks, ..Self::default() };
        for fact in &record.facts {
            let mark = Mark {
                fact,
                is_wrong: false,
                is_suspect: false,
                is_operand: false,
                severity: Severity::Info,
                findings: Vec::new(),
            };
            marks.by_fact.insert(&fact.id, mark);
            match &fact.at {
                At::Cell { table, row, col, .. } => marks.cells.entry((table, *row, *col)).or_default().push(&fact.id),
                At::Text { block, .. } => marks.blocks.entry(block).or_default().push(&fact.id),
                At::Document | At::Part { .. } | At::Block { .. } => {}
            }
        }
        record.findings.iter().for_each(|finding| marks.take(finding));
        marks
    }

    fn take(&mut self, finding: &'a Finding) {
        let checks: Vec<&Check> = finding.checks.iter().filter_map(|id| self.check(id)).collect();
        for check in checks {
            let failed = !matches!(check.status, Status::Consistent | Status::Rounding);
            if let Some(mark) = check.stated.as_deref().and_then(|id| self.by_fact.get_mut(id)) {
                mark.is_wrong |= failed;
                mark.note(finding);
            }
            for id in check.terms.iter().filter_map(|term| term.fact.as_deref()) {
                if let Some(mark) = self.by_fact.get_mut(id) {
                    mark.note(finding);
                }
            }
        }
        let edits = finding.cause.iter().flat_map(|cause| &cause.edits);
        for id in edits.filter_map(|edit| edit.fact.as_deref()) {
            if let Some(mark) = self.by_fact.get_mut(id) {
                mark.is_suspect = true;
                mark.is_wrong = true;
                mark.note(finding);
            }
        }
    }

    pub(in super::super) fn check(&self, id: &str) -> Option<&'a Check> {
        self.checks.get(id).copied()
    }

    pub(in super::super) fn fact(&self, id: &str) -> Option<&Mark<'a>> {
        self.by_fact.get(id)
    }

    /// Marks of a cell, in the order of the facts.
    pub(super) fn in_cell(&self, table: &str, row: u32, col: u32) -> Vec<&Mark<'a>> {
        self.all(self.cells.get(&(table, row, col)))
    }

    /// Marks of a block's text.
    pub(super) fn in_block(&self, block: &str) -> Vec<&Mark<'a>> {
        self.all(self.blocks.get(block))
    }

    fn all(&self, ids: Option<&Vec<&'a str>>) -> Vec<&Mark<'a>> {
        ids.into_iter().flatten().filter_map(|id| self.by_fact.get(id)).collect()
    }
}

impl<'a> Mark<'a> {
    fn note(&mut self, finding: &'a Finding) {
        self.is_operand = true;
        self.severity = self.severity.max(finding.severity);
        if !self.findings.contains(&finding.id.as_str()) {
            self.findings.push(&finding.id);
        }
    }
}
