//! Numbers, units, periods and sentences: a text through the whole conversion.
#![no_main]

use std::sync::OnceLock;

use hedui::config::load_catalog;
use hedui::limits::Limits;
use hedui::normalize::{clean, fold, number, period};
use hedui::pipeline::{Hints, Options, convert};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    static OPTIONS: OnceLock<Options> = OnceLock::new();
    let options = OPTIONS.get_or_init(|| Options {
        limits: Limits::default(),
        catalog: load_catalog(None).expect("the built-in catalog is whole"),
    });
    let cleaned = clean(text);
    assert_eq!(clean(&cleaned), cleaned);
    let chars = fold(&cleaned);
    for figure in number::figures(&chars) {
        assert!(figure.number.start < figure.number.end && figure.end <= chars.len());
    }
    period::years(&chars);
    let hints = Hints { name: "dump.txt".to_owned(), path: "dump.txt".to_owned(), ..Hints::default() };
    drop(convert(text.as_bytes(), &hints, options));
});
