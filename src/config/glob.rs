//! Patterns of file names: which files of an inbox are taken or left out.
//!
//! In: a pattern as people write it and a path in an inbox, any bytes. Out: whether they fit. `*` stands for anything but
//! `/`, `?` for one character, `**` for any folders; letters A to Z fit in either case, for Windows writes `.DOCX`. A
//! pattern without `/` is about names in whatever folder. What can go wrong: an empty pattern, or one that leaves the
//! inbox.

/// A pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern {
    text: String,
    parts: Vec<Vec<u8>>,
}

impl Pattern {
    /// Reads a pattern.
    ///
    /// # Errors
    /// A sentence about what is wrong with it.
    pub(super) fn parse(text: &str) -> Result<Self, &'static str> {
        if text.is_empty() {
            return Err("the pattern is empty");
        }
        if text.starts_with('/') || text.split('/').any(|part| part == "..") {
            return Err("a pattern is about paths in the inbox: no `/` at its beginning, no `..`");
        }
        let lower = text.trim_end_matches('/').to_ascii_lowercase();
        let mut parts: Vec<Vec<u8>> = lower.split('/').map(|part| part.as_bytes().to_vec()).collect();
        if parts.len() == 1 && !text.ends_with('/') {
            parts.insert(0, b"**".to_vec());
        }
        Ok(Self { text: text.to_owned(), parts })
    }

    /// The pattern as it was written.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether a path fits, as a whole.
    #[must_use]
    pub fn matches(&self, path: &[u8]) -> bool {
        let path = path.to_ascii_lowercase();
        let parts: Vec<&[u8]> = path.split(|byte| *byte == b'/').collect();
        fits_all(&self.parts, &parts)
    }
}

fn fits_all(wanted: &[Vec<u8>], parts: &[&[u8]]) -> bool {
    match (wanted.split_first(), parts.split_first()) {
        (None, None) => true,
        (Some((first, rest)), _) if first == b"**" => {
            fits_all(rest, parts) || parts.split_first().is_some_and(|(_, parts)| fits_all(wanted, parts))
        }
        (Some((first, rest)), Some((part, parts))) => fits(first, part) && fits_all(rest, parts),
        _ => false,
    }
}

/// One part. After a star that led nowhere the star takes one byte more; earlier stars need not be asked again.
fn fits(wanted: &[u8], part: &[u8]) -> bool {
    let (mut at, mut from) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while let Some(byte) = part.get(from) {
        match wanted.get(at) {
            Some(b'*') => {
                star = Some((at + 1, from));
                at += 1;
            }
            Some(b'?') => {
                at += 1;
                from += char_bytes(part.get(from..).unwrap_or_default());
            }
            Some(same) if same == byte => {
                at += 1;
                from += 1;
            }
            _ => {
                let Some((after, taken)) = star else { return false };
                star = Some((after, taken + 1));
                (at, from) = (after, taken + 1);
            }
        }
    }
    wanted.iter().skip(at).all(|byte| *byte == b'*')
}

/// Bytes of the first character; one where the name is no UTF-8.
fn char_bytes(text: &[u8]) -> usize {
    let chunk = text.utf8_chunks().next();
    chunk.and_then(|chunk| chunk.valid().chars().next()).map_or(1, char::len_utf8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns() {
        for (pattern, path, fits) in [
            ("*.docx", "a.DOCX", true),
            ("*.docx", "x/y/报告.docx", true),
            ("*.docx", "a.docx.part", false),
            ("*草稿*", "x/2023草稿2.docx", true),
            ("??.txt", "报告.txt", true),
            ("?.txt", "报告.txt", false),
            ("2023/*.xlsx", "2023/a.xlsx", true),
            ("2023/*.xlsx", "2023/b/a.xlsx", false),
            ("2023/**", "2023/b/a.xlsx", true),
            ("**/old/*", "x/old/a", true),
            ("**/old/*", "old/a", true),
            ("old", "old", true),
            ("old/", "old", true),
            ("old/", "x/old", false),
            ("a*b*c", "aXbXbXc", true),
            ("a*b*c", "aXbXb", false),
            ("*", "", true),
        ] {
            assert_eq!(Pattern::parse(pattern).unwrap().matches(path.as_bytes()), fits, "{pattern} {path}");
        }
        assert!(Pattern::parse("*.txt").unwrap().matches(b"\xb1\xa8.txt"));
        assert!(Pattern::parse("??.txt").unwrap().matches(b"\xb1\xa8.txt"));
        for wrong in ["", "/a", "../a", "a/../b"] {
            assert!(Pattern::parse(wrong).is_err(), "{wrong}");
        }
    }
}
