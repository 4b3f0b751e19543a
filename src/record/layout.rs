//! Blocks, tables and warnings as a record shows them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{At, Message};
use crate::document::Text;

/// One block.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BlockEntry {
    /// `b1`, `b2`, ... in document order.
    pub id: Text,
    /// What it is.
    #[serde(rename = "type")]
    pub kind: BlockType,
    /// Heading level or list depth, from 1.
    pub level: Option<u8>,
    /// Texts of the headings above it, outermost first.
    pub section: Vec<Text>,
    /// Text with spaces and the widths of letters and digits normalized.
    pub text: Text,
    /// The table that stands here.
    pub table: Option<Text>,
}

/// What a block is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum BlockType {
    /// A heading.
    Heading,
    /// Running text.
    Paragraph,
    /// An item of a list.
    ListItem,
    /// The place of a table.
    Table,
    /// A caption.
    Caption,
    /// A footnote or endnote.
    Note,
    /// A text box.
    TextBox,
    /// A page header.
    Header,
    /// A page footer.
    Footer,
}

/// One table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TableEntry {
    /// `t1`, `t2`, ... in document order.
    pub id: Text,
    /// The block that stands for it; null for nested tables.
    pub block: Option<Text>,
    /// The cell that holds it.
    pub parent: Option<Parent>,
    /// Caption by markup or the line above it.
    pub caption: Option<Text>,
    /// Worksheet.
    pub sheet: Option<String>,
    /// Where on its sheet the table's first cell stands, so that `row` and `col` can be named as the workbook does; null
    /// where there is no sheet.
    #[serde(default)]
    pub origin: Option<SheetCell>,
    /// The sheet is hidden.
    pub hidden: bool,
    /// Hidden rows.
    pub hidden_rows: Vec<u32>,
    /// Hidden columns.
    pub hidden_cols: Vec<u32>,
    /// Unit that holds for the whole table, as printed.
    pub unit: Option<Text>,
    /// Sort of table, when it is known (funds, indicators, form, ...).
    pub kind: Option<String>,
    /// Number of rows.
    pub rows: u32,
    /// Number of columns.
    pub cols: u32,
    /// Rows of column headers.
    pub header_rows: Vec<u32>,
    /// Columns of row labels.
    pub header_cols: Vec<u32>,
    /// Origin cells by row, then column; empty ones too.
    pub cells: Vec<CellEntry>,
}

/// A cell of a sheet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SheetCell {
    /// Row, from 0.
    pub row: u32,
    /// Column, from 0.
    pub col: u32,
}

/// The cell that holds a nested table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Parent {
    /// Table id.
    pub table: Text,
    /// Row of the cell.
    pub row: u32,
    /// Column of the cell.
    pub col: u32,
}

/// One cell.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CellEntry {
    /// Row of the origin, from 0.
    pub row: u32,
    /// Column of the origin, from 0.
    pub col: u32,
    /// Rows covered.
    pub row_span: u32,
    /// Columns covered.
    pub col_span: u32,
    /// Text without that of nested tables, spaces and widths normalized.
    pub text: Text,
    /// What the cell does in its table.
    pub role: CellRole,
    /// What a workbook stores behind it.
    pub source: Option<CellSourceEntry>,
}

/// What a cell does in its table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CellRole {
    /// Names a column.
    ColumnHeader,
    /// Names a row.
    RowHeader,
    /// Holds a value or is empty.
    Data,
    /// Stands where header rows and header columns meet.
    Corner,
    /// A remark, caption or unit line within the table.
    Note,
}

/// What a workbook stores.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CellSourceEntry {
    /// The stored value: decimal string or text.
    pub raw: Text,
    /// Number format code, when not General.
    pub format: Option<Text>,
    /// Formula.
    pub formula: Option<Text>,
}

/// One warning.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WarningEntry {
    /// Stable code.
    pub code: String,
    /// What happened.
    pub message: Message,
    /// Where.
    pub at: At,
}
