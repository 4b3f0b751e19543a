//! Plain text: encodings, dumps that were tables.
#![no_main]

use hedui::limits::Limits;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    drop(hedui::reader::read(bytes, "dump.txt", &Limits::default()));
});
