//! Lines of a web page that are no part of the report on it.
//!
//! In: the blocks of a page, and which of them are nothing but links. Out: the same blocks; what stands around the report is a
//! header or footer and so kept apart: the place on the site and the line of publication, buttons, lists of links, the
//! imprint. Wrong: nothing; a line that is not known stays what it is.
//!
//! Observed on government sites. The counter of readers is the figure that such lines bring in most often.

use crate::document::{Block, BlockKind};

/// Longest line that is looked at, in bytes.
const LONGEST: usize = 600;
/// Lines of links that make a list.
const LIST: usize = 3;

/// Lines around one of an imprint that belong to it.
const NEAR: usize = 5;

/// Sets apart what stands around the report. `linked` are the indexes of blocks that are nothing but links, ascending.
pub(super) fn set_apart(blocks: &mut [Block], linked: &[usize]) {
    for block in blocks.iter_mut() {
        if let Some(kind) = kind_of(block) {
            block.kind = kind;
        }
    }
    if !linked.is_empty() {
        set_links_apart(blocks, linked);
    }
    // Lines of an imprint, in order: one look at each side is enough, however many there are.
    let imprint: Vec<usize> =
        blocks.iter().enumerate().filter(|(_, block)| is_imprint(&block.text)).map(|(at, _)| at).collect();
    for (at, block) in blocks.iter_mut().enumerate() {
        let next = imprint.partition_point(|other| *other < at.saturating_sub(NEAR));
        if imprint.get(next).is_some_and(|other| *other <= at + NEAR)
            && is_line(block)
            && ["主办", "承办", "协办", "技术支持", "网站地图", "联系我们"]
                .iter()
                .any(|word| block.text.starts_with(word))
        {
            block.kind = BlockKind::Footer;
        }
    }
}

/// Lists of links before the report and behind it. A page of nothing else keeps them.
fn set_links_apart(blocks: &mut [Block], linked: &[usize]) {
    let is_own = |at: usize, block: &Block| {
        linked.binary_search(&at).is_err() && !matches!(block.kind, BlockKind::Header | BlockKind::Footer)
    };
    let Some(first) = blocks.iter().enumerate().position(|(at, block)| is_own(at, block)) else { return };
    let mut rest = linked;
    while let Some(start) = rest.first().copied() {
        let run = rest.iter().enumerate().take_while(|(offset, at)| **at == start + offset).count();
        let list = blocks.get(start..start + run).unwrap_or_default();
        let named = list.iter().any(|block| block.text.starts_with("附件") || block.text.len() > LONGEST);
        let kind = if start < first { BlockKind::Header } else { BlockKind::Footer };
        let above = start.checked_sub(1).and_then(|at| blocks.get_mut(at));
        let heading = above.filter(|block| is_list_heading(&block.text));
        if !named && (run >= LIST || heading.is_some()) {
            if let Some(heading) = heading {
                heading.kind = kind;
            }
            let list = blocks.get_mut(start..start + run).unwrap_or_default();
            list.iter_mut().filter(|block| is_line(block)).for_each(|block| block.kind = kind);
        }
        rest = rest.get(run..).unwrap_or_default();
    }
}

fn is_line(block: &Block) -> bool {
    block.table.is_none() && matches!(block.kind, BlockKind::Paragraph | BlockKind::ListItem | BlockKind::Heading)
}

fn kind_of(block: &Block) -> Option<BlockKind> {
    if !is_line(block) || block.text.len() > LONGEST || block.text.contains('。') {
        return None;
    }
    if is_place(&block.text) || is_publication(&block.text) {
        return Some(BlockKind::Header);
    }
    (is_buttons(&block.text) || is_neighbour(&block.text) || is_imprint(&block.text)).then_some(BlockKind::Footer)
}

/// 「当前位置：首页 > 政务公开」.
fn is_place(text: &str) -> bool {
    const WORDS: [&str; 7] =
        ["当前位置", "您的位置", "您现在的位置", "您所在的位置", "您当前的位置", "现在位置", "所在位置"];
    let text = text.trim_start_matches(['【', '[', ' ', '\u{3000}', '\u{a0}']);
    WORDS.iter().any(|word| text.starts_with(word)) && (text.contains(['>', '›', '»', '→']) || text.contains("首页"))
}

/// 「发布时间：2023-01-02 来源：县财政局 浏览次数：12」: at least two labels, or the counter alone.
fn is_publication(text: &str) -> bool {
    const COUNTERS: [&str; 9] =
        ["浏览次数", "浏览量", "阅读次数", "阅读量", "点击次数", "点击数", "点击量", "访问次数", "访问量"];
    const LABELS: [&str; 14] = [
        "发布时间",
        "发布日期",
        "公开时间",
        "公开日期",
        "发文日期",
        "更新时间",
        "信息来源",
        "文章来源",
        "来源",
        "作者",
        "编辑",
        "发布机构",
        "字体",
        "字号",
    ];
    let labelled = |word: &&&str| {
        text.split_once(**word).is_some_and(|(_, rest)| {
            rest.trim_start_matches(['\u{3000}', '\u{a0}', ' ']).starts_with(['：', ':', '[', '【', '［', '（'])
        })
    };
    let counters = COUNTERS.iter().filter(labelled).count();
    let labels = LABELS.iter().filter(labelled).count();
    let begins = COUNTERS.iter().chain(&LABELS).any(|word| text.trim_start_matches(['【', '[', ' ']).starts_with(word));
    begins && (counters > 0 || labels >= 2)
}

