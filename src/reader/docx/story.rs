//! One story of a Word document (body, notes, a header): elements in, blocks and tables out.
//!
//! In: the XML of a part. Out: blocks and tables in the shared [`Collector`]. Wrong: nesting of tables beyond the limit;
//! hidden and deleted text is left out and counted.
//!
//! Follows ECMA-376 Parts 1 and 3. The walk keeps an explicit stack with one small entry per open element, so nothing
//! nests on the call stack. Elements that only group others (`sdt`, `ins`, `hyperlink`, `smartTag`, ...) are walked through
//! without further notice, which also covers content controls around rows, cells and within cells.

use super::Shared;
use super::properties::{self, Known, Paragraph, Run};
use super::styles::Role;
use super::symbols;
use super::table::{Boxes, EMPTY_BOX, TableFrame};
use crate::document::{Block, BlockKind, Location, WarningKind};
use crate::error::{Error, Result};
use crate::reader::collector::{Collector, is_blank};
use crate::reader::xml::{Ns, Token, Xml};

/// An open element, as far as its end matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Open {
    Plain,
    Paragraph,
    Row,
    Cell,
    Table,
    TextBox,
    /// A note, with the number of blocks before it.
    Note(usize),
    /// `AlternateContent`, with the pieces of text before it: its first branch that shows something is read.
    Alternate(usize),
}

/// A paragraph that is being read.
#[derive(Debug, Default)]
struct OpenParagraph {
    text: String,
    properties: Paragraph,
    run: Run,
    /// Boxes of form fields.
    boxes: Boxes,
    /// Where its block goes: text boxes within it come after it.
    at: usize,
    /// Where its text goes when it stands in a cell.
    cell_at: usize,
}

/// Reads one part.
pub(super) struct Story<'s, 'c, 'l> {
    shared: &'s mut Shared,
    out: &'c mut Collector<'l>,
    /// What root paragraphs are.
    kind: BlockKind,
    stack: Vec<Open>,
    paragraphs: Vec<OpenParagraph>,
    tables: Vec<TableFrame>,
    text_boxes: usize,
    /// Per open field: its code, not its result, is being read.
    fields: Vec<bool>,
    codes: usize,
    /// Pieces of text so far.
    pieces: usize,
    hidden: u32,
    pictures: u32,
    charts: u32,
    diagrams: u32,
    objects: u32,
    /// Text of a paragraph whose end mark is deleted.
    carried: String,
    paragraph_properties: Known<Paragraph>,
    run_properties: Known<Run>,
    cell_properties: Known<properties::Cell>,
}

impl<'s, 'c, 'l> Story<'s, 'c, 'l> {
    /// Reads `xml` to its end.
    ///
    /// # Errors
    /// Those of [`Xml::next`], and `limit-exceeded`.
    pub(super) fn read(
        xml: &mut Xml<'_>,
        part: &str,
        kind: BlockKind,
        shared: &'s mut Shared,
        out: &'c mut Collector<'l>,
    ) -> Result<()> {
        let mut story = Self {
            shared,
            out,
            kind,
            stack: Vec::new(),
            paragraphs: Vec::new(),
            tables: Vec::new(),
            text_boxes: 0,
            fields: Vec::new(),
            codes: 0,
            pieces: 0,
            hidden: 0,
            pictures: 0,
            charts: 0,
            diagrams: 0,
            objects: 0,
            carried: String::new(),
            paragraph_properties: Known::default(),
            run_properties: Known::default(),
            cell_properties: Known::default(),
        };
        loop {
            match xml.next()? {
                Token::Start(ns) => {
                    let depth = xml.depth();
                    let open = story.start(ns, xml).map_err(|error| error.at(part))?;
                    // An element that was read to its end by `start` leaves nothing open.
                    if xml.depth() == depth {
                        story.stack.push(open);
                    }
                }
                Token::End => {
                    if let Some(open) = story.stack.pop() {
                        story.end(open).map_err(|error| error.at(part))?;
                    }
                }
                Token::Text => {}
                Token::Eof => break,
            }
        }
        let place = || Location::Part(part.to_owned());
        story.out.warn_times(WarningKind::HiddenText, place(), story.hidden);
        for (what, count) in [
            ("picture", story.pictures),
            ("chart", story.charts),
            ("diagram", story.diagrams),
            ("embedded object", story.objects),
        ] {
            story.out.warn_times(WarningKind::Dropped(what.to_owned()), place(), count);
        }
        Ok(())
    }

