//! Constructs of real files that none of the samples has.

use std::io::{Cursor, Write};

use hedui::document::{BlockKind, Document, Reading, WarningKind};
use hedui::error::ErrorKind;
use hedui::limits::Limits;
use hedui::pipeline::{Hints, convert};
use hedui::reader::read;
use hedui::record::BlockType;
use rust_xlsxwriter::{Format, Workbook};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use crate::support::options;

const SHEET: &str = "xmlns='http://schemas.openxmlformats.org/spreadsheetml/2006/main'";
const TYPES: &str = "http://schemas.openxmlformats.org/package/2006/content-types";
const RELATIONSHIPS: &str = "http://schemas.openxmlformats.org/package/2006/relationships";
const OFFICE: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";

/// A workbook of one sheet, whose part is called `part`.
fn workbook(part: &str, sheet: &str) -> Vec<u8> {
    let main = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml";
    package(&[
        (
            "[Content_Types].xml",
            &format!("<Types xmlns='{TYPES}'><Override PartName='/xl/workbook.xml' ContentType='{main}'/></Types>"),
        ),
        ("_rels/.rels", &relationship("officeDocument", "xl/workbook.xml")),
        (
            "xl/workbook.xml",
            &format!(
                "<workbook {SHEET} xmlns:r='{OFFICE}'><sheets><sheet name='表' sheetId='1' r:id='r1'/></sheets></workbook>"
            ),
        ),
        ("xl/_rels/workbook.xml.rels", &relationship("worksheet", part)),
        (&format!("xl/{part}"), &format!("<worksheet {SHEET}>{sheet}</worksheet>")),
    ])
}

fn relationship(kind: &str, target: &str) -> String {
    format!(
        "<Relationships xmlns='{RELATIONSHIPS}'><Relationship Id='r1' Type='{OFFICE}/{kind}' Target='{target}'/></Relationships>"
    )
}

