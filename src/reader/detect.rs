//! What a source is, by its content.
//!
//! In: its bytes. Out: the kind of container or syntax, or the error that says why it is not read. Names and extensions
//! play no part: HTML saved as .xls, .xlsx named .xls and text named .csv are everyday input on government sites.
//!
//! Follows the magic numbers of the formats, the parts of ZIP packages (ECMA-376 Part 2, OpenDocument Part 3) and the
//! directory of OLE compound files ([MS-CFB] 2.6).

use super::package::{Package, resolve};
use super::xml::{self, Ns, Token, Xml};
use crate::error::{Error, ErrorKind, Result};
use crate::limits::Limits;

/// A ZIP package that can be read, with its main part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Packaged {
    /// Word.
    Docx(String),
    /// Excel.
    Xlsx(String),
    /// Excel, binary parts.
    Xlsb,
    /// OpenDocument spreadsheet.
    Ods,
}

/// What the bytes are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A ZIP package; its parts decide further.
    Zip,
    /// A BIFF workbook in a compound file.
    Xls,
    /// Text in some encoding; its characters decide further.
    Text,
}

/// Looks at the bytes.
///
/// # Errors
/// `empty-file`, `encrypted`, `legacy-word`, `pdf`, `rtf`, `archive`, `unsupported-format`, `unknown-format`.
pub(super) fn detect(bytes: &[u8]) -> Result<Kind> {
    if bytes.iter().all(|byte| byte.is_ascii_whitespace() || *byte == 0) {
        return Err(Error::new(ErrorKind::Empty, ""));
    }
    if bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"PK\x05\x06") || bytes.starts_with(b"PK\x07\x08") {
        return Ok(Kind::Zip);
    }
    if bytes.starts_with(&[0xD0, 0xCF, 0x11, 0xE0]) {
        return compound(bytes);
    }
    if is_raw_biff(bytes) {
        let detail = ("没有 OLE 容器的旧版 Excel 工作簿", "an old Excel workbook without its OLE container");
        return Err(Error::new(ErrorKind::UnsupportedFormat, detail));
    }
    if bytes.starts_with(b"\xFF\xFE\0\0") || bytes.starts_with(b"\0\0\xFE\xFF") {
        return Err(Error::new(ErrorKind::UnsupportedFormat, ("UTF-32 编码的文本", "text in UTF-32")));
    }
    if let Some((kind, name)) = known_binary(bytes) {
        return Err(Error::new(kind, name));
    }
    let head = text_head(bytes);
    if head.starts_with(b"%PDF-") || is_late_pdf(bytes) {
        return Err(Error::new(ErrorKind::Pdf, ""));
    }
    if head.starts_with(b"{\\rtf") {
        return Err(Error::new(ErrorKind::Rtf, ""));
    }
    // A ZIP with something in front of it still opens by its directory at the end.
    let early = bytes.get(..bytes.len().min(4096)).unwrap_or(bytes);
    if early.windows(4).any(|window| window == b"PK\x03\x04") && looks_binary(bytes) {
        return Ok(Kind::Zip);
    }
    if looks_binary(bytes) {
        return Err(Error::new(ErrorKind::UnknownFormat, ""));
    }
    Ok(Kind::Text)
}

