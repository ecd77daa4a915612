//! Memory that is needed soon, asked for in time.

/// Bytes that the processor fetches at a time.
const LINE: usize = 64;

/// Has all of a value fetched into the processor's cache, and does not wait for it. A read would not do: a system call
/// waits for all reads before it.
#[inline]
#[allow(unsafe_code, reason = "the instruction takes a pointer; it changes nothing and cannot fail")]
pub(crate) fn fetch<T>(value: &T) {
    let value_at = std::ptr::from_ref(value).cast::<i8>();
    let before = value_at.addr() % LINE; // values seldom begin where a line does
    let start = value_at.wrapping_sub(before);
    for offset in (0..before + size_of::<T>()).step_by(LINE) {
        #[cfg(target_arch = "x86_64")]
        // SAFETY: it may be given any address.
        unsafe {
            std::arch::x86_64::_mm_prefetch::<{ std::arch::x86_64::_MM_HINT_T0 }>(start.wrapping_add(offset));
        }
        #[cfg(not(target_arch = "x86_64"))]
        let _ = (start, offset); // stable Rust has no such instruction there
    }
}
