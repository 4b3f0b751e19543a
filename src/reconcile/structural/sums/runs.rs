//! Candidates from neighbourhood: in each cross, runs of numbers that come to a number in front of or behind them.
//!
//! A run sums to t exactly where two prefix sums differ by t, so that sorted prefix sums give all runs of a cross in
//! n log n. What is found in a cross is a vote; the runs with most votes are read against the whole table afterwards.

use std::collections::BTreeMap;

use super::grid::{Axis, Entry};
use super::reading::{Tally, Verdict};

/// Lines with their parts, and the evidence of the votes for them.
pub(super) type Candidates = BTreeMap<(u32, Vec<u32>), u32>;

/// Numbers between a total and its run that belong to neither.
const GAP: usize = 2;
/// Numbers of a run. Longer ones come about by chance and cost too much.
const LONGEST: usize = 400;
/// Runs of one cross for one total in one direction.
const RUNS: usize = 12;
/// Prefix sums looked at to find them.
const LOOKS: usize = 48;
/// Rounding of this many last digits is looked for.
const ROUNDED: i128 = 8;
/// Votes for one total that are compared.
const VOTES: usize = 120;

/// A run in one cross; places count away from the front, or from the back when the total stands in front.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Vote {
    /// First place that counts.
    start: i64,
    /// The run may begin this far in front: only zeros and blanks stand there.
    low: i64,
    /// Last place that counts.
    end: i64,
}

type Votes = BTreeMap<(bool, u32), BTreeMap<Vote, u32>>;

/// Adds the runs among the lines of `view`, ascending.
pub(super) fn candidates(axis: &Axis, view: &[u32], found: &mut Candidates) {
    let mut votes = Votes::new();
    for cross in &axis.crosses {
        let mut items: Vec<Entry> = within(cross, view);
        for back in [false, true] {
            if items.len() >= 3 {
                vote(&items, back, &mut votes);
            }
            items.reverse();
        }
    }
    for ((back, total), votes) in &votes {
        for (first, last, bits) in best(votes) {
            let (low, high) = if *back { (-last, -first) } else { (first, last) };
            let from = view.partition_point(|line| i64::from(*line) < low);
            let upto = view.partition_point(|line| i64::from(*line) <= high);
            let parts = view.get(from..upto).unwrap_or_default().to_vec();
            let slot = found.entry((*total, parts)).or_default();
            *slot = (*slot).max(bits);
        }
    }
}

/// The numbers of a cross that stand in lines of `view`.
fn within(cross: &[Entry], view: &[u32]) -> Vec<Entry> {
    let mut view = view.iter().peekable();
    let mut items = Vec::with_capacity(cross.len());
    for entry in cross {
        while view.next_if(|line| **line < entry.at).is_some() {}
        if view.peek() == Some(&&entry.at) {
            items.push(*entry);
        }
    }
    items
}

/// All runs of one cross in front of their total; `items` run backwards when `back`.
fn vote(items: &[Entry], back: bool, votes: &mut Votes) {
    let place = |item: &Entry| if back { -i64::from(item.at) } else { i64::from(item.at) };
    let runs = Runs::new(items);
    for (at, total) in items.iter().enumerate().skip(2).filter(|(_, total)| total.value != 0) {
        for gap in 0..=GAP {
            let Some(end) = at.checked_sub(1 + gap).filter(|end| *end >= 1) else { break };
            let Some(last) = items.get(end) else { break };
            if gap > 0 && last.value == 0 {
                continue;
            }
            for start in runs.starts(end, total.value) {
                let Some(run) = items.get(start..=end) else { continue };
                let mut tally = Tally::of_total(total);
                run.iter().for_each(|item| tally.add(item));
                let (Verdict::Holds { bits, .. }, Some(first)) = (tally.verdict(total), run.first()) else { continue };
                if bits == 0 {
                    continue;
                }
                let low = runs.before(start).and_then(|at| items.get(at)).map_or(i64::MIN, |item| place(item) + 1);
                let vote = Vote { start: place(first), low, end: place(last) };
                *votes.entry((back, total.at)).or_default().entry(vote).or_default() += bits;
            }
        }
    }
}