/// Which Office or OpenDocument format a package holds.
///
/// # Errors
/// `unsupported-format` for other packages, `archive` for plain ones, `encrypted`, and those of reading a part.
pub(super) fn packaged(package: &mut Package<'_>, limits: &Limits) -> Result<Packaged> {
    if package.has("mimetype") && package.has("content.xml") {
        let mime = package.read("mimetype")?.unwrap_or_default();
        if mime.starts_with(b"application/vnd.oasis.opendocument.spreadsheet") {
            return Ok(Packaged::Ods);
        }
        return Err(Error::new(
            ErrorKind::UnsupportedFormat,
            ("不是表格的 OpenDocument 文件", "an OpenDocument file that is no spreadsheet"),
        ));
    }
    let main = main_part(package, limits)?;
    let types = package.read("[Content_Types].xml")?.unwrap_or_default();
    let types = xml::decode(&types).0.into_owned();
    if let Some(main) = main.filter(|main| package.has(main)) {
        let kind = content_type(&types, &main, limits);
        let folder = main.to_lowercase();
        let is = |word: &str| kind.as_deref().is_some_and(|kind| kind.contains(word));
        if is("wordprocessingml") || (kind.is_none() && folder.contains("document")) || is("ms-word.") {
            return Ok(Packaged::Docx(main));
        }
        if is("sheet.binary") || main.ends_with(".bin") {
            return Ok(Packaged::Xlsb);
        }
        if is("spreadsheetml") || is("ms-excel") || folder.contains("workbook") {
            return Ok(Packaged::Xlsx(main));
        }
        if is("presentationml") || is("ms-powerpoint") {
            return Err(Error::new(ErrorKind::UnsupportedFormat, ("演示文稿", "a presentation")));
        }
        match root_of(package, &main, limits)? {
            Some(Ns::W) => return Ok(Packaged::Docx(main)),
            Some(Ns::Sheet) => return Ok(Packaged::Xlsx(main)),
            _ => {}
        }
    }
    for (part, found) in [
        ("word/document.xml", Packaged::Docx("word/document.xml".to_owned())),
        ("xl/workbook.xml", Packaged::Xlsx("xl/workbook.xml".to_owned())),
        ("xl/workbook.bin", Packaged::Xlsb),
    ] {
        if package.has(part) {
            return Ok(found);
        }
    }
    if package.has("OFD.xml") {
        return Err(Error::new(
            ErrorKind::UnsupportedFormat,
            ("OFD 版式文件", "an OFD file, which is laid out for print"),
        ));
    }
    if package.has("encryptedpackage") || package.has("encryptioninfo") {
        return Err(Error::new(ErrorKind::Encrypted, ""));
    }
    Err(Error::new(ErrorKind::Archive, ("ZIP，其中没有 Office 文档部件", "a ZIP archive without an Office document")))
}

/// Vocabulary of a part's root element.
fn root_of(package: &mut Package<'_>, part: &str, limits: &Limits) -> Result<Option<Ns>> {
    let Some(bytes) = package.read(part)? else { return Ok(None) };
    let (text, _) = xml::decode(&bytes);
    let mut xml = Xml::new(&text, part, limits);
    loop {
        match xml.next() {
            Ok(Token::Start(ns)) => return Ok(Some(ns)),
            Ok(Token::Eof) | Err(_) => return Ok(None),
            Ok(_) => {}
        }
    }
}

/// The part that the package's own relationships call its document.
fn main_part(package: &mut Package<'_>, limits: &Limits) -> Result<Option<String>> {
    let Some(bytes) = package.read("_rels/.rels")? else { return Ok(None) };
    let (text, _) = xml::decode(&bytes);
    let mut xml = Xml::new(&text, "_rels/.rels", limits);
    loop {
        match xml.next() {
            Ok(Token::Start(_)) if xml.local() == "Relationship" => {
                if xml.attr("Type").is_some_and(|kind| kind.ends_with("/officeDocument")) {
                    return Ok(xml.attr("Target").map(|target| resolve("", &target)));
                }
            }
            Ok(Token::Eof) => return Ok(None),
            Ok(_) => {}
            // Broken relationships are reported when the document is read; the usual names are tried meanwhile.
            Err(error) if error.kind() == ErrorKind::Doctype => return Err(error),
            Err(_) => return Ok(None),
        }
    }
}

/// The content type of a part.
fn content_type(types: &str, part: &str, limits: &Limits) -> Option<String> {
    let mut xml = Xml::new(types, "[Content_Types].xml", limits);
    let extension = part.rsplit('.').next().unwrap_or_default();
    let mut by_extension = None;
    loop {
        match xml.next() {
            Ok(Token::Start(_)) => match xml.local() {
                "Override" => {
                    let name = xml.attr("PartName").unwrap_or_default();
                    if name.trim_start_matches('/').eq_ignore_ascii_case(part) {
                        return xml.attr("ContentType").map(|kind| kind.to_ascii_lowercase());
                    }
                }
                "Default" if xml.attr("Extension").is_some_and(|found| found.eq_ignore_ascii_case(extension)) => {
                    by_extension = xml.attr("ContentType").map(|kind| kind.to_ascii_lowercase());
                }
                _ => {}
            },
            Ok(Token::Eof) | Err(_) => return by_extension.filter(|kind| kind != "application/xml"),
            Ok(_) => {}
        }
    }
}

