//! How fast large sources are read and converted, and what memory that takes.
//!
//! `cargo bench --bench reading` makes a page of 5 MB that is one table, a Word file whose document.xml has 20 MB and a
//! workbook of 20,000 rows, with cells of the size that real reports have (a `td` of 150 bytes, a `w:tc` of 300), and each of
//! them twice: two
//! figures in a row of seven, as in real forms (28 % of their cells), and six. It measures tokenizing alone (of Word files
//! already inflated), which is the floor, for Word inflating too, then [`hedui::reader::read`] and
//! [`hedui::pipeline::convert`]; for Word also docx-rs. Each case runs in a process of its own, so that each has its own
//! peak of memory. For reading the document's own bytes are counted, and those that reading took beside them.
//!
//! `cargo bench --bench reading -- FILE...` measures reading and the whole conversion of files instead, many times over in
//! one process: the least and the median of microseconds. All times are those of the processor.
#![allow(
    clippy::print_stdout,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a table on standard output is the result; a case stops where an assumption fails"
)]

mod counting;
mod tree;

use std::env;
use std::error::Error;
use std::fmt::Write as _;
use std::fs;
use std::io::{Cursor, Read, Write as _};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use calamine::{Reader as _, Xlsx};
use hedui::config::load_catalog;
use hedui::limits::Limits;
use hedui::pipeline::{Hints, Options, convert};
use hedui::reader;
use html5ever::tendril::{StrTendril, TendrilSink};
use html5ever::tokenizer::{BufferQueue, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts};
use rust_xlsxwriter::{Format, Workbook};
use rustix::time::{ClockId, clock_gettime};
use zip::write::SimpleFileOptions;
use zip::{ZipArchive, ZipWriter};

#[global_allocator]
static ALLOCATOR: counting::Counting = counting::Counting;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// Runs of a case; the fastest counts.
const RUNS: usize = 5;
/// Runs of a file that was named.
const FILE_RUNS: usize = 101;
/// Bytes of the page.
const PAGE: usize = 5 << 20;
/// Bytes of document.xml.
const DOCUMENT_XML: usize = 20 << 20;
/// Rows of the workbook's sheet.
const SHEET_ROWS: u32 = 20_000;
/// Bytes of the sheet's XML, about.
const SHEET: usize = 5 << 20;
/// Rows of one table of the Word file.
const TABLE_ROWS: usize = 30;
/// Names of columns among texts.
const FORM: [&str; 7] = ["项目名称", "资金来源", "实施内容", "全年预算数", "全年执行数", "完成情况", "备注"];
/// Names of columns of figures.
const HEADER: [&str; 7] = ["项目名称", "年初预算数", "全年预算数", "全年执行数", "执行率", "分值", "得分"];

/// What is done with a source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Case {
    Tokenize,
    /// Inflating and tokenizing.
    Inflate,
    /// Tokenizing and building a tree.
    Tree,
    /// The cells as calamine streams them.
    Calamine,
    Read,
    Convert,
    DocxRs,
}

/// Extension, bytes of text, and cases of each format, the floor first.
const CASES: [(&str, usize, &[Case]); 3] = [
    ("html", PAGE, &[Case::Tokenize, Case::Tree, Case::Read, Case::Convert]),
    ("xlsx", SHEET, &[Case::Calamine, Case::Read, Case::Convert]),
    ("docx", DOCUMENT_XML, &[Case::Tokenize, Case::Inflate, Case::Read, Case::Convert, Case::DocxRs]),
];

fn main() -> Result<()> {
    let arguments: Vec<String> = env::args().collect();
    if let [_, mark, case, path] = arguments.as_slice()
        && mark == "--case"
    {
        println!("{}", measure(named(case)?, Path::new(path))?);
        return Ok(());
    }
    let files: Vec<&String> = arguments.iter().skip(1).filter(|argument| *argument != "--bench").collect();
    if !files.is_empty() {
        return measure_files(&files);
    }
    let folder = tempfile::tempdir()?;
    for texture in [Texture::Form, Texture::Figures] {
        fs::write(folder.path().join(format!("{}.html", texture.name())), page(texture))?;
        fs::write(folder.path().join(format!("{}.docx", texture.name())), word_file(texture)?)?;
        fs::write(folder.path().join(format!("{}.xlsx", texture.name())), workbook(texture)?)?;
    }
    println!(
        "| source | case | ms | MB/s | times the floor | peak MB | model MB | above the model MB |\n\
         |---|---|---:|---:|---:|---:|---:|---:|"
    );
    for texture in [Texture::Form, Texture::Figures] {
        for (extension, size, cases) in CASES {
            report(&folder.path().join(format!("{}.{extension}", texture.name())), size, cases)?;
        }
    }
    Ok(())
}

