//! Any bytes under any name: detection, packages, encodings, every reader.
#![no_main]

use hedui::limits::Limits;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    drop(hedui::reader::read(bytes, "source", &Limits::default()));
});
