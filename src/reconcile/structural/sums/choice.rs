//! Which readings of a table are believed.
//!
//! From the inside out: what is a part of an accepted total is out of sight in the next round, so that totals of totals
//! become neighbours. Among readings of one total the one that most crosses bear out is taken; a second one (down to the
//! details and down to the groups) must be certain by itself and share nothing with the first.

use std::collections::{BTreeMap, BTreeSet};

use super::grid::{Axis, announces_total};
use super::reading::Reading;
use super::runs::Candidates;
use super::{pairs, runs};

/// Totals of totals of totals.
const ROUNDS: usize = 6;
/// Readings of one total that are tried.
const TRIED: usize = 14;
/// Names that several lines share and that are looked at by themselves.
const CLASSES: usize = 12;
/// Evidence in binary digits that a pair, or a second reading of a total, must have.
pub(super) const CERTAIN: u32 = 60;
/// Crosses in which a pair must hold.
const PAIR_HOLDS: usize = 3;

/// Believed readings of a table in one direction.
pub(super) fn readings(axis: &Axis) -> Vec<Reading> {
    let mut accepted = Accepted::default();
    let classes = classes(axis);
    let mut active: Vec<u32> =
        (0..).zip(&axis.lines).filter(|(_, line)| !line.is_empty()).map(|(line, _)| line).collect();
    for _ in 0..ROUNDS {
        if active.len() < 3 {
            break;
        }
        let mut found = Candidates::new();
        runs::candidates(axis, &active, &mut found);
        for class in &classes {
            let view: Vec<u32> = active.iter().copied().filter(|line| class.contains(line)).collect();
            if view.len() >= 3 && view.len() < active.len() {
                runs::candidates(axis, &view, &mut found);
            }
        }
        pairs::candidates(axis, &active, &mut found);
        let before = accepted.list.len();
        accept(believable(axis, found, active.len()), &mut accepted);
        let hidden: BTreeSet<u32> =
            accepted.list.iter().skip(before).flat_map(|reading| reading.parts.iter().copied()).collect();
        if hidden.is_empty() {
            break;
        }
        active.retain(|line| !hidden.contains(line));
    }
    nearest(in_levels(axis, accepted.list))
}

/// Lines that are looked at without the others: whole numbers beside rates, and columns of one name under several heads.
fn classes(axis: &Axis) -> Vec<BTreeSet<u32>> {
    let filled = (0..).zip(&axis.lines).filter(|(_, line)| !line.is_empty());
    let even = |line: &&(u32, &Vec<super::grid::Entry>)| {
        let whole = line.1.iter().filter(|entry| entry.value % axis.one == 0).count();
        whole * 10 >= line.1.len() * 9
    };
    let mut classes: Vec<BTreeSet<u32>> = Vec::new();
    let whole: BTreeSet<u32> = filled.clone().collect::<Vec<_>>().iter().filter(even).map(|(line, _)| *line).collect();
    classes.push(whole);
    let mut named: BTreeMap<(usize, &str), BTreeSet<u32>> = BTreeMap::new();
    for (line, _) in filled {
        for (level, name) in axis.names(line).iter().enumerate() {
            named.entry((level, name)).or_default().insert(line);
        }
    }
    for class in named.into_values().filter(|class| class.len() >= 3) {
        if classes.len() < CLASSES && !classes.contains(&class) {
            classes.push(class);
        }
    }
    classes
}

/// The candidates that the numbers bear out, most certain first.
fn believable(axis: &Axis, found: Candidates, lines: usize) -> Vec<Reading> {
    // Each further line makes chance likelier, on both sides.
    let doubt = 10 + 2 * lines.checked_ilog2().unwrap_or_default();
    let mut by_total: BTreeMap<u32, Vec<(u32, Vec<u32>)>> = BTreeMap::new();
    for ((total, parts), bits) in found {
        by_total.entry(total).or_default().push((bits, parts));
    }
    let mut good: Vec<(bool, Reading)> = Vec::new();
    for (total, mut tries) in by_total {
        tries.sort_by_key(|(bits, parts)| (std::cmp::Reverse(*bits), parts.len()));
        let need = if announces_total(axis.names(total)) { doubt / 2 } else { doubt };
        for (bits, parts) in tries.into_iter().take(TRIED) {
            let pair = bits == pairs::PAIR;
            if parts.contains(&total) || (!pair && bits < need) {
                continue;
            }
            let Some(reading) = Reading::new(axis, total, parts) else { continue };
            let sharp = if pair { reading.is_sharp(9, 22) } else { reading.is_sharp(3, 14) };
            let sure = if pair {
                reading.score() >= CERTAIN && reading.holds >= PAIR_HOLDS && reading.fails * 20 <= reading.holds
            } else {
                reading.score() >= need
            };
            if sharp && sure {
                good.push((pair, reading));
            }
        }
    }
    good.sort_by_key(|(pair, reading)| (*pair, std::cmp::Reverse(reading.score())));
    good.into_iter().map(|(_, reading)| reading).collect()
}