/// Prints how long reading and converting each file takes.
fn measure_files(files: &[&String]) -> Result<()> {
    let options = options()?;
    println!("| file | read, least us | median us | convert, least us | median us |\n|---|---:|---:|---:|---:|");
    for file in files {
        let bytes = fs::read(file)?;
        let name = Path::new(file).file_name().unwrap_or_default().to_string_lossy().into_owned();
        let mut line = format!("| {name} |");
        for case in [Case::Read, Case::Convert] {
            let mut times = Vec::with_capacity(FILE_RUNS);
            for _ in 0..FILE_RUNS {
                let start = processor_time();
                run(case, &name, &bytes, &options)?;
                times.push(processor_time().saturating_sub(start).as_micros());
            }
            times.sort_unstable();
            let _ = write!(line, " {} | {} |", times[0], times[FILE_RUNS / 2]);
        }
        println!("{line}");
    }
    Ok(())
}

/// Runs the cases of one source and prints a line for each.
fn report(path: &Path, size: usize, cases: &[Case]) -> Result<()> {
    let mut floor = None;
    for case in cases {
        let output = Command::new(env::current_exe()?).args(["--case", &format!("{case:?}")]).arg(path).output()?;
        let text = String::from_utf8(output.stdout)?;
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let figures: Vec<usize> = text.split_whitespace().map(str::parse).collect::<std::result::Result<_, _>>()?;
        let [micros, peak, kept, above] = figures[..] else {
            println!("| {name} | {case:?} | failed: {} |", String::from_utf8_lossy(&output.stderr).trim());
            continue;
        };
        let floor = *floor.get_or_insert(micros.max(1));
        println!(
            "| {name} | {case:?} | {} | {} | {} | {} | {} | {} |",
            tenths(micros, 1_000),
            tenths(size, micros.max(1)),
            tenths(micros, floor),
            tenths(peak, 1 << 20),
            tenths(kept, 1 << 20),
            tenths(above, 1 << 20)
        );
    }
    Ok(())
}

/// `a / b` with one decimal.
fn tenths(a: usize, b: usize) -> String {
    let tenths = (a * 10 + b / 2) / b;
    format!("{}.{}", tenths / 10, tenths % 10)
}

fn named(name: &str) -> Result<Case> {
    let all = [Case::Tokenize, Case::Tree, Case::Calamine, Case::Inflate, Case::Read, Case::Convert, Case::DocxRs];
    all.into_iter().find(|case| format!("{case:?}") == name).ok_or_else(|| format!("no case {name}").into())
}

/// Microseconds of the fastest of several runs, bytes of the process's peak of memory, and, for reading, bytes that the
/// document takes and those that reading it takes beside; 0 for other cases.
fn measure(case: Case, path: &Path) -> Result<String> {
    let bytes = fs::read(path)?;
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let prepared = prepare(case, &name, bytes)?;
    let options = options()?;
    let mut fastest = Duration::MAX;
    for _ in 0..RUNS {
        let start = processor_time();
        run(case, &name, &prepared, &options)?;
        fastest = fastest.min(processor_time().saturating_sub(start));
    }
    let peak = peak_kib()? * 1_024;
    let (kept, above) = if case == Case::Read {
        let memory = counting::count(|| reader::read(&prepared, &name, &options.limits))?;
        (memory.kept, memory.peak - memory.kept)
    } else {
        (0, 0)
    };
    Ok(format!("{} {peak} {kept} {above}", fastest.as_micros()))
}

/// The bytes that the case works on: for tokenizing, document.xml is inflated beforehand.
fn prepare(case: Case, name: &str, bytes: Vec<u8>) -> Result<Vec<u8>> {
    if case != Case::Tokenize || name.ends_with(".html") {
        return Ok(bytes);
    }
    inflate(&bytes)
}

