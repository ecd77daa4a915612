//! Counts what a piece of code asks of the allocator, on its own thread alone.
#![allow(unsafe_code, reason = "GlobalAlloc is an unsafe trait; every call goes on to the system's allocator")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

/// What was asked for. A reallocation counts as an allocation of the new size.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Allocations {
    pub(crate) bytes: usize,
    /// Allocations of 4 KiB and more.
    pub(crate) large: usize,
    /// Bytes of those.
    pub(crate) large_bytes: usize,
}

thread_local! {
    static SO_FAR: Cell<Allocations> = const { Cell::new(Allocations { bytes: 0, large: 0, large_bytes: 0 }) };
}

/// What this thread has asked for.
pub(crate) fn so_far() -> Allocations {
    SO_FAR.get()
}

/// What this thread has asked for since `before`.
pub(crate) fn since(before: Allocations) -> Allocations {
    let now = so_far();
    Allocations {
        bytes: now.bytes - before.bytes,
        large: now.large - before.large,
        large_bytes: now.large_bytes - before.large_bytes,
    }
}

fn count(size: usize) {
    let mut so_far = SO_FAR.get();
    so_far.bytes += size;
    if size >= 4096 {
        so_far.large += 1;
        so_far.large_bytes += size;
    }
    SO_FAR.set(so_far);
}

struct Counting;

#[global_allocator]
static COUNTING: Counting = Counting;

// SAFETY: every call goes on, unchanged, to `System`, which keeps the contract of the trait. Counting does not allocate:
// the thread-local is constant and has no destructor.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size());
        // SAFETY: the caller keeps the contract of `alloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count(layout.size());
        // SAFETY: the caller keeps the contract of `alloc_zeroed`.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, memory: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count(size);
        // SAFETY: the caller keeps the contract of `realloc`.
        unsafe { System.realloc(memory, layout, size) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        // SAFETY: the caller keeps the contract of `dealloc`.
        unsafe { System.dealloc(memory, layout) }
    }
}
