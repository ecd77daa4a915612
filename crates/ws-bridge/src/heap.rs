//! How the C library keeps memory that is free.

/// From this size on a piece of memory goes back to the system with the last who needs it.
#[cfg(target_env = "gnu")]
const GIVEN_BACK: libc::c_int = 16 * 1024;

/// Bundles come from the system one by one, and go back to it.
///
/// By itself glibc cuts them out of its heaps, of which it has one for each thread. A heap stays as large as it was at its
/// worst moment, or as far as the last small thing in it, so that for an hour memory would grow towards the sum of all worst
/// moments. What this costs is the page faults of each bundle, once, however many watch.
#[cfg(target_env = "gnu")]
#[allow(unsafe_code, reason = "a setting of the C library, before there are other threads")]
pub(crate) fn give_back() {
    // SAFETY: mallopt takes two numbers, and refuses those that it does not know.
    unsafe { libc::mallopt(libc::M_MMAP_THRESHOLD, GIVEN_BACK) };
}

/// Other C libraries do so by themselves.
#[cfg(not(target_env = "gnu"))]
pub(crate) fn give_back() {}