/// document.xml of a Word file.
fn inflate(bytes: &[u8]) -> Result<Vec<u8>> {
    let mut xml = Vec::new();
    ZipArchive::new(Cursor::new(bytes))?.by_name("word/document.xml")?.read_to_end(&mut xml)?;
    Ok(xml)
}

fn run(case: Case, name: &str, bytes: &[u8], options: &Options) -> Result<()> {
    match case {
        Case::Tokenize if name.ends_with(".html") => tokenize_html(std::str::from_utf8(bytes)?),
        Case::Tokenize => tokenize_xml(bytes)?,
        Case::Inflate => tokenize_xml(&inflate(bytes)?)?,
        Case::Tree => drop(std::hint::black_box(build_tree(std::str::from_utf8(bytes)?))),
        Case::Calamine => stream_cells(bytes)?,
        Case::Read => drop(reader::read(bytes, name, &options.limits)?),
        Case::Convert => {
            let hints = Hints { name: name.to_owned(), path: name.to_owned(), ..Hints::default() };
            drop(convert(bytes, &hints, options)?);
        }
        Case::DocxRs => drop(docx_rs::read_docx(bytes)?),
    }
    Ok(())
}

fn options() -> Result<Options> {
    let catalog = load_catalog(None)?;
    Ok(Options { limits: Limits::default(), catalog })
}

/// Takes tokens and forgets them.
struct Forget;

impl TokenSink for Forget {
    type Handle = ();

    fn process_token(&self, token: Token, _line: u64) -> TokenSinkResult<()> {
        std::hint::black_box(token);
        TokenSinkResult::Continue
    }
}

fn tokenize_html(text: &str) {
    let tokenizer = Tokenizer::new(Forget, TokenizerOpts::default());
    let queue = BufferQueue::default();
    queue.push_back(StrTendril::from_slice(text));
    let _ = tokenizer.feed(&queue);
    tokenizer.end();
}

fn build_tree(text: &str) -> usize {
    html5ever::parse_document(tree::Bare::new(), html5ever::ParseOpts::default()).one(text)
}

fn stream_cells(bytes: &[u8]) -> Result<()> {
    let mut workbook: Xlsx<_> = calamine::open_workbook_from_rs(Cursor::new(bytes))?;
    let name = workbook.sheet_names().first().cloned().ok_or("no sheet")?;
    let mut cells = workbook.worksheet_cells_reader(&name)?;
    while let Some(cell) = cells.next_cell()? {
        std::hint::black_box(cell);
    }
    Ok(())
}

fn tokenize_xml(bytes: &[u8]) -> Result<()> {
    let mut reader = quick_xml::Reader::from_reader(bytes);
    loop {
        match reader.read_event()? {
            quick_xml::events::Event::Eof => return Ok(()),
            event => drop(std::hint::black_box(event)),
        }
    }
}

/// What this thread has had of a processor, so that other work on the machine does not count.
fn processor_time() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), u32::try_from(time.tv_nsec).unwrap_or(0))
}

/// Highest resident memory of this process so far, from the kernel.
fn peak_kib() -> Result<usize> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).ok_or("no VmHWM")?;
    Ok(line.trim().trim_end_matches(" kB").parse()?)
}

/// A page that is one table.
fn page(texture: Texture) -> String {
    let mut page = String::from(
        "<!DOCTYPE html><html><head><meta charset=\"utf-8\"/><title>2023年度项目支出明细</title></head><body>\n\
         <h1>2023年度项目支出明细</h1><table border=\"1\" cellspacing=\"0\" class=\"MsoNormalTable\"><tbody>\n",
    );
    let end = "</tbody></table></body></html>\n";
    let mut row = 0;
    while page.len() + end.len() < PAGE {
        page.push_str("<tr>\n");
        for text in texture.row(row) {
            // Writing to a String cannot fail.
            let _ = writeln!(
                page,
                "<td style=\"width:80px;border:1px solid #000\"><p align=\"center\">\
                 <span style=\"font-size:14px;font-family:宋体\">{text}</span></p></td>"
            );
        }
        page.push_str("</tr>\n");
        row += 1;
    }
    page + end
}