    fn start(&mut self, ns: Ns, xml: &mut Xml<'_>) -> Result<Open> {
        match ns {
            Ns::W => self.start_word(xml),
            Ns::Mc => self.start_alternative(xml),
            Ns::Math if xml.local() == "t" => self.take_text(xml, true).map(|()| Open::Plain),
            Ns::Other => {
                self.count_drawn(xml.local());
                Ok(Open::Plain)
            }
            _ => Ok(Open::Plain),
        }
    }

    /// What is drawn instead of written is left out and counted.
    fn count_drawn(&mut self, name: &str) {
        match name {
            "pic" | "imagedata" => self.pictures = self.pictures.saturating_add(1),
            "chart" => self.charts = self.charts.saturating_add(1),
            "relIds" => self.diagrams = self.diagrams.saturating_add(1),
            "OLEObject" => {
                // The picture before it is only what stands in for the object.
                self.pictures = self.pictures.saturating_sub(1);
                self.objects = self.objects.saturating_add(1);
            }
            _ => {}
        }
    }

    /// The elements of WordprocessingML, most frequent first.
    fn start_word(&mut self, xml: &mut Xml<'_>) -> Result<Open> {
        match xml.local() {
            "t" => {
                let keep = xml.attr("space").as_deref() == Some("preserve");
                self.take_text(xml, keep)?;
            }
            "r" => {
                if let Some(paragraph) = self.paragraphs.last_mut() {
                    paragraph.run = Run::default();
                }
            }
            "rPr" => {
                let run = self.run_properties.read(xml, properties::read_run)?;
                if let Some(paragraph) = self.paragraphs.last_mut() {
                    paragraph.run = run;
                }
            }
            "p" => return Ok(self.open_paragraph()),
            "pPr" => {
                let read = self.paragraph_properties.read(xml, properties::read_paragraph)?;
                if let Some(paragraph) = self.paragraphs.last_mut() {
                    paragraph.properties = read;
                }
            }
            "tbl" => return self.open_table(),
            "tr" => return Ok(self.in_table(Open::Row, TableFrame::open_row)),
            "tc" => return Ok(self.in_table(Open::Cell, TableFrame::open_cell)),
            "trPr" => {
                let read = properties::read_row(xml)?;
                self.in_table(Open::Plain, |table| table.set_row(read));
            }
            "tcPr" => {
                let read = self.cell_properties.read(xml, properties::read_cell)?;
                self.in_table(Open::Plain, |table| table.set_cell(read));
            }
            "del" | "moveFrom" => {
                self.hidden += 1;
                xml.skip()?;
            }
            _ => return self.start_rare(xml),
        }
        Ok(Open::Plain)
    }

    fn start_rare(&mut self, xml: &mut Xml<'_>) -> Result<Open> {
        match xml.local() {
            "tab" | "ptab" => self.put("\t"),
            "br" | "cr" => self.put("\n"),
            "noBreakHyphen" => self.put("\u{2011}"),
            "softHyphen" => self.put("\u{AD}"),
            "sym" => self.put_symbol(xml),
            "fldChar" => self.field(xml.attr("fldCharType").as_deref().unwrap_or_default()),
            "ffData" => self.form_field(xml)?,
            "txbxContent" => {
                self.text_boxes += 1;
                return Ok(Open::TextBox);
            }
            "footnoteReference" | "endnoteReference" => self.note_reference(xml),
            "footnote" | "endnote" => return self.open_note(xml),
            "headerReference" | "footerReference" => {
                if let Some(id) = xml.prefixed_attr("id") {
                    self.shared.pages.push((xml.local() == "headerReference", id.into_owned()));
                }
            }
            "altChunk" => self.chunk(xml),
            "instrText" | "delText" | "delInstrText" | "tblPr" | "tblGrid" | "tblPrEx" | "sdtPr" | "sdtEndPr"
            | "rubyPr" | "rt" | "smartTagPr" | "customXmlPr" | "background" => xml.skip()?,
            _ => {}
        }
        Ok(Open::Plain)
    }

