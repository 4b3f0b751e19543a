//! Who asks: language, colours and name, as their browser remembers them.
//!
//! In: a request's head. Out: a [`Visitor`]. Unknown values are the defaults. Nothing can go wrong here.

use axum::http::HeaderMap;
use axum::http::header::{ACCEPT_LANGUAGE, COOKIE};

use super::words::Language;

/// Which colours the pages have.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Theme {
    /// As the browser's.
    #[default]
    Auto,
    Light,
    Dark,
}

impl Theme {
    pub(super) fn label(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    pub(super) fn parse(text: &str) -> Option<Self> {
        [Self::Auto, Self::Light, Self::Dark].into_iter().find(|theme| theme.label() == text)
    }
}

/// Who asks.
#[derive(Debug, Clone, Default)]
pub(super) struct Visitor {
    pub(super) language: Language,
    pub(super) theme: Theme,
    /// How they signed their last decision.
    pub(super) name: String,
    /// Path and query of what they asked for.
    pub(super) target: String,
    /// A secret is asked for, and they gave it.
    pub(super) signed_in: bool,
}

impl Visitor {
    /// What the head of a request says; the usual language where it says none.
    pub(super) fn of(headers: &HeaderMap, target: &str, usual: Language) -> Self {
        let asked = |name: &str| parameter(target, name);
        let language = asked("lang").or_else(|| cookie(headers, "hedui-lang"));
        let theme = asked("theme").or_else(|| cookie(headers, "hedui-theme"));
        Self {
            language: language.and_then(|text| Language::parse(&text)).unwrap_or(usual),
            theme: theme.and_then(|text| Theme::parse(&text)).unwrap_or_default(),
            name: cookie(headers, "hedui-name").map(|text| decode(&text)).unwrap_or_default(),
            target: target.to_owned(),
            signed_in: false,
        }
    }
}

/// The language that problems are told to programs in: as the address asks, else as the head prefers, else English.
pub(super) fn tongue(headers: &HeaderMap, target: &str) -> Language {
    let asked = parameter(target, "lang").and_then(|text| Language::parse(&text));
    let accepted = headers.get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    // In the order they are named, which is that of preference in what browsers send.
    let mut tags = accepted.split(',').map(|tag| tag.trim().split(['-', ';']).next().unwrap_or_default());
    asked.or_else(|| tags.find_map(|tag| Language::parse(&tag.to_ascii_lowercase()))).unwrap_or(Language::En)
}

/// A parameter of a target's query, decoded.
pub(super) fn parameter(target: &str, name: &str) -> Option<String> {
    let (_, query) = target.split_once('?')?;
    let mut pairs = query.split('&').rev().filter_map(|pair| pair.split_once('='));
    pairs.find(|(key, _)| *key == name).map(|(_, value)| decode(value))
}

/// A cookie, RFC 6265.
pub(super) fn cookie(headers: &HeaderMap, name: &str) -> Option<String> {
    let texts = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = texts.flat_map(|text| text.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(key, _)| *key == name).map(|(_, value)| value.to_owned())
}

/// Percent-encoding taken away, RFC 3986; `+` is a space as in forms.
pub(super) fn decode(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let hex = |digits: &[u8]| u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok();
        match (first, after.get(..2).and_then(hex)) {
            (b'%', Some(byte)) => {
                bytes.push(byte);
                rest = after.get(2..).unwrap_or_default();
            }
            (b'+', _) => {
                bytes.push(b' ');
                rest = after;
            }
            _ => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Percent-encoding of everything but letters, digits and `-._~`.
pub(super) fn encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push('%');
            let digit = |value: u8| char::from_digit(u32::from(value), 16).unwrap_or('0').to_ascii_uppercase();
            encoded.extend([digit(byte >> 4), digit(byte & 15)]);
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encoding_and_back() {
        for text in ["", "a b", "报告&=?.docx", "%zz%", "100%"] {
            assert_eq!(decode(&encode(text)), text);
        }
        assert_eq!(decode("a+b%20c%E6%8A%A5%"), "a b c报%");
    }

    #[test]
    fn visitors() {
        let mut headers = HeaderMap::new();
        headers.insert(COOKIE, "x=1; hedui-lang=en; hedui-name=%E5%BC%A0".parse().unwrap());
        let visitor = Visitor::of(&headers, "/a?theme=dark&lang=xx", Language::Zh);
        assert_eq!((visitor.language, visitor.theme, visitor.name.as_str()), (Language::Zh, Theme::Dark, "张"));
        assert_eq!(Visitor::of(&headers, "/a", Language::Zh).language, Language::En);
        assert_eq!(Visitor::of(&HeaderMap::new(), "/a", Language::En).language, Language::En);
    }
}
