//! Bytes in, [`Document`](crate::document::Document) out.
//!
//! In: the bytes of one source. Out: its blocks and tables as printed, the format that the content turned out to be, and
//! warnings about what was skipped or repaired. Wrong: one [`Error`] of a kind that says what the
//! file is and what can be done; no input makes a reader panic, hang or exceed the limits.
//!
//! Each format has its own module and library; they share detection, decoding, the XML tokens, the ZIP package and the
//! `Collector` that holds the document while it is read.

mod chrome;
mod collector;
mod detect;
mod docx;
mod encoding;
mod flat;
mod html;
mod mhtml;
mod package;
mod raised;
mod relationships;
mod spreadsheet;
mod text;
mod xml;

use crate::document::{Encoding, Format, Location, Reading, WarningKind};
use crate::error::{Bilingual, Error, ErrorKind, Result};
use crate::limits::Limits;
use collector::Collector;
use detect::{Kind, Packaged};
use package::Package;
use text::Syntax;

/// Reads one source. `name` is the file's name, used only to report an extension that does not match.
///
/// # Errors
/// Every kind of [`ErrorKind`] but `unreadable` and `unknown-pipeline`.
pub fn read(bytes: &[u8], name: &str, limits: &Limits) -> Result<Reading> {
    if bytes.len() as u64 > limits.input_bytes {
        return Err(Error::limit("input_bytes", limits.input_bytes));
    }
    let mut out = Collector::new(limits);
    let mut encoding = None;
    let format = match detect::detect(bytes)? {
        Kind::Zip => read_package(bytes, limits, &mut out)?,
        Kind::Xls => {
            spreadsheet::read_xls(bytes, &mut out)?;
            Format::Xls
        }
        Kind::Text => read_text(bytes, &mut out, &mut encoding)?,
    };
    let extension = name.rsplit_once('.').map(|(_, extension)| extension.to_lowercase());
    if let Some(extension) = extension.filter(|extension| !format.extensions().contains(&extension.as_str())) {
        let detail = format!(".{extension} ≠ {}", format.label());
        out.warn(WarningKind::ExtensionMismatch(detail), Location::Document);
    }
    if !out.has_text() {
        out.warn(WarningKind::NoText, Location::Document);
    }
    let (document, warnings) = out.finish();
    Ok(Reading { document, format, encoding, warnings })
}

fn read_package(bytes: &[u8], limits: &Limits, out: &mut Collector<'_>) -> Result<Format> {
    let mut package = Package::open(bytes, limits)?;
    match detect::packaged(&mut package, limits)? {
        Packaged::Docx(main) => {
            docx::read(&mut package, &main, out)?;
            Ok(Format::Docx)
        }
        Packaged::Xlsx(main) => {
            spreadsheet::read_xlsx(&mut package, &main, out)?;
            Ok(Format::Xlsx)
        }
        Packaged::Xlsb => {
            spreadsheet::read_xlsb(bytes, &mut package, out)?;
            Ok(Format::Xlsb)
        }
        Packaged::Ods => {
            spreadsheet::read_ods(&mut package, out)?;
            Ok(Format::Ods)
        }
    }
}

fn read_text(bytes: &[u8], out: &mut Collector<'_>, encoding: &mut Option<Encoding>) -> Result<Format> {
    let decoded = encoding::decode(bytes);
    if collector::is_blank(&decoded.text) {
        return Err(Error::new(ErrorKind::Empty, ""));
    }
    let syntax = text::syntax(&decoded.text);
    if syntax == Syntax::Mhtml {
        return read_archive(bytes, out, encoding);
    }
    decoded.warn(out);
    *encoding = Some(decoded.encoding);
    let text = decoded.text.as_ref();
    match syntax {
        Syntax::Html | Syntax::Mhtml => {
            read_html(text, out)?;
            Ok(Format::Html)
        }
        Syntax::SpreadsheetMl => {
            spreadsheet::read_xml2003(text, out)?;
            Ok(Format::SpreadsheetMl)
        }
        Syntax::WordXml => {
            docx::read_text(text, out)?;
            Ok(Format::WordXml)
        }
        Syntax::Package => {
            let limits = out.limits;
            let mut package = flat::package(text, limits)?;
            match detect::packaged(&mut package, limits)? {
                Packaged::Docx(main) => docx::read(&mut package, &main, out)?,
                _ => return Err(unknown_xml(text)),
            }
            Ok(Format::WordXml)
        }
        Syntax::OpenDocument => read_open_document(text, out),
        Syntax::Xml => Err(unknown_xml(text)),
        Syntax::Csv(separator) => {
            text::read_csv(text, separator, out)?;
            Ok(Format::Csv)
        }
        Syntax::Plain => {
            text::read_plain(text, out)?;
            Ok(Format::Text)
        }
    }
}

/// OpenDocument in one text: that of a spreadsheet is what its package has in one part.
fn read_open_document(text: &str, out: &mut Collector<'_>) -> Result<Format> {
    if !text.contains("<office:spreadsheet") {
        let detail = ("不是表格的 OpenDocument 文件", "an OpenDocument file that is no spreadsheet");
        return Err(Error::new(ErrorKind::UnsupportedFormat, detail));
    }
    // What the declaration says of bytes is no longer so.
    let content = text.split_once("?>").filter(|(head, _)| head.trim_start_matches('\u{FEFF}').starts_with("<?xml"));
    let content = content.map_or(text, |(_, content)| content);
    let mut package = Package::flat(vec![("content.xml".to_owned(), content.into())], out.limits);
    spreadsheet::read_ods(&mut package, out)?;
    Ok(Format::Ods)
}

fn unknown_xml(text: &str) -> Error {
    let root = flat::root_name(text);
    let detail = Bilingual { zh: format!("XML，根元素为 {root}"), en: format!("XML with the root {root}") };
    Error::new(ErrorKind::UnsupportedFormat, detail)
}

/// The pages of a web archive, each by itself: what is done with the blocks of one is no matter of the others.
fn read_archive(bytes: &[u8], out: &mut Collector<'_>, encoding: &mut Option<Encoding>) -> Result<Format> {
    let mut blocks = Vec::new();
    for page in mhtml::pages(bytes)? {
        let decoded = encoding::decode(&page);
        read_html(&decoded.text, out)?;
        decoded.warn(out);
        encoding.get_or_insert(decoded.encoding);
        blocks.append(&mut out.blocks);
        if blocks.len() > out.limits.blocks {
            return Err(Error::limit("blocks", out.limits.blocks));
        }
    }
    out.blocks = blocks;
    Ok(Format::Mhtml)
}

fn read_html(text: &str, out: &mut Collector<'_>) -> Result<()> {
    html::read(text, out)?;
    text::rebuild_flattened(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blank_texts_are_empty_files() {
        let check = |bytes: &[u8]| {
            let error = read(bytes, "a.txt", &Limits::default()).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Empty, "{bytes:?}");
        };
        check("\u{feff}".as_bytes());
        check("\u{feff}\u{3000}\u{a0}\r\n\u{200b}".as_bytes());
        // Two ideographic spaces in GBK, one in UTF-16.
        check(b"\xA1\xA1\xA1\xA1\r\n");
        check(b"\xFF\xFE\x00\x30");
    }
}
