//! The parts of a record that show the document as it was read: blocks, tables, warnings, source.

use super::Hints;
use crate::document::{BlockId, BlockKind, Encoding, EncodingBasis, Format, Location, TableId, Text, Warning};
use crate::normalize::table::CellRole as Role;
use crate::normalize::{BlockView, Normalized, TableView};
use crate::record::{
    At, Basis, BlockEntry, BlockType, CellEntry, CellRole, CellSourceEntry, EncodingEntry, Parent, SheetCell, Source,
    TableEntry, WarningEntry,
};

/// Blocks with the texts of the headings above them.
pub(super) fn blocks(document: &Normalized) -> Vec<BlockEntry> {
    document.blocks.iter().enumerate().map(|(index, block)| block_entry(document, index, block)).collect()
}

fn block_entry(document: &Normalized, index: usize, block: &BlockView) -> BlockEntry {
    BlockEntry {
        id: BlockId(index).label(),
        kind: match block.kind {
            BlockKind::Heading => BlockType::Heading,
            BlockKind::Paragraph => BlockType::Paragraph,
            BlockKind::ListItem => BlockType::ListItem,
            BlockKind::Table => BlockType::Table,
            BlockKind::Caption => BlockType::Caption,
            BlockKind::Note => BlockType::Note,
            BlockKind::TextBox => BlockType::TextBox,
            BlockKind::Header => BlockType::Header,
            BlockKind::Footer => BlockType::Footer,
        },
        level: block.level,
        section: block
            .section
            .iter()
            .filter_map(|id| document.blocks.get(id.0))
            .map(|heading| heading.text.clone())
            .collect(),
        text: block.text.clone(),
        table: block.table.map(TableId::label),
    }
}

/// Tables with the roles of their cells; `kinds` is parallel to the tables.
pub(super) fn tables(document: &Normalized, kinds: &[Option<String>]) -> Vec<TableEntry> {
    let mut hosts = vec![None; document.tables.len()];
    for (index, block) in document.blocks.iter().enumerate() {
        if let Some(host) = block.table.and_then(|id| hosts.get_mut(id.0)) {
            *host = Some(BlockId(index).label());
        }
    }
    document
        .tables
        .iter()
        .zip(hosts)
        .enumerate()
        .map(|(index, (table, host))| table_entry(table, host, kinds.get(index).and_then(Option::as_deref)))
        .collect()
}

fn table_entry(view: &TableView, block: Option<Text>, kind: Option<&str>) -> TableEntry {
    let table = &view.table;
    let header_cols = (0..view.cols()).filter(|col| names_rows(view, *col)).collect();
    TableEntry {
        id: view.id.label(),
        block,
        parent: table.parent.map(|(parent, row, col)| Parent { table: parent.label(), row, col }),
        caption: view.caption.clone(),
        origin: table.sheet.as_ref().map(|_| SheetCell { row: table.sheet_origin.0, col: table.sheet_origin.1 }),
        sheet: table.sheet.clone(),
        hidden: table.hidden,
        hidden_rows: table.hidden_rows.clone(),
        hidden_cols: table.hidden_cols.clone(),
        unit: view.unit.as_ref().map(|unit| unit.printed.clone()),
        kind: kind.map(str::to_owned),
        rows: view.rows(),
        cols: view.cols(),
        header_rows: view.regions.iter().flat_map(|region| region.start..region.body).collect(),
        header_cols,
        cells: cells(view),
    }
}

/// A column that holds row headers and no figure.
fn names_rows(view: &TableView, col: u32) -> bool {
    let mut headers = false;
    for (cell, place) in view.cells.iter().zip(view.table.grid.cells()).filter(|(_, place)| place.col == col) {
        match cell.role {
            Role::RowHeader => headers = true,
            _ if matches!(cell.content, crate::normalize::CellContent::Figure(_)) && place.col_span == 1 => {
                return false;
            }
            _ => {}
        }
    }
    headers
}

fn cells(view: &TableView) -> Vec<CellEntry> {
    view.cells
        .iter()
        .zip(view.table.grid.cells())
        .map(|(cell, place)| CellEntry {
            row: place.row,
            col: place.col,
            row_span: place.row_span,
            col_span: place.col_span,
            text: cell.text.clone(),
            role: match cell.role {
                Role::ColumnHeader => CellRole::ColumnHeader,
                Role::RowHeader => CellRole::RowHeader,
                Role::Data => CellRole::Data,
                Role::Corner => CellRole::Corner,
                Role::Note => CellRole::Note,
            },
            source: place.source.as_ref().map(|source| CellSourceEntry {
                raw: source.raw.clone(),
                format: source.format.clone(),
                formula: source.formula.clone(),
            }),
        })
        .collect()
}

/// Warnings with their places.
pub(super) fn warnings(warnings: &[Warning]) -> Vec<WarningEntry> {
    warnings
        .iter()
        .map(|warning| WarningEntry {
            code: warning.code().to_owned(),
            message: warning.message().into(),
            at: at(&warning.at),
        })
        .collect()
}

fn at(location: &Location) -> At {
    match location {
        Location::Document => At::Document,
        Location::Part(name) => At::Part { name: name.clone() },
        Location::Block { block, .. } => At::Block { block: block.label() },
        Location::Cell { table, row, col, span } => At::Cell {
            table: table.label(),
            row: *row,
            col: *col,
            start: span.map(|span| span.start),
            end: span.map(|span| span.end),
        },
    }
}

/// The source as it came.
pub(super) fn source(
    bytes: &[u8],
    hints: &Hints,
    sha256: String,
    format: Format,
    encoding: Option<&Encoding>,
) -> Source {
    let extension = hints.name.rsplit_once('.').map(|(_, extension)| extension.to_lowercase());
    Source {
        name: hints.name.clone(),
        path: hints.path.clone(),
        inbox: hints.inbox.clone(),
        container: hints.container.clone(),
        size_bytes: bytes.len() as u64,
        sha256,
        format: format.label().to_owned(),
        extension_matches: extension.is_some_and(|extension| format.extensions().contains(&extension.as_str())),
        encoding: encoding.map(|encoding| EncodingEntry {
            label: encoding.label.clone(),
            basis: match encoding.basis {
                EncodingBasis::Bom => Basis::Bom,
                EncodingBasis::ValidUtf8 => Basis::ValidUtf8,
                EncodingBasis::Declared => Basis::Declared,
                EncodingBasis::Detected => Basis::Detected,
                EncodingBasis::Container => Basis::Container,
            },
            declared: encoding.declared.clone(),
            replacements: encoding.replacements,
            suspect_mojibake: encoding.suspect_mojibake,
        }),
    }
}
