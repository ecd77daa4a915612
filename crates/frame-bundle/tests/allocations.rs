//! What reading a bundle costs in memory.

#[path = "common/allocations.rs"]
mod allocations;
#[path = "common/bundles.rs"]
#[allow(dead_code, reason = "each test binary uses a part of it")]
mod bundles;

use allocations::{since, so_far};
use bundles::{any_bytes, config, contents, damaged, walk};
use bytes::Bytes;
use frame_bundle::FrameBundle;
use proptest::prelude::*;

proptest! {
    #![proptest_config(config())]

    #[test]
    fn reading_takes_no_more_memory_than_the_bytes_read(
        bytes in prop_oneof![any_bytes(), damaged(), contents().prop_map(|c| c.builder().build().unwrap().to_vec())],
    ) {
        let size = bytes.len();
        let payload = Bytes::from(bytes);
        let before = so_far();
        let bundle = FrameBundle::parse(payload);
        prop_assert_eq!(since(before).bytes, 0, "parsing allocates nothing");
        let _ = bundle.as_ref().map(walk);
        let asked = since(before);
        prop_assert!(asked.bytes <= size, "{asked:?} for {size} bytes");
    }
}

#[test]
fn what_is_allocated_is_counted() {
    let before = so_far();
    drop(std::hint::black_box(vec![1_u8; 5000]));
    let asked = since(before);
    assert_eq!((asked.bytes, asked.large, asked.large_bytes), (5000, 1, 5000));
}