    fn start_alternative(&mut self, xml: &mut Xml<'_>) -> Result<Open> {
        match xml.local() {
            "AlternateContent" => return Ok(Open::Alternate(self.pieces)),
            "Choice" | "Fallback" => {
                if matches!(self.stack.last(), Some(Open::Alternate(before)) if *before != self.pieces) {
                    xml.skip()?;
                }
            }
            _ => {}
        }
        Ok(Open::Plain)
    }

    fn end(&mut self, open: Open) -> Result<()> {
        match open {
            Open::Plain | Open::Alternate(_) => Ok(()),
            Open::Paragraph => self.close_paragraph(),
            Open::Row => {
                self.in_table(open, TableFrame::close_row);
                Ok(())
            }
            Open::Cell => {
                if self.tables.last_mut().is_some_and(TableFrame::close_cell) {
                    self.hidden += 1;
                }
                Ok(())
            }
            Open::Table => self.close_table(),
            Open::TextBox => {
                self.text_boxes -= 1;
                Ok(())
            }
            Open::Note(before) => {
                self.close_note(before);
                Ok(())
            }
        }
    }

    fn in_table(&mut self, open: Open, act: impl FnOnce(&mut TableFrame)) -> Open {
        match self.tables.last_mut() {
            Some(table) => {
                act(table);
                open
            }
            None => Open::Plain,
        }
    }

    // Text

    /// Appends the character data of the element that has just begun.
    fn take_text(&mut self, xml: &mut Xml<'_>, keep_spaces: bool) -> Result<()> {
        let outside = xml.depth().saturating_sub(1);
        let mut first = true;
        while xml.depth() > outside {
            match xml.next()? {
                Token::Text if keep_spaces => self.put(xml.piece()),
                Token::Text => {
                    // Only the ends are trimmed; a comment splits the text into pieces, so the end is left alone then.
                    let piece = xml.piece();
                    let piece = if first { piece.trim_start_matches(is_xml_space) } else { piece };
                    first = false;
                    self.put(piece.trim_end_matches(['\n', '\r', '\t']));
                }
                Token::Eof => break,
                _ => {}
            }
        }
        Ok(())
    }

    /// Appends text to the open paragraph, unless it is hidden or part of a field's code.
    fn put(&mut self, text: &str) {
        if self.codes > 0 || text.is_empty() {
            return;
        }
        let Some(paragraph) = self.paragraphs.last_mut() else { return };
        self.pieces += 1;
        let run = &paragraph.run;
        let hidden = run.vanish.or_else(|| self.shared.styles.vanish(run.style.as_deref())).unwrap_or_else(|| {
            let style = self.shared.styles.paragraph(paragraph.properties.style.as_deref());
            self.shared.styles.vanish(style).unwrap_or(false)
        });
        if hidden {
            self.hidden += u32::from(!is_blank(text));
            return;
        }
        match &run.symbol_font {
            Some(font) => paragraph
                .text
                .extend(text.chars().map(|letter| symbols::lookup(font, u32::from(letter)).unwrap_or(letter))),
            None => paragraph.text.push_str(text),
        }
    }

    fn put_symbol(&mut self, xml: &Xml<'_>) {
        let font = xml.attr("font").unwrap_or_default();
        let code = xml.attr("char").and_then(|code| u32::from_str_radix(&code, 16).ok()).unwrap_or(0);
        let private = (0xE000..=0xF8FF).contains(&code);
        let found = symbols::lookup(&font, code).or_else(|| char::from_u32(code).filter(|_| !private && code > 0));
        match found {
            Some(letter) => {
                let mut buffer = [0; 4];
                // The font is in the symbol already: the run's own must not translate once more.
                let run_font = self.paragraphs.last_mut().and_then(|paragraph| paragraph.run.symbol_font.take());
                self.put(letter.encode_utf8(&mut buffer));
                if let Some(paragraph) = self.paragraphs.last_mut() {
                    paragraph.run.symbol_font = run_font;
                }
            }
            None => self.out.warn(WarningKind::Dropped(format!("symbol {font} {code:04X}")), Location::Document),
        }
    }

    fn field(&mut self, kind: &str) {
        match kind {
            "begin" => {
                self.fields.push(true);
                self.codes += 1;
            }
            "separate" => {
                if let Some(code) = self.fields.last_mut().filter(|code| **code) {
                    *code = false;
                    self.codes -= 1;
                }
            }
            "end" => self.codes -= usize::from(self.fields.pop() == Some(true)),
            _ => {}
        }
    }

