//! Pages whose table cells were flattened to one paragraph each.
//!
//! In: the paragraphs of a document without any table. Out: the same document, in which paragraph sequences that are
//! certainly the cells of a known form are tables again. Wrong: what is not certain stays as it is.
//!
//! Observed in scraped pages of self-evaluation reports: every cell becomes a paragraph, every paragraph within a cell one of
//! its own ("年度" "指标值"), empty cells vanish. What makes a grid certain is a run of the form's own column headers; then
//! rows are a label and its figures, or the three levels of an indicator with target, result, weight and score. Figures
//! fill the columns from the left, which is where forms leave off.

use super::spans::is_figure;
use crate::document::{Block, BlockKind, Cell, GridBuilder, Table};
use crate::error::Result;
use crate::limits::Limits;
use crate::reader::collector::Collector;

/// Column headers of the forms, without year, unit and white space.
const COLUMNS: [&str; 28] = [
    "编制数",
    "实际在职人数",
    "控制率",
    "决算数",
    "预算数",
    "年初预算数",
    "全年预算数",
    "全年执行数",
    "调整预算数",
    "执行数",
    "执行率",
    "预算执行率",
    "分值",
    "得分",
    "权重",
    "自评得分",
    "批复规模",
    "实际规模",
    "规模控制率",
    "预算投资",
    "实际投资",
    "投资概算控制率",
    "年初设定数",
    "到位数",
    "到位率",
    "支出数",
    "结余数",
    "全年支出数",
];
/// Further column headers of an indicator table.
const INDICATOR_COLUMNS: [&str; 18] = [
    "年度指标值",
    "指标值",
    "年度目标值",
    "目标值",
    "实际完成值",
    "完成值",
    "实际值",
    "实际完成情况",
    "全年实际值",
    "分值",
    "权重",
    "得分",
    "自评得分",
    "偏差原因分析及改进措施",
    "未完成原因分析及改进措施",
    "偏差原因分析",
    "备注",
    "评分标准",
];
const LEVELS: [&str; 3] = ["一级指标", "二级指标", "三级指标"];
const FIRST_LEVELS: [&str; 9] =
    ["投入指标", "过程指标", "产出指标", "效益指标", "效果指标", "满意度指标", "成本指标", "管理指标", "预算执行指标"];
const SECOND_LEVELS: [&str; 16] = [
    "数量指标",
    "质量指标",
    "时效指标",
    "成本指标",
    "经济效益指标",
    "社会效益指标",
    "生态效益指标",
    "环境效益指标",
    "可持续影响指标",
    "可持续发展指标",
    "服务对象满意度指标",
    "社会公众满意度指标",
    "满意度指标",
    "经济成本指标",
    "社会成本指标",
    "生态环境成本指标",
];
/// Labels that narrow columns break over several paragraphs.
const BROKEN: [&str; 6] = ["年度预算申请", "年度总体目标", "年度资金总额", "整体资金", "绩效指标", "实际在职人数"];
/// Paragraphs that one label may be broken into.
const MOST_PIECES: usize = 6;
/// Labels without a figure that may stand before the next label that has one.
const MOST_BARE_LABELS: usize = 3;
/// Characters of a row label at most.
const LABEL_CHARS: usize = 24;
/// Column headers of one form at most. What is wider is a list of words; without a bound a page of nothing but headers would be
/// looked through once per header.
const MOST_COLUMNS: usize = 32;

/// A cell: the paragraphs `first..end` of the document.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Token {
    text: String,
    first: usize,
    end: usize,
}

