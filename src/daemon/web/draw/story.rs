//! Blocks in reading order.
//!
//! In: a drawing. Out: headings, paragraphs, lists and tables, bounded in size; beyond the bound stands that there is
//! more.

use super::super::html::Html;
use super::Drawing;
use crate::record::{At, BlockEntry, BlockType};

/// Bytes of markup after which no further block is drawn.
const MAX_BYTES: usize = 6 << 20;

/// All blocks, and tables that stand in no block. True when some were left out.
pub(in super::super) fn blocks(drawing: &Drawing<'_>) -> (Html, bool) {
    let mut html = Html::default();
    let mut cells = 0;
    let record = drawing.record;
    for block in &record.blocks {
        if html.len() > MAX_BYTES {
            return (html, true);
        }
        if let Some(id) = block.table.as_deref() {
            if let Some(table) = record.tables.iter().find(|table| *table.id == *id) {
                drawing.table(&mut html, table, 0, &mut cells);
            }
        } else {
            drawing.block(&mut html, block);
        }
    }
    for table in record.tables.iter().filter(|table| table.block.is_none() && table.parent.is_none()) {
        if html.len() > MAX_BYTES {
            return (html, true);
        }
        drawing.table(&mut html, table, 0, &mut cells);
    }
    (html, false)
}

impl Drawing<'_> {
    fn block(&self, html: &mut Html, block: &BlockEntry) {
        if block.text.trim().is_empty() {
            return;
        }
        // The page's own headings are of levels 1 and 2.
        let (name, class) = match (block.kind, block.level) {
            (BlockType::Heading, Some(0 | 1) | None) => ("h3", "heading"),
            (BlockType::Heading, Some(2)) => ("h4", "heading"),
            (BlockType::Heading, _) => ("h5", "heading"),
            (BlockType::ListItem, _) => ("p", "item"),
            (BlockType::Caption, _) => ("p", "caption"),
            (BlockType::Note, _) => ("p", "footnote"),
            (BlockType::TextBox, _) => ("p", "box"),
            (BlockType::Header | BlockType::Footer, _) => ("p", "margin"),
            (BlockType::Paragraph | BlockType::Table, _) => ("p", "text"),
        };
        html.open(name, &[("id", &block.id), ("class", class)]);
        let marks = self.marks.in_block(&block.id);
        let stretch = |mark: &&super::Mark<'_>| match &mark.fact.at {
            At::Text { start, end, .. } => Some((*start, *end)),
            _ => None,
        };
        let stretches = marks.into_iter().filter_map(|mark| stretch(&mark).map(|(start, end)| (start, end, mark)));
        // A figure that a finding speaks of goes before others at the same place.
        let (spoken_of, others): (Vec<_>, Vec<_>) = stretches.partition(|(_, _, mark)| mark.is_operand);
        let free =
            |(start, end, _): &super::Stretch<'_>| !spoken_of.iter().any(|(from, to, _)| start < to && from < end);
        let others: Vec<_> = others.into_iter().filter(free).collect();
        self.text(html, &block.text, [spoken_of, others].concat());
        html.close(name);
    }
}