    /// Legacy form fields: a check box or a list carries its state here, not in its result.
    fn form_field(&mut self, xml: &mut Xml<'_>) -> Result<()> {
        let mut checked: Option<bool> = None;
        let mut default = false;
        let mut is_box = false;
        let mut entries = Vec::new();
        let mut chosen = None;
        let outside = xml.depth().saturating_sub(1);
        while xml.depth() > outside {
            match xml.next()? {
                Token::Start(_) => match xml.local() {
                    "checkBox" => is_box = true,
                    "checked" => checked = Some(xml.switch()),
                    "default" if is_box => default = xml.switch(),
                    "listEntry" => entries.push(xml.attr("val").unwrap_or_default().into_owned()),
                    "result" => chosen = xml.number::<usize>("val"),
                    _ => {}
                },
                Token::Eof => break,
                _ => {}
            }
        }
        // The state stands within the field's code, which is not shown: write it as if the field were past its code.
        let codes = self.codes;
        self.codes = codes.saturating_sub(1);
        if is_box {
            self.put_box(checked.unwrap_or(default));
        } else if let Some(entry) = entries.get(chosen.unwrap_or(0)) {
            self.put(entry);
        }
        self.codes = codes;
        Ok(())
    }

    fn put_box(&mut self, ticked: bool) {
        let before = self.paragraphs.last().map_or(0, |paragraph| paragraph.text.len());
        self.put(if ticked { "☑" } else { EMPTY_BOX });
        if let Some(paragraph) = self.paragraphs.last_mut().filter(|paragraph| paragraph.text.len() > before) {
            if ticked {
                paragraph.boxes.ticked = true;
            } else {
                paragraph.boxes.empty.push(before);
            }
        }
    }

    // Paragraphs

    fn open_paragraph(&mut self) -> Open {
        let mut cell_at = 0;
        if let Some(cell) = self.tables.last_mut().and_then(TableFrame::cell) {
            if cell.paragraphs > 0 {
                cell.text.push('\n');
            }
            cell.paragraphs += 1;
            cell_at = cell.text.len();
        }
        self.paragraphs.push(OpenParagraph {
            text: std::mem::take(&mut self.carried),
            at: self.out.blocks.len(),
            cell_at,
            ..OpenParagraph::default()
        });
        Open::Paragraph
    }

    fn close_paragraph(&mut self) -> Result<()> {
        let Some(mut paragraph) = self.paragraphs.pop() else { return Ok(()) };
        if paragraph.properties.joined {
            paragraph.boxes.settle(&mut paragraph.text);
            self.carried = paragraph.text;
            if let Some(cell) = self.tables.last_mut().and_then(TableFrame::cell) {
                cell.paragraphs -= usize::from(cell.paragraphs > 0);
                if cell.text.len() == paragraph.cell_at && cell.text.ends_with('\n') {
                    cell.text.pop();
                }
            }
            return Ok(());
        }
        let unlabelled = paragraph.text.len();
        let (kind, level) = self.label_and_kind(&mut paragraph);
        paragraph.boxes.shift(paragraph.text.len() - unlabelled);
        if let Some(cell) = self.tables.last_mut().and_then(TableFrame::cell) {
            // A text box within this paragraph has already put its lines behind this place.
            let at = paragraph.cell_at.min(cell.text.len());
            cell.boxes.insert(at, paragraph.text.len(), &paragraph.boxes);
            if at == cell.text.len() {
                cell.text.push_str(&paragraph.text);
            } else {
                cell.text.insert_str(at, &paragraph.text);
            }
            return Ok(());
        }
        paragraph.boxes.settle(&mut paragraph.text);
        if is_blank(&paragraph.text) {
            return Ok(());
        }
        self.out.insert(paragraph.at, Block { kind, level, text: paragraph.text, table: None })
    }

