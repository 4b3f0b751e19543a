//! What the document is: kind, title, entity, region, fiscal year, publication date.

use super::regions;
use crate::document::Text;
use crate::normalize::table::CellRole;
use crate::normalize::{CellContent, Normalized, fold, key, period, without_parentheses};
use crate::record::{Entity, Identity, Period, Region, sha256_hex};
use crate::vocabulary::{DocumentKind, Vocabulary};

/// A line that may be a title, with the kind its words name.
struct Title<'a> {
    text: String,
    kind: &'a DocumentKind,
    year: Option<i32>,
}

/// Reads the identity of a document.
#[must_use]
pub fn identify(document: &Normalized, vocabulary: &Vocabulary) -> Identity {
    let titles = titles(document, vocabulary);
    let title = titles.first().map(|title| title.text.clone());
    let kind = titles.first().map(|title| title.kind.id.clone());
    let fiscal_year = titles.iter().find_map(|title| title.year).or_else(|| first_year(document));
    let name = entity(document, &titles);
    let region = region(document, name.as_deref(), &titles);
    let report_key = report_key(name.as_deref(), fiscal_year, kind.as_deref());
    Identity {
        kind,
        title: title.or_else(|| document.title.clone()).or_else(|| first_line(document)),
        report_key,
        language: chinese(document).then(|| "zh-CN".to_owned()),
        entity: Entity { name, region },
        fiscal_year,
        period: fiscal_year.map(|year| Period { start: format!("{year}-01-01"), end: format!("{year}-12-31") }),
        published: published(document),
    }
}

/// Short lines, table titles and the container's title whose words name a document kind, in reading order. A title that
/// is broken over two lines is joined.
fn titles<'a>(document: &Normalized, vocabulary: &'a Vocabulary) -> Vec<Title<'a>> {
    let lines = short_lines(document);
    let words = title_words(vocabulary);
    let kind_of = |line: &str| kind_of(line, &words);
    let mut found = Vec::new();
    for (index, line) in lines.iter().enumerate() {
        let joined = lines.get(index + 1).map(|next| format!("{line}{next}"));
        let alone = kind_of(line);
        let text = match (alone, &joined) {
            (Some(_), _) => line.to_string(),
            (None, Some(both)) if both.chars().count() <= 60 && kind_of(both).is_some() && has_year(line) => {
                both.clone()
            }
            _ => continue,
        };
        if let Some(kind) = kind_of(&text) {
            let year = period::years(&fold(&text)).first().map(|found| found.year);
            found.push(Title { text: text.replace('\n', ""), kind, year });
        }
    }
    found
}

fn has_year(text: &str) -> bool {
    !period::years(&fold(text)).is_empty()
}

fn short_lines(document: &Normalized) -> Vec<Text> {
    let mut lines: Vec<Text> = Vec::new();
    for block in &document.blocks {
        if let Some(table) = block.table.and_then(|id| document.tables.get(id.0)) {
            lines.extend(table.cells.iter().filter(|cell| cell.role == CellRole::Note).map(|cell| cell.text.clone()));
        } else if !block.chars.is_empty()
            && block.chars.len() <= 60
            && !block.chars.ends_with(&['。'])
            && !block.chars.contains(&'《')
        {
            lines.push(block.text.clone());
        }
    }
    lines.extend(document.title.as_deref().map(Text::from));
    lines
}

/// Words of titles as they are compared, with what they name.
type TitleWords<'a> = Vec<(Vec<String>, &'a DocumentKind)>;

fn title_words(vocabulary: &Vocabulary) -> TitleWords<'_> {
    vocabulary.document_kinds.iter().map(|kind| (kind.titles.iter().map(|title| key(title)).collect(), kind)).collect()
}

fn kind_of<'a>(line: &str, words: &TitleWords<'a>) -> Option<&'a DocumentKind> {
    let label = key(line);
    let label: String = without_parentheses(&label);
    if label.contains("通知") || label.contains("工作的") {
        return None;
    }
    words.iter().find(|(titles, _)| titles.iter().any(|title| label.contains(title.as_str()))).map(|(_, kind)| *kind)
}

fn first_year(document: &Normalized) -> Option<i32> {
    let mut plain = None;
    for block in &document.blocks {
        for found in period::years(&block.chars) {
            if found.fiscal {
                return Some(found.year);
            }
            plain = plain.or((!found.dated).then_some(found.year));
        }
    }
    plain.or_else(|| {
        let cells = document.tables.iter().flat_map(|table| &table.cells);
        cells.flat_map(|cell| period::years(&cell.chars)).find(|found| found.fiscal).map(|found| found.year)
    })
}

fn first_line(document: &Normalized) -> Option<String> {
    document
        .blocks
        .iter()
        .find(|block| !block.text.is_empty())
        .map(|block| block.text.replace('\n', "").chars().take(120).collect())
}

