//! Word documents.
//!
//! In: an open package whose main part is WordprocessingML. Out: its blocks and tables: the body first, then the notes it
//! refers to, then headers and footers. Wrong: a damaged main part is an error; damaged or missing side parts (styles,
//! numbering, notes, headers) are passed over with a warning.
//!
//! Follows ECMA-376 Parts 1 to 4 (Transitional and Strict). Pictures and other media are never touched.

mod chunks;
mod numbering;
pub(super) mod numerals;
mod properties;
mod story;
mod styles;
mod symbols;
mod table;

use std::collections::BTreeSet;

use super::collector::Collector;
use super::package::{Package, relationships_of, resolve};
use super::relationships::{self, Relationship};
use super::xml::Xml;
use crate::document::{BlockKind, Location, WarningKind};
use crate::error::{Error, ErrorKind, Result};
use numbering::Numbering;
use story::Story;
use styles::Styles;

/// What the stories of one document share.
#[derive(Default)]
struct Shared {
    styles: Styles,
    numbering: Numbering,
    /// Notes that the text refers to: (is an endnote, id).
    notes: BTreeSet<(bool, String)>,
    /// Headers and footers of the sections: (is a header, relationship id).
    pages: Vec<(bool, String)>,
    /// Documents within the text.
    chunks: Vec<chunks::Chunk>,
}

/// Reads the document whose main part is `main` into `out`.
///
/// # Errors
/// `truncated`, `malformed`, `doctype-forbidden`, `encrypted`, `limit-exceeded`.
pub(super) fn read(package: &mut Package<'_>, main: &str, out: &mut Collector<'_>) -> Result<()> {
    read_level(package, main, 0, out)
}

/// Reads a document that `level` others are around.
fn read_level(package: &mut Package<'_>, main: &str, level: usize, out: &mut Collector<'_>) -> Result<()> {
    let relationships = read_relationships(package, main, out)?;
    let part_of = |kind: &str| relationships.iter().find(|part| part.kind == kind).map(|part| part.target.as_str());
    let mut shared = Shared::default();
    if let Some(part) = part_of("styles") {
        shared.styles = side_part(package, part, out, |xml, _| Styles::read(xml))?.unwrap_or_default();
    }
    if let Some(part) = part_of("numbering") {
        shared.numbering = side_part(package, part, out, |xml, _| Numbering::read(xml))?.unwrap_or_default();
    }
    let body = package
        .part(main)?
        .ok_or_else(|| Error::new(ErrorKind::Malformed, ("缺少正文部件", "the main part is missing")).at(main))?;
    let mut body = Xml::of_part(body, main, out.limits)?;
    if body.is_empty() {
        return Err(Error::new(ErrorKind::Malformed, ("正文部件为空", "the main part is empty")).at(main));
    }
    Story::read(&mut body, main, BlockKind::Paragraph, &mut shared, out).map_err(|error| body.cause(error))?;
    if body.replaced() {
        out.warn(WarningKind::ReplacedBytes, Location::Part(main.to_owned()));
    }
    drop(body);
    chunks::insert(package, &std::mem::take(&mut shared.chunks), &relationships, level, out)?;
    for (kind, wanted) in [("footnotes", false), ("endnotes", true)] {
        if let Some(part) = part_of(kind)
            && shared.notes.iter().any(|(endnote, _)| *endnote == wanted)
        {
            read_story(package, part, BlockKind::Note, &mut shared, out)?;
        }
    }
    let mut seen = BTreeSet::new();
    for (is_header, id) in std::mem::take(&mut shared.pages) {
        let Some(part) = relationships.iter().find(|part| part.id == id) else { continue };
        if seen.insert(part.target.clone()) {
            let kind = if is_header { BlockKind::Header } else { BlockKind::Footer };
            read_story(package, &part.target, kind, &mut shared, out)?;
        }
    }
    Ok(())
}

fn read_story(
    package: &mut Package<'_>,
    part: &str,
    kind: BlockKind,
    shared: &mut Shared,
    out: &mut Collector<'_>,
) -> Result<()> {
    side_part(package, part, out, |xml, out| Story::read(xml, part, kind, shared, out))?;
    Ok(())
}

