//! HTML that is written by hand: only where templates do not reach, as for tables within tables.
//!
//! In: texts of documents. Out: markup in which they are nothing but text. The one way to put a text in is
//! [`Html::text`] or an attribute's value, which escape it.

use std::fmt;

/// Markup under way.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Html(String);

impl Html {
    /// Opens an element. The names are the program's own, the values may be anything.
    pub(super) fn open(&mut self, name: &'static str, attributes: &[(&'static str, &str)]) -> &mut Self {
        self.0.push('<');
        self.0.push_str(name);
        for (key, value) in attributes {
            self.0.push(' ');
            self.0.push_str(key);
            self.0.push_str("=\"");
            self.escape(value);
            self.0.push('"');
        }
        self.0.push('>');
        self
    }

    /// Closes an element.
    pub(super) fn close(&mut self, name: &'static str) -> &mut Self {
        self.0.push_str("</");
        self.0.push_str(name);
        self.0.push('>');
        self
    }

    /// A text; its line breaks become those of the page.
    pub(super) fn text(&mut self, text: &str) -> &mut Self {
        for (index, line) in text.split('\n').enumerate() {
            if index > 0 {
                self.0.push_str("<br>");
            }
            self.escape(line);
        }
        self
    }

    /// An element that holds nothing but a text.
    pub(super) fn leaf(&mut self, name: &'static str, attributes: &[(&'static str, &str)], text: &str) -> &mut Self {
        self.open(name, attributes).text(text).close(name)
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    fn escape(&mut self, text: &str) {
        for c in text.chars() {
            match c {
                '&' => self.0.push_str("&amp;"),
                '<' => self.0.push_str("&lt;"),
                '>' => self.0.push_str("&gt;"),
                '"' => self.0.push_str("&quot;"),
                '\'' => self.0.push_str("&#39;"),
                // Neither may stand in a page.
                '\0' | '\u{FFFE}' | '\u{FFFF}' => self.0.push('\u{FFFD}'),
                c => self.0.push(c),
            }
        }
    }
}

impl fmt::Display for Html {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Its text is markup already; see [`Html::text`].
impl askama::filters::HtmlSafe for Html {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_nothing_but_text() {
        let mut html = Html::default();
        html.leaf("td", &[("id", "\" onclick='x'")], "<script>&\n'\0");
        assert_eq!(html.to_string(), "<td id=\"&quot; onclick=&#39;x&#39;\">&lt;script&gt;&amp;<br>&#39;\u{FFFD}</td>");
    }
}
