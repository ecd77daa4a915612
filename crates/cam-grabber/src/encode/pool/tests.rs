//! Order, panics, and the end of the threads.

use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;

use super::*;
use crate::capture::{CaptureTime, Layout, PixelFormat};

/// A camera SDK's buffer, which counts that it came back, and may panic then.
struct SdkBuffer {
    bytes: Vec<u8>,
    returned: Arc<AtomicUsize>,
    panics: bool,
}

impl AsRef<[u8]> for SdkBuffer {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Drop for SdkBuffer {
    fn drop(&mut self) {
        self.returned.fetch_add(1, Ordering::SeqCst);
        assert!(!self.panics, "the SDK is not itself today");
    }
}

fn job(width: u32, returned: &Arc<AtomicUsize>, panics: bool) -> Job {
    let layout = Layout::packed(PixelFormat::Mono8, width, 8);
    let buffer = SdkBuffer { bytes: vec![128; layout.size()], returned: Arc::clone(returned), panics };
    let frame = Frame { data: Bytes::from_owner(buffer), layout, time: CaptureTime::arrived_now(), number: 0 };
    Job { frame, quality: 80 }
}

fn widths(results: &[Result<Encoded, EncodeError>]) -> Vec<Option<u32>> {
    results.iter().map(|result| result.as_ref().ok().map(|encoded| encoded.width)).collect()
}

#[tokio::test]
async fn results_come_in_the_order_of_the_jobs_and_the_buffers_are_back_by_then() {
    let pool = EncoderPool::new(Kind::Turbo, 3).unwrap();
    let returned = Arc::default();
    // More than the queue holds, and large ones first.
    let sizes: Vec<u32> = (1..=300).rev().map(|n| n * 8).collect();
    let results = pool.encode(sizes.iter().map(|width| job(*width, &returned, false)).collect()).await;
    assert_eq!(widths(&results), sizes.into_iter().map(Some).collect::<Vec<_>>());
    assert_eq!(returned.load(Ordering::SeqCst), 300);
}

#[tokio::test]
async fn a_panic_fails_one_frame_and_the_only_thread_goes_on() {
    let pool = EncoderPool::new(Kind::Rust, 1).unwrap();
    let returned = Arc::default();
    let jobs = vec![job(16, &returned, false), job(24, &returned, true), job(32, &returned, false)];
    let results = pool.encode(jobs).await;
    assert_eq!(widths(&results), [Some(16), None, Some(32)]);
    let error = results[1].as_ref().unwrap_err();
    assert_eq!(*error, EncodeError::Panicked("the SDK is not itself today".into()));
    assert_eq!(error.cause(), "encode failed");
}

#[tokio::test]
async fn a_frame_that_cannot_be_encoded_fails_alone() {
    let pool = EncoderPool::new(Kind::Turbo, 2).unwrap();
    let returned = Arc::default();
    let mut short = job(64, &returned, false);
    short.frame.layout.height = 9;
    let results = pool.encode(vec![job(8, &returned, false), short, job(16, &returned, false)]).await;
    assert_eq!(widths(&results), [Some(8), None, Some(16)]);
    assert_eq!(results[1].as_ref().unwrap_err().cause(), "short frame");
}

#[tokio::test]
async fn a_dropped_pool_has_given_everything_back() {
    let pool = EncoderPool::new(Kind::Turbo, 1).unwrap();
    let returned = Arc::default();
    let mut abandoned = Box::pin(pool.encode((0..200).map(|_| job(640, &returned, false)).collect()));
    // Submits the jobs and waits for the first.
    assert!(futures_util::poll!(&mut abandoned).is_pending());
    drop(abandoned);
    drop(pool);
    assert_eq!(returned.load(Ordering::SeqCst), 200);
}
