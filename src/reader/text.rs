//! stub
use super::collector::Collector;
use crate::document::BlockKind;
use crate::error::Result;
pub(super) enum Syntax {
    Html,
    Csv(char),
    Plain,
    Unsupported(&'static str),
}
pub(super) fn syntax(text: &str) -> Syntax {
    let head = text.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
    if head.starts_with('<') {
        return Syntax::Html;
    }
    let _ = (Syntax::Csv(','), Syntax::Unsupported(""));
    Syntax::Plain
}
pub(super) fn read_csv(_: &str, _: char, _: &mut Collector<'_>) -> Result<()> {
    Ok(())
}
pub(super) fn read_plain(text: &str, out: &mut Collector<'_>) -> Result<()> {
    for line in text.lines() {
        out.push_text(BlockKind::Paragraph, None, line.to_owned())?;
    }
    Ok(())
}
