//! Passages: texts with their figures in order, and what stands between them.

use std::collections::BTreeMap;

use crate::document::{BlockId, BlockKind};
use crate::normalize::heading::enumerator;
use crate::reconcile::Material;
use crate::record::{At, Fact, FactKind, Phase};

/// How many figures back a sentence may refer.
pub(super) const LOOK_BACK: usize = 64;

/// Words in front of the parts of an amount.
const LISTS: [&str; 3] = ["其中", "包括", "分别"];

/// One figure in its passage.
#[derive(Debug, Clone, Copy)]
pub(in crate::reconcile) struct Mention {
    /// Index of the fact.
    pub(in crate::reconcile) fact: usize,
    start: usize,
    /// One past the unit.
    tail: usize,
}

/// A text with its figures.
#[derive(Debug, Clone)]
pub(in crate::reconcile) struct Passage<'a> {
    pub(super) chars: &'a [char],
    pub(in crate::reconcile) mentions: Vec<Mention>,
    /// Id of the block; `None` for a cell, which stands alone.
    pub(super) block: Option<usize>,
    /// Level of a heading.
    pub(super) heading: Option<u8>,
    /// In front of each figure.
    gaps: Vec<Gap>,
    /// For each figure, the position of the first one of its sentence.
    sentences: Vec<usize>,
}

/// The text between two figures.
#[derive(Debug, Clone)]
pub(super) struct Gap {
    /// All of it.
    pub(super) text: String,
    /// The clause in front of the figure: what follows the last comma, semicolon, colon or full stop.
    pub(super) clause: String,
    pub(super) semicolon: bool,
    /// A full stop or line break.
    pub(super) stop: bool,
    /// The clause begins with a list number.
    pub(super) enumerated: bool,
    /// Closing parentheses less opening ones.
    pub(super) closing: i32,
}

impl<'a> Passage<'a> {
    fn new(chars: &'a [char], mentions: Vec<Mention>, block: Option<usize>, heading: Option<u8>) -> Self {
        let gaps: Vec<Gap> = (0..mentions.len()).map(|position| gap(chars, &mentions, position)).collect();
        let mut sentences = Vec::with_capacity(gaps.len());
        let mut start = 0;
        for (position, gap) in gaps.iter().enumerate() {
            if gap.stop {
                start = position;
            }
            sentences.push(start);
        }
        Self { chars, mentions, block, heading, gaps, sentences }
    }

    /// The text from the figure before (or the beginning) to this one.
    pub(super) fn gap(&self, position: usize) -> &Gap {
        static NOTHING: Gap = Gap {
            text: String::new(),
            clause: String::new(),
            semicolon: false,
            stop: false,
            enumerated: false,
            closing: 0,
        };
        self.gaps.get(position).unwrap_or(&NOTHING)
    }

    /// What follows the last figure.
    pub(super) fn tail(&self) -> String {
        let from = self.mentions.last().map_or(0, |mention| mention.tail);
        self.chars.get(from..).unwrap_or_default().iter().filter(|c| !c.is_whitespace()).collect()
    }

    pub(super) fn fact<'f>(&self, position: usize, material: &Material<'f>) -> Option<&'f Fact> {
        material.facts.get(self.mentions.get(position)?.fact)
    }

    /// Position of the first figure of the sentence that a figure stands in.
    pub(super) fn sentence_before(&self, position: usize) -> usize {
        self.sentences.get(position).copied().unwrap_or(0)
    }

    /// An amount is an item of a list that the sentence of `position` has in front of it.
    pub(super) fn is_listed(&self, amount: usize, position: usize) -> bool {
        let from = self.sentence_before(position);
        let place = |at: &usize| self.mentions.get(*at).is_some_and(|mention| mention.fact == amount);
        let Some(at) = (from..position).find(place) else { return false };
        (from..=at).any(|at| LISTS.iter().any(|word| self.gap(at).text.contains(word)))
    }

    /// 「完成年初预算数52000万元的40.4%」: the amount is the base of the rate behind it.
    pub(super) fn is_base(&self, position: usize) -> bool {
        position + 1 < self.mentions.len() && self.gap(position + 1).clause == "的" && self.names_base(position)
    }

    /// 「完成年初预算」, 「占年初预算」, 「为调整预算」.
    pub(super) fn names_base(&self, position: usize) -> bool {
        let clause = &self.gap(position).clause;
        clause.contains("完成") || (clause.contains("预算") && clause.starts_with(['占', '为', '达']))
    }

    /// The last budget amount of the same passage before `position`.
    pub(super) fn budget_before(&self, position: usize, material: &Material<'_>) -> Option<usize> {
        self.mentions.get(..position)?.iter().rev().take(LOOK_BACK).map(|mention| mention.fact).find(|index| {
            material.facts.get(*index).is_some_and(|fact| {
                fact.kind == FactKind::Money
                    && matches!(fact.phase, Some(Phase::Budget | Phase::InitialBudget | Phase::AdjustedBudget))
            })
        })
    }
}

