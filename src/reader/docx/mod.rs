//! Word documents.
//!
//! In: an open package whose main part is WordprocessingML. Out: its blocks and tables: the body first, then the notes it
//! refers to, then headers and footers. Wrong: a damaged main part is an error; damaged or missing side parts (styles,
//! numbering, notes, headers) are passed over with a warning.
//!
//! Follows ECMA-376 Parts 1 to 4 (Transitional and Strict). Pictures and other media are never touched.

mod chunks;
mod fields;
mod look;
mod math;
mod numbering;
pub(super) mod numerals;
mod paragraph;
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
    /// Spaces at the ends of texts count everywhere.
    keeps_spaces: bool,
}

/// Reads the document whose main part is `main` into `out`.
///
/// # Errors
/// `truncated`, `malformed`, `doctype-forbidden`, `encrypted`, `limit-exceeded`.
pub(super) fn read(package: &mut Package<'_>, main: &str, out: &mut Collector<'_>) -> Result<()> {
    read_level(package, main, 0, out)
}

/// Reads WordprocessingML that stands in one text.
///
/// # Errors
/// As for [`read`].
pub(super) fn read_text(text: &str, out: &mut Collector<'_>) -> Result<()> {
    let mut shared = Shared { keeps_spaces: true, ..Shared::default() };
    let part = "wordDocument";
    Story::read(&mut Xml::new(text, part, out.limits), part, BlockKind::Paragraph, &mut shared, out)?;
    if !shared.chunks.is_empty() {
        out.warn(WarningKind::Dropped("altChunk".to_owned()), Location::Document);
    }
    Ok(())
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
        if !shared.notes.iter().any(|(endnote, _)| *endnote == wanted) {
            continue;
        }
        match part_of(kind) {
            Some(part) => read_story(package, part, BlockKind::Note, &mut shared, out)?,
            None => out.warn(WarningKind::MissingPart(kind.to_owned()), Location::Document),
        }
    }
    let mut seen = BTreeSet::new();
    for (is_header, id) in std::mem::take(&mut shared.pages) {
        let Some(part) = relationships.iter().find(|part| part.id == id) else {
            out.warn(WarningKind::MissingPart(id), Location::Document);
            continue;
        };
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
    fn deleted_marks_move_no_text() {
        let p = |content: &str| format!("<w:p>{content}</w:p>");
        let marked = |text: &str| p(&format!("<w:pPr><w:rPr><w:del w:id='1'/></w:rPr></w:pPr>{}", run(text)));
        let table = |cells: &str| format!("<w:tbl><w:tr>{cells}</w:tr></w:tbl>");
        let in_cell = |content: &str| format!("<w:tc>{content}</w:tc>");
        check(&table(&(in_cell(&marked("12")) + &cell("", "34"))), "[1x2 0,0:12 0,1:34]");
        check(&table(&in_cell(&(p(&run("a")) + &marked("b") + &p(&run("c"))))), "[1x1 0,0:a\nbc]");
        check(&(marked("甲") + &table(&cell("", "1"))), "甲|[1x1 0,0:1]");
        check(&(p(&run("甲")) + &marked("7.5")), "甲|7.5|");
        check(&(marked("a") + &marked("b") + &p(&run("c")) + &p(&run("d"))), "abc|d|");
        let boxed = format!("<w:p>{}<w:pict><w:txbxContent>{}</w:txbxContent></w:pict></w:p>", run("a"), marked("b"));
        check(&(boxed + &p(&run("c"))), "a|b|c|");
        check(&marked(""), "");
    }

    fn field(kind: &str) -> String {
        format!("<w:r><w:fldChar w:fldCharType='{kind}'/></w:r>")
    }

    #[test]
    fn fields_end_with_their_paragraph() {
        let code = |text: &str| format!("{}<w:r><w:instrText>{text}</w:instrText></w:r>", field("begin"));
        let p = |content: &str| format!("<w:p>{content}</w:p>");
        let rest = p(&run("a")) + &p(&run("b"));
        check(&(p(&code("TOC")) + &rest), "a|b|");
        check(&(p(&(code("PAGE") + "<w:del>" + &field("end") + "</w:del>" + &run("x"))) + &rest), "x|a|b|");
        check(
            &p(&(code("PAGE") + "<w:del>" + &field("separate") + &run("0") + "</w:del>" + &run("1") + &field("end"))),
            "1|",
        );
        // A code may go on in the next paragraph, a result over several.
        let long = p(&code("IF"))
            + &p(&("<w:r><w:instrText>x</w:instrText></w:r>".to_owned() + &field("separate") + &run("1")));
        check(&(long + &p(&(run("2") + &field("end") + &run("3")))), "1|23|");
        check(&(p(&(code("TOC") + &field("separate") + &run("1"))) + &p(&field("end")) + &rest), "1|a|b|");
        let unended = parse_with_warnings(&(p(&code("TOC")) + &rest)).unwrap().1;
        assert_eq!(unended[0].kind, WarningKind::Dropped("field without end".to_owned()));
        // What is shown without a result.
        let shown = |text: &str| p(&(code(text) + &field("end") + &run("是")));
        check(&shown(" eq \\o\\ac(□,√)"), "☑是|");
        check(&shown("SYMBOL 254 \\f \"Wingdings\""), "☑是|");
        check(&shown("MACROBUTTON x 点此"), "点此是|");
        check(&p(&(code("SYMBOL 254 \\f Wingdings") + &field("separate") + &run("√") + &field("end"))), "√|");
        check(&p("<w:fldSimple w:instr='EQ \\f(1,2)'/>"), "1/2|");
    }

    #[test]
    fn raised_and_struck_text_joins_no_figure() {
        let p = |content: &str| format!("<w:p>{content}</w:p>");
        let raised =
            |text: &str| format!("<w:r><w:rPr><w:vertAlign w:val='superscript'/></w:rPr><w:t>{text}</w:t></w:r>");
        let struck = |kind: &str, text: &str| format!("<w:r><w:rPr><w:{kind}/></w:rPr><w:t>{text}</w:t></w:r>");
        check(&p(&(run("12.5") + &raised("3") + &run("万元"))), "12.5³万元|");
        check(&p(&(raised("1") + &run("2023年"))), "¹2023年|");
        // Signs with letters are none, unless a figure follows.
        check(&p(&(run("5m") + &raised("2"))), "5m2|");
        check(&p(&(run("5m") + &raised("2") + &run("500"))), "5m²500|");
        // A figure that is raised as a whole is a figure.
        check(&p(&(raised("12") + &raised("3"))), "123|");
        check(&p(&(run("支出") + &struck("strike", "8.5") + &run("9.5"))), "支出9.5|");
        check(&p(&(struck("dstrike", "8.5") + &run("9.5"))), "9.5|");
        check(&p(&(struck("strike", "未") + &run("完成"))), "未完成|");
        let kept = p("<w:r><w:rPr><w:strike w:val='0'/></w:rPr><w:t>8.5</w:t></w:r>");
        check(&kept, "8.5|");
        let warnings = parse_with_warnings(&p(&(struck("strike", "8.5") + &run("9.5")))).unwrap().1;
        assert_eq!(warnings[0].kind, WarningKind::Dropped("struck-out text".to_owned()));
        let mark = "<w:r><w:footnoteReference w:id='2' w:customMarkFollows='1'/><w:t>1</w:t></w:r>";
        check(&p(&(run("12.5") + mark + &run("万元"))), "12.5¹万元|注|");
        let power = "<m:oMath><m:sSup><m:e><m:r><m:t>10</m:t></m:r></m:e><m:sup><m:r><m:t>4</m:t></m:r></m:sup></m:sSup></m:oMath>";
        check(&p(&(run("约") + power + &run("元"))), "约10⁴元|");
        let half = "<m:oMath><m:f><m:num><m:r><m:t>1</m:t></m:r></m:num><m:den><m:r><m:t>2</m:t></m:r></m:den></m:f></m:oMath>";
        check(&p(&(run("3") + half)), "3 1/2|");
    }

    #[test]
    fn drawn_text_is_a_box() {
        let body = "<w:p><w:r><w:t>a</w:t></w:r><w:r><w:pict><v:shape><v:textpath string='题'/></v:shape></w:pict></w:r></w:p>";
        check(body, "a|题|");
        let canvas = "<w:p><w:r><w:drawing><a:txBody xmlns:a='urn:a'><a:p><a:r><a:t>甲</a:t></a:r></a:p><a:p><a:r><a:t>乙</a:t></a:r></a:p></a:txBody></w:drawing></w:r></w:p>";
        check(canvas, "甲\n乙|");
        let hidden =
            "<w:p><w:pPr><w:rPr><w:vanish/></w:rPr></w:pPr><w:r><w:rPr><w:vanish/></w:rPr><w:t>a</w:t></w:r></w:p>";
        check(hidden, "");
    }

    #[test]
    fn wide_hidden_and_deleted_cells() {
        let row = |properties: &str, cells: &str| format!("<w:tr><w:trPr>{properties}</w:trPr>{cells}</w:tr>");
        let two = row("", &(cell("", "a") + &cell("", "b")));
        let table = |rows: &str| format!("<w:tbl>{rows}</w:tbl>");
        let wide = row("", &cell("<w:gridSpan w:val='60000'/>", "t"));
        check(&table(&(wide.clone() + &two)), "[2x2 0,01x2:t 1,0:a 1,1:b]");
        check(&table(&(two.clone() + &wide)), "[2x2 0,0:a 0,1:b 1,01x2:t]");
        let warnings = parse_with_warnings(&table(&(wide + &two))).unwrap().1;
        assert_eq!(warnings[0].kind, WarningKind::IrregularRow);
        let far = row("<w:gridBefore w:val='50000'/><w:gridAfter w:val='50000'/>", &cell("", "c"));
        check(&table(&(two.clone() + &far)), "[2x3 0,0:a 0,1:b 0,2: 1,0: 1,1: 1,2:c]");
        check(&table(&(two.clone() + &row("<w:hidden/>", &cell("", "c")))), "[1x2 0,0:a 0,1:b]");
        check(
            &table(&(two + &row("", &(cell("<w:cellDel w:id='1'/>", "c") + &cell("", "d") + &cell("", "e"))))),
            "[2x2 0,0:a 0,1:b 1,0:d 1,1:e]",
        );
    }

    #[test]
    fn word_2003_is_the_same_vocabulary() {
        let text = "<w:wordDocument xmlns:w='http://schemas.microsoft.com/office/word/2003/wordml' xmlns:wx='urn:wx' xmlns:aml='urn:aml'>\
            <w:docPr><w:view/></w:docPr><w:styles><w:style w:type='paragraph' w:styleId='1'><w:name w:val='heading 1'/></w:style></w:styles>\
            <w:body><wx:sect><w:p><w:pPr><w:pStyle w:val='1'/><w:listPr><w:ilvl w:val='0'/><w:ilfo w:val='1'/><wx:t wx:val='一、'/></w:listPr></w:pPr>\
            <w:r><w:t>概况</w:t></w:r><w:r><w:footnote><w:p><w:r><w:t>注</w:t></w:r></w:p></w:footnote></w:r></w:p>\
            <w:p><w:pPr><w:listPr><w:ilvl w:val='0'/><w:ilfo w:val='2'/></w:listPr></w:pPr><w:r><w:t>支出 </w:t></w:r>\
            <aml:annotation w:type='Word.Deletion'><aml:content><w:r><w:delText>8</w:delText></w:r></aml:content></aml:annotation>\
            <aml:annotation w:type='Word.Insertion'><aml:content><w:r><w:t>9</w:t></w:r></aml:content></aml:annotation></w:p>\
            <w:tbl><w:tr><w:tc><w:tcPr><w:vmerge w:val='restart'/></w:tcPr><w:p><w:r><w:t>a</w:t></w:r></w:p></w:tc></w:tr>\
            <w:tr><w:tc><w:tcPr><w:vmerge/></w:tcPr><w:p/></w:tc></w:tr></w:tbl>\
            <w:sectPr><w:hdr w:type='odd'><w:p><w:r><w:t>页眉</w:t></w:r></w:p></w:hdr></w:sectPr></wx:sect></w:body></w:wordDocument>";
        let limits = Limits::default();
        let mut out = Collector::new(&limits);
        read_text(text, &mut out).unwrap();
        let (document, warnings) = out.finish();
        let blocks: Vec<_> = document.blocks.iter().map(|block| (block.kind, block.text.as_str())).collect();
        assert_eq!(
            blocks,
            [
                (BlockKind::Heading, "一、概况"),
                (BlockKind::ListItem, "支出 9"),
                (BlockKind::Table, ""),
                (BlockKind::Note, "注"),
                (BlockKind::Header, "页眉"),
            ]
        );
        assert_eq!(document.tables[0].grid.cells()[0].row_span, 2);
        let kinds: Vec<_> = warnings.into_iter().map(|warning| warning.kind).collect();
        assert_eq!(kinds, [WarningKind::HiddenText, WarningKind::NotAvailable("list numbers".to_owned())]);
    }

    #[test]
    fn damage_is_an_error() {
        let kind = |body: &str| parse(body).unwrap_err().kind();
        assert_eq!(kind("<w:p></w:r>"), ErrorKind::Malformed);
        let deep = "<w:tbl><w:tr><w:tc>".repeat(60) + &"</w:tc></w:tr></w:tbl>".repeat(60);
        assert_eq!(kind(&deep), ErrorKind::LimitExceeded);
    }
}
