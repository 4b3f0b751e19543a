//! Reports as web pages of a content management system, in the encodings such pages come in.

use std::error::Error;
use std::fmt::Write as _;

use encoding_rs::{GB18030, GBK};

use super::markup::{Cell, Chrome, Part, Report, Row};

/// The bytes a page is in and what it says of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Charset {
    /// UTF-8, declared.
    Utf8,
    /// GBK, declared as gb2312, as most older government sites do.
    GbkAsGb2312,
    /// GB18030 without a declaration.
    Gb18030Undeclared,
}

/// The report as the bytes of a page.
///
/// # Errors
/// When a part has no counterpart on a page or a character none in the encoding.
pub(super) fn render(report: &Report, charset: Charset) -> Result<Vec<u8>, Box<dyn Error>> {
    let page = page(report, charset)?;
    let encoding = match charset {
        Charset::Utf8 => return Ok(page.into_bytes()),
        Charset::GbkAsGb2312 => GBK,
        Charset::Gb18030Undeclared => GB18030,
    };
    let (bytes, _, unmappable) = encoding.encode(&page);
    if unmappable { Err("a character is not in the encoding".into()) } else { Ok(bytes.into_owned()) }
}

fn page(report: &Report, charset: Charset) -> Result<String, Box<dyn Error>> {
    let meta = match charset {
        Charset::Utf8 => "<meta charset=\"utf-8\"/>",
        Charset::GbkAsGb2312 => "<meta http-equiv=\"Content-Type\" content=\"text/html; charset=gb2312\"/>",
        Charset::Gb18030Undeclared => "",
    };
    let mut page = String::new();
    writeln!(page, "<!DOCTYPE html>\n<html><head>{meta}<title>{}</title>", escape(report.title()))?;
    writeln!(page, "<style>.nav li{{float:left}}</style></head><body>")?;
    writeln!(
        page,
        "<div class=\"nav\"><ul><li><a href=\"/\">首页</a></li><li><a href=\"/gk/\">公开</a></li></ul></div>"
    )?;
    for crumb in report.chrome(Chrome::Crumb) {
        writeln!(page, "<div class=\"position\">当前位置: {}</div>", escape(crumb))?;
    }
    writeln!(page, "<div class=\"main\"><h1>{}</h1>", escape(report.title()))?;
    for info in report.chrome(Chrome::Info) {
        writeln!(page, "<div class=\"info\">{}</div>", escape(info))?;
    }
    writeln!(page, "<div class=\"content\">")?;
    for part in &report.parts {
        match part {
            Part::Heading { text, .. } | Part::Paragraph(text) => writeln!(page, "{}", paragraph(text))?,
            Part::Table(rows) => write_table(&mut page, rows)?,
            Part::Title(_) | Part::Chrome { .. } => {}
            Part::Sheet(_) => return Err("not for a page".into()),
        }
    }
    writeln!(page, "</div></div>")?;
    for tail in report.chrome(Chrome::Tail) {
        writeln!(page, "<div class=\"footer\">{}</div>", escape(tail))?;
    }
    writeln!(page, "</body></html>")?;
    Ok(page)
}

/// Sections are plain paragraphs, as word processors paste them.
fn paragraph(text: &str) -> String {
    format!("<p style=\"text-indent:2em\"><span style=\"font-family:仿宋\">{}</span></p>", escape(text))
}

fn write_table(page: &mut String, rows: &[Row]) -> Result<(), std::fmt::Error> {
    writeln!(page, "<table border=\"1\" cellspacing=\"0\" class=\"MsoNormalTable\"><tbody>")?;
    for row in rows {
        writeln!(page, "<tr>")?;
        for cell in row {
            writeln!(page, "{}", table_cell(cell))?;
        }
        writeln!(page, "</tr>")?;
    }
    writeln!(page, "</tbody></table>")
}

fn table_cell(cell: &Cell) -> String {
    let span = |name, count| if count > 1 { format!(" {name}=\"{count}\"") } else { String::new() };
    let spans = span("rowspan", cell.rows) + &span("colspan", cell.cols);
    let lines: String = cell.lines().map(|line| format!("<p align=\"center\">{}</p>", filled(line))).collect();
    format!("<td{spans} style=\"border:1px solid #000\">{lines}</td>")
}

fn filled(line: &str) -> String {
    if line.is_empty() { "&nbsp;".to_owned() } else { escape(line) }
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