fn chinese(document: &Normalized) -> bool {
    let han = |chars: &[char]| chars.iter().any(|c| ('\u{4e00}'..='\u{9fff}').contains(c));
    document.blocks.iter().any(|block| han(&block.chars))
        || document.tables.iter().flat_map(|table| &table.cells).any(|cell| han(&cell.chars))
}

/// From a title, a form's label, the line under the title, or the publication line.
fn entity(document: &Normalized, titles: &[Title<'_>]) -> Option<String> {
    titles
        .iter()
        .find_map(|title| entity_in_title(&title.text))
        .or_else(|| entity_in_forms(document))
        .or_else(|| entity_in_labelled_lines(document))
        .or_else(|| entity_in_parentheses(document))
}

/// 「2022年度X市Y局整体支出绩效自评报告」: what stands between the year and the words for the kind, when it names an office.
fn entity_in_title(title: &str) -> Option<String> {
    let chars: Vec<char> = title.chars().collect();
    let folded = fold(title);
    let years = period::years(&folded);
    let mut text: String = match years.first() {
        Some(year) => {
            let before: String = chars.get(..year.start)?.iter().collect();
            let after: String = chars.get(year.end..)?.iter().collect();
            if office_end(&before).is_some() { before } else { after }
        }
        None => title.to_owned(),
    };
    text = text.trim().trim_start_matches(['年', '度']).to_owned();
    let end = office_end(&text)?;
    let name: String = text.chars().take(end).collect();
    let name = name.trim().trim_start_matches("关于").to_owned();
    (name.chars().count() >= 4).then_some(name)
}

/// How the names of offices, schools, associations and townships end.
const ENDINGS: [&str; 56] = [
    "局",
    "委员会",
    "委会",
    "办公室",
    "研究室",
    "中心",
    "委",
    "厅",
    "院",
    "政府",
    "学校",
    "党校",
    "大学",
    "中学",
    "小学",
    "职校",
    "幼儿园",
    "大队",
    "支队",
    "总队",
    "消防队",
    "执法队",
    "协会",
    "联合会",
    "红十字会",
    "基金会",
    "工会",
    "政协",
    "科协",
    "团委",
    "妇联",
    "残联",
    "文联",
    "侨联",
    "工商联",
    "社科联",
    "合作社",
    "宣传部",
    "组织部",
    "统战部",
    "武装部",
    "工作部",
    "街道办事处",
    "街道",
    "镇",
    "乡",
    "处",
    "馆",
    "所",
    "站",
    "署",
    "台",
    "林场",
    "农场",
    "集团",
    "公司",
];
/// Words that end like one and name none.
const NO_ENDINGS: [&str; 20] = [
    "城镇", "乡镇", "集镇", "村镇", "小镇", "重镇", "城乡", "用处", "好处", "场所", "平台", "舞台", "后台", "出台",
    "中台", "下乡", "返乡", "水乡", "古镇", "名镇",
];

/// Characters up to and with the last ending of an office's name that is followed by words of a report.
fn office_end(text: &str) -> Option<usize> {
    const FOLLOW: [&str; 14] =
        ["整体", "部门", "单位", "项目", "预算", "绩效", "决算", "年度", "专项", "自评", "财政", "支出", "本级", "（"];
    let chars: Vec<char> = text.chars().collect();
    (2..=chars.len()).rev().find(|end| {
        let head: String = chars.iter().take(*end).collect();
        let tail: String = chars.iter().skip(*end).collect();
        let tail = tail.trim();
        ENDINGS.iter().any(|ending| head.ends_with(ending))
            && !NO_ENDINGS.iter().any(|word| head.ends_with(word))
            && (tail.is_empty() || FOLLOW.iter().any(|word| tail.starts_with(word)) || has_year_ahead(tail))
    })
}

fn has_year_ahead(tail: &str) -> bool {
    period::years(&fold(tail)).first().is_some_and(|year| year.start == 0)
}

const FORM_LABELS: [&str; 15] = [
    "单位名称",
    "部门名称",
    "部门(单位)名称",
    "预算单位",
    "预算部门",
    "预算部门名称",
    "项目实施单位",
    "实施单位",
    "填报单位",
    "编报单位",
    "项目单位",
    "填报部门",
    "评价单位",
    "预算单位名称",
    "部门(单位)",
];

fn entity_in_forms(document: &Normalized) -> Option<String> {
    document.tables.iter().find_map(|table| {
        table.cells.iter().enumerate().find_map(|(index, cell)| {
            let label = cell.key.trim_end_matches(':');
            if cell.content != CellContent::Text || !FORM_LABELS.contains(&label) {
                return None;
            }
            let (_, place) = table.cell(index)?;
            let next = table.cells.get(table.index_at(place.row, place.col + place.col_span)?)?;
            is_office(&next.text).then(|| next.text.replace('\n', ""))
        })
    })
}

/// 「单位名称（盖章）：X局」, 「来源: X局」.
fn entity_in_labelled_lines(document: &Normalized) -> Option<String> {
    const LABELS: [&str; 8] =
        ["单位名称", "部门名称", "填报单位", "预算单位", "编制单位", "公开单位", "来源", "发布机构"];
    document.blocks.iter().filter(|block| block.chars.len() <= 120).find_map(|block| {
        let text: String = block.chars.iter().collect();
        LABELS.iter().find_map(|label| {
            let rest = text.split_once(label)?.1;
            let rest = rest.trim_start_matches(|c: char| c != ':').strip_prefix(':')?.trim();
            let name = rest.split_whitespace().next()?;
            is_office(name).then(|| name.to_owned())
        })
    })
}

/// A line of its own in parentheses near the top: 「（县财政局）」.
fn entity_in_parentheses(document: &Normalized) -> Option<String> {
    document.blocks.iter().filter(|block| !block.chars.is_empty()).take(12).find_map(|block| {
        let inner = block.text.trim().strip_prefix(['（', '('])?.strip_suffix(['）', ')'])?;
        is_office(inner).then(|| inner.trim().to_owned())
    })
}

fn is_office(text: &str) -> bool {
    let text = text.trim();
    (3..=40).contains(&text.chars().count()) && office_end(text).is_some_and(|end| end == text.chars().count())
}

/// From the entity's name, else a title, else the name that stands most often in the text.
fn region(document: &Normalized, entity: Option<&str>, titles: &[Title<'_>]) -> Option<Region> {
    let mut all: Vec<&'static str> = Vec::new();
    for text in document.title.as_deref().into_iter().chain(document.blocks.iter().map(|block| &*block.text)) {
        all.extend(regions::names_in(text));
    }
    for cell in document.tables.iter().flat_map(|table| &table.cells) {
        all.extend(regions::names_in(&cell.text));
    }
    let named = entity.map(regions::names_in).unwrap_or_default();
    if !named.is_empty() {
        return regions::resolve(&named, &all, "entity");
    }
    for title in titles {
        let named = regions::names_in(&title.text);
        if !named.is_empty() {
            return regions::resolve(&named, &all, "title");
        }
    }
    let ending = entity.and_then(|name| name.chars().next()).filter(|c| matches!(c, '省' | '市' | '区' | '县' | '旗'));
    let mut counts: Vec<(&'static str, usize)> = Vec::new();
    for name in all.iter().filter(|name| ending.is_none_or(|ending| name.ends_with(ending))) {
        match counts.iter_mut().find(|(other, _)| other == name) {
            Some((_, count)) => *count += 1,
            None => counts.push((name, 1)),
        }
    }
    let most = counts.iter().map(|(_, count)| *count).max()?;
    let (name, _) = counts.into_iter().find(|(_, count)| *count == most)?;
    regions::resolve(&[name], &all, "text")
}

/// 发布时间, 发布日期, 公开时间 with a date.
fn published(document: &Normalized) -> Option<String> {
    document.blocks.iter().filter(|block| block.chars.len() <= 200).find_map(|block| {
        let text: String = block.chars.iter().collect();
        let at = ["发布时间", "发布日期", "公开时间", "公开日期", "日期:", "时间:"]
            .iter()
            .find_map(|word| text.find(word))?;
        period::date(&text.get(at..)?.chars().collect::<Vec<_>>())
    })
}

fn report_key(entity: Option<&str>, year: Option<i32>, kind: Option<&str>) -> Option<String> {
    let text = format!("{}\n{}\n{}", key(entity?), year?, kind?);
    sha256_hex(text.as_bytes()).get(..16).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offices_are_found_in_titles() {
        for (title, expected) in [
            ("宁塔市园林管理处2022年度部门整体支出绩效自评报告", Some("宁塔市园林管理处")),
            ("2022年度中共宁塔市委宣传部整体支出绩效自评报告", Some("中共宁塔市委宣传部")),
            ("宁塔市柳河镇2021年部门整体支出绩效自评", Some("宁塔市柳河镇")),
            ("2023年宁塔市残联项目支出绩效自评表", Some("宁塔市残联")),
            ("宁塔市第二幼儿园2022年度单位决算", Some("宁塔市第二幼儿园")),
            ("宁塔市经济开发区管委会2022年度部门整体支出绩效自评", Some("宁塔市经济开发区管委会")),
            ("2022年度小城镇项目支出绩效自评报告", None),
            ("2022年度政务云平台项目支出绩效自评报告", None),
            ("2022年度全部项目支出绩效自评报告", None),
        ] {
            assert_eq!(entity_in_title(title).as_deref(), expected, "{title}");
        }
    }
}