/// Prefix sums of the numbers of one cross.
struct Runs {
    /// Prefix sum in front of each number other than zero, with its index, sorted.
    sorted: Vec<(i128, usize)>,
    /// Prefix sums, one more than numbers.
    prefix: Vec<i128>,
    /// The number other than zero in front of each.
    before: Vec<Option<usize>>,
    finest: i128,
}

impl Runs {
    fn new(items: &[Entry]) -> Self {
        let (mut sum, mut last) = (0, None);
        let mut runs = Self { sorted: Vec::new(), prefix: vec![0], before: Vec::new(), finest: 1 };
        for (at, item) in items.iter().enumerate() {
            runs.before.push(last);
            if item.value != 0 {
                runs.sorted.push((sum, at));
                last = Some(at);
            }
            sum += item.value;
            runs.prefix.push(sum);
        }
        runs.sorted.sort_unstable();
        runs.finest = items.iter().map(|item| item.unit).min().unwrap_or(1);
        runs
    }

    fn before(&self, at: usize) -> Option<usize> {
        self.before.get(at).copied().flatten()
    }

    /// Where runs begin that end at `end` and come to about `total`, nearest first.
    fn starts(&self, end: usize, total: i128) -> Vec<usize> {
        let Some(upto) = self.prefix.get(end + 1) else { return Vec::new() };
        let want = upto - total;
        let fits = |at: usize| at < end && end - at < LONGEST;
        let exact = self.sorted.partition_point(|one| *one < (want, end));
        let mut found: Vec<usize> = self
            .sorted
            .iter()
            .take(exact)
            .rev()
            .take(LOOKS)
            .take_while(|(sum, _)| *sum == want)
            .map(|(_, at)| *at)
            .filter(|at| fits(*at))
            .collect();
        let most = (self.finest * ROUNDED).min(total.abs());
        let from = self.sorted.partition_point(|(sum, _)| *sum < want - most);
        let near = self.sorted.iter().skip(from).take(LOOKS).take_while(|(sum, _)| *sum <= want + most);
        found.extend(near.filter(|(sum, at)| *sum != want && fits(*at)).map(|(_, at)| *at));
        found.sort_unstable_by_key(|at| std::cmp::Reverse(*at));
        found.truncate(RUNS);
        found
    }
}

/// The likeliest extents by the votes for a total: first and last place, evidence.
fn best(votes: &BTreeMap<Vote, u32>) -> Vec<(i64, i64, u32)> {
    let mut loudest: Vec<(Vote, u32)> = votes.iter().map(|(vote, bits)| (*vote, *bits)).collect();
    loudest.sort_by_key(|(vote, bits)| (std::cmp::Reverse(*bits), *vote));
    loudest.truncate(VOTES);
    let starts = loudest_places(loudest.iter().map(|(vote, bits)| (vote.start, *bits)), 5);
    let ends = loudest_places(loudest.iter().map(|(vote, bits)| (vote.end, *bits)), 4);
    let mut found = Vec::new();
    for start in &starts {
        for end in ends.iter().filter(|end| *end > start) {
            let fits = |vote: &Vote| vote.low <= *start && *start <= vote.start && vote.end <= *end;
            let bits = loudest.iter().filter(|(vote, _)| fits(vote)).map(|(_, bits)| *bits).sum();
            if bits > 0 {
                found.push((*start, *end, bits));
            }
        }
    }
    found
}

fn loudest_places(votes: impl Iterator<Item = (i64, u32)>, most: usize) -> Vec<i64> {
    let mut places: BTreeMap<i64, u32> = BTreeMap::new();
    for (place, bits) in votes {
        *places.entry(place).or_default() += bits;
    }
    let mut places: Vec<(i64, u32)> = places.into_iter().collect();
    places.sort_by_key(|(place, bits)| (std::cmp::Reverse(*bits), *place));
    places.into_iter().take(most).map(|(place, _)| place).collect()
}
