//! Web archives: a page with its parts in one MIME message, which Word, Excel and browsers save as .mht, .doc or .xls.
//!
//! In: the bytes of the message. Out: the bytes of its pages, transfer encoding removed. Wrong: a message without an HTML
//! part.
//!
//! Follows RFC 2045 (quoted-printable, base64), RFC 2046 (multipart) and RFC 2557 (the page is the first HTML part). Observed:
//! Excel saves a workbook as a page of frames that names its sheets, each a part with a `Content-Location` of its own.

use crate::error::{Error, ErrorKind, Result};

/// Parts that are looked at.
const MOST_PARTS: usize = 1000;
/// Bytes of a page of frames.
const MOST_FRAMES: usize = 256 << 10;
/// Parts within parts.
const MOST_LEVELS: usize = 8;

/// A page of the message.
struct Page {
    /// Last step of its address.
    name: String,
    bytes: Vec<u8>,
}

/// The bytes of the pages: that of the message, or those that it shows in frames.
///
/// # Errors
/// `unsupported-format` when there is no HTML in the message.
pub(super) fn pages(bytes: &[u8]) -> Result<Vec<Vec<u8>>> {
    let mut found = Vec::new();
    let mut left = MOST_PARTS;
    collect(bytes, 0, &mut left, &mut found);
    let mut found = found.into_iter();
    let no_page = ("MIME 邮件中没有网页", "a MIME message without a page");
    let first = found.next().ok_or_else(|| Error::new(ErrorKind::UnsupportedFormat, no_page))?;
    let head = first.bytes.get(..first.bytes.len().min(MOST_FRAMES)).unwrap_or_default();
    let text = String::from_utf8_lossy(head).to_lowercase();
    if text.contains("<frameset") {
        // The list of tabs repeats the names of the sheets.
        let is_shown =
            |page: &Page| !page.name.is_empty() && !page.name.starts_with("tabstrip") && text.contains(&page.name);
        let shown: Vec<Vec<u8>> = found.filter(is_shown).map(|page| page.bytes).collect();
        if !shown.is_empty() {
            return Ok(shown);
        }
    }
    Ok(vec![first.bytes])
}

/// Collects the pages of a message or of a part that has parts itself.
fn collect(bytes: &[u8], level: usize, left: &mut usize, found: &mut Vec<Page>) {
    let (head, body) = split_head(bytes);
    let Some(boundary) = parameter(&head, "boundary").filter(|boundary| !boundary.is_empty() && level < MOST_LEVELS)
    else {
        if let Some(bytes) = html_part(&head, body) {
            let address = header(&head, "content-location").unwrap_or_default().to_lowercase();
            let name = address.rsplit(['/', '\\']).next().unwrap_or_default().to_owned();
            found.push(Page { name, bytes });
        }
        return;
    };
    let mark = format!("--{boundary}").into_bytes();
    let mut rest = body;
    while let Some(start) = boundary_line(rest, &mark).filter(|_| *left > 0) {
        *left -= 1;
        let after = rest.get(start + mark.len()..).unwrap_or_default();
        if after.starts_with(b"--") {
            break;
        }
        let end = boundary_line(after, &mark).unwrap_or(after.len());
        collect(after.get(..end).unwrap_or_default().trim_ascii_start(), level + 1, left, found);
        rest = after.get(end..).unwrap_or_default();
    }
}

/// Where a boundary stands: alone at the beginning of a line.
fn boundary_line(bytes: &[u8], mark: &[u8]) -> Option<usize> {
    let mut from = 0;
    loop {
        let at = from + find(bytes.get(from..)?, mark)?;
        let begins = at.checked_sub(1).and_then(|before| bytes.get(before)).is_none_or(|before| *before == b'\n');
        let rest = bytes.get(at + mark.len()..).unwrap_or_default();
        let rest = rest.strip_prefix(b"--").unwrap_or(rest);
        if begins && rest.first().is_none_or(u8::is_ascii_whitespace) {
            return Some(at);
        }
        from = at + 1;
    }
}

/// The header lines, folded ones joined, and what follows the empty line.
fn split_head(bytes: &[u8]) -> (String, &[u8]) {
    let (end, gap) = match (find(bytes, b"\r\n\r\n"), find(bytes, b"\n\n")) {
        (Some(crlf), Some(lf)) if lf < crlf => (lf, 2),
        (Some(crlf), _) => (crlf, 4),
        (None, Some(lf)) => (lf, 2),
        (None, None) => (bytes.len(), 0),
    };
    let head = String::from_utf8_lossy(bytes.get(..end).unwrap_or_default()).replace("\r\n", "\n");
    let head = head.replace("\n\t", " ").replace("\n ", " ");
    (head, bytes.get(end + gap..).unwrap_or_default())
}

fn header<'h>(head: &'h str, name: &str) -> Option<&'h str> {
    head.lines().find_map(|line| {
        let (found, value) = line.split_once(':')?;
        found.trim().eq_ignore_ascii_case(name).then(|| value.trim())
    })
}

