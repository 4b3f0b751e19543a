//! One reading of a table: a line is the sum of other lines, and how far the numbers bear it out.

use std::collections::BTreeSet;

use super::grid::{Axis, Entry};

/// A line as the sum of other lines.
#[derive(Debug, Clone)]
pub(super) struct Reading {
    /// The line that states the sums.
    pub(super) total: u32,
    /// The lines that are added, ascending.
    pub(super) parts: Vec<u32>,
    /// Crosses in which at least two parts count and the sum holds.
    pub(super) holds: usize,
    /// Of these, without any rounding.
    pub(super) exact: usize,
    /// Crosses in which it holds because next to nothing is added.
    pub(super) trivial: usize,
    /// Crosses in which it does not hold.
    pub(super) fails: usize,
    /// How improbable it is that the sums hold by chance: binary digits, each set of numbers counted once.
    pub(super) bits: u32,
    /// The same with repeated numbers counted each time.
    pub(super) all_bits: u32,
}

/// What the parts of one cross come to.
#[derive(Debug, Clone, Copy)]
pub(super) struct Tally {
    sum: i128,
    /// The two largest parts, without sign.
    first: i128,
    second: i128,
    /// The finest last digit, and all last digits together.
    finest: i128,
    units: i128,
    /// Parts other than zero.
    counted: i128,
    filled: usize,
    sort: u32,
    mixed: bool,
}

/// How one cross takes a reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Nothing to compare.
    Silent,
    /// The sum holds; with binary digits of evidence.
    Holds {
        bits: u32,
        exact: bool,
    },
    Fails,
}

impl Tally {
    pub(super) fn of_total(total: &Entry) -> Self {
        let units = if total.value == 0 { 0 } else { total.unit };
        let counted = i128::from(total.value != 0);
        let (sort, finest) = (total.sort, total.unit);
        Self { sum: 0, first: 0, second: 0, finest, units, counted, filled: 0, sort, mixed: false }
    }

    pub(super) fn add(&mut self, part: &Entry) {
        self.filled += 1;
        self.mixed |= part.sort != self.sort;
        if part.value == 0 {
            return;
        }
        let size = part.value.abs();
        self.sum += part.value;
        self.finest = self.finest.min(part.unit);
        self.units += part.unit;
        self.counted += 1;
        if size > self.first {
            self.second = std::mem::replace(&mut self.first, size);
        } else {
            self.second = self.second.max(size);
        }
    }

    /// Rounding may account for half a last digit of every number.
    pub(super) fn verdict(&self, total: &Entry) -> Verdict {
        if self.filled == 0 || self.mixed {
            return Verdict::Silent;
        }
        let gap = (total.value - self.sum).abs();
        if 2 * gap > self.units.max(self.counted * self.finest) {
            return Verdict::Fails;
        }
        // A sum of two is as telling as the smaller one is long; with one part, or others that cancel out, it is a copy.
        let size = total.value.abs();
        let copy = size == self.first || size == self.second;
        let telling = if copy { 0 } else { digits(self.second.min(size) / self.finest.max(1)) };
        let loose = if gap == 0 { 0 } else { digits(2 * gap / self.finest.max(1)) + 2 };
        Verdict::Holds { bits: telling.saturating_sub(loose), exact: gap == 0 }
    }
}

/// Binary digits of a size.
fn digits(size: i128) -> u32 {
    (size + 1).unsigned_abs().checked_ilog2().unwrap_or_default()
}

impl Reading {
    /// Reads `total` as the sum of `parts` in every cross. `None` when it fails too often to be one, or nowhere counts.
    pub(super) fn new(axis: &Axis, total: u32, parts: Vec<u32>) -> Option<Self> {
        let totals = axis.line(total);
        let mut tallies: Vec<Tally> = totals.iter().map(Tally::of_total).collect();
        for part in &parts {
            let mut at = totals.iter().zip(&mut tallies).peekable();
            for entry in axis.line(*part) {
                while at.next_if(|(total, _)| total.at < entry.at).is_some() {}
                if let Some((_, tally)) = at.next_if(|(total, _)| total.at == entry.at) {
                    tally.add(entry);
                }
            }
        }
        let mut reading = Self { total, parts, holds: 0, exact: 0, trivial: 0, fails: 0, bits: 0, all_bits: 0 };
        let mut seen = BTreeSet::new();
        for (total, tally) in totals.iter().zip(&tallies) {
            match tally.verdict(total) {
                Verdict::Silent => {}
                Verdict::Fails => reading.fails += 1,
                Verdict::Holds { bits: 0, .. } => reading.trivial += 1,
                Verdict::Holds { bits, exact } => {
                    reading.holds += 1;
                    reading.exact += usize::from(exact);
                    reading.all_bits += bits;
                    if seen.insert((total.value, tally.first, tally.second)) {
                        reading.bits += bits;
                    }
                }
            }
        }
        // Two of three must hold: tables have rows of rates and averages that add up to nothing.
        let often = reading.holds >= 2 * reading.fails;
        (reading.holds > 0 && often).then_some(reading)
    }

    /// What speaks for it, less what speaks against it.
    pub(super) fn score(&self) -> u32 {
        let against = u32::try_from(self.fails).unwrap_or(u32::MAX).saturating_mul(3);
        self.bits.saturating_sub(against)
    }

    /// Sums that are rounded over and over must be long to mean something.
    pub(super) fn is_sharp(&self, exact_of_ten: usize, least_bits: usize) -> bool {
        self.exact * 10 >= self.holds * exact_of_ten || self.all_bits as usize >= self.holds * least_bits
    }

    /// Lines between the total and its nearest part.
    pub(super) fn distance(&self) -> u32 {
        self.parts.iter().map(|part| part.abs_diff(self.total)).min().unwrap_or_default()
    }

    /// Whether `line` is one of the parts.
    pub(super) fn adds(&self, line: u32) -> bool {
        self.parts.binary_search(&line).is_ok()
    }
}
