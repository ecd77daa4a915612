//! Loses memory, to see that it is told.

#[inline(never)]
fn lose() {
    std::mem::forget(std::hint::black_box(vec![7_u8; 1000]));
}

fn main() {
    // Several: one may seem to be in use, by what is left on the stack.
    (0..100).for_each(|_| lose());
}
