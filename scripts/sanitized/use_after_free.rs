//! Reads memory that it has given back, to see that it is told.

fn main() {
    let byte = Box::into_raw(Box::new(7_u8));
    // SAFETY: none; this is what must not be done.
    let read = unsafe {
        drop(Box::from_raw(byte));
        std::ptr::read_volatile(byte)
    };
    println!("{read}");
}
