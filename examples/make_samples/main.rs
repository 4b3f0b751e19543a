//! Makes the sample reports under samples/ and the pages under tests/fixtures/encodings/.
//!
//! `cargo run --example make_samples [ROOT]` writes below ROOT (default: the current folder). The same source gives the
//! same bytes every time: archives carry fixed times, documents fixed properties. Each report is written once, in the
//! markup of `reports/*.report` (see `markup.rs`), and rendered into one or more formats.

mod docx;
mod html;
mod markup;
mod text;
mod xlsx;

use std::error::Error;
use std::fs;
use std::path::Path;

use html::Charset;
use markup::Report;

/// What a sample is written as.
enum Format {
    Docx,
    Xlsx,
    Html(Charset),
    Text,
}

/// One file to make: its path below the root, what it is written as, its source.
struct Sample {
    path: &'static str,
    format: Format,
    source: &'static str,
}

/// Every file, by format. The part of a name after `--` says what is wrong with the figures in it.
const SAMPLES: [Sample; 16] = [
    Sample {
        path: "samples/yunze-2023-department--digit-slip.docx",
        format: Format::Docx,
        source: include_str!("reports/yunze2023.report"),
    },
    Sample {
        path: "samples/yunhe-2022-report--copied-rates.docx",
        format: Format::Docx,
        source: include_str!("reports/yunhe2022.report"),
    },
    Sample {
        path: "samples/gulou-2021-project--count-mismatch.docx",
        format: Format::Docx,
        source: include_str!("reports/gulou2021.report"),
    },
    Sample {
        path: "samples/jiaozhou-2023-project--clean.docx",
        format: Format::Docx,
        source: include_str!("reports/jiaozhou2023.report"),
    },
    Sample {
        path: "samples/yunze-2022-department--clean.xlsx",
        format: Format::Xlsx,
        source: include_str!("reports/yunze2022.report"),
    },
    Sample {
        path: "samples/mingxi-2022-account--clean.xlsx",
        format: Format::Xlsx,
        source: include_str!("reports/mingxi2022.report"),
    },
    Sample {
        path: "samples/anning-2022-project--subtotal-slip.xlsx",
        format: Format::Xlsx,
        source: include_str!("reports/anning2022.report"),
    },
    Sample {
        path: "samples/baishui-2020-annex--score-total.html",
        format: Format::Html(Charset::Utf8),
        source: include_str!("reports/baishui2020.report"),
    },
    Sample {
        path: "samples/hongshan-2022-account--wrong-base.html",
        format: Format::Html(Charset::Utf8),
        source: include_str!("reports/hongshan2022.report"),
    },
    Sample {
        path: "samples/qinglan-2021-annex--explained-gap.html",
        format: Format::Html(Charset::GbkAsGb2312),
        source: include_str!("reports/qinglan2021.report"),
    },
    Sample {
        path: "samples/zhenyuan-2022-narrative--clean.html",
        format: Format::Html(Charset::Gb18030Undeclared),
        source: include_str!("reports/zhenyuan2022.report"),
    },
    Sample {
        path: "samples/西湖区2022年度自评表--小数点错位.txt",
        format: Format::Text,
        source: include_str!("reports/xihu2022.report"),
    },
    Sample {
        path: "samples/xinghu-2023-narrative--clean.txt",
        format: Format::Text,
        source: include_str!("reports/xinghu2023.report"),
    },
    Sample {
        path: "tests/fixtures/encodings/page.utf8.html",
        format: Format::Html(Charset::Utf8),
        source: include_str!("reports/qinglan2021.report"),
    },
    Sample {
        path: "tests/fixtures/encodings/page.gbk.html",
        format: Format::Html(Charset::GbkAsGb2312),
        source: include_str!("reports/qinglan2021.report"),
    },
    Sample {
        path: "tests/fixtures/encodings/page.gb18030.html",
        format: Format::Html(Charset::Gb18030Undeclared),
        source: include_str!("reports/qinglan2021.report"),
    },
];

fn main() -> Result<(), Box<dyn Error>> {
    let root = std::env::args().nth(1).unwrap_or_else(|| ".".to_owned());
    for sample in &SAMPLES {
        let bytes = sample.render().map_err(|error| format!("{}: {error}", sample.path))?;
        let path = Path::new(&root).join(sample.path);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::write(&path, bytes)?;
    }
    Ok(())
}

impl Sample {
    fn render(&self) -> Result<Vec<u8>, Box<dyn Error>> {
        let report = Report::parse(self.source)?;
        match &self.format {
            Format::Docx => docx::render(&report),
            Format::Xlsx => xlsx::render(&report),
            Format::Html(charset) => html::render(&report, *charset),
            Format::Text => text::render(&report),
        }
    }
}