/// Compound files by the names of their streams, which stand in UTF-16 in the directory.
fn compound(bytes: &[u8]) -> Result<Kind> {
    let has = |name: &str| {
        let mut wanted: Vec<u8> = name.encode_utf16().flat_map(u16::to_le_bytes).collect();
        wanted.extend([0, 0]);
        directory_sectors(bytes).any(|entry| entry.starts_with(&wanted))
    };
    if has("EncryptedPackage") || has("EncryptionInfo") {
        let detail = ("设有打开密码的 Office 文档", "an Office document in an encrypted container");
        return Err(Error::new(ErrorKind::Encrypted, detail));
    }
    if has("WordDocument") {
        return Err(Error::new(ErrorKind::LegacyWord, ""));
    }
    if has("PowerPoint Document") {
        return Err(Error::new(ErrorKind::UnsupportedFormat, ("演示文稿", "a presentation")));
    }
    // A text or a presentation may hold workbooks of its own, so they come first.
    if has("Workbook") || has("Book") || has("WORKBOOK") || has("BOOK") {
        return Ok(Kind::Xls);
    }
    Err(Error::new(ErrorKind::UnknownFormat, ("不含文档的复合文件", "a compound file without a document")))
}

/// Everything in the file that can be a directory entry: entries are 128 bytes long and aligned to that.
fn directory_sectors(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    bytes.chunks_exact(128).skip(4)
}

/// BIFF without a compound file: a BOF record of one of the four versions at the very start.
fn is_raw_biff(bytes: &[u8]) -> bool {
    matches!(
        bytes,
        [0x09, 0x00, 0x04, 0x00, ..]
            | [0x09, 0x02, 0x06, 0x00, ..]
            | [0x09, 0x04, 0x06, 0x00, ..]
            | [0x09, 0x08, 0x08 | 0x10, 0x00, ..]
    )
}

/// Binary files that are not read: which kind of error, and what they are.
fn known_binary(bytes: &[u8]) -> Option<(ErrorKind, (&'static str, &'static str))> {
    const MAGIC: [(&[u8], &str, &str); 10] = [
        (b"\x89PNG", "PNG 图片", "a PNG picture"),
        (b"\xFF\xD8\xFF", "JPEG 图片", "a JPEG picture"),
        (b"GIF8", "GIF 图片", "a GIF picture"),
        (b"BM", "位图", "a bitmap picture"),
        (b"II*\x00", "TIFF 图片", "a TIFF picture"),
        (b"MM\x00*", "TIFF 图片", "a TIFF picture"),
        (b"AT&TFORM", "DjVu 文件", "a DjVu file"),
        (b"RIFF", "媒体文件", "a media file"),
        (b"\x7FELF", "可执行程序", "a program"),
        (b"MZ\x90\x00", "可执行程序", "a program"),
    ];
    const ARCHIVES: [(&[u8], &str, &str); 5] = [
        (b"Rar!\x1A\x07", "RAR", "a RAR archive"),
        (b"7z\xBC\xAF\x27\x1C", "7-Zip", "a 7-Zip archive"),
        (b"\x1F\x8B", "gzip", "a gzip archive"),
        (b"BZh", "bzip2", "a bzip2 archive"),
        (b"\xFD7zXZ\x00", "xz", "an xz archive"),
    ];
    let find = |list: &[(&[u8], &'static str, &'static str)]| {
        let (magic, zh, en) = list.iter().find(|(magic, ..)| bytes.starts_with(magic)).copied()?;
        // A short magic begins ordinary words as well.
        (magic.len() > 3 || looks_binary(bytes)).then_some((zh, en))
    };
    match find(&ARCHIVES) {
        Some(name) => Some((ErrorKind::Archive, name)),
        None => find(&MAGIC).map(|name| (ErrorKind::UnsupportedFormat, name)),
    }
}

