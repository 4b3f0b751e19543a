//! Words that make a cell a column header, and those that say its column holds values.
//!
//! Only the shape is judged here: which cell names a column. What a column means is the vocabulary's business.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// Endings of headers whose columns hold values.
const VALUE: [&str; 52] = [
    "预算数",
    "决算数",
    "执行数",
    "支出数",
    "完成数",
    "调整数",
    "增减数",
    "预算",
    "决算",
    "执行率",
    "支出率",
    "到位率",
    "完成率",
    "控制率",
    "增减率",
    "分值",
    "得分",
    "自评分",
    "评分",
    "权重",
    "目标值",
    "指标值",
    "完成值",
    "实际值",
    "标准值",
    "金额",
    "额",
    "占比",
    "比重",
    "比例",
    "编制数",
    "人数",
    "数量",
    "单价",
    "规模",
    "投资",
    "时间",
    "日期",
    "文号",
    "备注",
    "说明",
    "完成情况",
    "改进措施",
    "原因分析",
    "偏差原因",
    "依据",
    "实际支出",
    "支出金额",
    "本年支出",
    "收入",
    "支出",
    "%",
];

/// Endings of headers whose columns hold labels.
const LABEL: [&str; 16] = [
    "一级指标",
    "二级指标",
    "三级指标",
    "四级指标",
    "指标名称",
    "指标内容",
    "项目",
    "项目名称",
    "科目",
    "科目名称",
    "科目编码",
    "资金来源",
    "内容",
    "名称",
    "序号",
    "类别",
];

/// What a header says about its column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum HeaderSort {
    /// Names of rows stand below.
    Label,
    /// Values stand below.
    Value,
}

/// Header words by their last character.
static BY_END: LazyLock<BTreeMap<char, Vec<(&'static str, HeaderSort)>>> = LazyLock::new(|| {
    let labels = LABEL.into_iter().map(|word| (word, HeaderSort::Label));
    let values = VALUE.into_iter().map(|word| (word, HeaderSort::Value));
    let mut words: BTreeMap<char, Vec<(&'static str, HeaderSort)>> = BTreeMap::new();
    for (word, sort) in labels.chain(values) {
        if let Some(last) = word.chars().next_back() {
            words.entry(last).or_default().push((word, sort));
        }
    }
    words
});

/// Judges a squeezed cell text; `None` when it is no known header word.
pub(super) fn header_sort(key: &str) -> Option<HeaderSort> {
    let bare = if key.contains(['(', ')']) { Cow::Owned(without_parentheses(key)) } else { Cow::Borrowed(key) };
    let bare = bare.trim_end_matches(':');
    let words = BY_END.get(&bare.chars().next_back()?)?;
    if bare.chars().count() > 16 {
        return None;
    }
    let fits = |word: &str, sort: HeaderSort| match sort {
        HeaderSort::Label => bare == word || (word.chars().count() >= 4 && bare.ends_with(word)),
        HeaderSort::Value => bare.ends_with(word),
    };
    words.iter().find(|(word, sort)| fits(word, *sort)).map(|(_, sort)| *sort)
}

/// The (folded) text without its parenthesized parts.
#[must_use]
pub fn without_parentheses(key: &str) -> String {
    let mut depth = 0_u32;
    key.chars()
        .filter(|c| match c {
            '(' => {
                depth += 1;
                false
            }
            ')' => {
                depth = depth.saturating_sub(1);
                false
            }
            _ => depth == 0,
        })
        .collect()
}
