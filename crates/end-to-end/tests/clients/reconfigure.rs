//! One client changes a camera: all who watch it see that, and who watches another one sees nothing of it.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, ensure};
use end_to_end::{Picture, WsClient, curl, curl_for, pattern_camera};
use frame_bundle::FrameBundle;
use tokio::time::Instant;

use crate::multipart::parts;
use crate::stage::Stage;
use crate::viewer::Viewer;

const WITHIN_S: f64 = 2.0;
const WATCHED: Duration = Duration::from_secs(5);

#[tokio::test]
async fn a_new_size_is_seen_by_all_viewers_of_the_camera_and_another_camera_goes_on() -> Result<()> {
    // The other camera is slower than the stream, so that each of its frames is streamed.
    let other = pattern_camera(1).replace("fps = 30", "fps = 15");
    let stage = Stage::with(&(pattern_camera(0) + &other), 2).await?;
    let mut all = WsClient::connect_to(stage.bridge.address, "/?delivery=every").await?;
    let watcher = Viewer::start(&stage.ws("/camera/0"), &[], 150)?;
    watcher.watches().await?;
    let asks = [r#"{"type":"config","resolution":[1280,720]}"#];
    let asker = Viewer::start(&stage.ws("/camera/0"), &asks, 60)?;
    let url = stage.http("/stream/0");
    let stream = [url.as_str()];
    let (bundles, stream) = tokio::try_join!(all.bundles_for(WATCHED), curl_for(WATCHED, &stream))?;
    let (asker, watcher) = (asker.seen().await?, watcher.seen().await?);

    let answer = asker.texts("result")[0];
    let size = (answer["applied"]["resolution"][0].as_u64(), answer["applied"]["resolution"][1].as_u64());
    ensure!(answer["ok"] == true && size == (Some(1280), Some(720)), "{answer}");
    let asked = asker.said_at()?;
    let (parts, _) = parts(&stream.body)?;
    for (who, seen) in [
        ("who asked", asker.first_of_width(1280)?),
        ("another client of the webcam protocol", watcher.first_of_width(1280)?),
        ("a viewer of all cameras", first_in_bundles(&bundles)?),
        ("a reader of the stream", first_in_stream(&parts)?),
    ] {
        println!("{who}: after {:.2} s", seen - asked);
        ensure!((0.0..WITHIN_S).contains(&(seen - asked)), "{who} sees the new size {:.2} s later", seen - asked);
    }
    for seen in [&asker, &watcher] {
        let told = seen.texts("meta");
        let last = told.last().context("no meta")?;
        ensure!(last["width"] == 1280 && last["height"] == 720, "{last}");
    }
    let newest = Picture::from_jpeg(&curl(&[&stage.http("/api/frame/0")]).await?.body)?;
    assert_eq!((newest.width, newest.height), (1280, 720));

    let of_other: Vec<_> = bundles.iter().filter_map(|(_, bundle)| bundle.capture_info(1)).collect();
    let numbers: Vec<u64> = of_other.iter().map(|info| info.frame_number).collect();
    ensure!(numbers.len() > 40, "{} frames of the other camera in {WATCHED:?} at 15 a second", numbers.len());
    // A thread that is late by a period leaves a frame out, and its number; a camera that was closed, many.
    let left_out = numbers[numbers.len() - 1] - numbers[0] + 1 - numbers.len() as u64;
    ensure!(numbers.array_windows().all(|[a, b]| a < b) && left_out <= 15, "it lost frames: {numbers:?}");
    let begin = of_other[0].capture_time_us as f64 / 1e6;
    ensure!(begin < asked, "the other camera was not watched when the size was asked for");
    Ok(())
}

fn first_in_bundles(bundles: &[(Instant, FrameBundle)]) -> Result<f64> {
    let is_new = |bundle: &FrameBundle| bundle.frame(0).is_some_and(|frame| frame.width == 1280 && frame.height == 720);
    let (at, _) = bundles.iter().find(|(_, bundle)| is_new(bundle)).context("no bundle with the new size")?;
    unix_s(*at)
}

fn first_in_stream(parts: &[crate::multipart::Part]) -> Result<f64> {
    for part in parts {
        let picture = part.picture()?;
        if (picture.width, picture.height) == (1280, 720) {
            return part.timestamp();
        }
    }
    anyhow::bail!("no frame of the stream has the new size")
}

fn unix_s(at: Instant) -> Result<f64> {
    Ok((SystemTime::now() - at.elapsed()).duration_since(UNIX_EPOCH)?.as_secs_f64())
}
