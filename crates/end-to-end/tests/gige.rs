//! Real GVSP over UDP from Aravis' camera simulator, through both programs, to a WebSocket client.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use end_to_end::{
    FakeGigeCamera, PATIENCE, Place, Seen, Signal, Tee, WsClient, cameras_of, gige_camera, gstreamer_camera, picture_of,
};
use frame_bundle::FrameBundle;
use serde_json::Value;

/// How far the count of a state message may be from the frame number of the bundle beside it: the frames that a camera
/// of 100 a second takes between two bundles and while one is encoded, with room for a loaded machine.
const BESIDE: u64 = 15;

#[tokio::test]
async fn a_camera_of_100_frames_a_second_is_seen_30_times_a_second_and_every_frame_is_accounted_for() -> Result<()> {
    let camera = FakeGigeCamera::start().await?;
    let place = Place::new(&gige_camera(0, camera.ip(), 100))?;
    let bridge = place.bridge().await?;
    let tee = Tee::start(place.file("tee.sock"), &place.socket())?;
    let mut viewer = WsClient::connect(bridge.address).await?;
    let _grabber = place.grabber_on(tee.socket())?;

    let first = viewer.next_bundle(PATIENCE).await?;
    let picture = picture_of(&first, 0)?;
    assert_eq!((picture.width, picture.height), (640, 480));

    let seconds = 6.0;
    let bundles = viewer.bundles_for(Duration::from_secs_f64(seconds)).await?;
    let rate = bundles.len() as f64 / seconds;
    ensure!((25.0..=31.0).contains(&rate), "{rate} bundles/s");

    let account = Account::of(&tee.seen())?;
    println!("{account:?}");
    ensure!(account.sent > 100, "the camera sent only {} frames", account.sent);
    ensure!(account.grabbed > account.sent / 2, "more than half was lost: {account:?}");
    ensure!((account.grabbed + account.lost).abs_diff(account.sent) <= 2 * BESIDE, "{account:?}");
    Ok(())
}

#[tokio::test]
async fn on_a_line_that_loses_packets_the_frames_that_are_not_whole_are_counted_by_cause_and_never_shown() -> Result<()>
{
    let camera = FakeGigeCamera::start_losing(5).await?;
    let place = Place::new(&gige_camera(0, camera.ip(), 50))?;
    let bridge = place.bridge().await?;
    let tee = Tee::start(place.file("tee.sock"), &place.socket())?;
    let mut viewer = WsClient::connect(bridge.address).await?;
    let _grabber = place.grabber_on(tee.socket())?;

    viewer.next_bundle(PATIENCE).await?;
    for (_, bundle) in viewer.bundles_for(Duration::from_secs(6)).await? {
        picture_of(&bundle, 0)?;
    }
    let account = Account::of(&tee.seen())?;
    println!("{account:?}");
    ensure!(account.lost > 0, "nothing was lost: {account:?}");
    ensure!((account.grabbed + account.lost).abs_diff(account.sent) <= 2 * BESIDE, "{account:?}");
    Ok(())
}

/// What became of a camera's frames between its first and its last state message.
#[derive(Debug)]
struct Account {
    /// By the camera's own frame numbers (extension block 1).
    sent: u64,
    /// By the grabber's state messages.
    grabbed: u64,
    /// By the grabber's state messages: all causes that lose a frame before it is grabbed.
    lost: u64,
}

impl Account {
    fn of(seen: &[Seen]) -> Result<Self> {
        let mut frame_number = None;
        let mut counts: Vec<(u64, u64, u64)> = Vec::new();
        for seen in seen {
            match seen {
                Seen::Bundle { payload, .. } => {
                    let bundle = FrameBundle::parse(payload.clone())?;
                    frame_number = Some(bundle.capture_info(0).context("no capture info")?.frame_number);
                }
                Seen::Control(state) if state["type"] == "state" => {
                    let camera = state["cameras"].as_array().into_iter().flatten().find(|camera| camera["camera"] == 0);
                    if let (Some(number), Some(camera)) = (frame_number, camera) {
                        counts.push((number, camera["grabbed"].as_u64().context("grabbed")?, lost(camera)));
                    }
                }
                Seen::Control(_) => {}
            }
        }
        let (Some(first), Some(last)) = (counts.first(), counts.last()) else { anyhow::bail!("no state message") };
        ensure!(counts.len() > 2, "only {} state messages in all that time", counts.len());
        Ok(Self { sent: last.0 - first.0, grabbed: last.1 - first.1, lost: last.2 - first.2 })
    }
}

/// Frames that did not come whole. Those that are counted as dropped for another cause were grabbed before.
fn lost(camera: &Value) -> u64 {
    let dropped = camera["dropped"].as_object().into_iter().flatten();
    let before = dropped.filter(|(cause, _)| !AFTER_GRABBING.contains(&cause.as_str()));
    before.filter_map(|(_, count)| count.as_u64()).sum()
}

/// What the grabber's own encoding and sending counts, `EncodeError::cause` and the pipeline.
const AFTER_GRABBING: [&str; 6] =
    ["short frame", "truncated jpeg", "not a jpeg", "bad layout", "encode failed", "larger than max_bundle_mib"];

#[tokio::test]
async fn two_cameras_on_two_addresses_and_a_pipeline_go_into_one_bundle() -> Result<()> {
    let (left, right) = (FakeGigeCamera::start().await?, FakeGigeCamera::start().await?);
    let pipeline = "videotestsrc is-live=true ! video/x-raw,format=I420,width=320,height=240,framerate=60/1";
    let place = Place::new(
        &[gige_camera(0, left.ip(), 100), gige_camera(1, right.ip(), 100), gstreamer_camera(2, pipeline)].concat(),
    )?;
    let bridge = place.bridge().await?;
    let mut viewer = WsClient::connect(bridge.address).await?;
    let _grabber = place.grabber(&[])?;

    let three = viewer.bundle_where(PATIENCE, |bundle| bundle.camera_count() == 3).await?;
    assert_eq!(cameras_of(&three), [0, 1, 2].into());
    for (id, size) in [(0, (640, 480)), (1, (640, 480)), (2, (320, 240))] {
        let picture = picture_of(&three, id)?;
        assert_eq!((picture.width, picture.height), size, "camera {id}");
    }
    // And so it goes on: each has something new for every bundle.
    let bundles = viewer.bundles_for(Duration::from_secs(3)).await?;
    let whole = bundles.iter().filter(|(_, bundle)| bundle.camera_count() == 3).count();
    ensure!(bundles.len() > 60 && whole * 10 > bundles.len() * 8, "{whole} of {} are whole", bundles.len());
    Ok(())
}

#[tokio::test]
async fn a_camera_is_found_by_its_serial_number_its_id_and_its_address() -> Result<()> {
    let camera = FakeGigeCamera::start().await?;
    let devices = [camera.serial().to_owned(), format!("Aravis-Fake-{}", camera.serial()), camera.ip().to_string()];
    for device in devices {
        let place = Place::new(&gige_camera(7, &device, 30))?;
        let bridge = place.bridge().await?;
        let mut viewer = WsClient::connect(bridge.address).await?;
        let mut grabber = place.grabber(&[])?;
        let bundle = viewer.next_bundle(PATIENCE).await.with_context(|| format!("device = {device}"))?;
        assert_eq!(cameras_of(&bundle), [7].into());
        // So that the next one finds it free.
        grabber.signal(Signal::TERM)?;
        assert_eq!(grabber.ended(PATIENCE).await?.code, 0);
    }
    Ok(())
}
