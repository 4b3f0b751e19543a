//! Panics of calamine are contained by the reader, so they are no findings; all others are.

use std::panic::{set_hook, take_hook};

/// Lets panics of calamine unwind. To be called once, before the first run.
pub fn expect_panics_of_calamine() {
    let abort = take_hook();
    set_hook(Box::new(move |panic| {
        if !panic.location().is_some_and(|location| location.file().contains("calamine")) {
            abort(panic);
        }
    }));
}
