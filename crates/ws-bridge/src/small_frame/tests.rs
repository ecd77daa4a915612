use std::time::Instant;

use frame_bundle::{BundleBuilder, Frame, FrameBundle};
use jpeg_encoder::{ColorType, Encoder};

use super::*;
use crate::test_bundles::{FRONT, frame, two_grabbers};

/// A frame of camera 3 with these bytes.
fn newest(jpeg: impl Into<Bytes>) -> Newest {
    let frame = Frame { data: jpeg.into(), ..frame(3, 0) };
    let bundle = FrameBundle::parse(BundleBuilder::new(0, 0).frame(frame).build().unwrap()).unwrap();
    let scene = two_grabbers().with_bundle(FRONT, bundle, Instant::now());
    scene.cameras[&3].newest.clone().unwrap()
}

fn picture(width: u16, height: u16) -> Vec<u8> {
    let mut jpeg = Vec::new();
    let pixels = vec![99; usize::from(width) * usize::from(height)];
    Encoder::new(&mut jpeg, 90).encode(&pixels, width, height, ColorType::Luma).unwrap();
    jpeg
}

fn wish(newest: &Newest, size: &str) -> Wish {
    Wish::new(newest, size.parse().unwrap(), Fit::Within).unwrap()
}

/// Waits until something is so.
async fn until(so: impl Fn() -> bool) {
    let waiting = async {
        while !so() {
            tokio::task::yield_now().await;
        }
    };
    timeout(Duration::from_secs(20), waiting).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_who_ask_at_once_cost_one_scaling() {
    let small_frames = Arc::new(SmallFrames::default());
    let newest = newest(picture(640, 480));
    let asked: Vec<_> = (0..100)
        .map(|_| {
            let (small_frames, wish) = (small_frames.clone(), wish(&newest, "320x320"));
            tokio::spawn(async move { small_frames.get(wish).await })
        })
        .collect();
    let mut got = Vec::new();
    for one in asked {
        got.push(one.await.unwrap().unwrap());
    }
    assert!(got.iter().all(|small| small.as_ptr() == got[0].as_ptr()), "all share the same bytes");
    assert_eq!(size_of_jpeg(&got[0]), Ok(Pixels { width: 320, height: 240 }));
    assert_eq!(small_frames.counts(), SmallFrameCounts { scaled: 1, reused: 99, refused: 0 });

    let stretched = Wish::new(&newest, "320x240".parse().unwrap(), Fit::Stretch).unwrap();
    small_frames.get(stretched).await.unwrap();
    assert_eq!(small_frames.counts().scaled, 1, "it is the same picture, whatever the words for it");
}

#[tokio::test]
async fn a_frame_that_has_the_size_is_given_as_it_is() {
    let small_frames = Arc::new(SmallFrames::default());
    let newest = newest(picture(640, 480));
    let same = small_frames.get(wish(&newest, "640x999")).await.unwrap();
    assert_eq!(same.as_ptr(), newest.frame.data.as_ptr());
    assert_eq!(small_frames.counts(), SmallFrameCounts::default());
}

#[tokio::test]
async fn a_picture_that_is_broken_is_tried_once() {
    let small_frames = Arc::new(SmallFrames::default());
    let mut broken = picture(64, 48);
    let header = broken.windows(2).position(|two| two == b"\xFF\xC0").unwrap();
    broken.truncate(header + 12);
    let newest = newest(broken);
    for _ in 0..2 {
        let sentence = small_frames.get(wish(&newest, "32x32")).await.unwrap_err().to_string();
        assert!(sentence.starts_with("camera 3 sent a picture that cannot be decoded: "), "{sentence}");
    }
    assert_eq!((small_frames.counts().scaled, small_frames.counts().reused), (1, 1));
}

#[test]
fn what_is_no_picture_or_too_large_is_refused_before_it_is_decoded() {
    let refused = |jpeg: &[u8]| {
        let newest = newest(jpeg.to_vec());
        Wish::new(&newest, "32x32".parse().unwrap(), Fit::Stretch).unwrap_err().to_string()
    };
    assert!(refused(b"text").contains("how large"));
    let mut bomb = picture(16, 16);
    let header = bomb.windows(2).position(|two| two == b"\xFF\xC0").unwrap();
    bomb[header + 5..header + 9].copy_from_slice(&[0x20, 0x01, 0x20, 0x00]);
    assert!(refused(&bomb).contains("8192x8193 pixels, at most 67 million"), "{}", refused(&bomb));
}

#[tokio::test]
async fn more_than_can_wait_are_told_to_come_back() {
    let small_frames = Arc::new(SmallFrames::default());
    let newest = newest(picture(64, 48));
    let sides = 20..20 + QUEUE as u16 + 3;
    let asked: Vec<_> = sides
        .map(|side| {
            let (small_frames, wish) = (small_frames.clone(), wish(&newest, &format!("{side}x4096")));
            tokio::spawn(async move { small_frames.get(wish).await })
        })
        .collect();
    let mut got = Vec::new();
    for one in asked {
        got.push(one.await.unwrap());
    }
    assert_eq!(got.iter().filter(|small| **small == Err(NoSmallFrame::Busy)).count(), 3);
    assert_eq!(small_frames.counts(), SmallFrameCounts { scaled: QUEUE as u64, reused: 0, refused: 3 });
    assert!(small_frames.lock().making.is_empty());
    assert!(small_frames.get(wish(&newest, "17x17")).await.is_ok(), "there is room again");
}

#[tokio::test(start_paused = true)]
async fn who_waits_too_long_for_a_turn_is_refused_and_the_scaling_left_out() {
    let small_frames = Arc::new(SmallFrames::default());
    let newest = newest(picture(64, 48));
    let all_turns = small_frames.turns.acquire_many(at_a_time() as u32).await.unwrap();
    assert_eq!(small_frames.get(wish(&newest, "32x32")).await, Err(NoSmallFrame::Busy));
    assert_eq!(small_frames.lock().making.len(), 1);
    drop(all_turns);
    until(|| small_frames.lock().making.is_empty()).await;
    assert_eq!(small_frames.counts(), SmallFrameCounts { scaled: 0, reused: 0, refused: 1 });
}
