//! The parts that Word documents of reviews are made of: paragraphs as Chinese authorities set them, tables, comments.
//!
//! In: texts and extracts. Out: a packed .docx. Layout after GB/T 9704: A4, margins of 37, 26, 35 and 28 mm, headings in
//! 黑体, text in 仿宋 of 16 pt, lines 28 pt apart. Word takes another font where one is missing. What can go wrong:
//! packing.

use std::collections::BTreeMap;
use std::io::Cursor;

use docx_rs::{
    AlignmentType, BreakType, Comment, Docx, Footer, LineSpacing, LineSpacingType, PageMargin, PageNum, Paragraph, Run,
    RunFonts, Shading, ShdType, SpecialIndentType, Table, TableAlignmentType, TableCell, TableLayoutType, TableRow,
    VAlignType, VMergeType, WidthType,
};

use super::content::Letter;
use super::extract::{Extract, ExtractCell, Mark, is_figure};
use super::unpackable;
use super::words::Language;
use crate::error::Result;

/// Twentieths of a point between the margins of the page.
pub(super) const WIDTH: usize = 8844;
/// Half points of running text, and of tables.
const TEXT: usize = 32;
const SMALL: usize = 18;
/// Who comments.
const AUTHOR: &str = "核对";
/// Behind figures that are probably wrong, and behind those that take part.
const WRONG: &str = "F6C6B4";
const PART: &str = "FFF1C4";
const HEAD: &str = "F1F1EE";
/// Ink of figures that are probably wrong.
const RED: &str = "A61B00";

/// How a paragraph is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Set {
    /// The heading of the letter.
    Title,
    /// A heading in 黑体.
    Heading,
    /// Running text, its first line indented.
    Text,
    /// The same in bold.
    Strong,
    /// At the margin.
    Flush,
    /// At the right margin.
    Right,
    /// Small print.
    Note,
}

/// A document that is being written.
pub(super) struct Paper {
    docx: Docx,
    language: Language,
    /// Moment that comments bear.
    moment: String,
    comments: usize,
    /// Comments that there may be, and figures that are without one for that reason.
    most: usize,
    unsaid: usize,
    paragraphs: u32,
}

/// What is said at a marked figure: a comment, or nothing.
pub(super) type Remark<'r> = &'r dyn Fn(&Mark) -> Option<String>;

impl Paper {
    /// An empty page, in the language and of the moment of a letter.
    pub(super) fn new(letter: &Letter<'_>) -> Self {
        let margin =
            PageMargin { top: 2098, left: 1588, bottom: 1985, right: 1474, header: 851, footer: 1400, gutter: 0 };
        let number = Paragraph::new().id("0f000000").align(AlignmentType::Center).add_page_num(PageNum::new());
        let docx = Docx::new()
            .page_size(11906, 16838)
            .page_margin(margin)
            .default_fonts(fonts("仿宋"))
            .default_size(TEXT)
            .created_at(&letter.moment)
            .updated_at(&letter.moment)
            .footer(Footer::new().add_paragraph(number));
        let (language, moment, most) = (letter.language, letter.moment.clone(), letter.comments);
        Self { docx, language, moment, comments: 0, most, unsaid: 0, paragraphs: 0 }
    }

    /// Packs it.
    pub(super) fn pack(mut self) -> Result<Vec<u8>> {
        if self.unsaid > 0 {
            let note = match self.language {
                Language::Zh => format!("另有{}处疑有误的数未加批注，详见电子表格格式的核对报告。", self.unsaid),
                Language::En => {
                    format!("{} more figures have no comment; the review as a workbook has them.", self.unsaid)
                }
            };
            self.put(Set::Note, &note);
        }
        let mut bytes = Cursor::new(Vec::new());
        self.docx.build().pack(&mut bytes).map_err(unpackable)?;
        Ok(bytes.into_inner())
    }

    /// A paragraph with a number of its own: those that the library gives go on over documents.
    fn paragraph(&mut self) -> Paragraph {
        self.paragraphs += 1;
        Paragraph::new().id(format!("{:08x}", self.paragraphs))
    }

    fn add(&mut self, paragraph: Paragraph) {
        self.docx = std::mem::take(&mut self.docx).add_paragraph(paragraph);
    }

    /// A paragraph of one text.
    pub(super) fn put(&mut self, set: Set, text: &str) {
        self.put_pieces(set, &[(text.to_owned(), None)], &|_| None);
    }

