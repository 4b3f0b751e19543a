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
mod html;
mod mhtml;
mod package;
mod raised;
mod relationships;
mod spreadsheet;
mod text;
mod xml;

use crate::document::{Encoding, Format, Location, Reading, WarningKind};
use crate::error::{Error, ErrorKind, Result};
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
        let page = mhtml::page(bytes)?;
        let decoded = encoding::decode(&page);
        read_html(&decoded.text, out)?;
        decoded.warn(out);
        *encoding = Some(decoded.encoding);
        return Ok(Format::Mhtml);
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
