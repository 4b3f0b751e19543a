//! Candidates of two: lines near each other that make a third one, wherever they stand. Only lines that do so in cross after
//! cross are believed; within a single one, some two of many numbers always come to a third.

use std::collections::BTreeMap;

use super::grid::{Axis, Entry};
use super::runs::Candidates;

/// Numbers of a cross among which the three are looked for.
const WINDOW: usize = 14;
/// The fullest crosses; what holds in most holds in one of these.
const CROSSES: usize = 3;
/// Lines of one value that are tried as their total.
const TOTALS: usize = 4;

/// Adds pairs among the lines of `view` that no run has given.
pub(super) fn candidates(axis: &Axis, view: &[u32], found: &mut Candidates) {
    let mut fullest: Vec<&Vec<Entry>> = axis.crosses.iter().filter(|cross| cross.len() >= 3).collect();
    fullest.sort_by_key(|cross| std::cmp::Reverse(cross.len()));
    for cross in fullest.into_iter().take(CROSSES) {
        let seen = |entry: &&Entry| entry.value != 0 && view.binary_search(&entry.at).is_ok();
        let items: Vec<Entry> = cross.iter().filter(seen).copied().collect();
        let mut by_value: BTreeMap<i128, Vec<usize>> = BTreeMap::new();
        for (at, item) in items.iter().enumerate() {
            by_value.entry(item.value).or_default().push(at);
        }
        for (at, one) in items.iter().enumerate() {
            for (other, two) in items.iter().enumerate().skip(at + 1).take(WINDOW - 1) {
                let totals = by_value.get(&(one.value + two.value)).map(Vec::as_slice).unwrap_or_default();
                let from = totals.partition_point(|total| total + WINDOW < other);
                for total in totals.iter().skip(from).take(TOTALS).take_while(|total| **total <= at + WINDOW) {
                    if let Some(stated) = items.get(*total).filter(|_| *total != at && *total != other) {
                        found.entry((stated.at, vec![one.at, two.at])).or_insert(PAIR);
                    }
                }
            }
        }
    }
}

/// The mark of a candidate that is only a pair: runs have more evidence.
pub(super) const PAIR: u32 = 0;
