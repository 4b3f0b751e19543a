//! Normalized document -> facts, indicators, document identity.
//!
//! In: [`Normalized`] and the vocabulary. Out: [`Extraction`]. Nothing is guessed: a figure whose label is not known is
//! kept with concept null. One printed place gives one fact.

mod cells;
mod draft;
mod identity;
mod indicators;
mod narrative;
mod parts;
mod regions;

pub use identity::identify;
pub use regions::region_name;

use std::rc::Rc;

use crate::document::{BlockKind, TableId};
use crate::error::{Error, Result};
use crate::limits::Limits;
use crate::normalize::{CellContent, Normalized, TableView, key};
use crate::record::{Fact, Identity, Indicator};
use crate::vocabulary::{Lexicon, TableSort, Words};

/// What a document says.
#[derive(Debug, Clone, Default)]
pub struct Extraction {
    /// Facts in document order, with ids.
    pub facts: Vec<Fact>,
    /// Indicator rows in document order, with ids.
    pub indicators: Vec<Indicator>,
    /// Sort of each table, where it is known.
    pub table_kinds: Vec<Option<String>>,
}

/// Extracts facts and indicators.
///
/// # Errors
/// `limit-exceeded` for `facts`.
pub fn extract(
    document: &Normalized,
    identity: &Identity,
    lexicon: &Lexicon<'_>,
    limits: &Limits,
) -> Result<Extraction> {
    let parts = parts::Parts::new(document);
    let context = draft::Context::new(lexicon, identity.fiscal_year, identity.entity.name.clone(), Rc::new(parts));
    let mut drafts = Vec::with_capacity(figure_cells(document).min(limits.facts));
    let mut indicators = Vec::new();
    let mut table_kinds = vec![None; document.tables.len()];
    for (index, block) in document.blocks.iter().enumerate() {
        match block.table {
            Some(table) => table_facts(document, table, &context, &mut drafts, &mut indicators, &mut table_kinds),
            None if matches!(block.kind, BlockKind::Header | BlockKind::Footer) => {}
            None => narrative::block_facts(document, index, &context, &mut drafts),
        }
        if drafts.len() > limits.facts {
            return Err(Error::limit("facts", limits.facts));
        }
    }
    for (index, indicator) in indicators.iter_mut().enumerate() {
        indicator.id = format!("i{}", index + 1);
    }
    Ok(Extraction { facts: draft::finish(drafts), indicators, table_kinds })
}

/// Cells that hold a figure and nothing else: at least as many facts, as a rule.
fn figure_cells(document: &Normalized) -> usize {
    let cells = document.tables.iter().flat_map(|table| &table.cells);
    cells.filter(|cell| matches!(cell.content, CellContent::Figure(_))).count()
}

/// A table's facts, then those of the tables nested in it.
fn table_facts(
    document: &Normalized,
    id: TableId,
    context: &draft::Context<'_>,
    drafts: &mut Vec<draft::Draft>,
    indicators: &mut Vec<Indicator>,
    kinds: &mut [Option<String>],
) {
    let Some(table) = document.tables.get(id.0) else { return };
    let found = indicators::indicators(table);
    let sort = table_sort(document, table, context.lexicon.words());
    match sort {
        Some((sort, Some(words))) => {
            cells::table_facts(table, &context.within(&Lexicon::new(words)), Some(sort), drafts);
        }
        sort => cells::table_facts(table, context, sort.map(|(sort, _)| sort), drafts),
    }
    if let Some(kind) = kinds.get_mut(id.0) {
        let by_words = || cells::table_kind(table, !found.is_empty()).map(str::to_owned);
        *kind = sort.map(|(sort, _)| sort.kind.clone()).or_else(by_words);
    }
    indicators.extend(found);
    for nested in document.tables.iter().filter(|nested| nested.table.parent.is_some_and(|(parent, _, _)| parent == id))
    {
        table_facts(document, nested.id, context, drafts, indicators, kinds);
    }
}

/// The sort that the table's caption, its title rows or the line above name; of several the longest word decides.
fn table_sort<'w>(
    document: &Normalized,
    table: &TableView,
    words: &'w Words,
) -> Option<(&'w TableSort, Option<&'w Words>)> {
    let titles = table.regions.iter().filter_map(|region| region.title).filter_map(|at| table.cells.get(at));
    let host = document.blocks.iter().position(|block| block.table == Some(table.id));
    let above = host.and_then(|at| document.blocks.get(at.saturating_sub(3)..at)).unwrap_or_default();
    let lines = above.iter().rev().filter(|block| block.table.is_none() && block.chars.len() <= 60);
    let sheet = table.table.sheet.as_deref();
    let mut candidates = table.caption.as_deref().into_iter().chain(sheet).chain(titles.map(|view| &*view.text));
    candidates
        .find_map(|title| words.table(&key(title)))
        .or_else(|| lines.map(|block| key(&block.text)).find_map(|title| words.table(&title)))
}