fn package(parts: &[(&str, &str)]) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in parts {
        writer.start_file(*name, SimpleFileOptions::default()).unwrap();
        writer.write_all(content.as_bytes()).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

/// The package without the flag that says that names are UTF-8, as some programs leave it out.
fn without_name_flags(mut bytes: Vec<u8>) -> Vec<u8> {
    for (mark, flags) in [(b"PK\x03\x04", 6), (b"PK\x01\x02", 8)] {
        let places: Vec<usize> = bytes.windows(4).enumerate().filter(|(_, at)| *at == mark).map(|(at, _)| at).collect();
        for at in places {
            bytes[at + flags + 1] &= !0x08;
        }
    }
    bytes
}

fn reading(bytes: &[u8], name: &str) -> Reading {
    read(bytes, name, &Limits::default()).unwrap()
}

/// The cells of all tables, row by row.
fn cells(document: &Document) -> Vec<&str> {
    document.tables.iter().flat_map(|table| table.grid.cells()).map(|cell| &*cell.text).collect()
}

#[test]
fn parts_may_have_chinese_names() {
    let sheet = "<sheetData><row r='1'><c r='A1' t='inlineStr'><is><t>合计</t></is></c><c r='B1'><v>12.5</v></c></row></sheetData>";
    let bytes = workbook("worksheets/表1.xml", sheet);
    assert_eq!(cells(&reading(&bytes, "a.xlsx").document), ["合计", "12.5"]);
    assert_eq!(cells(&reading(&without_name_flags(bytes), "a.xlsx").document), ["合计", "12.5"]);
}

#[test]
fn references_beyond_all_columns_do_no_harm() {
    for reference in ["A1:Fpenxmlformats", "A1:ZZZZZZZZZZ9", "A1:B99999999999"] {
        let sheet =
            format!("<dimension ref='{reference}'/><sheetData><row r='1'><c r='A1'><v>1</v></c></row></sheetData>");
        let found = read(&workbook("worksheets/sheet1.xml", &sheet), "a.xlsx", &Limits::default());
        assert!(found.is_ok() || found.is_err_and(|error| error.kind() == ErrorKind::Malformed), "{reference}");
    }
}

#[test]
fn formulas_stay_beside_their_results() {
    let sheet = "<sheetData><row r='1'><c r='A1'><v>1</v></c><c r='B1'><v>2</v></c><c r='C1'><f>SUM(A1:B1)</f><v>3</v></c>\
                 <c r='D1' t='str'><f>A1&amp;\"元\"</f><v>1元</v></c></row>\
                 <row r='2'><c r='C2'><f t='shared' ref='C2:C3' si='0'>A2*2</f><v>4</v></c></row>\
                 <row r='3'><c r='C3'><f t='shared' si='0'/><v>6</v></c></row></sheetData>";
    let reading = reading(&workbook("worksheets/sheet1.xml", sheet), "a.xlsx");
    let grid = &reading.document.tables[0].grid;
    let formula = |row, col| grid.origin(row, col).unwrap().source.as_ref().unwrap().formula.as_deref();
    assert_eq!((formula(0, 0), formula(0, 2), formula(0, 3)), (None, Some("SUM(A1:B1)"), Some("A1&\"元\"")));
    assert_eq!((&*grid.origin(0, 3).unwrap().text, formula(1, 2)), ("1元", Some("A2*2")));
    assert_eq!(&*grid.origin(2, 2).unwrap().text, "6");
}

#[test]
fn tables_far_apart_on_a_sheet_are_several() {
    let sheet = "<sheetData><row r='1'><c r='A1'><v>1</v></c></row><row r='5'><c r='B5'><v>2</v></c></row>\
                 <row r='300'><c r='C300'><v>3</v></c></row></sheetData>";
    let document = reading(&workbook("worksheets/sheet1.xml", sheet), "a.xlsx").document;
    let sizes: Vec<_> = document.tables.iter().map(|table| (table.grid.rows(), table.grid.cols())).collect();
    assert_eq!(sizes, [(5, 2), (1, 1)]);
}

#[test]
fn framesets_say_what_they_leave_out() {
    let page = "<html><head><title>年度报告</title></head><frameset cols='20%,80%'><frame src='menu.html'><frame src='body.html'>\
                <noframes><body><p>请更换浏览器</p></body></noframes></frameset></html>";
    let reading = reading(page.as_bytes(), "a.html");
    let frames = reading.warnings.iter().find(|warning| warning.kind == WarningKind::Dropped("frame".to_owned()));
    assert_eq!(frames.map(|warning| warning.count), Some(2));
    assert_eq!(reading.document.title.as_deref(), Some("年度报告"));
    // What stands there for old browsers is a request to use another one.
    assert!(reading.document.blocks.is_empty());
}

#[test]
fn what_a_page_shows_of_other_files_is_named() {
    let page = "<p>附件如下。</p><iframe src='table.html' width='100%'><p>旧式浏览器</p></iframe><object data='form.pdf'></object>\
                <embed src='form.pdf'><embed src='form.pdf'><iframe src='count.html' width='0' height='0'></iframe>\
                <iframe src='late.html' style='display:none'></iframe><p>请下载。</p>";
    let reading = reading(page.as_bytes(), "a.html");
    let counts: Vec<_> = reading.warnings.iter().map(|warning| (warning.kind.clone(), warning.count)).collect();
    let dropped = |name: &str| WarningKind::Dropped(name.to_owned());
    assert_eq!(counts, [(dropped("iframe"), 1), (dropped("object"), 1), (dropped("embed"), 2)]);
    assert_eq!(reading.document.blocks.len(), 2);
}

/// Value and unit of every money fact of a page.
fn money(page: &str) -> Vec<String> {
    let hints = Hints { name: "a.html".to_owned(), path: "a.html".to_owned(), ..Hints::default() };
    let page = format!("<html><meta charset=utf-8><body><h1>2023年度柳河县水务局部门决算</h1>{page}</body></html>");
    let record = convert(page.as_bytes(), &hints, &options()).unwrap();
    let money = record.facts.iter().filter(|fact| fact.unit.as_deref() == Some("CNY"));
    money.filter_map(|fact| fact.value.map(|value| value.0.to_string())).collect()
}

#[test]
fn a_unit_may_stand_in_a_cell_of_its_own() {
    let table = |unit_row: &str| {
        money(&format!(
            "<table>{unit_row}<tr><td>项目</td><td>预算数</td><td>决算数</td></tr>\
             <tr><td>基本支出</td><td>40.00</td><td>30.00</td></tr></table>"
        ))
    };
    for row in [
        "<tr><td></td><td></td><td>单位：万元</td></tr>",
        "<tr><td>单位：万元</td><td></td><td></td></tr>",
        "<tr><td>填报单位：柳河县水务局</td><td></td><td>金额单位：万元</td></tr>",
        "<tr><td>收入支出决算表</td><td></td><td>单位:万元</td></tr>",
        "<tr><td colspan='3'>填报单位：柳河县水务局 金额单位：万元</td></tr>",
    ] {
        assert_eq!(table(row), ["400000", "300000"], "{row}");
    }
    assert_eq!(table(""), Vec::<String>::new());
    // A row that says more is no unit line.
    assert_eq!(table("<tr><td>12.5</td><td></td><td>单位：万元</td></tr>"), Vec::<String>::new());
}

#[test]
fn the_row_that_numbers_the_columns_counts_nothing() {
    let table = |numbers: &str| {
        money(&format!(
            "<p>单位：万元</p><table><tr><td>合计</td><td>因公出国（境）费</td><td>公务用车购置费</td><td>公务接待费</td></tr>\
             {numbers}<tr><td>9.60</td><td>0</td><td>6.40</td><td>3.20</td></tr></table>"
        ))
    };
    let said = ["96000", "0", "64000", "32000"];
    assert_eq!(table("<tr><td>1</td><td>2</td><td>3</td><td>4</td></tr>"), said);
    assert_eq!(table(""), said);
    assert_eq!(table("<tr><td>1</td><td>2</td><td>3</td><td>5</td></tr>").len(), 8);
}

#[test]
fn anchors_and_names_of_rows_hide_nothing() {
    let page = "<a name='top'><p>2023年总支出12.50万元。</p><p>其中项目支出4.20万元。</p>";
    let document = reading(page.as_bytes(), "a.html").document;
    assert_eq!(document.blocks.iter().filter(|block| block.kind == BlockKind::Paragraph).count(), 2);
    let table = "<table><tr><td>甲</td><td>1</td></tr><tbody class='nav'><tr class='footer'><td>合计</td><td>1</td></tr></tbody></table>";
    assert_eq!(cells(&reading(table.as_bytes(), "a.html").document), ["甲", "1", "合计", "1"]);
}

/// The cells of the first table as `row,col row_spanxcol_span text`, empty ones left out.
fn grid(reading: &Reading) -> Vec<String> {
    let cells = reading.document.tables[0].grid.cells().iter().filter(|cell| !cell.text.is_empty());
    cells.map(|cell| format!("{},{} {}x{} {}", cell.row, cell.col, cell.row_span, cell.col_span, cell.text)).collect()
}

#[test]
fn merged_cells_stand_once_at_their_place_in_every_format() {
    let expected = [
        "0,0 1x4 㵲阳河管护站2022年度用房与资金",
        "1,0 2x1 资金",
        "1,1 1x1 预算数",
        "1,2 1x2 执行率",
        "2,1 1x1 312.50",
        "2,2 1x2 100.96%",
        "3,0 1x1 面积",
        "3,1 1x3 480㎡",
    ];
    let rows = "<tr><td colspan=4>㵲阳河管护站2022年度用房与资金</td></tr>\
                <tr><td rowspan=2>资金</td><td>预算数</td><td colspan=2>执行率</td></tr>\
                <tr><td>312.50</td><td colspan=2>100.96%</td></tr><tr><td>面积</td><td colspan=3>480㎡</td></tr>";
    let declared = format!("<html><head><meta charset=gb2312></head><table>{rows}</table>").replace('㵲', "舞");
    let (bytes, _, lost) = encoding_rs::GBK.encode(&declared);
    assert!(!lost);
    let mut in_gbk = expected.map(str::to_owned);
    in_gbk[0] = in_gbk[0].replace('㵲', "舞");
    assert_eq!(grid(&reading(&bytes, "a.html")), in_gbk);
    let undeclared = format!("<html><table>{rows}</table>");
    let (bytes, _, _) = encoding_rs::GB18030.encode(&undeclared);
    assert_eq!(grid(&reading(&bytes, "a.html")), expected);
    assert_eq!(grid(&reading(&word_form(), "a.docx")), expected);
    assert_eq!(grid(&reading(&sheet_form(), "a.xlsx")), expected);
    // The value that the workbook stores stays beside the one that it shows.
    let sheet = reading(&sheet_form(), "a.xlsx");
    let rate = sheet.document.tables[0].grid.origin(2, 2).unwrap().source.as_ref().unwrap();
    assert_eq!((&*rate.raw, rate.format.as_deref()), ("1.0096", Some("0.00%")));
}

fn word_form() -> Vec<u8> {
    let cell = |properties: &str, text: &str| {
        format!("<w:tc><w:tcPr>{properties}</w:tcPr><w:p><w:r><w:t>{text}</w:t></w:r></w:p></w:tc>")
    };
    let (two, three, four) = ("<w:gridSpan w:val='2'/>", "<w:gridSpan w:val='3'/>", "<w:gridSpan w:val='4'/>");
    let rows = [
        cell(four, "㵲阳河管护站2022年度用房与资金"),
        cell("<w:vMerge w:val='restart'/>", "资金") + &cell("", "预算数") + &cell(two, "执行率"),
        cell("<w:vMerge/>", "") + &cell("", "312.50") + &cell(two, "100.96%"),
        cell("", "面积") + &cell(three, "480㎡"),
    ];
    let rows: String = rows.iter().map(|row| format!("<w:tr>{row}</w:tr>")).collect();
    let main = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml";
    package(&[
        (
            "[Content_Types].xml",
            &format!("<Types xmlns='{TYPES}'><Override PartName='/word/document.xml' ContentType='{main}'/></Types>"),
        ),
        ("_rels/.rels", &relationship("officeDocument", "word/document.xml")),
        (
            "word/document.xml",
            &format!(
                "<w:document xmlns:w='http://schemas.openxmlformats.org/wordprocessingml/2006/main'><w:body><w:tbl>{rows}</w:tbl></w:body></w:document>"
            ),
        ),
    ])
}

fn sheet_form() -> Vec<u8> {
    let (percent, amount) = (Format::new().set_num_format("0.00%"), Format::new().set_num_format("0.00"));
    let plain = Format::new();
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet();
    sheet.merge_range(0, 0, 0, 3, "㵲阳河管护站2022年度用房与资金", &plain).unwrap();
    sheet.merge_range(1, 0, 2, 0, "资金", &plain).unwrap();
    sheet.write_string(1, 1, "预算数").unwrap();
    sheet.merge_range(1, 2, 1, 3, "执行率", &plain).unwrap();
    sheet.write_number_with_format(2, 1, 312.5, &amount).unwrap();
    sheet.merge_range(2, 2, 2, 3, "", &percent).unwrap();
    sheet.write_number_with_format(2, 2, 1.0096, &percent).unwrap();
    sheet.write_string(3, 0, "面积").unwrap();
    sheet.merge_range(3, 1, 3, 3, "480㎡", &plain).unwrap();
    workbook.save_to_buffer().unwrap()
}

#[test]
fn a_page_is_its_report_and_what_stands_around_it() {
    let page = "<html><head><title>预算绩效公开_松口县人民政府</title></head><body>\
        <div class=top><ul><li><a href=/>首页</a><li><a href=/a>公开</a><li><a href=/b>互动</a></ul></div>\
        <div>您现在的位置：<a href=/>首页</a> &gt; <a href=/a>部门决算公开</a></div>\
        <h1>2023年度松口县林业局部门整体支出绩效自评报告</h1>\
        <div>发布时间：2024-05-20 来源：松口县林业局 浏览次数：4321次</div>\
        <p>2023年支出合计835.20万元。</p><p>【打印本页】【关闭窗口】</p>\
        <h3>相关链接</h3><ul><li><a href=1>2022年度部门决算公开</a><li><a href=2>2024年部门预算公开</a></ul></body></html>";
    let hints = Hints { name: "a.html".to_owned(), path: "a.html".to_owned(), ..Hints::default() };
    let record = convert(page.as_bytes(), &hints, &options()).unwrap();
    assert_eq!(record.document.title.as_deref(), Some("2023年度松口县林业局部门整体支出绩效自评报告"));
    assert_eq!(record.document.kind.as_deref(), Some("department_overall_self_evaluation"));
    assert_eq!(record.document.published.as_deref(), Some("2024-05-20"));
    let own = record.blocks.iter().filter(|block| !matches!(block.kind, BlockType::Header | BlockType::Footer));
    assert_eq!(own.count(), 2);
    // Nothing is lost, and the counter is no figure of the report.
    assert_eq!(record.blocks.len(), 11);
    let numbers: Vec<_> = record.facts.iter().filter_map(|fact| fact.reported.number.as_deref()).collect();
    assert_eq!(numbers, ["835.20"]);
}

/// A workbook of two columns with these rows, each number in a format of its own.
fn formatted(rows: &[(&str, f64, &str)]) -> Vec<u8> {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    sheet.write(0, 0, "项目").unwrap();
    sheet.write(0, 1, "预算数（万元）").unwrap();
    for (row, (label, value, code)) in (1..).zip(rows) {
        sheet.write(row, 0, *label).unwrap();
        sheet.write_number_with_format(row, 1, *value, &Format::new().set_num_format(*code)).unwrap();
    }
    book.save_to_buffer().unwrap()
}

#[test]
fn figures_have_the_sign_that_is_stored() {
    let bytes = formatted(&[
        ("基本支出", -12.5, "0.00_ ;[Red]0.00"),
        ("项目支出", -7.0, "0_);[Red]\\(0\\)"),
        ("其他支出", -3.0, "[>=10000]0!.0,\"万元\";[<0]\\-0.00;0"),
        ("合计", 120.0, "[DBNum1][$-804]General\"万元\""),
    ]);
    let record = convert(&bytes, &Hints { name: "表.xlsx".to_owned(), ..Hints::default() }, &options()).unwrap();
    let cells: Vec<&str> = record.tables[0].cells.iter().map(|cell| &*cell.text).collect();
    assert_eq!(cells[3..], ["12.50", "项目支出", "(7)", "其他支出", "-3.00", "合计", "一百二十万元"]);
    let shown = |fact: &hedui::record::Fact| Some(format!("{} {}", fact.label, fact.value.as_ref()?.0));
    let facts: Vec<String> = record.facts.iter().filter_map(shown).collect();
    assert_eq!(facts, ["基本支出 -125000", "项目支出 -70000", "其他支出 -30000", "合计 1200000"]);
}

#[test]
fn marks_of_notes_are_no_digits() {
    let page = "<table><tr><td>项目<td>预算数（万元）<tr><td>基本支出<td>100<sup>2</sup><tr><td>项目支出<td>80.5<sup>[3]</sup>\
                <tr><td>合计<td><s>18</s>180.5<sup>①</sup></table><p>全年支出180.5<sup>1</sup>万元，面积10<sup>4</sup>平方米。</p>";
    assert_eq!(money(page), ["1000000", "805000", "1805000", "1805000"]);
}
