//! Headings that name a part of what is reported: a unit of the entity, a town, a project.
//!
//! In: the outline. Out: the part that each block and each table speaks of. A heading names a part only where one beside it
//! does too: 「（一）局本级」 and 「（二）水库管理所」 are parts, a lone 「二、信息化项目」 may head anything.

use std::collections::BTreeMap;

use super::narrative::is_unit_of_entity;
use crate::document::{BlockId, BlockKind, TableId, Text};
use crate::normalize::heading::enumerator;
use crate::normalize::{BlockView, Normalized};

/// The parts of a document.
#[derive(Debug, Default)]
pub(super) struct Parts {
    of_blocks: BTreeMap<usize, Text>,
    of_tables: BTreeMap<usize, Text>,
}

impl Parts {
    /// Reads the outline.
    pub(super) fn new(document: &Normalized) -> Self {
        let mut beside: BTreeMap<(Option<usize>, Option<u8>), BTreeMap<usize, Text>> = BTreeMap::new();
        for (index, block) in document.blocks.iter().enumerate().filter(|(_, block)| block.kind == BlockKind::Heading) {
            if let Some(name) = part(block) {
                beside.entry((block.section.last().map(|id| id.0), block.level)).or_default().insert(index, name);
            }
        }
        let several = |names: &BTreeMap<usize, Text>| names.values().any(|name| Some(name) != names.values().next());
        let headings: BTreeMap<usize, Text> = beside.into_values().filter(several).flatten().collect();
        let mut parts = Self::default();
        if headings.is_empty() {
            return parts;
        }
        for (index, block) in document.blocks.iter().enumerate() {
            let named = |id: &BlockId| headings.get(&id.0).cloned();
            let Some(name) = block.section.iter().rev().find_map(named) else { continue };
            match block.table {
                Some(table) => parts.of_tables.insert(table.0, name),
                None => parts.of_blocks.insert(index, name),
            };
        }
        parts
    }

    /// The part that a block speaks of.
    pub(super) fn of_block(&self, block: usize) -> Option<&Text> {
        self.of_blocks.get(&block)
    }

    /// The part that a table speaks of.
    pub(super) fn of_table(&self, table: TableId) -> Option<&Text> {
        self.of_tables.get(&table.0)
    }
}

/// Words for places, at the end of a name.
const PLACES: [&str; 9] = ["镇", "乡", "街道", "办事处", "社区", "村", "县", "区", "管委会"];
/// Words for what is done, at the end of a name.
const WORKS: [&str; 2] = ["项目", "工程"];
/// Longer headings are sentences.
const LONGEST: usize = 30;

/// The name in a heading that says nothing else.
fn part(heading: &BlockView) -> Option<Text> {
    let skip = enumerator(&heading.chars).map_or(0, |found| found.chars);
    let name: String = heading.text.chars().skip(skip).collect();
    let name = name.trim().trim_end_matches([':', '：', '。']).trim();
    let length = name.chars().count();
    let sentence = name.contains(['，', ',', '。', '；', ';', '、']) || length > LONGEST;
    let ends = |words: &[&str]| words.iter().any(|word| name.ends_with(word));
    let named = is_unit_of_entity(name) || (length >= 2 && ends(&PLACES)) || (length >= 5 && ends(&WORKS));
    (named && !sentence).then(|| name.into())
}