/// A Word file of many tables with a heading above each.
fn word_file(texture: Texture) -> Result<Vec<u8>> {
    let mut xml = String::from(
        "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n<w:document \
         xmlns:w=\"http://schemas.openxmlformats.org/wordprocessingml/2006/main\"><w:body>",
    );
    let mut table = 0;
    while xml.len() < DOCUMENT_XML {
        let _ = write!(xml, "<w:p><w:r><w:t>{}、项目支出明细</w:t></w:r></w:p><w:tbl>", table + 1);
        for row in 0..TABLE_ROWS {
            push_word_row(&mut xml, texture, row);
        }
        xml.push_str("</w:tbl>");
        table += 1;
    }
    xml.push_str("</w:body></w:document>");
    let parts = [
        (
            "[Content_Types].xml",
            "<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\">\
             <Default Extension=\"rels\" ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/>\
             <Override PartName=\"/word/document.xml\" ContentType=\
             \"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml\"/></Types>",
        ),
        (
            "_rels/.rels",
            "<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\"><Relationship \
             Id=\"rId1\" Target=\"word/document.xml\" Type=\
             \"http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument\"/></Relationships>",
        ),
        (
            "word/_rels/document.xml.rels",
            "<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\"></Relationships>",
        ),
        ("word/document.xml", xml.as_str()),
    ];
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in parts {
        writer.start_file(name, SimpleFileOptions::default())?;
        writer.write_all(content.as_bytes())?;
    }
    Ok(writer.finish()?.into_inner())
}

fn push_word_row(xml: &mut String, texture: Texture, row: usize) {
    xml.push_str("<w:tr>");
    for text in texture.row(row) {
        let _ = write!(
            xml,
            "<w:tc><w:tcPr><w:tcW w:w=\"1000\" w:type=\"dxa\"/><w:vAlign w:val=\"center\"/></w:tcPr><w:p><w:r><w:rPr>\
             <w:rFonts w:ascii=\"Times New Roman\" w:hAnsi=\"Times New Roman\" w:eastAsia=\"仿宋\" w:hint=\"eastAsia\"/>\
             <w:sz w:val=\"21\"/></w:rPr><w:t xml:space=\"preserve\">{text}</w:t></w:r></w:p></w:tc>"
        );
    }
    xml.push_str("</w:tr>");
}

/// A workbook with one sheet: amounts are numbers with a format, the rest texts.
fn workbook(texture: Texture) -> Result<Vec<u8>> {
    let mut workbook = Workbook::new();
    let amount = Format::new().set_num_format("#,##0.00");
    let sheet = workbook.add_worksheet();
    for row in 0..SHEET_ROWS {
        for (col, text) in (0..).zip(texture.row(row as usize)) {
            match text.parse::<f64>() {
                Ok(number) => sheet.write_number_with_format(row, col, number, &amount)?,
                Err(_) => sheet.write_string(row, col, text)?,
            };
        }
    }
    Ok(workbook.save_to_buffer()?)
}

/// What stands in the cells.
#[derive(Clone, Copy)]
enum Texture {
    /// Texts with two figures in a row of seven.
    Form,
    /// Six figures in a row of seven.
    Figures,
}

impl Texture {
    fn name(self) -> &'static str {
        match self {
            Self::Form => "form",
            Self::Figures => "figures",
        }
    }

    /// The header, or a row whose figures agree with one another.
    fn row(self, row: usize) -> [String; 7] {
        // Figures that vary and inflate as real ones do, not to nothing.
        let budget = 100 + row * 7_919 % 9_000;
        match (self, row) {
            (Self::Form, 0) => FORM.map(str::to_owned),
            (Self::Figures, 0) => HEADER.map(str::to_owned),
            (Self::Form, _) => [
                format!("第{row}项信息化运维"),
                "业务处室".to_owned(),
                format!("完成系统巡检{}次", row % 50),
                format!("{budget}.00"),
                format!("{}.{:02}", budget - 3, row % 100),
                "按计划完成".to_owned(),
                String::new(),
            ],
            (Self::Figures, _) => [
                format!("第{row}项信息化运维"),
                format!("{}.{:02}", budget - 3, row % 100),
                format!("{budget}.00"),
                format!("{budget}.00"),
                "100.00%".to_owned(),
                "10".to_owned(),
                "10".to_owned(),
            ],
        }
    }
}