/// Puts tables in the place of their flattened cells.
///
/// # Errors
/// `limit-exceeded`.
pub(in crate::reader) fn rebuild(out: &mut Collector<'_>) -> Result<()> {
    if out.blocks.iter().any(|block| block.table.is_some()) {
        return Ok(());
    }
    let tokens = tokens(&out.blocks);
    let mut found = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        match form_at(&tokens, at) {
            Some(form) => {
                at = form.end;
                found.push(form);
            }
            None => at += 1,
        }
    }
    // One pass over the blocks, however many forms there are.
    let mut old = std::mem::take(&mut out.blocks).into_iter();
    let (mut blocks, mut at) = (Vec::with_capacity(old.len()), 0);
    for form in &found {
        let id = out.reserve_table()?;
        out.set_table(id, form.build(out.limits)?)?;
        let first = tokens.get(form.start).map_or(0, |token| token.first);
        let end = tokens.get(form.end - 1).map_or(first, |token| token.end);
        blocks.extend(old.by_ref().take(first.saturating_sub(at)));
        old.by_ref().take(end.saturating_sub(first)).for_each(drop);
        blocks.push(Block::table(id));
        at = end;
    }
    blocks.extend(old);
    out.blocks = blocks;
    Ok(())
}

/// Paragraphs, with the pieces of a known label joined.
fn tokens(blocks: &[Block]) -> Vec<Token> {
    let mut tokens: Vec<Token> = Vec::new();
    let mut at = 0;
    while let Some(block) = blocks.get(at) {
        let pieces = (2..=MOST_PIECES).rev().filter(|_| block.text.len() <= LABEL_CHARS * 4).find(|pieces| {
            let joined: String = blocks.iter().skip(at).take(*pieces).map(|block| compact(&block.text)).collect();
            blocks.len() >= at + pieces && is_known_label(&joined)
        });
        let count = if is_known_label(&compact(&block.text)) { 1 } else { pieces.unwrap_or(1) };
        let text = blocks.iter().skip(at).take(count).map(|block| block.text.trim()).collect::<Vec<_>>().join("\n");
        let is_text = matches!(block.kind, BlockKind::Paragraph | BlockKind::ListItem | BlockKind::Heading);
        match tokens.last_mut() {
            Some(last) if is_text && is_bracketed(&text) && last.text.chars().count() <= LABEL_CHARS => {
                last.text.push('\n');
                last.text.push_str(&text);
                last.end = at + count;
            }
            _ => tokens.push(Token { text, first: at, end: at + count }),
        }
        at += count;
    }
    tokens
}

fn compact(text: &str) -> String {
    text.chars().filter(|letter| !letter.is_whitespace()).collect()
}

/// A remark under a label: "(50分)", "（㎡）".
fn is_bracketed(text: &str) -> bool {
    let text = text.trim();
    let inner = text.strip_prefix(['(', '（']).and_then(|rest| rest.strip_suffix([')', '）']));
    inner.is_some_and(|inner| inner.chars().count() <= 14 && !inner.contains(['(', '（', ')', '）']))
}

fn is_known_label(text: &str) -> bool {
    COLUMNS.contains(&text)
        || INDICATOR_COLUMNS.contains(&text)
        || LEVELS.contains(&text)
        || FIRST_LEVELS.contains(&text)
        || SECOND_LEVELS.contains(&text)
        || BROKEN.contains(&text)
}

/// A label without its remark in brackets, its year and white space.
fn bare(text: &str) -> String {
    let text = compact(text);
    let text = text.split(['(', '（']).next().unwrap_or_default();
    let digits = text.chars().take_while(char::is_ascii_digit).count();
    let rest: String = text.chars().skip(digits).collect();
    match rest.strip_prefix('年') {
        Some(rest) if digits == 4 => rest.to_owned(),
        _ => text.to_owned(),
    }
}

fn is_one_of(text: &str, list: &[&str]) -> bool {
    list.contains(&bare(text).as_str())
}

fn is_total(text: &str) -> bool {
    matches!(bare(text).as_str(), "总分" | "合计" | "总计")
}

/// What a form's table was found to be.
#[derive(Debug)]
struct Form {
    /// Tokens `start..end`.
    start: usize,
    end: usize,
    /// Texts by row; `None` where nothing begins (covered or empty).
    rows: Vec<Vec<Option<String>>>,
    /// Columns whose cells reach down to the next one.
    merged_cols: usize,
}

