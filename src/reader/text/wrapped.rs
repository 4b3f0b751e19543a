//! Texts whose lines were broken at the edge of a page.
//!
//! In: lines of plain text. Out: the same lines, where those that only the edge has broken are one again. Wrong: lines of a list
//! that are as long as one another and end with no mark would be joined, if sentences ended within them as well.
//!
//! Observed in texts taken from PDF files: lines of one width, broken anywhere, between the digits of a figure and its unit as
//! well. A text is such a one when most of its long lines that end in the middle of a sentence reach the same width and none
//! goes beyond it. Paragraphs of one line each, tables and lists are left as they are.

use std::borrow::Cow;

/// Columns: fewer are a list, more a paragraph.
const WIDTHS: std::ops::RangeInclusive<usize> = 40..=130;
/// A broken line may end so many columns before the edge: words and figures are kept together.
const RAGGED: usize = 12;
/// Broken lines that tell.
const LEAST: usize = 4;

/// Joins what the edge of the page has broken.
pub(super) fn joined(text: &str) -> Cow<'_, str> {
    let lines: Vec<&str> = text.lines().collect();
    let Some(edge) = edge(&lines) else { return Cow::Borrowed(text) };
    let mut whole = String::with_capacity(text.len());
    for (at, line) in lines.iter().enumerate() {
        let next = lines.get(at + 1).copied().unwrap_or_default();
        let line = if at > 0 { line.trim_start() } else { line };
        if is_broken(line, next, edge) {
            let line = line.trim_end();
            whole.push_str(line);
            let letter = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphabetic());
            if letter(line.chars().next_back()) && letter(next.trim_start().chars().next()) {
                whole.push(' ');
            }
        } else {
            whole.push_str(line);
            whole.push('\n');
        }
    }
    Cow::Owned(whole)
}

/// The width at which the lines are broken.
fn edge(lines: &[&str]) -> Option<usize> {
    let widest = lines.iter().map(|line| width(line)).max().filter(|widest| WIDTHS.contains(widest))?;
    let open = |line: &&&str| is_running(line) && !ends_sentence(line) && width(line) * 2 > widest;
    let full = lines.iter().filter(open).filter(|line| width(line) + RAGGED >= widest).count();
    let all = lines.iter().filter(open).count();
    // Sentences end within lines; in a list of lines they end with them.
    let within = |line: &&&str| line.trim_end().trim_end_matches('。').contains('。');
    let flowing = lines.iter().filter(within).count() * 5 >= full;
    (full >= LEAST && full * 10 >= all * 7 && flowing).then_some(widest)
}

/// The next line goes on with the sentence.
fn is_broken(line: &str, next: &str, edge: usize) -> bool {
    let goes_on = is_running(next) && !opens_item(next.trim_start());
    is_running(line) && !ends_sentence(line) && width(line) + RAGGED >= edge && goes_on
}

/// 一、, （二）, 3., 第四: the number of a heading or an item.
fn opens_item(line: &str) -> bool {
    let numeral = |c: char| "一二三四五六七八九十".contains(c);
    let bare = line.trim_start_matches(['(', '（', '第']);
    let rest = bare.trim_start_matches(numeral);
    let chinese = rest.len() < bare.len() && (bare.len() < line.len() || rest.starts_with(['、', '.', '．']));
    let rest = bare.trim_start_matches(|c: char| c.is_ascii_digit());
    let digits = bare.len() - rest.len();
    let closed = rest.starts_with(['、', '．', ')', '）']);
    let dotted = rest.strip_prefix('.').is_some_and(|rest| !rest.starts_with(|c: char| c.is_ascii_digit()));
    chinese || ((1..=2).contains(&digits) && (closed || dotted))
}

/// Text and no row of a table.
fn is_running(line: &str) -> bool {
    !line.trim().is_empty() && !line.contains(['\t', '|']) && !line.trim().contains("   ")
}

fn ends_sentence(line: &str) -> bool {
    line.trim_end().ends_with(['。', '；', '：', '！', '？', ';', ':', '”', '》'])
}

/// Columns that a line takes: letters and figures one, all else two.
fn width(line: &str) -> usize {
    line.trim().chars().map(|c| if c.is_ascii() { 1 } else { 2 }).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_broken_at_the_edge_are_joined() {
        let text = "一、预算执行情况\n2023年度全年收入合计三千二百一十六点五零万元，其中财政拨款\n收入3000.10万元，占收入合计的九成以上；事业收入216.\n40万元，占收入合计的比重较上年略有下降。支出合计3100.20\n万元，比上年增加120.30万元，增长主要是人员经费增加，以及\n新增了一个建设项目。\n二、其他\n";
        let whole = joined(text);
        assert!(whole.contains("事业收入216.40万元"), "{whole}");
        assert!(whole.contains("3100.20万元，比上年"), "{whole}");
        assert!(whole.starts_with("一、预算执行情况\n2023年度"), "{whole}");
        assert!(whole.ends_with("建设项目。\n二、其他\n"), "{whole}");
    }

    #[test]
    fn paragraphs_of_one_line_stay() {
        let text = "单位基本情况\n本单位共有在职人员二十名，其中行政编制十名\n预算为100万元\n决算为90万元\n";
        assert!(matches!(joined(text), Cow::Borrowed(_)));
    }
}
