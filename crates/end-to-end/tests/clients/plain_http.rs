//! The faces that curl reads.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, ensure};
use end_to_end::{Answer, Picture, curl, curl_for};

use crate::multipart::parts;
use crate::pattern;
use crate::stage::Stage;

fn jpeg_in(answer: &Answer) -> Result<Picture> {
    ensure!(answer.status == 200, "{}: {}", answer.status, answer.text());
    assert_eq!(answer.header("content-type").as_deref(), Some("image/jpeg"));
    Picture::from_jpeg(&answer.body)
}

fn size(picture: &Picture) -> (usize, usize) {
    (picture.width, picture.height)
}

#[tokio::test]
async fn curl_gets_the_newest_frame_and_the_small_one() -> Result<()> {
    let stage = Stage::with_cameras(2).await?;
    for (path, expected) in [
        ("/api/frame", (640, 480)),
        ("/api/frame/1", (640, 480)),
        ("/api/frame?size=320x320", (320, 240)),
        ("/api/frame/0?size=320x320&stretch=1", (320, 320)),
        ("/api/frame?max_age_ms=100", (640, 480)),
    ] {
        let picture = jpeg_in(&curl(&[&stage.http(path)]).await?).context(path)?;
        assert_eq!(size(&picture), expected, "{path}");
        pattern::has_its_colours(&picture).context(path)?;
    }
    Ok(())
}

#[tokio::test]
async fn curl_gets_another_frame_each_time_and_not_another_cameras() -> Result<()> {
    let stage = Stage::with_cameras(2).await?;
    let newest = async |id: u8| jpeg_in(&curl(&[&stage.http(&format!("/api/frame/{id}?max_age_ms=0"))]).await?);
    let (first, second, other) = (newest(0).await?, newest(0).await?, newest(1).await?);
    ensure!(first.mean_square_difference(&second)? > 0.0, "the same frame twice");
    ensure!(first.mean_square_difference(&other)? > 10.0 * first.mean_square_difference(&second)?);
    Ok(())
}

#[tokio::test]
async fn curl_is_told_what_is_not_there_and_what_cannot_be() -> Result<()> {
    let stage = Stage::with_cameras(1).await?;
    for (path, status, says) in [
        ("/api/frame/7", 404, "no camera"),
        ("/stream/7", 404, "no camera"),
        ("/api/frame?size=8x8", 400, "16"),
        ("/api/frame?size=320", 400, "size"),
        ("/api/frame?size=5000x100", 400, "4096"),
        ("/stream?fps=0", 400, "fps"),
    ] {
        let answer = curl(&[&stage.http(path)]).await?;
        assert_eq!(answer.status, status, "{path}: {}", answer.text());
        ensure!(answer.text().contains(says), "{path}: {}", answer.text());
    }
    Ok(())
}

#[tokio::test]
async fn the_status_has_the_fields_of_the_original_at_its_top_with_their_types() -> Result<()> {
    let stage = Stage::with_cameras(2).await?;
    let status = curl(&[&stage.http("/api/status")]).await?.json()?;
    for (key, expected) in [("camera_id", 0), ("width", 640), ("height", 480)] {
        assert_eq!(status[key].as_u64(), Some(expected), "{key} of {status}");
    }
    assert_eq!(status["fps"].as_f64(), Some(30.0), "fps of {status}");
    for key in ["is_running", "frame_available", "smframe_available"] {
        assert_eq!(status[key].as_bool(), Some(true), "{key} of {status}");
    }
    Ok(())
}

#[tokio::test]
async fn a_stream_has_whole_frames_with_length_and_time_and_a_boundary_right_after_each() -> Result<()> {
    let stage = Stage::with_cameras(1).await?;
    let answer = curl_for(Duration::from_secs(1), &[&stage.http("/stream")]).await?;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("content-type").as_deref(), Some("multipart/x-mixed-replace; boundary=frame"));
    assert_eq!(answer.header("x-accel-buffering").as_deref(), Some("no"));
    let caching = answer.header("cache-control").context("no Cache-Control")?;
    ensure!(caching.contains("no-store") || caching.contains("no-cache"), "{caching}");

    let (parts, _) = parts(&answer.body)?;
    ensure!((20..=33).contains(&parts.len()), "{} frames in a second at 30 a second", parts.len());
    let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs_f64();
    let mut before = now - 10.0;
    for part in &parts {
        assert_eq!(part.header("content-type")?, "image/jpeg");
        assert_eq!(size(&part.picture()?), (640, 480));
        ensure!((before..now).contains(&part.timestamp()?), "{} comes after {before}", part.timestamp()?);
        before = part.timestamp()?;
    }
    Ok(())
}

#[tokio::test]
async fn the_boundary_does_not_wait_for_the_next_frame() -> Result<()> {
    let stage = Stage::with_cameras(1).await?;
    // Frames every 2 s, and the reader leaves between two of them.
    let answer = curl_for(Duration::from_secs(3), &[&stage.http("/stream?fps=0.5")]).await?;
    let (parts, rest) = parts(&answer.body)?;
    assert_eq!(parts.len(), 2);
    ensure!(rest.len() < 200, "{} bytes of a frame that is not due", rest.len());
    Ok(())
}