/// 「【打印本页】【关闭窗口】」: a line that is nothing but what one can click on.
fn is_buttons(text: &str) -> bool {
    const LONG: [&str; 22] = [
        "打印本页",
        "打印此页",
        "关闭窗口",
        "关闭本页",
        "返回顶部",
        "返回首页",
        "返回列表",
        "分享到",
        "分享至",
        "新浪微博",
        "腾讯微博",
        "QQ空间",
        "QQ好友",
        "朋友圈",
        "收藏本页",
        "加入收藏",
        "设为首页",
        "复制链接",
        "扫一扫",
        "在手机打开当前页",
        "在手机上打开当前页",
        "手机扫码阅读",
    ];
    const SHORT: [&str; 12] =
        ["打印", "关闭", "分享", "微信", "微博", "收藏", "字体", "字号", "大", "中", "小", "默认"];
    let is_mark = |letter: char| letter.is_whitespace() || "【】[]［］（）()|｜:：,，、>".contains(letter);
    let mut rest = text.trim_start_matches(is_mark);
    let (mut long, mut short) = (false, 0);
    while !rest.is_empty() {
        let after = if let Some(after) = LONG.iter().find_map(|word| rest.strip_prefix(word)) {
            long = true;
            after
        } else if let Some(after) = SHORT.iter().find_map(|word| rest.strip_prefix(word)) {
            short += 1;
            after
        } else {
            return false;
        };
        rest = after.trim_start_matches(is_mark);
    }
    // 大, 中 and 小 may be words of a report; all of them in one line are sizes of letters.
    long || short >= 3
}

/// The pages before and behind this one.
fn is_neighbour(text: &str) -> bool {
    ["上一篇", "下一篇", "上一条", "下一条"]
        .iter()
        .any(|word| text.strip_prefix(word).is_some_and(|rest| rest.trim_start().starts_with(['：', ':'])))
}

fn is_imprint(text: &str) -> bool {
    let marked = ["ICP备", "公网安备", "网站标识码", "版权所有"].iter().any(|word| text.contains(word));
    marked && text.len() <= LONGEST && !text.contains('。')
}

fn is_list_heading(text: &str) -> bool {
    ["相关链接", "相关信息", "相关文章", "相关阅读", "相关新闻", "友情链接", "推荐阅读", "热点推荐"]
        .contains(&text.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(lines: &[&str], linked: &[usize]) -> String {
        let block =
            |text: &&str| Block { kind: BlockKind::Paragraph, level: None, text: (*text).to_owned(), table: None };
        let mut blocks: Vec<Block> = lines.iter().map(block).collect();
        set_apart(&mut blocks, linked);
        let letter = |block: &Block| match block.kind {
            BlockKind::Header => 'h',
            BlockKind::Footer => 'f',
            _ => '.',
        };
        blocks.iter().map(letter).collect()
    }

    #[test]
    fn lines_around_a_report_are_known() {
        let check = |line: &str, expected: &str| assert_eq!(kinds(&[line], &[]), expected, "{line}");
        check("您现在的位置： 首页 > 政务公开 > 预决算公开", "h");
        check("发布时间：2024-06-03 来源：青禾县水务局 浏览次数：1234 次 字体：[大 中 小]", "h");
        check("【字体：大 中 小】 浏览量：7", "h");
        check("【打印本页】 【关闭窗口】", "f");
        check("字体：[大 中 小]", "f");
        check("分享到：微信 微博", "f");
        check("上一篇：2022年度部门决算公开", "f");
        check("湘ICP备00000000号-1 公网安备 00000000000000号", "f");
        for own in [
            "来源：青禾县水务局",
            "项目所在位置：青禾县东河镇",
            "中",
            "数据来源：部门决算报表，编制说明见附件",
            "时间：2024年6月3日",
            "微信公众号发布信息12条",
            "发布时间由县水务局确定。来源：自有资金",
        ] {
            check(own, ".");
        }
    }

    #[test]
    fn lists_of_links_stand_around_a_report() {
        let page = ["首页", "公开", "互动", "2023年度绩效自评报告", "支出12.50万元", "相关链接", "甲", "乙", "丙"];
        assert_eq!(kinds(&page, &[0, 1, 2, 6, 7, 8]), "hhh..ffff");
        assert_eq!(kinds(&page, &[0, 1, 7]), ".........");
        assert_eq!(kinds(&page, &[6, 7]), ".....fff.");
        assert_eq!(kinds(&["报告", "附件1：甲.xls", "附件2：乙.xls", "附件3：丙.xls"], &[1, 2, 3]), "....");
        assert_eq!(kinds(&["甲", "乙", "丙"], &[0, 1, 2]), "...");
        assert_eq!(kinds(&["报告", "主办：青禾县人民政府", "版权所有：青禾县人民政府"], &[]), ".ff");
    }
}