fn gap(chars: &[char], mentions: &[Mention], position: usize) -> Gap {
    let end = mentions.get(position).map_or(chars.len(), |mention| mention.start);
    let from = position.checked_sub(1).and_then(|before| mentions.get(before)).map_or(0, |mention| mention.tail);
    let chars = chars.get(from..end).unwrap_or_default();
    let cut = clause_start(chars);
    let count = |wanted: char| i32::try_from(chars.iter().filter(|c| **c == wanted).count()).unwrap_or(0);
    let last_stop = chars.iter().rposition(|c| matches!(c, '。' | '\n'));
    Gap {
        text: chars.iter().collect(),
        clause: chars.iter().skip(cut).filter(|c| !c.is_whitespace()).collect(),
        semicolon: chars.contains(&';'),
        stop: last_stop.is_some(),
        enumerated: enumerator(chars.get(last_stop.map_or(cut, |at| at + 1)..).unwrap_or_default()).is_some(),
        closing: count(')') - count('('),
    }
}

fn clause_start(chars: &[char]) -> usize {
    let mut closed = 0_u32;
    for at in (0..chars.len()).rev() {
        match chars.get(at) {
            Some(')') => closed += 1,
            Some('(') if closed > 0 => closed -= 1,
            Some('(' | ',' | ';' | ':' | '。' | '\n') if closed == 0 => return at + 1,
            _ => {}
        }
    }
    0
}

/// All passages: blocks in order (those without figures too, they separate), then cells with running text.
pub(super) fn passages<'a>(material: &Material<'a>) -> Vec<Passage<'a>> {
    let mut in_blocks: BTreeMap<&str, Vec<Mention>> = BTreeMap::new();
    let mut in_cells: BTreeMap<(usize, u32, u32), Vec<Mention>> = BTreeMap::new();
    for (index, fact) in material.facts.iter().enumerate() {
        match &fact.at {
            At::Text { block, start, .. } => in_blocks.entry(block).or_default().push(mention(index, fact, *start)),
            At::Cell { table, row, col, start: Some(start), .. } => {
                let number = table.trim_start_matches('t').parse::<usize>().unwrap_or(1) - 1;
                in_cells.entry((number, *row, *col)).or_default().push(mention(index, fact, *start));
            }
            _ => {}
        }
    }
    let mut found = Vec::new();
    for (index, block) in material.document.blocks.iter().enumerate() {
        let id = BlockId(index).label();
        let mut mentions = in_blocks.remove(&*id).unwrap_or_default();
        mentions.sort_by_key(|mention| mention.start);
        found.push(Passage::new(
            &block.chars,
            mentions,
            Some(index),
            block.level.filter(|_| block.kind == BlockKind::Heading),
        ));
    }
    for ((table, row, col), mut mentions) in in_cells {
        let cell = material.document.tables.get(table).and_then(|table| table.cells.get(table.index_at(row, col)?));
        mentions.sort_by_key(|mention| mention.start);
        if let Some(cell) = cell {
            found.push(Passage::new(&cell.chars, mentions, None, None));
        }
    }
    found
}

fn mention(fact: usize, of: &Fact, start: usize) -> Mention {
    let length = match &of.at {
        At::Text { .. } => of.reported.text.chars().count(),
        At::Cell { start: Some(from), end: Some(to), .. } => (to - from).max(of.reported.text.chars().count().min(24)),
        _ => 0,
    };
    Mention { fact, start, tail: start + length }
}
