//! Any bytes under any name: detection, packages, encodings, every reader.
#![no_main]

mod contained;

use hedui::limits::Limits;
use libfuzzer_sys::fuzz_target;

fuzz_target!(init: contained::expect_panics_of_calamine(), |bytes: &[u8]| {
    drop(hedui::reader::read(bytes, "source", &Limits::default()));
});