    /// Puts the automatic number in front of the text and says what the paragraph is.
    fn label_and_kind(&mut self, paragraph: &mut OpenParagraph) -> (BlockKind, Option<u8>) {
        let shared = &mut *self.shared;
        let style = shared.styles.paragraph(paragraph.properties.style.as_deref());
        let outline = paragraph.properties.outline.or_else(|| shared.styles.outline(style));
        let role = shared.styles.role(style);
        let list = match &paragraph.properties.numbered.list {
            Some(list) => {
                let named = paragraph.properties.numbered.level;
                Some((list.clone(), named.or_else(|| shared.numbering.level_of_style(list, style?)).unwrap_or(0)))
            }
            None => shared.styles.numbered(style).map(|(numbered, owner)| {
                let list = numbered.list.clone().unwrap_or_default();
                // A level that is tied to the style counts for more than the level the style names.
                let tied = || shared.numbering.level_of_style(&list, owner).or(numbered.level);
                let level = paragraph.properties.numbered.level.or_else(tied).unwrap_or(0);
                (list, level)
            }),
        };
        let list = list.filter(|(list, _)| list != "0" && !list.is_empty());
        if let Some((list, level)) = &list
            && let Some(label) = shared.numbering.label(list, *level)
        {
            paragraph.text.insert_str(0, &label);
        }
        if self.text_boxes > 0 || self.kind != BlockKind::Paragraph {
            let kind = if self.text_boxes > 0 { BlockKind::TextBox } else { self.kind };
            return (kind, None);
        }
        match (outline, role, list) {
            (Some(level @ 0..=8), _, _) => (BlockKind::Heading, Some(level + 1)),
            (None, Some(Role::Heading(level)), _) => (BlockKind::Heading, Some(level)),
            (_, Some(Role::Caption), _) => (BlockKind::Caption, None),
            (_, _, Some((_, level))) => (BlockKind::ListItem, u8::try_from(level + 1).ok()),
            _ => (BlockKind::Paragraph, None),
        }
    }

    // Tables

    fn open_table(&mut self) -> Result<Open> {
        if self.tables.len() >= self.out.limits.table_depth {
            return Err(Error::limit("table_depth", self.out.limits.table_depth));
        }
        let id = self.out.reserve_table()?;
        let parent = self.tables.last().and_then(TableFrame::place);
        if parent.is_none() {
            self.out.push(Block::table(id))?;
        }
        self.tables.push(TableFrame::new(id, parent));
        Ok(Open::Table)
    }

    fn close_table(&mut self) -> Result<()> {
        let Some(frame) = self.tables.pop() else { return Ok(()) };
        let id = frame.id;
        let (table, overlaps) = frame.finish(self.out.limits)?;
        self.out.warn_times(
            WarningKind::OverlappingCells,
            Location::Cell { table: id, row: 0, col: 0, span: None },
            overlaps,
        );
        self.out.set_table(id, table)
    }

    // Notes

    /// A document within the text, read once the text around it is known.
    fn chunk(&mut self, xml: &Xml<'_>) {
        match xml.prefixed_attr("id") {
            Some(id) if self.kind == BlockKind::Paragraph && self.tables.is_empty() && self.paragraphs.is_empty() => {
                self.shared.chunks.push((self.out.blocks.len(), id.into_owned()));
            }
            _ => self.out.warn(WarningKind::Dropped("altChunk".to_owned()), Location::Document),
        }
    }

    fn note_reference(&mut self, xml: &Xml<'_>) {
        if let Some(id) = xml.attr("id") {
            self.shared.notes.insert((xml.local() == "endnoteReference", id.into_owned()));
        }
    }

    /// Notes that nothing refers to, separators among them, are not printed.
    fn open_note(&mut self, xml: &mut Xml<'_>) -> Result<Open> {
        let key = (xml.local() == "endnote", xml.attr("id").unwrap_or_default().into_owned());
        if !self.shared.notes.contains(&key) {
            xml.skip()?;
            return Ok(Open::Plain);
        }
        Ok(Open::Note(self.out.blocks.len()))
    }

    /// A note is one block, its paragraphs lines of it.
    fn close_note(&mut self, before: usize) {
        let after = self.out.blocks.split_off(before.min(self.out.blocks.len()));
        let mut note: Option<usize> = None;
        for block in after {
            match note.and_then(|at| self.out.blocks.get_mut(at)) {
                Some(first) if block.table.is_none() => {
                    first.text.push('\n');
                    first.text.push_str(&block.text);
                }
                _ => {
                    if block.table.is_none() {
                        note = Some(self.out.blocks.len());
                    }
                    self.out.blocks.push(block);
                }
            }
        }
    }
}

fn is_xml_space(letter: char) -> bool {
    matches!(letter, ' ' | '\t' | '\n' | '\r')
}