fn form_at(tokens: &[Token], at: usize) -> Option<Form> {
    indicator_form(tokens, at).or_else(|| figure_form(tokens, at))
}

/// A run of column headers, then labels with figures. A short label right before the headers is their corner.
fn figure_form(tokens: &[Token], at: usize) -> Option<Form> {
    let is_column = |index: usize| tokens.get(index).is_some_and(|token| is_one_of(&token.text, &COLUMNS));
    let corner = !is_column(at) && is_column(at + 1) && tokens.get(at).is_some_and(|token| is_label(&token.text));
    let first = if corner { at + 1 } else { at };
    let columns = (first..tokens.len()).take(MOST_COLUMNS + 1).take_while(|index| is_column(*index)).count();
    if !(2..=MOST_COLUMNS).contains(&columns) {
        return None;
    }
    let text_of = |index: usize| tokens.get(index).map(|token| token.text.clone());
    let mut header = vec![if corner { text_of(at) } else { None }];
    header.extend((first..first + columns).map(text_of));
    let mut rows = vec![header];
    let mut next = first + columns;
    let mut complete = false;
    let mut end = next;
    let mut bare_labels = 0;
    while let Some(token) = tokens.get(next) {
        // Figures right under the headers have the corner as their label.
        let labelled = !is_figure(&token.text);
        if labelled && (!is_label(&token.text) || is_breakdown_head(&token.text) || starts_form(tokens, next))
            || (!labelled && rows.len() > 1)
        {
            break;
        }
        let from = next + usize::from(labelled);
        let figures = (from..tokens.len())
            .take(columns)
            .take_while(|index| tokens.get(*index).is_some_and(|token| is_figure(&token.text)))
            .count();
        bare_labels = if figures == 0 { bare_labels + 1 } else { 0 };
        if bare_labels > MOST_BARE_LABELS {
            break;
        }
        let mut row = vec![if labelled { text_of(next) } else { None }];
        row.extend(
            (0..columns).map(|offset| if offset < figures { text_of(from + offset) } else { Some(String::new()) }),
        );
        complete |= figures == columns;
        rows.push(row);
        next = from + figures;
        if figures > 0 {
            end = next;
        }
    }
    // Labels at the end that no figure followed are not part of the table.
    let has_figure = |row: &Vec<Option<String>>| row.iter().skip(1).flatten().any(|text| !text.is_empty());
    let filled = rows.iter().rposition(has_figure).unwrap_or(0);
    rows.truncate(filled + 1);
    let (breakdown, end) = breakdown(tokens, end, columns + 1);
    rows.extend(breakdown);
    complete.then_some(Form { start: at, end, rows, merged_cols: 1 })
}

/// 按收入性质分： | 按支出性质分：, the heads of a form's breakdowns side by side, then cells like 「其他资金：1」 that carry
/// their label, from left to right. Gives the rows and the token behind them.
fn breakdown(tokens: &[Token], at: usize, width: usize) -> (Vec<Vec<Option<String>>>, usize) {
    let heads = tokens.iter().skip(at).take(width + 1).take_while(|token| is_breakdown_head(&token.text)).count();
    if heads == 0 || heads > width {
        return (Vec::new(), at);
    }
    let inscribed = |text: &str| {
        let (label, value) = text.rsplit_once([':', '：']).unwrap_or_default();
        is_label(label) && !label.is_empty() && (value.trim().is_empty() || is_figure(value.trim()))
    };
    let cells = tokens.iter().skip(at + heads).take_while(|token| inscribed(&token.text)).count();
    if cells < heads {
        return (Vec::new(), at);
    }
    let all: Vec<&Token> = tokens.iter().skip(at).take(heads + cells).collect();
    let rows = all.chunks(heads).map(|chunk| {
        let mut row = vec![Some(String::new()); width];
        for (index, token) in chunk.iter().enumerate() {
            if let Some(slot) = row.get_mut(index * width / heads) {
                *slot = Some(token.text.clone());
            }
        }
        row
    });
    (rows.collect(), at + heads + cells)
}

