//! Bytes that are asked for and given back: what a document takes, and what reading it takes beside that.
//!
//! Counts only while it is told to, so that the timed runs pay for a check and nothing else.
#![allow(unsafe_code, reason = "an allocator is unsafe by its trait; this one hands everything on to the system's")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicBool, AtomicIsize, Ordering::Relaxed};

static COUNTS: AtomicBool = AtomicBool::new(false);
static LIVE: AtomicIsize = AtomicIsize::new(0);
static PEAK: AtomicIsize = AtomicIsize::new(0);

/// The system's allocator with a counter.
pub(super) struct Counting;

/// What a run took.
pub(super) struct Memory {
    /// Bytes that the result holds.
    pub(super) kept: usize,
    /// Most bytes at one time, the result's among them.
    pub(super) peak: usize,
}

/// Runs `make` and drops its result after counting.
pub(super) fn count<T, E>(make: impl FnOnce() -> Result<T, E>) -> Result<Memory, E> {
    LIVE.store(0, Relaxed);
    PEAK.store(0, Relaxed);
    COUNTS.store(true, Relaxed);
    let made = make();
    COUNTS.store(false, Relaxed);
    let bytes = |counter: &AtomicIsize| usize::try_from(counter.load(Relaxed)).unwrap_or(0);
    let memory = Memory { kept: bytes(&LIVE), peak: bytes(&PEAK) };
    made.map(|_| memory)
}

fn add(bytes: usize, given_back: usize) {
    if COUNTS.load(Relaxed) {
        let signed = |bytes: usize| isize::try_from(bytes).unwrap_or(isize::MAX);
        let change = signed(bytes) - signed(given_back);
        PEAK.fetch_max(LIVE.fetch_add(change, Relaxed) + change, Relaxed);
    }
}

// SAFETY: every call is handed on unchanged to the system's allocator, which keeps the promises of the trait.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        add(layout.size(), 0);
        // SAFETY: the caller's promises are those of the system's allocator.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        add(layout.size(), 0);
        // SAFETY: as above.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        add(0, layout.size());
        // SAFETY: as above.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        add(size, layout.size());
        // SAFETY: as above.
        unsafe { System.realloc(pointer, layout, size) }
    }
}