/// A PDF with something in front of it, as readers of PDF allow: its mark begins a line of the first kilobyte, and objects
/// follow. A text that speaks of the mark has none.
fn is_late_pdf(bytes: &[u8]) -> bool {
    let near = bytes.get(..bytes.len().min(1024 + 8)).unwrap_or(bytes);
    let mark = near.windows(8).enumerate().find(|(at, window)| {
        let before = at.checked_sub(1).and_then(|before| near.get(before));
        matches!(window, [b'%', b'P', b'D', b'F', b'-', b'1' | b'2', b'.', b'0'..=b'9'])
            && before.is_none_or(|before| !(b' '..=b'~').contains(before))
    });
    let behind = mark.and_then(|(at, _)| bytes.get(at..bytes.len().min(at + 4096)));
    behind.is_some_and(|behind| behind.windows(4).any(|window| window == b" obj"))
}

/// The bytes after a mark and white space.
fn text_head(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes).trim_ascii_start()
}

/// Control characters that no text has. UTF-16 is full of NUL bytes and is let through by its evenness.
fn looks_binary(bytes: &[u8]) -> bool {
    let sample = bytes.get(..bytes.len().min(16 << 10)).unwrap_or(bytes);
    let controls = sample.iter().filter(|byte| matches!(byte, 1..=8 | 0x0E..=0x1A | 0x1C..=0x1F | 0x7F)).count();
    let nul = sample.iter().filter(|byte| **byte == 0).count();
    let marked = sample.starts_with(&[0xFF, 0xFE]) || sample.starts_with(&[0xFE, 0xFF]);
    let strange = nul * 50 > sample.len() || controls * 50 > sample.len();
    // Bytes of hanzi in UTF-16 are anything; NUL stands in those of letters only.
    strange && !marked && !super::encoding::is_utf16(sample)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_says_what_it_is() {
        let check = |bytes: &[u8], expected: std::result::Result<Kind, ErrorKind>| {
            assert_eq!(detect(bytes).map_err(|error| error.kind()), expected);
        };
        check(b"", Err(ErrorKind::Empty));
        check(b" \r\n", Err(ErrorKind::Empty));
        check(b"PK\x03\x04rest", Ok(Kind::Zip));
        check(b"%PDF-1.7", Err(ErrorKind::Pdf));
        check(b"{\\rtf1 x}", Err(ErrorKind::Rtf));
        check(b"\x89PNG\r\n\x1a\n", Err(ErrorKind::UnsupportedFormat));
        check(b"Rar!\x1a\x07\x01\x00", Err(ErrorKind::Archive));
        check(b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03", Err(ErrorKind::Archive));
        check(b"\x09\x08\x10\x00\x00\x06", Err(ErrorKind::UnsupportedFormat));
        check(b"\xFF\xFE\0\0a\0\0\0", Err(ErrorKind::UnsupportedFormat));
        check(b"HTTP/1.1 200 OK\r\n\r\n%PDF-1.4\n1 0 obj", Err(ErrorKind::Pdf));
        check("文件头是\n%PDF-1.4\n的就是 PDF".as_bytes(), Ok(Kind::Text));
        let hanzi: Vec<u8> = "绩效自评工作任务全部完成".repeat(3).encode_utf16().flat_map(u16::to_le_bytes).collect();
        check(&hanzi, Ok(Kind::Text));
        check("BMI 指标".as_bytes(), Ok(Kind::Text));
        check(&[1, 2, 3, 4, 5, 200, 6, 7], Err(ErrorKind::UnknownFormat));
        let utf16: Vec<u8> = "a,b\r\n1,2\r\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
        check(&utf16, Ok(Kind::Text));
    }

    #[test]
    fn a_text_with_a_workbook_in_it_is_a_text() {
        let file = |streams: &[&str]| {
            let mut bytes = vec![0; 512];
            for stream in streams {
                let mut entry: Vec<u8> = stream.encode_utf16().flat_map(u16::to_le_bytes).collect();
                entry.resize(128, 0);
                bytes.extend(entry);
            }
            compound(&bytes).map_err(|error| error.kind())
        };
        assert_eq!(file(&["Root Entry", "Workbook"]), Ok(Kind::Xls));
        assert_eq!(file(&["Root Entry", "ObjectPool", "Workbook", "WordDocument"]), Err(ErrorKind::LegacyWord));
        assert_eq!(file(&["Workbook", "PowerPoint Document"]), Err(ErrorKind::UnsupportedFormat));
        assert_eq!(file(&["Workbook", "EncryptedPackage"]), Err(ErrorKind::Encrypted));
        assert_eq!(file(&["Root Entry"]), Err(ErrorKind::UnknownFormat));
    }
}