fn is_breakdown_head(text: &str) -> bool {
    text.starts_with('按') && bare(text).trim_end_matches([':', '：']).ends_with('分')
}

/// Whether another header run begins here.
fn starts_form(tokens: &[Token], at: usize) -> bool {
    let is_column = |index: usize| tokens.get(index).is_some_and(|token| is_one_of(&token.text, &COLUMNS));
    is_column(at) || (is_column(at + 1) && is_column(at + 2))
}

/// A short text without the punctuation of sentences that is no title.
fn is_label(text: &str) -> bool {
    let short = text.chars().count() <= LABEL_CHARS;
    short && !is_figure(text) && !text.contains(['。', '；', ';']) && !text.ends_with('表') && !text.starts_with("附件")
}

/// 一级指标 二级指标 三级指标 and what follows, then the indicators.
fn indicator_form(tokens: &[Token], at: usize) -> Option<Form> {
    if !starts_indicators(tokens, at) {
        return None;
    }
    let more = tokens.iter().skip(at + 3).take(MOST_COLUMNS + 1);
    let more = more.take_while(|token| is_one_of(&token.text, &INDICATOR_COLUMNS)).count();
    if !(2..=MOST_COLUMNS).contains(&more) {
        return None;
    }
    let columns = 3 + more;
    let names: Vec<String> = tokens.iter().skip(at).take(columns).map(|token| bare(&token.text)).collect();
    let header = tokens.iter().skip(at).take(columns).map(|token| Some(token.text.clone())).collect();
    let mut reader = IndicatorRows { tokens, names, next: at + columns, rows: vec![header], numbered: None };
    while reader.row() {}
    let filled = reader.rows.iter().skip(1).any(|row| row.iter().skip(3).flatten().any(|text| is_figure(text)));
    filled.then_some(Form { start: at, end: reader.next, rows: reader.rows, merged_cols: 2 })
}

/// 一级指标 二级指标 三级指标.
fn starts_indicators(tokens: &[Token], at: usize) -> bool {
    let is_level =
        |(offset, name): (usize, &&str)| tokens.get(at + offset).is_some_and(|token| bare(&token.text) == **name);
    LEVELS.iter().enumerate().all(is_level)
}

/// Reads the rows of an indicator table.
struct IndicatorRows<'a> {
    tokens: &'a [Token],
    names: Vec<String>,
    next: usize,
    rows: Vec<Vec<Option<String>>>,
    /// The indicators are numbered ("指标1:"), so that anything else is a value.
    numbered: Option<bool>,
}