#[derive(Debug, Default)]
struct Accepted {
    list: Vec<Reading>,
    by_total: BTreeMap<u32, Vec<usize>>,
}

impl Accepted {
    fn of(&self, total: u32) -> impl Iterator<Item = &Reading> {
        self.by_total.get(&total).into_iter().flatten().filter_map(|at| self.list.get(*at))
    }

    fn push(&mut self, reading: Reading) {
        self.by_total.entry(reading.total).or_default().push(self.list.len());
        self.list.push(reading);
    }
}

/// Takes readings that agree with those taken before: no total is a part of its own part.
fn accept(good: Vec<Reading>, accepted: &mut Accepted) {
    for reading in good {
        let circular = reading.parts.iter().any(|part| accepted.of(*part).any(|other| other.adds(reading.total)));
        let second = accepted.of(reading.total).next().is_some();
        let shares = accepted.of(reading.total).any(|other| reading.parts.iter().any(|part| other.adds(*part)));
        if !circular && !shares && (!second || reading.score() >= CERTAIN) {
            accepted.push(reading);
        }
    }
}

/// Where the parts of one total are all among those of another, the first total stands for them: 58 = 60 + 61 + 62 beside
/// 59 = 60 + 61 is read as 58 = 59 + 62.
fn in_levels(axis: &Axis, mut list: Vec<Reading>) -> Vec<Reading> {
    for _ in 0..ROUNDS {
        let mut holders: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
        for (at, reading) in list.iter().enumerate() {
            if let Some(first) = reading.parts.first() {
                holders.entry(*first).or_default().push(at);
            }
        }
        let mut changed = false;
        for at in 0..list.len() {
            let Some(reading) = list.get(at) else { continue };
            if let Some(better) = lifted(axis, reading, &holders, &list)
                && let Some(slot) = list.get_mut(at)
            {
                *slot = better;
                changed = true;
            }
        }
        if !changed {
            break;
        }
    }
    list
}

/// The reading with another total in place of that total's parts, if the numbers bear it out as well.
fn lifted(axis: &Axis, reading: &Reading, holders: &BTreeMap<u32, Vec<usize>>, list: &[Reading]) -> Option<Reading> {
    let low = reading.parts.first()?.min(&reading.total).saturating_sub(1);
    let high = reading.parts.last()?.max(&reading.total) + 1;
    let inner = reading.parts.iter().filter_map(|part| holders.get(part)).flatten().filter_map(|at| list.get(*at));
    let fitting = inner.filter(|other| {
        other.total != reading.total
            && other.parts.len() < reading.parts.len()
            && (low..=high).contains(&other.total)
            && !reading.adds(other.total)
            && !other.adds(reading.total)
            && other.parts.iter().all(|part| reading.adds(*part))
    });
    fitting.into_iter().find_map(|other| {
        let mut parts: Vec<u32> = reading.parts.iter().copied().filter(|part| !other.adds(*part)).collect();
        parts.push(other.total);
        parts.sort_unstable();
        let better = Reading::new(axis, reading.total, parts)?;
        let as_good = better.fails <= reading.fails
            && (better.holds + better.trivial) * 10 >= (reading.holds + reading.trivial) * 8;
        as_good.then_some(better)
    })
}

/// A total that is printed again elsewhere is the sum only where it stands by its parts.
fn nearest(list: Vec<Reading>) -> Vec<Reading> {
    let mut near: BTreeMap<Vec<u32>, u32> = BTreeMap::new();
    for reading in &list {
        let slot = near.entry(reading.parts.clone()).or_insert(u32::MAX);
        *slot = (*slot).min(reading.distance());
    }
    let mut seen = BTreeSet::new();
    list.into_iter()
        .filter(|reading| near.get(&reading.parts).is_some_and(|near| reading.distance() <= near + 1))
        .filter(|reading| seen.insert((reading.total, reading.parts.clone())))
        .collect()
}
