//! Reviews, read back by our own readers, by docx-rs, calamine and, where it is installed, LibreOffice.

use std::collections::BTreeSet;
use std::fs;
use std::io::Cursor;
use std::path::{Path, PathBuf};
use std::process::Command;

use calamine::{Data, Reader, Xlsx};
use docx_rs::{
    CommentChild, DocumentChild, Docx, ParagraphChild, TableCellContent, TableChild, TableRowChild, VMergeType,
};
use hedui::limits::Limits;
use hedui::reader;
use hedui::record::Record;
use hedui::sink::{Language, ReviewFormat, annotated_copy, render_record, review};
use serde_json::Value;

use crate::support::{convert, files_below, spoken};

const ANNING: &str = "samples/anning-2022-project--subtotal-slip.xlsx";
const YUNZE: &str = "samples/yunze-2023-department--digit-slip.docx";
const GULOU: &str = "samples/gulou-2021-project--count-mismatch.docx";

fn zh(records: &[&Record], format: ReviewFormat) -> Vec<u8> {
    review(records, &[], format, spoken(Language::Zh)).unwrap()
}

/// Texts of cells with a comment, each with the comment's words.
fn commented_cells(bytes: &[u8]) -> Vec<(String, String)> {
    let docx = docx_rs::read_docx(bytes).unwrap();
    let mut found = Vec::new();
    for table in docx.document.children.iter().filter_map(|child| match child {
        DocumentChild::Table(table) => Some(table),
        _ => None,
    }) {
        for TableChild::TableRow(row) in &table.rows {
            for TableRowChild::TableCell(cell) in &row.cells {
                for content in &cell.children {
                    let TableCellContent::Paragraph(paragraph) = content else { continue };
                    found.extend(comments_of(&docx, &paragraph.children).map(|said| (paragraph.raw_text(), said)));
                }
            }
        }
    }
    found
}

fn comments_of<'a>(docx: &'a Docx, children: &'a [ParagraphChild]) -> impl Iterator<Item = String> + 'a {
    children.iter().filter_map(|child| match child {
        ParagraphChild::CommentStart(start) => {
            let id = serde_json::to_value(start).unwrap()["id"].as_u64().unwrap();
            let comment = docx.comments.inner().iter().find(|comment| comment.id as u64 == id).unwrap();
            let texts = comment.children.iter().map(|child| match child {
                CommentChild::Paragraph(paragraph) => paragraph.raw_text(),
                CommentChild::Table(_) => String::new(),
            });
            Some(texts.collect())
        }
        _ => None,
    })
}

/// All texts of a Word file or workbook, as our own readers see them.
fn own_text(bytes: &[u8], name: &str) -> String {
    let read = reader::read(bytes, name, &Limits::default()).unwrap();
    let blocks = read.document.blocks.iter().map(|block| block.text.to_string());
    let cells = read.document.tables.iter().flat_map(|table| table.grid.cells()).map(|cell| cell.text.to_string());
    blocks.chain(cells).collect::<Vec<_>>().join("\n")
}

#[test]
fn letters_have_comments_at_the_wrong_cells() {
    for (sample, cell, equation) in [
        (ANNING, "1,429.35", "1,164.35 + 231.92 + 96.08 = 1492.35 ≠ 1,429.35"),
        (ANNING, "97.03%", "231.92 ÷ 260.00 = 89.2% ≠ 97.03%"),
        (YUNZE, "98.86", "= 98.68 ≠ 98.86"),
    ] {
        let record = convert(sample);
        for (bytes, copy) in [
            (zh(&[&record], ReviewFormat::Docx), false),
            (annotated_copy(&record, spoken(Language::Zh)).unwrap(), true),
        ] {
            let found = commented_cells(&bytes);
            let here: Vec<_> = found.iter().filter(|(_, said)| said.contains(equation)).collect();
            assert_eq!(here.len(), 1, "{sample} {copy}: {found:?}");
            let number = here[0].1.trim_start_matches("问题").chars().next().unwrap();
            let expected = if copy { cell.to_owned() } else { format!("{cell}〔{number}〕") };
            assert_eq!(here[0].0, expected, "{sample} {copy}");
        }
    }
}