impl IndicatorRows<'_> {
    fn peek(&self) -> Option<&str> {
        self.tokens.get(self.next).map(|token| token.text.as_str())
    }

    fn take(&mut self) -> Option<String> {
        let text = self.tokens.get(self.next)?.text.clone();
        self.next += 1;
        Some(text)
    }

    /// Reads one row; false at the end of the table.
    fn row(&mut self) -> bool {
        // Another table's headers are nobody's rows.
        let Some(text) = self.peek().filter(|_| !starts_indicators(self.tokens, self.next)) else { return false };
        if is_total(text) {
            self.total();
            return false;
        }
        let mut row: Vec<Option<String>> = vec![None, None];
        if is_one_of(text, &FIRST_LEVELS) && !self.is_second_level_here() {
            row = vec![self.take(), None];
        }
        if self.peek().is_some_and(is_second_level) {
            row = vec![row.into_iter().next().flatten(), self.take()];
        }
        let begun = row.iter().any(Option::is_some);
        let indicator = self.peek().filter(|text| self.is_indicator(text)).is_some();
        if !begun && !indicator {
            return false;
        }
        row.push(Some(if indicator { self.take().unwrap_or_default() } else { String::new() }));
        if indicator {
            let starts = row.last().and_then(Option::as_deref).is_some_and(|text| text.starts_with("指标"));
            self.numbered.get_or_insert(starts);
            self.values(&mut row);
        }
        row.resize(self.names.len(), Some(String::new()));
        self.rows.push(row);
        true
    }

    /// 成本指标 and 满意度指标 are names of both levels: within a first level that is already open they are the second.
    fn is_second_level_here(&self) -> bool {
        let both = self.peek().is_some_and(is_second_level);
        let after = self.tokens.get(self.next + 1).is_some_and(|token| is_second_level(&token.text));
        both && !after
    }

    fn is_indicator(&self, text: &str) -> bool {
        let form_line = ["填表人", "说明", "备注", "附件", "扫一扫", "单位负责人", "联系人"]
            .iter()
            .any(|start| text.starts_with(start));
        let numbered = self.numbered != Some(true) || text.starts_with("指标");
        !form_line && numbered && !is_figure(text) && !is_total(text)
    }

    /// Target and result, then weight and score, then a remark, each in the column that bears its name.
    fn values(&mut self, row: &mut Vec<Option<String>>) {
        while row.len() < self.names.len() {
            let column = self.names.get(row.len()).map_or("", String::as_str);
            let is_number_column = matches!(column, "分值" | "权重" | "得分" | "自评得分");
            let Some(text) = self.peek() else { return };
            let structural = is_total(text)
                || is_second_level(text)
                || is_one_of(text, &FIRST_LEVELS)
                || starts_indicators(self.tokens, self.next);
            let next_indicator = self.numbered == Some(true) && text.starts_with("指标");
            if structural || next_indicator {
                return;
            }
            if is_number_column && !is_figure(text) {
                // No weight or score is printed here; what comes may still be the remark or the next indicator.
                row.push(Some(String::new()));
                continue;
            }
            if row.len() >= 5
                && !is_number_column
                && !(self.numbered == Some(true) && !is_figure(text) && self.is_remark(text))
            {
                return;
            }
            row.push(self.take());
        }
    }

    fn is_remark(&self, text: &str) -> bool {
        !["填表人", "说明", "附件", "扫一扫"].iter().any(|start| text.starts_with(start))
    }

    /// 总分 with its figures under weight and score.
    fn total(&mut self) {
        let mut row = vec![self.take()];
        row.resize(self.names.len(), Some(String::new()));
        for (index, name) in self.names.clone().iter().enumerate() {
            let wanted = matches!(name.as_str(), "分值" | "权重" | "得分" | "自评得分");
            if wanted && self.peek().is_some_and(is_figure) {
                let figure = self.take();
                if let Some(slot) = row.get_mut(index) {
                    *slot = figure;
                }
            }
        }
        self.rows.push(row);
    }
}

fn is_second_level(text: &str) -> bool {
    is_one_of(text, &SECOND_LEVELS)
        || (!text.is_empty() && compact(text).chars().all(|letter| matches!(letter, '…' | '.')))
}

