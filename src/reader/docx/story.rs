//! One story of a Word document (body, notes, a header): elements in, blocks and tables out.
//!
//! In: the XML of a part. Out: blocks and tables in the shared [`Collector`]. Wrong: nesting of tables beyond the limit;
//! hidden and deleted text is left out and counted.
//!
//! Follows ECMA-376 Parts 1 and 3. The walk keeps an explicit stack with one small entry per open element, so nothing
//! nests on the call stack. Elements that only group others (`sdt`, `ins`, `hyperlink`, `smartTag`, ...) are walked through
//! without further notice, which also covers content controls around rows, cells and within cells.

use super::Shared;
use super::fields::{self, Fields};
use super::look::{self, Looks, Shift};
use super::math;
use super::numbering::separated;
use super::paragraph::OpenParagraph;
use super::properties::{self, Known, Paragraph, Run};
use super::styles::{Role, Styles};
use super::symbols;
use super::table::{EMPTY_BOX, TableFrame};
use crate::document::{Block, BlockKind, Location, WarningKind};
use crate::error::{Error, Result};
use crate::reader::collector::{Collector, is_blank};
use crate::reader::raised::is_figure;
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
    /// A header or footer within the text, with the number of blocks before it and what root paragraphs were.
    Page(usize, BlockKind),
    /// `AlternateContent`, with the pieces of text before it: its first branch that shows something is read.
    Alternate(usize),
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
    fields: Fields,
    /// Pieces of text so far.
    pieces: usize,
    hidden: u32,
    struck: u32,
    /// Numbers of lists that Word 2003 did not write out.
    unnumbered: u32,
    pictures: u32,
    charts: u32,
    diagrams: u32,
    objects: u32,
    /// A paragraph whose end mark is deleted, until the next one goes on with it.
    carried: Option<OpenParagraph>,
    /// Headers, footers and notes that stand within the text: they come after it.
    aside: Vec<Block>,
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
            fields: Fields::default(),
            pieces: 0,
            hidden: 0,
            struck: 0,
            unnumbered: 0,
            pictures: 0,
            charts: 0,
            diagrams: 0,
            objects: 0,
            carried: None,
            aside: Vec::new(),
            paragraph_properties: Known::default(),
            run_properties: Known::default(),
            cell_properties: Known::default(),
        };
        story.walk(xml, part)?;
        story.release().map_err(|error| error.at(part))?;
        story.out.blocks.append(&mut story.aside);
        let place = || Location::Part(part.to_owned());
        story.out.warn_times(WarningKind::HiddenText, place(), story.hidden);
        for (what, count) in [
            ("struck-out text", story.struck),
            ("field without end", story.fields.unended()),
            ("picture", story.pictures),
            ("chart", story.charts),
            ("diagram", story.diagrams),
            ("embedded object", story.objects),
        ] {
            story.out.warn_times(WarningKind::Dropped(what.to_owned()), place(), count);
        }
        let numbers = WarningKind::NotAvailable("list numbers".to_owned());
        story.out.warn_times(numbers, place(), story.unnumbered);
        Ok(())
    }

    fn walk(&mut self, xml: &mut Xml<'_>, part: &str) -> Result<()> {
        loop {
            match xml.next()? {
                Token::Start(ns) => {
                    let depth = xml.depth();
                    let open = self.start(ns, xml).map_err(|error| error.at(part))?;
                    // An element that was read to its end by `start` leaves nothing open.
                    if xml.depth() == depth {
                        self.stack.push(open);
                    }
                }
                Token::End => {
                    if let Some(open) = self.stack.pop() {
                        self.end(open).map_err(|error| error.at(part))?;
                    }
                }
                Token::Text => {}
                Token::Eof => return Ok(()),
            }
        }
    }

    fn start(&mut self, ns: Ns, xml: &mut Xml<'_>) -> Result<Open> {
        match ns {
            Ns::W => self.start_word(xml),
            Ns::Mc => self.start_alternative(xml),
            Ns::Math if xml.local() == "oMath" => {
                let text = math::read(xml, &mut self.hidden)?;
                self.put_formula(&text);
                Ok(Open::Plain)
            }
            Ns::Other => self.start_other(xml).map(|()| Open::Plain),
            _ => Ok(Open::Plain),
        }
    }

    /// Other vocabularies: text that is drawn, and the tracked changes of Word 2003.
    fn start_other(&mut self, xml: &mut Xml<'_>) -> Result<()> {
        match xml.local() {
            "textpath" => {
                let text = xml.attr("string").unwrap_or_default().into_owned();
                self.put_drawn(&text)
            }
            "txBody" => {
                let text = drawn_text(xml)?;
                self.put_drawn(&text)
            }
            "annotation" if xml.attr("type").is_some_and(|kind| kind != "Word.Insertion") => {
                self.hidden += u32::from(xml.attr("type").as_deref() == Some("Word.Deletion"));
                self.pass_deleted(xml)
            }
            name => {
                self.count_drawn(name);
                Ok(())
            }
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
                let keep = self.shared.keeps_spaces || xml.attr("space").as_deref() == Some("preserve");
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
                self.pass_deleted(xml)?;
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
            "fldSimple" => {
                if let Some(text) = xml.attr("instr").and_then(|code| fields::printed(&code)) {
                    self.put(&text);
                    xml.skip()?;
                }
            }
            "instrText" if self.fields.takes_code() => {
                let text = xml.text()?;
                let font = self.paragraphs.last().and_then(|paragraph| paragraph.run.look.font.as_ref());
                self.fields.add_code(font.and_then(|font| font.shown(&text)).as_deref().unwrap_or(&text));
            }
            "ffData" => self.form_field(xml)?,
            "txbxContent" => {
                self.text_boxes += 1;
                return Ok(Open::TextBox);
            }
            "footnoteReference" | "endnoteReference" => self.note_reference(xml),
            "footnote" | "endnote" => return self.open_note(xml),
            "headerReference" | "footerReference" => self.shared.pages.extend(properties::page(xml)),
            "hdr" | "ftr" if !self.stack.is_empty() => {
                self.release()?;
                let before = std::mem::replace(
                    &mut self.kind,
                    if xml.local() == "hdr" { BlockKind::Header } else { BlockKind::Footer },
                );
                return Ok(Open::Page(self.out.blocks.len(), before));
            }
            "altChunk" => {
                self.release()?;
                self.chunk(xml);
            }
            "subDoc" => self.out.warn(WarningKind::Dropped("subDoc".to_owned()), Location::Document),
            "styles" => self.shared.styles = Styles::read(xml)?,
            "instrText" | "delText" | "delInstrText" | "tblPr" | "tblPrEx" | "sdtPr" | "sdtEndPr" | "rubyPr" | "rt"
            | "smartTagPr" | "customXmlPr" | "background" | "binData" | "docSuppData" | "fonts" | "lists" | "docPr" => {
                xml.skip()?;
            }
            _ => return Ok(self.start_grid(xml)),
        }
        Ok(Open::Plain)
    }

    /// Columns that a table names before its rows.
    fn start_grid(&mut self, xml: &Xml<'_>) -> Open {
        if xml.local() == "gridCol" {
            self.in_table(Open::Plain, TableFrame::name_column);
        }
        Open::Plain
    }

    /// Passes over what a tracked change deletes; where fields begin and end in it still counts.
    fn pass_deleted(&mut self, xml: &mut Xml<'_>) -> Result<()> {
        let outside = xml.depth().saturating_sub(1);
        while xml.depth() > outside {
            match xml.next()? {
                Token::Start(Ns::W) if xml.local() == "fldChar" => match xml.attr("fldCharType").as_deref() {
                    // What its code would print is deleted with it.
                    Some("end") => {
                        self.fields.end(self.pieces);
                    }
                    kind => self.field(kind.unwrap_or_default()),
                },
                Token::Eof => break,
                _ => {}
            }
        }
        Ok(())
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
                self.release()?;
                if self.tables.last_mut().is_some_and(TableFrame::close_cell) {
                    self.hidden += 1;
                }
                Ok(())
            }
            Open::Table => self.close_table(),
            Open::TextBox => {
                self.release()?;
                self.text_boxes -= 1;
                Ok(())
            }
            Open::Note(before) => {
                self.release()?;
                self.close_note(before);
                Ok(())
            }
            Open::Page(before, kind) => {
                self.release()?;
                self.aside.extend(self.out.blocks.drain(before.min(self.out.blocks.len())..));
                self.kind = kind;
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

    /// Appends the character data of the element that has just begun. A line end in it shows as a space.
    fn take_text(&mut self, xml: &mut Xml<'_>, keep_spaces: bool) -> Result<()> {
        let outside = xml.depth().saturating_sub(1);
        let mut first = true;
        while xml.depth() > outside {
            match xml.next()? {
                Token::Text => {
                    // Only the ends are trimmed; a comment splits the text into pieces, so the end is left alone then.
                    let piece = xml.piece();
                    let piece = if first && !keep_spaces { piece.trim_start_matches(is_xml_space) } else { piece };
                    let piece = if keep_spaces { piece } else { piece.trim_end_matches(['\n', '\r', '\t']) };
                    first = false;
                    if piece.contains('\n') {
                        self.put(&piece.replace('\n', " "));
                    } else {
                        self.put(piece);
                    }
                }
                Token::Eof => break,
                _ => {}
            }
        }
        Ok(())
    }

    /// Appends text to the open paragraph, unless it is hidden, struck out or part of a field's code.
    fn put(&mut self, text: &str) {
        if self.fields.in_code() || text.is_empty() {
            return;
        }
        let Some(paragraph) = self.paragraphs.last_mut() else { return };
        self.pieces += 1;
        let styles = &self.shared.styles;
        let run = &paragraph.run;
        let style = styles.paragraph(paragraph.properties.style.as_deref());
        let looks = Looks([Some(&run.look), styles.look(run.style.as_deref()), styles.look(style)]);
        if looks.hidden() {
            self.hidden += u32::from(!is_blank(text));
            return;
        }
        if looks.struck() && is_figure(text) {
            self.struck += 1;
            return;
        }
        let shown = looks.font().and_then(|font| font.shown(text));
        let text = shown.as_deref().unwrap_or(text);
        let shift = looks.shift();
        paragraph.put(text, shift);
    }

    /// A formula. Its first figure does not join one before it.
    fn put_formula(&mut self, text: &str) {
        let digit = |letter: Option<char>| letter.is_some_and(|letter| letter.is_ascii_digit());
        let before = self.paragraphs.last().and_then(|paragraph| paragraph.text.chars().next_back());
        if digit(before) && digit(text.chars().next()) && text.contains('/') {
            self.put(" ");
        }
        self.put(text);
    }

    /// Text of a drawing, as a box of its own.
    fn put_drawn(&mut self, text: &str) -> Result<()> {
        if is_blank(text) || self.fields.in_code() {
            return Ok(());
        }
        self.text_boxes += 1;
        let carried = self.carried.take();
        self.open_paragraph();
        self.put(text);
        let closed = self.close_paragraph();
        self.carried = carried;
        self.text_boxes -= 1;
        closed
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
                let letters = Some(look::Font::Letters);
                let swap = |paragraph: &mut OpenParagraph, font| std::mem::replace(&mut paragraph.run.look.font, font);
                let font = self.paragraphs.last_mut().and_then(|paragraph| swap(paragraph, letters));
                self.put(letter.encode_utf8(&mut buffer));
                self.paragraphs.last_mut().map(|paragraph| swap(paragraph, font));
            }
            None => self.out.warn(WarningKind::Dropped(format!("symbol {font} {code:04X}")), Location::Document),
        }
    }

    fn field(&mut self, kind: &str) {
        match kind {
            "begin" => self.fields.begin(self.paragraphs.len()),
            "separate" => self.fields.separate(self.pieces),
            "end" => {
                if let Some(text) = self.fields.end(self.pieces) {
                    self.put(&text);
                }
            }
            _ => {}
        }
    }

    /// Legacy form fields: a check box or a list carries its state here, not in its result.
    fn form_field(&mut self, xml: &mut Xml<'_>) -> Result<()> {
        let mut checked: Option<bool> = None;
        let mut default = false;
        let mut is_box = false;
        let mut entries = Vec::new();
        let (mut chosen, mut usual) = (None, None);
        let outside = xml.depth().saturating_sub(1);
        while xml.depth() > outside {
            match xml.next()? {
                Token::Start(_) => match xml.local() {
                    "checkBox" => is_box = true,
                    "checked" => checked = Some(xml.switch()),
                    "default" if is_box => default = xml.switch(),
                    "default" => usual = xml.number::<usize>("val"),
                    "listEntry" => entries.push(xml.attr("val").unwrap_or_default().into_owned()),
                    "result" => chosen = xml.number::<usize>("val"),
                    _ => {}
                },
                Token::Eof => break,
                _ => {}
            }
        }
        // The state stands within the field's code, which is not shown: write it as if the field were past its code.
        let codes = *self.fields.codes();
        *self.fields.codes() = codes.saturating_sub(1);
        if is_box {
            self.put_box(checked.unwrap_or(default));
        } else if let Some(entry) = entries.get(chosen.or(usual).unwrap_or(0)) {
            self.put(entry);
        }
        *self.fields.codes() = codes;
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
        if let Some(carried) = self.carried.take() {
            let fresh = OpenParagraph { properties: Paragraph::default(), run: Run::default(), ..carried };
            self.paragraphs.push(fresh);
            return Open::Paragraph;
        }
        let mut cell_at = 0;
        if let Some(cell) = self.tables.last_mut().and_then(TableFrame::cell) {
            if cell.paragraphs > 0 {
                cell.text.push('\n');
            }
            cell.paragraphs += 1;
            cell_at = cell.text.len();
        }
        let at = self.out.blocks.len();
        self.paragraphs.push(OpenParagraph { at, cell_at, ..OpenParagraph::default() });
        Open::Paragraph
    }

    fn close_paragraph(&mut self) -> Result<()> {
        self.fields.end_paragraph(self.paragraphs.len());
        let Some(mut paragraph) = self.paragraphs.pop() else { return Ok(()) };
        self.shared.pages.append(&mut paragraph.properties.pages);
        if paragraph.properties.joined {
            self.carried = Some(paragraph);
            return Ok(());
        }
        self.write_paragraph(paragraph)
    }

    /// Writes the paragraph whose end mark is deleted where no other goes on with it.
    fn release(&mut self) -> Result<()> {
        match self.carried.take() {
            // One that is deleted as a whole has no number either.
            Some(mut paragraph) => {
                paragraph.properties.hidden = true;
                self.write_paragraph(paragraph)
            }
            None => Ok(()),
        }
    }

    fn write_paragraph(&mut self, mut paragraph: OpenParagraph) -> Result<()> {
        if paragraph.shifted && !paragraph.level {
            paragraph.text = look::on_the_line(&paragraph.text);
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
        // A paragraph of which nothing is shown is not counted.
        let labelled = paragraph.properties.labelled;
        let gone = paragraph.properties.hidden && is_blank(&paragraph.text);
        let list = list.filter(|(list, _)| list != "0" && !list.is_empty() && !gone);
        let label = list.as_ref().and_then(|(list, level)| shared.numbering.label(list, *level));
        let label = label.or_else(|| written_label(&mut paragraph.properties, gone, &mut self.unnumbered));
        if let Some(mut label) = label {
            // Where nothing stands between them, a number must not become part of a figure.
            let joins = label.ends_with(|letter: char| letter.is_ascii_digit() || letter == '.');
            if joins && paragraph.text.starts_with(|letter: char| letter.is_ascii_digit()) {
                label.push(' ');
            }
            paragraph.text.insert_str(0, &label);
        }
        if self.text_boxes > 0 || self.kind != BlockKind::Paragraph {
            let kind = if self.text_boxes > 0 { BlockKind::TextBox } else { self.kind };
            return (kind, None);
        }
        let level = list.map(|(_, level)| level).or(paragraph.properties.numbered.level.filter(|_| labelled));
        match (outline, role, level) {
            (Some(level @ 0..=8), _, _) => (BlockKind::Heading, Some(level + 1)),
            (None, Some(Role::Heading(level)), _) => (BlockKind::Heading, Some(level)),
            (_, Some(Role::Caption), _) => (BlockKind::Caption, None),
            (_, _, Some(level)) => (BlockKind::ListItem, u8::try_from(level + 1).ok()),
            _ => (BlockKind::Paragraph, None),
        }
    }

    // Tables

    fn open_table(&mut self) -> Result<Open> {
        self.release()?;
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
        let (id, wide) = (frame.id, frame.wide());
        self.hidden += frame.hidden_rows;
        let (table, overlaps) = frame.finish(self.out.limits)?;
        let place = || Location::Cell { table: id, row: 0, col: 0, span: None };
        self.out.warn_times(WarningKind::OverlappingCells, place(), overlaps);
        self.out.warn_times(WarningKind::IrregularRow, place(), wide);
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
        // A mark of its own follows in the same run; it is not the end of the figure before it.
        if xml.attr("customMarkFollows").is_some_and(|value| !matches!(&*value, "0" | "false" | "off"))
            && let Some(paragraph) = self.paragraphs.last_mut()
        {
            paragraph.run.look.shift = Some(Shift::Up);
        }
        if let Some(id) = xml.attr("id") {
            self.shared.notes.insert((xml.local() == "endnoteReference", id.into_owned()));
        }
    }

    /// Notes that nothing refers to, separators among them, are not printed.
    fn open_note(&mut self, xml: &mut Xml<'_>) -> Result<Open> {
        // Word 2003 wrote notes where they are referred to.
        if !self.paragraphs.is_empty() {
            let text = drawn_text(xml)?;
            self.aside.extend((!is_blank(&text)).then_some(Block {
                kind: BlockKind::Note,
                level: None,
                text,
                table: None,
            }));
            return Ok(Open::Plain);
        }
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

/// The number that Word 2003 wrote beside the list; signs of bullets are none.
fn written_label(properties: &mut Paragraph, gone: bool, missing: &mut u32) -> Option<String> {
    let label = properties.label.take().filter(|_| !gone);
    *missing += u32::from(properties.labelled && label.is_none() && !gone);
    label.filter(|label| label.contains(char::is_alphanumeric)).map(|label| separated(label, false))
}

/// The text of a drawing or a note by itself: its paragraphs as lines.
fn drawn_text(xml: &mut Xml<'_>) -> Result<String> {
    let mut text = String::new();
    let outside = xml.depth().saturating_sub(1);
    while xml.depth() > outside {
        match xml.next()? {
            Token::Start(_) => match xml.local() {
                "p" if !text.is_empty() => text.push('\n'),
                "t" => xml.text_into(&mut text)?,
                _ => {}
            },
            Token::Eof => break,
            _ => {}
        }
    }
    Ok(text)
}

fn is_xml_space(letter: char) -> bool {
    matches!(letter, ' ' | '\t' | '\n' | '\r')
}