#[test]
fn letters_say_what_is_wrong_and_what_to_do() {
    let record = convert(YUNZE);
    let text = own_text(&zh(&[&record], ReviewFormat::Docx), "letter.docx");
    for words in [
        "关于《2023年度部门整体支出绩效自评表》数据核对情况的函",
        "青岚市云泽区数据资源局：",
        "归并为2个需要核实的问题",
        "“2023年总支出”所列1348.65万元与分项之和1342.65万元不符，相差6.00万元。",
        "598.72 + 743.93 = 1342.65 ≠ 1348.65（万元）",
        "“2023年总支出”现为1348.65，疑有数字录错，可能应为1342.65。",
        "正文第6段（“二、支出情况”部分）",
        "……（略去9行）",
        "请对照账簿或决算报表核实",
        "总分",
    ] {
        assert!(text.contains(words), "{words}\n{text}");
    }
    let english = own_text(&review(&[&record], &[], ReviewFormat::Docx, spoken(Language::En)).unwrap(), "letter.docx");
    assert!(
        english.contains("“2023年总支出” reads 1348.65; a digit was probably mistyped; probably 1342.65."),
        "{english}"
    );
}

#[test]
fn merged_cells_stay_merged() {
    let record = convert(YUNZE);
    let docx = docx_rs::read_docx(&annotated_copy(&record, spoken(Language::Zh)).unwrap()).unwrap();
    let json = serde_json::to_value(&docx.document.children).unwrap().to_string();
    assert!(
        json.contains("\"verticalMerge\":\"restart\"") && json.contains("\"gridSpan\":"),
        "{}",
        VMergeType::Restart
    );
    // What our own reader makes of the copy is the table that it is a copy of.
    let copy =
        reader::read(&annotated_copy(&record, spoken(Language::Zh)).unwrap(), "copy.docx", &Limits::default()).unwrap();
    let ours = |table: &hedui::document::Table| -> BTreeSet<(u32, u32, u32, u32, String)> {
        let cells = table.grid.cells().iter();
        let key = |cell: &hedui::document::Cell| (cell.row, cell.col, cell.row_span, cell.col_span);
        cells
            .map(|cell| {
                let (a, b, c, d) = key(cell);
                (a, b, c, d, cell.text.replace('\n', ""))
            })
            .collect()
    };
    let original: BTreeSet<_> = record.tables[0]
        .cells
        .iter()
        .map(|cell| (cell.row, cell.col, cell.row_span, cell.col_span, cell.text.replace('\n', "")))
        .collect();
    assert_eq!(ours(&copy.document.tables[0]), original);
}

fn sheets(bytes: &[u8]) -> Xlsx<Cursor<Vec<u8>>> {
    calamine::open_workbook_from_rs(Cursor::new(bytes.to_vec())).unwrap()
}

#[test]
fn figures_of_workbooks_are_numbers_and_addresses_are_those_of_the_original() {
    let record = convert(ANNING);
    let bytes = zh(&[&record], ReviewFormat::Xlsx);
    let mut book = sheets(&bytes);
    let findings = book.worksheet_range("问题清单").unwrap();
    let figure = |row, col| match findings.get((row, col)) {
        Some(Data::Float(value)) => *value,
        other => panic!("{row} {col}: {other:?}"),
    };
    assert_eq!([figure(1, 4), figure(1, 5), figure(1, 6)], [1429.35, 1492.35, -63.0]);
    assert_eq!([figure(2, 4), figure(2, 5), figure(2, 6)], [97.03, 89.2, 7.83]);
    assert_eq!(findings.get((1, 7)), Some(&Data::String("万元".to_owned())));
    // Every address leads to the figure in the workbook that was read.
    let mut original = sheets(&fs::read(ANNING).unwrap());
    let figures = book.worksheet_range("涉及数据").unwrap();
    let mut looked = 0;
    for row in figures.rows().skip(1) {
        let (Data::Float(value), Data::String(address)) = (&row[5], &row[7]) else { panic!("{row:?}") };
        let (sheet, cell) = address.split_once('!').unwrap();
        let (letter, number) = cell.split_at(1);
        let place = (number.parse::<u32>().unwrap() - 1, u32::from(letter.as_bytes()[0] - b'A'));
        let range = original.worksheet_range(sheet).unwrap();
        let stored: f64 = match range.get_value(place) {
            Some(Data::Float(stored)) => *stored,
            Some(Data::Int(stored)) => *stored as f64,
            Some(Data::String(text)) => text.replace([',', '%'], "").parse().unwrap(),
            other => panic!("{address}: {other:?}"),
        };
        // A workbook stores 95.66 % as 0.9566.
        assert!((stored - value).abs() < 1e-9 || (stored * 100.0 - value).abs() < 1e-9, "{address}: {stored} {value}");
        looked += 1;
    }
    assert!(looked >= 10, "{looked}");
    // As printed: two digits after the point, thousands apart.
    let ours = reader::read(&bytes, "review.xlsx", &Limits::default()).unwrap().document;
    let texts: Vec<String> =
        ours.tables.iter().flat_map(|t| t.grid.cells()).map(|cell| cell.text.to_string()).collect();
    for text in ["1,429.35", "1,492.35", "-63.00", "89.20"] {
        assert!(texts.iter().any(|found| found == text), "{text}: {texts:?}");
    }
}

