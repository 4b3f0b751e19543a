//! Web archives: a page with its parts in one MIME message, which Word and browsers save as .mht or .doc.
//!
//! In: the bytes of the message. Out: the bytes of its page, transfer encoding removed. Wrong: a message without an HTML
//! part.
//!
//! Follows RFC 2045 (quoted-printable, base64), RFC 2046 (multipart) and RFC 2557 (the page is the first HTML part).

use crate::error::{Error, ErrorKind, Result};

/// Boundaries and parts that are looked at.
const MOST_PARTS: usize = 1000;

/// The bytes of the page.
///
/// # Errors
/// `unsupported-format` when there is no HTML in the message.
pub(super) fn page(bytes: &[u8]) -> Result<Vec<u8>> {
    let (head, body) = split_head(bytes);
    let boundary = parameter(&head, "boundary");
    let Some(boundary) = boundary else {
        return html_part(&head, body).ok_or_else(no_page);
    };
    let mark = format!("--{boundary}").into_bytes();
    let mut rest = body;
    for _ in 0..MOST_PARTS {
        let Some(start) = find(rest, &mark) else { break };
        let after = rest.get(start + mark.len()..).unwrap_or_default();
        let end = find(after, &mark).unwrap_or(after.len());
        let (head, body) = split_head(after.get(..end).unwrap_or_default().trim_ascii_start());
        if let Some(page) = html_part(&head, body) {
            return Ok(page);
        }
        // Parts within parts have marks of their own.
        if let Some(inner) = parameter(&head, "boundary").filter(|inner| *inner != boundary) {
            let inner = format!("--{inner}").into_bytes();
            let at = find(body, &inner).map_or(0, |at| at + inner.len());
            let (head, body) = split_head(body.get(at..).unwrap_or_default().trim_ascii_start());
            let end = find(body, &inner).unwrap_or(body.len());
            if let Some(page) = html_part(&head, body.get(..end).unwrap_or_default()) {
                return Ok(page);
            }
        }
        rest = after.get(end..).unwrap_or_default();
    }
    Err(no_page())
}

fn no_page() -> Error {
    Error::new(ErrorKind::UnsupportedFormat, ("MIME 邮件中没有网页", "a MIME message without a page"))
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

    #[test]
    fn the_page_is_found_and_decoded() {
        let message = b"MIME-Version: 1.0\r\nContent-Type: multipart/related;\r\n\tboundary=\"x\"\r\n\r\n--x\r\nContent-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n<p>=E6=A0=B8=\r\n=E5=AF=B9</p>\r\n--x--\r\n";
        assert_eq!(String::from_utf8(page(message).unwrap()).unwrap().trim(), "<p>核对</p>");
        let single = b"Content-Type: text/html\nContent-Transfer-Encoding: base64\n\nPHA+5qC4\n5a+5PC9wPg==";
        assert_eq!(String::from_utf8(page(single).unwrap()).unwrap(), "<p>核对</p>");
        assert!(page(b"Content-Type: text/plain\n\nx").is_err());
    }
}