    /// A paragraph of a name and a text; further texts stand below, each in a paragraph of its own.
    pub(super) fn put_named(&mut self, name: &str, texts: &[&str]) {
        let run = |text: &str, font| with_breaks(Run::new().fonts(fonts(font)).size(TEXT), text);
        for (number, text) in texts.iter().enumerate() {
            // Not justified: a long address or equation would tear the line apart.
            let mut paragraph = arranged(self.paragraph(), Set::Text).align(AlignmentType::Left);
            if number == 0 {
                paragraph = paragraph.add_run(run(name, "楷体").bold());
            }
            self.add(paragraph.add_run(run(text, "仿宋")));
        }
    }

    /// A paragraph with marked figures.
    pub(super) fn put_pieces(&mut self, set: Set, pieces: &[(String, Option<Mark>)], remark: Remark<'_>) {
        let mut paragraph = arranged(self.paragraph(), set);
        for (text, mark) in pieces {
            paragraph = match mark {
                Some(mark) => self.figure(paragraph, styled(set).shading(shade(mark)), text, mark, remark),
                None => paragraph.add_run(with_breaks(styled(set), text)),
            };
        }
        self.add(paragraph);
    }

    /// A figure with what is said at it.
    fn figure(&mut self, paragraph: Paragraph, run: Run, text: &str, mark: &Mark, remark: Remark<'_>) -> Paragraph {
        let run = if mark.wrong { run.bold().color(RED) } else { run };
        let run = with_breaks(run, text);
        let Some(said) = remark(mark) else { return paragraph.add_run(run) };
        if self.comments >= self.most {
            self.unsaid += 1;
            return paragraph.add_run(run);
        }
        self.comments += 1;
        let id = self.comments;
        let words = with_breaks(Run::new().size(SMALL), &said);
        let said = self.paragraph().add_run(words);
        let comment = Comment::new(id).author(AUTHOR).date(self.moment.clone()).add_paragraph(said);
        paragraph.add_comment_start(comment).add_run(run).add_comment_end(id)
    }

    /// A table. `numbered` puts the numbers of problems behind their figures; `gap` says what is left out at a row.
    pub(super) fn put_table(
        &mut self,
        extract: &Extract,
        numbered: bool,
        gap: &dyn Fn(usize) -> String,
        remark: Remark<'_>,
    ) {
        if extract.rows.is_empty() || extract.cols.is_empty() {
            return;
        }
        let widths = extract.widths(WIDTH);
        let grid = Grid::of(extract, &widths);
        let mut rows = Vec::with_capacity(extract.rows.len());
        for (at, row) in extract.rows.iter().enumerate() {
            let cells = if row.is_some() {
                self.row(at, extract, &grid, numbered, remark)
            } else {
                let paragraph = self.paragraph().align(AlignmentType::Center).add_run(small(&gap(at)));
                let whole = TableCell::new().grid_span(extract.cols.len()).width(WIDTH, WidthType::Dxa);
                vec![whole.add_paragraph(tight(paragraph))]
            };
            rows.push(TableRow::new(cells).cant_split());
        }
        let table = Table::new(rows)
            .set_grid(widths)
            .width(WIDTH, WidthType::Dxa)
            .layout(TableLayoutType::Fixed)
            .align(TableAlignmentType::Center);
        self.docx = std::mem::take(&mut self.docx).add_table(table);
        // Two tables in a row would become one.
        let after = tight(self.paragraph());
        self.add(after);
    }

    fn row(
        &mut self,
        at: usize,
        extract: &Extract,
        grid: &Grid<'_>,
        numbered: bool,
        remark: Remark<'_>,
    ) -> Vec<TableCell> {
        let mut cells = Vec::new();
        let mut col = 0;
        while let Some(kept) = extract.cols.get(col) {
            let Some(cell) = grid.at(at, col).filter(|_| kept.is_some()) else {
                let dots = tight(self.paragraph()).align(AlignmentType::Center).add_run(small("…"));
                cells.push(TableCell::new().width(grid.width(col, 1), WidthType::Dxa).add_paragraph(dots));
                col += 1;
                continue;
            };
            cells.push(self.cell(cell, at > cell.row, grid.width(col, cell.col_span), numbered, remark));
            col += cell.col_span.max(1);
        }
        cells
    }