#[test]
fn figures_of_fifteen_digits_are_exact_and_longer_ones_stay_text() {
    let figures =
        ["98.86", "0.1", "-0.07", "4503599627370.49", "123456789012345", "0.000000123456789", "999999999999.995"];
    for figure in figures.into_iter().chain(["1234567890123456", "0.1234567890123456"]) {
        let mut record = convert(YUNZE);
        let check = record.findings[0].checks[0].clone();
        let check = record.checks.iter_mut().find(|found| found.id == check).unwrap();
        check.stated_value = Some(hedui::record::Figure(figure.parse().unwrap()));
        let book = sheets(&zh(&[&record], ReviewFormat::Xlsx)).worksheet_range("问题清单").unwrap();
        let expected = if figure.chars().filter(char::is_ascii_digit).count() > 15 && !figures.contains(&figure) {
            Data::String(figure.to_owned())
        } else {
            Data::Float(figure.parse().unwrap())
        };
        assert_eq!(book.get((1, 4)), Some(&expected), "{figure}");
    }
}

/// Puts a payload into every text of a document that is not ours.
fn poison(value: &mut Value, payload: &str) {
    const TEXTS: [&str; 14] = [
        "title",
        "name",
        "label",
        "text",
        "caption",
        "sheet",
        "unit",
        "zh",
        "en",
        "from",
        "to",
        "expression",
        "archive",
        "entry",
    ];
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                match value {
                    Value::String(text) if TEXTS.contains(&key.as_str()) => *text = format!("{payload}{text}{payload}"),
                    other => poison(other, payload),
                }
            }
        }
        Value::Array(list) => list.iter_mut().for_each(|value| poison(value, payload)),
        _ => {}
    }
}

fn poisoned(sample: &str, payload: &str) -> Record {
    let mut value = serde_json::to_value(convert(sample)).unwrap();
    poison(&mut value, payload);
    serde_json::from_value(value).unwrap()
}

#[test]
fn texts_never_become_formulas() {
    for payload in
        ["=HYPERLINK(\"http://a.example\")", "+1+cmd|' /C calc'!A0", "-2+3", "@SUM(1)", "\t=1", "\u{0}\u{1b}=1"]
    {
        let record = poisoned(ANNING, payload);
        let bytes = zh(&[&record], ReviewFormat::Xlsx);
        let mut book = sheets(&bytes);
        for sheet in book.sheet_names() {
            let formulas = book.worksheet_formula(&sheet).unwrap();
            assert_eq!(formulas.used_cells().filter(|(_, _, formula)| !formula.is_empty()).count(), 0, "{payload}");
            for (row, col, value) in book.worksheet_range(&sheet).unwrap().used_cells() {
                assert!(matches!(value, Data::String(_) | Data::Float(_)), "{sheet} {row} {col}: {value:?}");
            }
        }
        let shown: String = payload.chars().filter(|c| !c.is_control()).collect();
        let summary = book.worksheet_range("概况").unwrap();
        assert!(summary.get((1, 2)).unwrap().to_string().starts_with(&shown), "{payload}");
        let styles = part(&bytes, "xl/styles.xml");
        assert!(styles.contains("quotePrefix=\"1\""), "{payload}");
    }
    let clean = part(&zh(&[&convert(YUNZE)], ReviewFormat::Xlsx), "xl/sharedStrings.xml");
    assert!(!clean.contains("<f>"));
}

fn part(bytes: &[u8], name: &str) -> String {
    use std::io::Read;
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
    let mut text = String::new();
    archive.by_name(name).unwrap().read_to_string(&mut text).unwrap();
    text
}