fn parameter(head: &str, name: &str) -> Option<String> {
    let value = header(head, "content-type")?;
    value.split(';').skip(1).find_map(|parameter| {
        let (found, value) = parameter.split_once('=')?;
        found.trim().eq_ignore_ascii_case(name).then(|| value.trim().trim_matches('"').to_owned())
    })
}

/// The decoded body of an HTML part.
fn html_part(head: &str, body: &[u8]) -> Option<Vec<u8>> {
    let kind = header(head, "content-type")?.to_ascii_lowercase();
    if !kind.starts_with("text/html") && !kind.starts_with("application/xhtml") {
        return None;
    }
    let transfer = header(head, "content-transfer-encoding").unwrap_or_default().to_ascii_lowercase();
    Some(match transfer.as_str() {
        "quoted-printable" => quoted_printable(body),
        "base64" => base64(body),
        _ => body.to_vec(),
    })
}

fn quoted_printable(body: &[u8]) -> Vec<u8> {
    let digit = |byte: Option<&u8>| {
        byte.and_then(|byte| char::from(*byte).to_digit(16)).and_then(|digit| u8::try_from(digit).ok())
    };
    let mut out = Vec::with_capacity(body.len());
    let mut at = 0;
    while let Some(byte) = body.get(at) {
        at += 1;
        if *byte != b'=' {
            out.push(*byte);
            continue;
        }
        match (digit(body.get(at)), digit(body.get(at + 1))) {
            (Some(high), Some(low)) => {
                out.push(high * 16 + low);
                at += 2;
            }
            // A line end that is not part of the text.
            _ => match (body.get(at), body.get(at + 1)) {
                (Some(b'\r'), Some(b'\n')) => at += 2,
                (Some(b'\n'), _) => at += 1,
                _ => out.push(b'='),
            },
        }
    }
    out
}

fn base64(body: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(body.len() / 4 * 3);
    let (mut bits, mut count) = (0_u32, 0_u32);
    for byte in body {
        let value = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            b'=' => break,
            _ => continue,
        };
        bits = (bits << 6 | u32::from(value)) & 0xFF_FFFF;
        count += 6;
        if count >= 8 {
            count -= 8;
            out.push(u8::try_from(bits >> count & 0xFF).unwrap_or(0));
        }
    }
    out
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).position(|window| window == wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The pages as text.
    fn shown(message: &[u8]) -> Vec<String> {
        pages(message).unwrap().into_iter().map(|page| String::from_utf8(page).unwrap().trim().to_owned()).collect()
    }

    #[test]
    fn the_page_is_found_and_decoded() {
        let message = b"MIME-Version: 1.0\r\nContent-Type: multipart/related;\r\n\tboundary=\"x\"\r\n\r\n--x\r\nContent-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n<p>=E6=A0=B8=\r\n=E5=AF=B9</p>\r\n--x--\r\n";
        assert_eq!(shown(message), ["<p>核对</p>"]);
        let single = b"Content-Type: text/html\nContent-Transfer-Encoding: base64\n\nPHA+5qC4\n5a+5PC9wPg==";
        assert_eq!(shown(single), ["<p>核对</p>"]);
        assert!(pages(b"Content-Type: text/plain\n\nx").is_err());
    }

    #[test]
    fn parts_are_looked_for_within_parts() {
        let message =
            b"Content-Type: multipart/mixed; boundary=a\n\n--a\nContent-Type: multipart/related; boundary=ab\n\n\
            --ab\nContent-Type: multipart/alternative; boundary=c\n\n--c\nContent-Type: text/plain\n\nx\n\
            --c\nContent-Type: text/html\n\n<p>1</p>\n--c--\n--ab--\n--a--";
        assert_eq!(shown(message), ["<p>1</p>"]);
        // Messages within messages end.
        let deep = b"Content-Type: multipart/mixed; boundary=a\n\n--a\n".repeat(3_000);
        assert!(pages(&deep).is_err());
    }

    #[test]
    fn frames_are_the_pages_they_show() {
        let part = |name: &str, page: &str| {
            format!("--a\nContent-Location: file:///C:/{name}\nContent-Type: text/html\n\n{page}\n")
        };
        let frames = "<FRAMESET><frame src=\"b.files/sheet001.htm\"><frame src=\"b.files/tabstrip.htm\"></FRAMESET>\
            <x:WorksheetSource HRef=\"b.files/sheet002.htm\"/>";
        let parts = [
            part("b.htm", frames),
            part("b.files/tabstrip.htm", "<p>0</p>"),
            part("b.files/sheet001.htm", "<p>1</p>"),
            part("b.files/sheet002.htm", "<p>2</p>"),
            part("b.files/other.htm", "<p>3</p>"),
        ];
        let message = format!("Content-Type: multipart/related; boundary=a\n\n{}--a--", parts.concat());
        assert_eq!(shown(message.as_bytes()), ["<p>1</p>", "<p>2</p>"]);
        let alone = format!("Content-Type: multipart/related; boundary=a\n\n{}--a--", parts[0]);
        assert_eq!(shown(alone.as_bytes()).len(), 1);
    }
}
