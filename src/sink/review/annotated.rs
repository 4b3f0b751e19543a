//! A Word copy of a document with comments at the figures that do not agree.
//!
//! In: a [`Letter`] on one record. Out: a .docx with the record's text and tables, in order. It is drawn anew from the
//! record and not an edit of the original: the decision about that says why. What can go wrong: packing.

use std::collections::BTreeMap;

use super::content::{Letter, Report, pieces};
use super::extract::{Extract, Mark, Marks};
use super::html::left_out;
use super::letter::remark;
use super::paper::{Paper, Set};
use super::place::plain;
use crate::error::Result;
use crate::record::{BlockType, TableEntry};

/// Blocks that are copied at most.
const MOST_BLOCKS: usize = 5_000;
/// Rows and columns of a table, and cells of all tables, that are copied at most. Word itself ends at 63 columns.
const MOST_ROWS: u32 = 500;
const MOST_COLS: u32 = 60;
const MOST_CELLS: usize = 50_000;

/// The packed copy.
pub(super) fn document(letter: &Letter<'_>) -> Result<Vec<u8>> {
    let mut paper = Paper::new(letter);
    for report in &letter.reports {
        copy(report, &mut paper);
    }
    paper.pack()
}

fn copy(report: &Report<'_>, paper: &mut Paper) {
    let language = paper.language();
    let heading = match language {
        super::Language::Zh => format!("批注副本：{}", report.source()),
        super::Language::En => format!("Annotated copy: {}", report.source()),
    };
    paper.put(Set::Title, &heading);
    paper.put(
        Set::Note,
        language.pick(
            "本副本按读取的内容重新绘制，供核对使用；批注标在疑有误的数上，浅色底纹为参与验算的数。更正请在原文件中进行。",
            "This copy is drawn anew from what was read. Comments stand at the figures that are probably wrong, light \
             cells take part in equations. Correct the original, not this copy.",
        ),
    );
    let mut tables = Tables { marks: report.cell_marks(), cells: MOST_CELLS };
    let texts = report.text_marks();
    let none = BTreeMap::new();
    for block in report.record.blocks.iter().take(MOST_BLOCKS) {
        let table = block.table.as_ref().and_then(|id| report.table(id));
        match (block.kind, table) {
            (_, Some(table)) => tables.put(report, table, paper),
            (BlockType::Table, None) => {}
            (kind, None) => {
                let set = if kind == BlockType::Heading { Set::Heading } else { Set::Text };
                let marks = texts.get(&*block.id).unwrap_or(&none);
                paper.put_pieces(set, &pieces(&block.text, marks), &|mark| remark(report, mark, language));
            }
        }
    }
    // Tables within cells have no block of their own.
    for table in report.record.tables.iter().filter(|table| table.block.is_none()) {
        tables.put(report, table, paper);
    }
}

struct Tables<'a> {
    marks: BTreeMap<&'a str, Marks>,
    /// Cells that may still be copied.
    cells: usize,
}

impl Tables<'_> {
    fn put(&mut self, report: &Report<'_>, table: &TableEntry, paper: &mut Paper) {
        let language = paper.language();
        let none = Marks::new();
        let marks = self.marks.get(&*table.id).unwrap_or(&none);
        let mut extract = Extract::whole(table, marks, MOST_ROWS, MOST_COLS);
        if extract.cells.len() > self.cells {
            // Of what is too much, what is concerned.
            match Extract::of(table, marks) {
                Some(part) => extract = part,
                None => return paper.put(Set::Note, &left_out(language, table.rows)),
            }
        }
        self.cells = self.cells.saturating_sub(extract.cells.len());
        let says_so = |caption: &&str| !table.cells.iter().any(|cell| cell.row == 0 && *cell.text == **caption);
        if let Some(caption) = table.caption.as_deref().or(table.sheet.as_deref()).filter(says_so) {
            paper.put(Set::Note, &plain(caption));
        }
        let gap = |at: usize| left_out(language, extract.left_out(at, table.rows));
        paper.put_table(&extract, false, &gap, &|mark: &Mark| remark(report, mark, language));
    }
}