    fn cell(
        &mut self,
        cell: &ExtractCell,
        continued: bool,
        width: usize,
        numbered: bool,
        remark: Remark<'_>,
    ) -> TableCell {
        let mut paper = TableCell::new().width(width, WidthType::Dxa).vertical_align(VAlignType::Center);
        if cell.col_span > 1 {
            paper = paper.grid_span(cell.col_span);
        }
        if cell.row_span > 1 {
            paper = paper.vertical_merge(if continued { VMergeType::Continue } else { VMergeType::Restart });
        }
        if let Some(mark) = &cell.mark {
            paper = paper.shading(shade(mark));
        } else if cell.header {
            paper = paper.shading(Shading::new().shd_type(ShdType::Clear).color("auto").fill(HEAD));
        }
        let mut paragraph = tight(self.paragraph());
        if cell.header || is_figure(&cell.text) {
            paragraph = paragraph.align(AlignmentType::Center);
        }
        if continued {
            return paper.add_paragraph(paragraph);
        }
        let Some(mark) = &cell.mark else {
            let run = small(&cell.text);
            return paper.add_paragraph(paragraph.add_run(if cell.header { run.bold() } else { run }));
        };
        // Of a cell with several figures only the one that is meant.
        let range: BTreeMap<(usize, usize), Mark> = [(mark.range.unwrap_or((0, usize::MAX)), mark.clone())].into();
        for (text, mark) in super::content::pieces(&cell.text, &range) {
            paragraph = match mark {
                Some(mark) => self.figure(paragraph, small(""), &text, &mark, remark),
                None => paragraph.add_run(small(&text)),
            };
        }
        if numbered {
            let numbers = mark.numbers.iter().map(|number| format!("〔{number}〕")).collect::<String>();
            paragraph = paragraph.add_run(small(&numbers));
        }
        paper.add_paragraph(paragraph)
    }

    /// The language of the document.
    pub(super) fn language(&self) -> Language {
        self.language
    }
}

/// Which cell stands at each position of an extract.
struct Grid<'e> {
    places: BTreeMap<(usize, usize), &'e ExtractCell>,
    widths: &'e [usize],
}

impl<'e> Grid<'e> {
    fn of(extract: &'e Extract, widths: &'e [usize]) -> Self {
        let mut places = BTreeMap::new();
        for cell in &extract.cells {
            // The left edge of a cell is all that is asked for.
            places.extend((cell.row..cell.row + cell.row_span).map(|row| ((row, cell.col), cell)));
        }
        Self { places, widths }
    }

    fn at(&self, row: usize, col: usize) -> Option<&'e ExtractCell> {
        self.places.get(&(row, col)).copied()
    }

    fn width(&self, col: usize, span: usize) -> usize {
        self.widths.iter().skip(col).take(span).sum::<usize>().max(1)
    }
}

fn fonts(chinese: &str) -> RunFonts {
    RunFonts::new().ascii("Times New Roman").hi_ansi("Times New Roman").cs("Times New Roman").east_asia(chinese)
}

fn styled(set: Set) -> Run {
    match set {
        Set::Title => Run::new().fonts(fonts("宋体")).size(44).bold(),
        Set::Heading => Run::new().fonts(fonts("黑体")).size(TEXT),
        Set::Text | Set::Flush | Set::Right => Run::new().fonts(fonts("仿宋")).size(TEXT),
        Set::Strong => Run::new().fonts(fonts("仿宋")).size(TEXT).bold(),
        Set::Note => small(""),
    }
}

fn arranged(paragraph: Paragraph, set: Set) -> Paragraph {
    let lines = |points: i32| LineSpacing::new().line_rule(LineSpacingType::Exact).line(points * 20);
    let indented = |paragraph: Paragraph| {
        paragraph.indent(None, Some(SpecialIndentType::FirstLine(640)), None, None).first_line_chars(200)
    };
    match set {
        Set::Title => paragraph.align(AlignmentType::Center).line_spacing(lines(36).before(200).after(400)),
        Set::Heading => indented(paragraph).line_spacing(lines(28).before(160)).keep_next(true),
        Set::Text | Set::Strong => indented(paragraph).align(AlignmentType::Both).line_spacing(lines(28)),
        Set::Flush => paragraph.line_spacing(lines(28)),
        Set::Right => paragraph.align(AlignmentType::Right).line_spacing(lines(28)),
        Set::Note => paragraph.line_spacing(LineSpacing::new().before(60).after(60)),
    }
}

/// In tables. The size holds for cells without text, whose rows would be as high as running text.
fn tight(paragraph: Paragraph) -> Paragraph {
    paragraph.size(SMALL).line_spacing(LineSpacing::new().before(20).after(20))
}

fn small(text: &str) -> Run {
    with_breaks(Run::new().fonts(fonts("宋体")).size(SMALL), text)
}

/// Adds a text; its line feeds become breaks.
fn with_breaks(mut run: Run, text: &str) -> Run {
    for (number, line) in text.split('\n').enumerate() {
        if number > 0 {
            run = run.add_break(BreakType::TextWrapping);
        }
        if !line.is_empty() {
            run = run.add_text(line);
        }
    }
    run
}

fn shade(mark: &Mark) -> Shading {
    Shading::new().shd_type(ShdType::Clear).color("auto").fill(if mark.wrong { WRONG } else { PART })
}