/// Reads a part that the document can do without. What it costs is limited as for any part; what is wrong with it is a
/// warning.
fn side_part<T>(
    package: &mut Package<'_>,
    part: &str,
    out: &mut Collector<'_>,
    read: impl FnOnce(&mut Xml<'_>, &mut Collector<'_>) -> Result<T>,
) -> Result<Option<T>> {
    let result = match package.part(part) {
        Ok(Some(found)) => Xml::of_part(found, part, out.limits).and_then(|mut xml| read(&mut xml, out)),
        Ok(None) => {
            out.warn(WarningKind::MissingPart(part.to_owned()), Location::Part(part.to_owned()));
            return Ok(None);
        }
        Err(error) => Err(error),
    };
    match result {
        Ok(value) => Ok(Some(value)),
        Err(error) if matches!(error.kind(), ErrorKind::Malformed | ErrorKind::Truncated) => {
            out.warn(WarningKind::UnreadablePart(part.to_owned()), Location::Part(part.to_owned()));
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

/// Relationships of the main part; without the part that lists them, the names that Word itself uses.
fn read_relationships(package: &mut Package<'_>, main: &str, out: &mut Collector<'_>) -> Result<Vec<Relationship>> {
    let part = relationships_of(main);
    let listed = side_part(package, &part, out, |xml, _| relationships::read(xml, main))?;
    if let Some(listed) = listed {
        return Ok(listed);
    }
    let usual = ["styles", "numbering", "footnotes", "endnotes"].map(|kind| Relationship {
        id: String::new(),
        kind: kind.to_owned(),
        target: resolve(main, &format!("{kind}.xml")),
    });
    Ok(usual.into_iter().filter(|part| package.has(&part.target)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::Document;
    use crate::limits::Limits;
    use std::io::{Cursor, Write};

    const RELS: &str = "http://schemas.openxmlformats.org/package/2006/relationships";
    const W: &str = "http://schemas.openxmlformats.org/wordprocessingml/2006/main";

    fn package_of(parts: &[(&str, String)]) -> Vec<u8> {
        let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
        for (name, text) in parts {
            writer.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
            writer.write_all(text.as_bytes()).unwrap();
        }
        writer.finish().unwrap().into_inner()
    }

    fn parse(body: &str) -> Result<Document> {
        parse_with_warnings(body).map(|(document, _)| document)
    }

    fn parse_with_warnings(body: &str) -> Result<(Document, Vec<crate::document::Warning>)> {
        let document = format!(
            "<w:document xmlns:w='{W}' xmlns:m='http://schemas.openxmlformats.org/officeDocument/2006/math' \
             xmlns:mc='http://schemas.openxmlformats.org/markup-compatibility/2006' xmlns:v='urn:schemas-microsoft-com:vml' \
             xmlns:r='http://schemas.openxmlformats.org/officeDocument/2006/relationships'>\
             <w:body>{body}</w:body></w:document>"
        );
        let notes = format!(
            "<w:footnotes xmlns:w='{W}'><w:footnote w:id='0'><w:p><w:r><w:t>---</w:t></w:r></w:p></w:footnote>\
             <w:footnote w:id='2'><w:p><w:r><w:t>注</w:t></w:r></w:p></w:footnote></w:footnotes>"
        );
        let relationships = format!(
            "<Relationships xmlns='{RELS}'>\
             <Relationship Id='f' Type='x/footnotes' Target='footnotes.xml'/>\
             <Relationship Id='c' Type='x/aFChunk' Target='chunk.html'/></Relationships>"
        );
        let chunk = "<p>甲</p><table><tr><td>乙</td></tr></table>".to_owned();
        let bytes = package_of(&[
            ("word/document.xml", document),
            ("word/footnotes.xml", notes),
            ("word/_rels/document.xml.rels", relationships),
            ("word/chunk.html", chunk),
        ]);
        let limits = Limits::default();
        let mut package = Package::open(&bytes, &limits)?;
        let mut out = Collector::new(&limits);
        read(&mut package, "word/document.xml", &mut out)?;
        Ok(out.finish())
    }

    /// Blocks as `text|`, tables as `[rows x cols row,col rows x cols:text ...]`.
    fn shown(body: &str) -> String {
        let document = parse(body).unwrap();
        let mut text = String::new();
        for block in &document.blocks {
            if block.table.is_none() {
                text.push_str(&format!("{}|", block.text));
            }
        }
        for table in &document.tables {
            text.push_str(&format!("[{}x{}", table.grid.rows(), table.grid.cols()));
            for cell in table.grid.cells() {
                let spans = format!("{}x{}", cell.row_span, cell.col_span).replace("1x1", "");
                text.push_str(&format!(" {},{}{spans}:{}", cell.row, cell.col, cell.text));
            }
            text.push(']');
        }
        text
    }

    fn check(body: &str, expected: &str) {
        assert_eq!(shown(body), expected, "{body}");
    }

    fn run(text: &str) -> String {
        format!("<w:r><w:t>{text}</w:t></w:r>")
    }

    fn cell(properties: &str, text: &str) -> String {
        format!("<w:tc><w:tcPr>{properties}</w:tcPr><w:p>{}</w:p></w:tc>", run(text))
    }

    #[test]
    fn text_is_what_word_prints() {
        let p = |content: &str| format!("<w:p>{content}</w:p>");
        check(&p(&format!("<w:ins>{}</w:ins><w:del><w:r><w:delText>b</w:delText></w:r></w:del>", run("a"))), "a|");
        check(&p(&format!("<w:moveFrom>{}</w:moveFrom><w:moveTo>{}</w:moveTo>", run("a"), run("b"))), "b|");
        check(
            &p(
                "<w:r><w:rPr><w:vanish/></w:rPr><w:t>a</w:t></w:r><w:r><w:t>b</w:t><w:tab/><w:t>c</w:t><w:br/><w:t>d</w:t></w:r>",
            ),
            "b\tc\nd|",
        );
        let field = "<w:r><w:fldChar w:fldCharType='begin'/></w:r><w:r><w:instrText>PAGE</w:instrText></w:r>\
            <w:r><w:t>x</w:t></w:r><w:r><w:fldChar w:fldCharType='separate'/></w:r><w:r><w:t>3</w:t></w:r>\
            <w:r><w:fldChar w:fldCharType='end'/></w:r><w:r><w:t>页</w:t></w:r>";
        check(&p(field), "3页|");
        check(
            &p("<w:r><w:sym w:font='Wingdings' w:char='F0FE'/><w:t>是</w:t><w:noBreakHyphen/></w:r>"),
            "☑是\u{2011}|",
        );
        check(&p("<w:r><w:rPr><w:rFonts w:ascii='Wingdings 2'/></w:rPr><w:t>R</w:t></w:r>"), "☑|");
        check(&p(&format!("{}<w:r><w:footnoteReference w:id='2'/></w:r>", run("a"))), "a|注|");
        let joined = p(&format!("<w:pPr><w:rPr><w:del/></w:rPr></w:pPr>{}", run("a"))) + &p(&run("b"));
        check(&joined, "ab|");
        let framed =
            |kind: &str| p(&format!("<w:pPr><w:framePr w:dropCap='{kind}'/></w:pPr>{}", run("本"))) + &p(&run("年"));
        check(&framed("drop"), "本年|");
        check(&framed("none"), "本|年|");
    }

    #[test]
    fn text_boxes_and_alternatives_are_read_once() {
        let boxed = |text: &str| format!("<w:txbxContent><w:p>{}</w:p></w:txbxContent>", run(text));
        let body = format!(
            "<w:p>{}<w:r><mc:AlternateContent><mc:Choice><w:drawing>{}</w:drawing></mc:Choice>\
             <mc:Fallback><w:pict><v:textbox>{}</v:textbox></w:pict></mc:Fallback></mc:AlternateContent></w:r>{}</w:p>",
            run("a"),
            boxed("框"),
            boxed("框"),
            run("b")
        );
        check(&body, "ab|框|");
        let unknown = body.replace("<mc:Choice>", "<mc:Choice><w:pict/></mc:Choice><mc:Choice>");
        check(&unknown, "ab|框|");
    }

    #[test]
    fn boxes_are_characters() {
        let control = |state: &str| {
            format!(
                "<w:p><w:sdt><w:sdtPr><w14:checkbox xmlns:w14='http://schemas.microsoft.com/office/word/2010/wordml'/></w:sdtPr>\
                 <w:sdtContent>{}</w:sdtContent></w:sdt>{}</w:p>",
                run(state),
                run("是")
            )
        };
        check(&(control("☒") + &control("☐")), "☒是|☐是|");
        let font = |letter: &str| {
            format!("<w:r><w:rPr><w:rFonts w:ascii='Wingdings' w:eastAsia='仿宋'/></w:rPr><w:t>{letter}</w:t></w:r>")
        };
        check(&format!("<w:p>{}{}{}</w:p>", font("þ"), font("\u{F0A8}"), run("否")), "☑□否|");
    }

    #[test]
    fn what_is_drawn_is_counted() {
        let drawn = "<w:p><w:r><w:drawing><x:pic xmlns:x='urn:x'/></w:drawing><w:drawing><x:chart xmlns:x='urn:x'/></w:drawing>\
                     <w:object><v:shape><v:imagedata/></v:shape><o:OLEObject xmlns:o='urn:o'/></w:object><w:pict><v:imagedata/></w:pict></w:r></w:p>";
        let warnings = parse_with_warnings(drawn).unwrap().1;
        let found: Vec<_> = warnings.into_iter().map(|warning| (warning.kind, warning.count)).collect();
        let dropped = |what: &str| WarningKind::Dropped(what.to_owned());
        assert_eq!(found, [(dropped("picture"), 2), (dropped("chart"), 1), (dropped("embedded object"), 1)]);
    }

    #[test]
    fn chunks_stand_where_they_were_put() {
        let p = |text: &str| format!("<w:p>{}</w:p>", run(text));
        check(&format!("{}<w:altChunk r:id='c'/>{}", p("a"), p("b")), "a|甲|b|[1x1 0,0:乙]");
        check(&format!("{}<w:altChunk r:id='none'/>", p("a")), "a|");
    }

    #[test]
    fn ticks_of_form_fields_are_text() {
        let field = |state: &str| {
            format!(
                "<w:r><w:fldChar w:fldCharType='begin'><w:ffData><w:checkBox>{state}</w:checkBox></w:ffData></w:fldChar></w:r>\
                 <w:r><w:instrText>FORMCHECKBOX</w:instrText></w:r><w:r><w:fldChar w:fldCharType='end'/></w:r>"
            )
        };
        let ticked = field("<w:default w:val='0'/><w:checked/>");
        let empty = field("<w:default w:val='1'/><w:checked w:val='0'/>");
        let choice = |first: &str, second: &str| format!("<w:p>{first}{}{second}{}</w:p>", run("是"), run("否"));
        check(&choice(&ticked, &empty), "☑是□否|");
        check(&choice(&empty, &ticked), "□是☑否|");
        check(&choice(&empty, &empty), "是否|");
        // In a cell a choice may go over several paragraphs.
        let lines = |first: &str, second: &str| {
            format!(
                "<w:tbl><w:tr><w:tc><w:p>{first}{}</w:p><w:p>{second}{}</w:p></w:tc></w:tr></w:tbl>",
                run("是"),
                run("否")
            )
        };
        check(&lines(&empty, &ticked), "[1x1 0,0:□是\n☑否]");
        check(&lines(&ticked, &empty), "[1x1 0,0:☑是\n□否]");
        check(&lines(&empty, &empty), "[1x1 0,0:是\n否]");
    }

    #[test]
    fn cells_stand_on_the_grid() {
        let rows = [
            format!(
                "<w:tr>{}{}</w:tr>",
                cell("<w:vMerge w:val='restart'/>", "a"),
                cell("<w:gridSpan w:val='2'/>", "b")
            ),
            format!("<w:tr>{}{}{}</w:tr>", cell("<w:vMerge/>", ""), cell("", "c"), cell("", "d")),
            format!(
                "<w:tr><w:trPr><w:gridBefore w:val='1'/></w:trPr>{}</w:tr>",
                cell("<w:hMerge w:val='restart'/>", "e") + &cell("<w:hMerge/>", "f")
            ),
            format!("<w:tr><w:trPr><w:del/></w:trPr>{}</w:tr>", cell("", "x")),
        ];
        let expected = "[3x3 0,02x1:a 0,11x2:b 1,1:c 1,2:d 2,0: 2,11x2:e\nf]";
        check(&format!("<w:tbl>{}</w:tbl>", rows.concat()), expected);
        // Content controls around rows and cells change nothing.
        let [first, second, third, _] = &rows;
        let sdt = |content: &str| {
            format!("<w:sdt><w:sdtPr><w:alias/></w:sdtPr><w:sdtContent>{content}</w:sdtContent></w:sdt>")
        };
        check(&format!("<w:tbl>{}{second}{third}</w:tbl>", sdt(first)), expected);
        let nested = format!(
            "<w:tbl><w:tr><w:tc><w:p>{}</w:p><w:tbl><w:tr>{}</w:tr></w:tbl><w:p/></w:tc></w:tr></w:tbl>",
            run("o"),
            cell("", "i")
        );
        check(&nested, "[1x1 0,0:o][1x1 0,0:i]");
        assert_eq!(parse(&nested).unwrap().tables[1].parent, Some((crate::document::TableId(0), 0, 0)));
    }

    #[test]
    fn damage_is_an_error() {
        let kind = |body: &str| parse(body).unwrap_err().kind();
        assert_eq!(kind("<w:p></w:r>"), ErrorKind::Malformed);
        let deep = "<w:tbl><w:tr><w:tc>".repeat(60) + &"</w:tc></w:tr></w:tbl>".repeat(60);
        assert_eq!(kind(&deep), ErrorKind::LimitExceeded);
    }
}