impl Form {
    /// The form as a table; where a leading column has no text, the cell above reaches down.
    fn build(&self, limits: &Limits) -> Result<Table> {
        let fit = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        let mut builder = GridBuilder::new(limits);
        for (row, texts) in self.rows.iter().enumerate() {
            for (col, text) in texts.iter().enumerate() {
                let Some(text) = text else { continue };
                let below = self.rows.iter().skip(row + 1);
                let open = |other: &&Vec<Option<String>>| {
                    // A new entry in a column to the left ends the one here as well.
                    other.iter().take(col + 1).all(Option::is_none)
                };
                let rows = if col < self.merged_cols { 1 + below.take_while(open).count() } else { 1 };
                builder.place(Cell { row_span: fit(rows), ..Cell::at(fit(row), fit(col), text.as_str().into()) })?;
            }
        }
        let cols = self.rows.iter().map(Vec::len).max().unwrap_or(0);
        Ok(Table::new(builder.finish(fit(self.rows.len()), fit(cols), true)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rebuilt(paragraphs: &[&str]) -> String {
        let limits = Limits::default();
        let mut out = Collector::new(&limits);
        for text in paragraphs {
            out.push_text(BlockKind::Paragraph, None, (*text).to_owned()).unwrap();
        }
        rebuild(&mut out).unwrap();
        let (document, _) = out.finish();
        let mut shown = String::new();
        for block in &document.blocks {
            match block.table.and_then(|id| document.table(id)) {
                Some(table) => {
                    for row in 0..table.grid.rows() {
                        let cells = (0..table.grid.cols()).map(|col| table.grid.at(row, col).unwrap().text.clone());
                        shown.push_str(&format!("[{}]", cells.collect::<Vec<_>>().join("|").replace('\n', "")));
                    }
                }
                None => shown.push_str(&format!("{};", block.text)),
            }
        }
        shown
    }

    #[test]
    fn figures_stand_under_their_headers() {
        let paragraphs = [
            "附件1",
            "经费情况",
            "2019年决算数",
            "2020年预算数",
            "甲",
            "1",
            "2",
            "乙",
            "丙",
            "3",
            "说明:略。",
            "人数",
            "编制数",
            "控制率",
            "4",
            "50%",
        ];
        let expected =
            "附件1;[经费情况|2019年决算数|2020年预算数][甲|1|2][乙||][丙|3|]说明:略。;[人数|编制数|控制率][人数|4|50%]";
        assert_eq!(rebuilt(&paragraphs), expected);
    }

    #[test]
    fn breakdowns_of_a_form_belong_to_its_table() {
        let paragraphs = [
            "年度预算申请",
            "预算数",
            "执行数",
            "年度资金总额",
            "80",
            "75",
            "按来源分：",
            "按用途分：",
            "其中：甲：60",
            "其中：丙：50",
            "乙：20",
            "丁：",
            "总体目标",
        ];
        let expected = "[年度预算申请|预算数|执行数][年度资金总额|80|75][按来源分：|按用途分：|]\
            [其中：甲：60|其中：丙：50|][乙：20|丁：|]总体目标;";
        assert_eq!(rebuilt(&paragraphs), expected);
    }

    #[test]
    fn indicators_have_their_levels() {
        let paragraphs = [
            "一级指标",
            "二级指标",
            "三级指标",
            "年度",
            "指标值",
            "实际完成值",
            "分值",
            "得分",
            "产出指标",
            "(50分)",
            "数量指标",
            "指标1:件数",
            "10件",
            "12件",
            "50",
            "49",
            "质量指标",
            "指标1:合格",
            "100%",
            "100%",
            "总分",
            "100",
            "99",
            "填表人:",
        ];
        let expected = "[一级指标|二级指标|三级指标|年度指标值|实际完成值|分值|得分]\
            [产出指标(50分)|数量指标|指标1:件数|10件|12件|50|49][产出指标(50分)|质量指标|指标1:合格|100%|100%||]\
            [总分|||||100|99]填表人:;";
        assert_eq!(rebuilt(&paragraphs), expected);
    }

    #[test]
    fn headers_end_the_table_above_them() {
        let header = ["一级指标", "二级指标", "三级指标", "年度指标值", "实际完成值"];
        let rows = ["产出指标", "数量指标", "件数", "10件", "12件"];
        let table = "[一级指标|二级指标|三级指标|年度指标值|实际完成值][产出指标|数量指标|件数|10件|12件]";
        let two = [&header[..], &rows, &header, &rows].concat();
        assert_eq!(rebuilt(&two), format!("{table}{table}"));
        // A header without rows is no table, and does not take the next one's rows.
        assert_eq!(rebuilt(&[&header[..], &header, &rows].concat()), format!("{};{table}", header.join(";")));
        // A list of words is no header.
        let words = ["预算数", "执行数"].repeat(MOST_COLUMNS);
        assert_eq!(rebuilt(&words), format!("{};", words.join(";")));
    }

    #[test]
    fn prose_stays_as_it_is() {
        let paragraphs = ["一、预算数", "全年预算数为100万元。", "得分", "分值", "很好。"];
        assert_eq!(rebuilt(&paragraphs), "一、预算数;全年预算数为100万元。;得分;分值;很好。;");
    }
}