#[test]
fn pages_have_no_markup_but_their_own() {
    let payloads = [
        "<script>alert(1)</script>",
        "\"><img src=x onerror=alert(1)>",
        "' onmouseover='alert(1)",
        "</style><svg/onload=alert(1)>",
        "<!--",
        "]]>",
        "javascript:alert(1)",
        "&lt;b&gt;",
        "\u{202E}\u{0}",
    ];
    for payload in payloads {
        let records = [poisoned(YUNZE, payload), poisoned(GULOU, payload), poisoned(ANNING, payload)];
        let all: Vec<&Record> = records.iter().collect();
        for chosen in [&all[..], &all[..1]] {
            let page = String::from_utf8(zh(chosen, ReviewFormat::Html)).unwrap();
            assert_own_markup(&page, payload);
            assert!(page.contains("default-src 'none'"));
        }
        // The other forms hold the same texts.
        for record in &records {
            let letter = zh(&[record], ReviewFormat::Docx);
            docx_rs::read_docx(&letter).unwrap();
            docx_rs::read_docx(&annotated_copy(record, spoken(Language::En)).unwrap()).unwrap();
            assert!(!own_text(&letter, "a.docx").contains(['\u{0}', '\u{202E}']));
        }
    }
}

/// Every tag of a page is one that pages are made of, with attributes of theirs.
fn assert_own_markup(page: &str, payload: &str) {
    const TAGS: [&str; 34] = [
        "!DOCTYPE",
        "html",
        "head",
        "meta",
        "title",
        "style",
        "body",
        "main",
        "h1",
        "h2",
        "h3",
        "p",
        "section",
        "ol",
        "ul",
        "li",
        "dl",
        "dt",
        "dd",
        "table",
        "thead",
        "tbody",
        "tr",
        "th",
        "td",
        "caption",
        "span",
        "strong",
        "a",
        "mark",
        "blockquote",
        "footer",
        "div",
        "br",
    ];
    let (head, body) = page.split_once("</style>").unwrap();
    assert!(!head.contains("url(") && !head.contains("@import"));
    for piece in body.split('<').skip(1).chain(head.split_once("<style>").unwrap().0.split('<').skip(1)) {
        let (tag, _) = piece.split_once('>').unwrap_or_else(|| panic!("{payload}: {piece}"));
        let mut words = tag.trim_start_matches('/').splitn(2, ' ');
        let name = words.next().unwrap();
        assert!(TAGS.contains(&name), "{payload}: <{tag}>");
        let attributes = words.next().unwrap_or_default();
        for attribute in attributes.split("\" ").filter(|attribute| attribute.contains('=')) {
            let (key, value) = attribute.split_once("=\"").unwrap_or_else(|| panic!("{payload}: <{tag}>"));
            let own = [
                "class",
                "id",
                "href",
                "rowspan",
                "colspan",
                "scope",
                "lang",
                "charset",
                "http-equiv",
                "content",
                "name",
            ];
            assert!(own.contains(&key), "{payload}: <{tag}>");
            assert!(key != "href" || value.starts_with('#'), "{payload}: <{tag}>");
        }
    }
}

#[test]
fn the_same_record_gives_the_same_bytes() {
    for sample in [ANNING, YUNZE, GULOU] {
        let record = convert(sample);
        let make = |record: &Record| -> Vec<Vec<u8>> {
            let forms = ReviewFormat::ALL.map(|format| zh(&[record], format));
            forms.into_iter().chain([annotated_copy(record, spoken(Language::En)).unwrap()]).collect()
        };
        let first = make(&record);
        let again: Record = serde_json::from_slice(&render_record(&record).unwrap()).unwrap();
        assert!(make(&again) == first, "{sample}");
        assert!(std::thread::scope(|scope| scope.spawn(|| make(&record)).join().unwrap()) == first, "{sample}");
        for bytes in &first[1..] {
            for index in 0..zip::ZipArchive::new(Cursor::new(bytes)).unwrap().len() {
                let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
                let entry = archive.by_index(index).unwrap();
                assert_eq!(
                    entry.last_modified().map(|at| at.year()),
                    Some(1980),
                    "{}",
                    entry.name().unwrap_or_default()
                );
            }
            assert!(part(bytes, "docProps/core.xml").contains("2000-01-01"), "the record has no time of its own");
        }
        // Of the run nothing but the moment of the conversion shows, and that in the files' properties.
        let mut later = record.clone();
        later.run.duration_ms = Some(9);
        later.run.received_at = Some("2031-05-06T07:08:09Z".to_owned());
        assert!(make(&later) == first, "{sample}");
        later.run.converted_at = Some("2031-05-06T07:08:09Z".to_owned());
        assert!(zh(&[&later], ReviewFormat::Html) == first[0]);
        for form in [ReviewFormat::Docx, ReviewFormat::Xlsx] {
            assert!(part(&zh(&[&later], form), "docProps/core.xml").contains("2031-05-06"));
        }
    }
}

