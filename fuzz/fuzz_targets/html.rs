//! Pages: encodings, the table model, nested and broken markup.
#![no_main]

use hedui::limits::Limits;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    drop(hedui::reader::read(bytes, "page.html", &Limits::default()));
});
