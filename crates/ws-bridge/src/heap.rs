//! How the C library keeps memory that is free.

use std::io;

/// How often memory that is free goes back to the system.
#[cfg(target_env = "gnu")]
const EVERY: std::time::Duration = std::time::Duration::from_secs(10);

/// Keeps one heap instead of one for each thread, and returns what is free in it to the system every ten seconds. To be
/// called before there are other threads, whose heaps would stay.
///
/// By itself glibc keeps each heap as large as it was at its worst moment, so that for an hour memory would grow towards the
/// sum of all worst moments. Bundles that had pages of their own (`M_MMAP_THRESHOLD`) would cost page faults each time, and
/// what is smaller would still grow. Threads seldom meet at the heap: each keeps small pieces of its own, and a bundle is
/// one piece, however many watch. Whoever needs it while 10 MB are given back waits for a millisecond or two.
///
/// # Errors
/// There can be no further thread.
#[cfg(target_env = "gnu")]
#[allow(unsafe_code, reason = "malloc is set and told by these functions alone")]
pub(crate) fn keep_small() -> io::Result<()> {
    // SAFETY: it takes two numbers, and refuses those that it does not know.
    unsafe { libc::mallopt(libc::M_ARENA_MAX, 1) };
    let give_back = || loop {
        std::thread::sleep(EVERY);
        // SAFETY: it takes the locks that malloc and free take, and changes no memory that is in use.
        unsafe { libc::malloc_trim(0) };
    };
    std::thread::Builder::new().name("heap".into()).spawn(give_back)?;
    Ok(())
}

/// Other C libraries do so by themselves.
#[cfg(not(target_env = "gnu"))]
pub(crate) fn keep_small() -> io::Result<()> {
    Ok(())
}