#[test]
fn a_unit_gets_one_review_of_all_its_reports() {
    let records = [convert(YUNZE), convert("samples/yunze-2022-department--clean.xlsx")];
    let all: Vec<&Record> = records.iter().collect();
    let page = String::from_utf8(zh(&all, ReviewFormat::Html)).unwrap();
    let (earlier, later) = (page.find("1. 2022年度").unwrap(), page.find("2. 2023年度").unwrap());
    assert!(earlier < later && page.contains("关于青岚市云泽区数据资源局报送报告数据核对情况的函"));
    let summary = sheets(&zh(&all, ReviewFormat::Xlsx)).worksheet_range("概况").unwrap();
    let counts: Vec<String> = summary.rows().skip(1).map(|row| format!("{} {} {}", row[0], row[3], row[5])).collect();
    assert_eq!(counts, ["1 2022 0", "2 2023 2"]);
}

#[test]
fn a_clean_report_is_told_so() {
    let record = convert("samples/jiaozhou-2023-project--clean.docx");
    let text = own_text(&zh(&[&record], ReviewFormat::Docx), "letter.docx");
    assert!(text.contains("未发现需要更正的问题") && !text.contains("请予核实"), "{text}");
    assert!(commented_cells(&annotated_copy(&record, spoken(Language::Zh)).unwrap()).is_empty());
}

fn office() -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join("soffice")).find(|file| file.is_file())
}

/// What LibreOffice writes of a file in another format.
fn through_office(office: &Path, folder: &Path, name: &str, bytes: &[u8], to: &str) -> Vec<u8> {
    fs::write(folder.join(name), bytes).unwrap();
    let profile = format!("-env:UserInstallation=file://{}", folder.join("profile").display());
    let output = Command::new(office)
        .args([&profile, "--headless", "--convert-to", to, "--outdir"])
        .arg(folder.join("out"))
        .arg(folder.join(name))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let extension = to.split(':').next().unwrap();
    fs::read(folder.join("out").join(name).with_extension(extension)).unwrap()
}

#[test]
fn libreoffice_opens_reviews() {
    let Some(office) = office() else {
        eprintln!("skipped: LibreOffice (soffice) is not installed");
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let record = convert(YUNZE);
    let letter = zh(&[&record], ReviewFormat::Docx);
    let text = through_office(&office, folder.path(), "letter.docx", &letter, "txt:Text (encoded):UTF8");
    let text = String::from_utf8(text).unwrap();
    assert!(text.contains("可能应为1342.65。") && text.contains("98.86〔1〕"), "{text}");
    let copy = annotated_copy(&record, spoken(Language::Zh)).unwrap();
    let book = zh(&[&record], ReviewFormat::Xlsx);
    for (name, bytes) in [("letter.docx", &letter), ("copy.docx", &copy), ("book.xlsx", &book)] {
        let pdf = through_office(&office, folder.path(), name, bytes, "pdf");
        assert!(pdf.starts_with(b"%PDF-") && pdf.len() > 10_000, "{name}: {} bytes", pdf.len());
    }
    // Comments stay at their cells when LibreOffice writes the letter anew.
    let anew = through_office(&office, folder.path(), "letter.docx", &letter, "docx");
    let found = commented_cells(&anew);
    assert!(found.iter().any(|(cell, said)| cell == "98.86〔1〕" && said.contains("98.68 ≠ 98.86")), "{found:?}");
}

#[test]
fn every_sample_gives_every_form() {
    let samples = files_below("samples");
    assert!(samples.len() >= 13);
    for path in samples {
        let record = convert(&crate::support::relative(&path));
        for language in [Language::Zh, Language::En] {
            for format in ReviewFormat::ALL {
                assert!(!review(&[&record], &[], format, spoken(language)).unwrap().is_empty());
            }
            let copy = annotated_copy(&record, spoken(language)).unwrap();
            let read = reader::read(&copy, "copy.docx", &Limits::default()).unwrap();
            let here = record.tables.iter().filter(|table| table.rows > 0).count();
            assert_eq!(read.document.tables.len(), here, "{}", path.display());
        }
    }
}
