//! `/metrics` of the real processes: Prometheus' own tool accepts it, each value moves when it should, and no counter
//! goes back, whoever comes and goes.

use std::net::SocketAddr;

use anyhow::{Result, ensure};
use end_to_end::{
    FakeGigeCamera, Metrics, PATIENCE, Place, Signal, WsClient, gige_camera, gstreamer_camera, pattern_camera,
    promtool_accepts,
};

const DROPPED: &str = "cameracast_camera_dropped_frames_total";
const GRABBED: &str = "cameracast_camera_grabbed_frames_total";
const ENCODED: &str = "cameracast_camera_encoded_frames_total";
const RECEIVED: &str = "cameracast_camera_received_frames_total";
const STAGE_COUNT: &str = "cameracast_camera_stage_seconds_count";
const STAGES: [&str; 4] = [r#"stage="select""#, r#"stage="wait""#, r#"stage="encode""#, r#"stage="write""#];

/// Waits until frames of a camera were lost for a cause.
async fn until_dropped(bridge: SocketAddr, camera: u8, cause: &str) -> Result<Metrics> {
    let (camera, label) = (format!("camera=\"{camera}\""), format!("cause=\"{cause}\""));
    Metrics::when(bridge, cause, |now| now.sum(DROPPED, &[&camera, &label]) > 0.0).await
}

#[tokio::test]
async fn prometheus_own_tool_accepts_it_whether_anybody_is_there_or_not() -> Result<()> {
    let gate = pattern_camera(0) + "name = 'The \"north\\south\" gate'\n";
    let lost = "[[camera]]\nid = 2\nsource = \"v4l2\"\ndevice = \"/dev/video-none\"\n";
    let place = Place::new(&(gate + &pattern_camera(1) + lost))?;
    let bridge = place.bridge().await?;
    promtool_accepts(bridge.address).await?;
    let _grabber = place.grabber(&[])?;
    let mut viewer = WsClient::connect(bridge.address).await?;
    viewer.bundle_where(PATIENCE, |bundle| bundle.camera_count() == 2).await?;
    let name = r#"name="The \"north\\south\" gate""#;
    let all_told = |now: &Metrics| now.sum(STAGE_COUNT, &[name]) > 0.0 && now.has(GRABBED, &[r#"camera="2""#]);
    Metrics::when(bridge.address, "told of all cameras", all_told).await?;
    promtool_accepts(bridge.address).await
}

#[tokio::test]
async fn what_is_grabbed_encoded_received_and_delivered_moves_and_the_stages_with_it() -> Result<()> {
    let place = Place::new(&(pattern_camera(0) + &pattern_camera(1)))?;
    let bridge = place.bridge().await?;
    let _grabber = place.grabber(&[])?;
    let mut viewer = WsClient::connect(bridge.address).await?;
    viewer.bundle_where(PATIENCE, |bundle| bundle.camera_count() == 2).await?;
    let cameras = [r#"camera="0""#, r#"camera="1""#];
    let told = |now: &Metrics| cameras.iter().all(|camera| now.sum(STAGE_COUNT, &[camera]) > 0.0);
    let before = Metrics::when(bridge.address, "told", told).await?;

    viewer.bundles_for(std::time::Duration::from_secs(1)).await?;
    let moved = |now: &Metrics| {
        let grew = |name: &str, labels: &[&str]| now.sum(name, labels) > before.sum(name, labels) + 5.0;
        let of_cameras = cameras.iter().all(|camera| {
            let counted = [GRABBED, ENCODED, RECEIVED].iter().all(|name| grew(name, &[camera]));
            counted && STAGES.iter().all(|stage| grew(STAGE_COUNT, &[camera, stage]))
        });
        let delivered = [r#"face="bundles""#];
        of_cameras
            && grew("cameracast_received_bundles_total", &[])
            && grew("cameracast_received_bytes_total", &[])
            && grew("cameracast_grabber_bundles_total", &[])
            && grew("cameracast_grabber_bytes_total", &[])
            && grew("cameracast_delivered_bundles_total", &delivered)
            && grew("cameracast_delivered_bytes_total", &delivered)
    };
    let now = Metrics::when(bridge.address, "moving", moved).await?;
    ensure!(now.went_back(&before).is_empty(), "{:?}", now.went_back(&before));
    ensure!(now.sum("process_cpu_seconds_total", &[]) > 0.0);
    let streaming = r#"state="streaming""#;
    assert_eq!(now.sum("cameracast_camera_state", &[streaming]), 2.0);
    assert_eq!(now.sum("cameracast_camera_state", &[]), 2.0, "each camera is in one state");
    ensure!(now.sum("cameracast_camera_frame_age_seconds", &[cameras[0]]) < 1.0);
    Ok(())
}

#[tokio::test]
async fn no_counter_goes_back_when_the_grabber_and_a_viewer_come_and_go() -> Result<()> {
    let place = Place::new(&(pattern_camera(0) + &pattern_camera(1)))?;
    let bridge = place.bridge().await?;
    let mut before = Metrics::default();
    for life in 0..3 {
        let mut grabber = place.grabber(&[])?;
        let mut viewer = WsClient::connect(bridge.address).await?;
        viewer.bundle_where(PATIENCE, |bundle| bundle.seq() > 0).await?;
        let more = |now: &Metrics| {
            let grew = |name: &str| now.sum(name, &[]) > before.sum(name, &[]);
            grew(GRABBED) && grew(ENCODED) && grew(STAGE_COUNT) && grew("cameracast_delivered_bundles_total")
        };
        let now = Metrics::when(bridge.address, "more than in the life before", more).await?;
        ensure!(now.went_back(&before).is_empty(), "life {life}: {:?}", now.went_back(&before));
        before = now;
        grabber.signal(Signal::TERM)?;
        grabber.ended(PATIENCE).await?;
    }
    Ok(())
}

#[tokio::test]
async fn frames_lost_on_a_bad_line_are_counted_by_cause_with_the_packets_beside_them() -> Result<()> {
    let camera = FakeGigeCamera::start_losing(2).await?;
    let place = Place::new(&gige_camera(0, camera.ip(), 50))?;
    let bridge = place.bridge().await?;
    let _grabber = place.grabber(&[])?;
    let now = until_dropped(bridge.address, 0, "missing packets").await?;
    ensure!(now.sum("cameracast_camera_events_total", &[r#"event="missing packets""#]) > 0.0, "{now:?}");
    promtool_accepts(bridge.address).await
}

#[tokio::test]
async fn a_camera_that_stalls_and_is_opened_anew_is_counted() -> Result<()> {
    let camera = FakeGigeCamera::start().await?;
    let place = Place::new(&gige_camera(0, camera.ip(), 50))?;
    let bridge = place.bridge().await?;
    let _grabber = place.grabber(&[])?;
    Metrics::when(bridge.address, "received", |now| now.sum(RECEIVED, &[]) > 0.0).await?;
    camera.signal(Signal::STOP)?;
    let state = |state: &'static str| move |now: &Metrics| now.sum("cameracast_camera_state", &[state]) == 1.0;
    Metrics::when(bridge.address, "stalled", state(r#"state="stalled""#)).await?;
    camera.signal(Signal::CONT)?;
    Metrics::when(bridge.address, "streaming again", state(r#"state="streaming""#)).await?;
    let event = |now: &Metrics, event| now.sum("cameracast_camera_events_total", &[event]);
    let counted = |now: &Metrics| event(now, r#"event="stalls""#) > 0.0 && event(now, r#"event="reopened""#) > 0.0;
    Metrics::when(bridge.address, "counted", counted).await?;
    Ok(())
}

#[tokio::test]
async fn frames_that_cannot_be_sent_are_counted_by_cause() -> Result<()> {
    // A picture of random colours that is larger than a bundle may be, and a JPEG without its end.
    let caps = "video/x-raw,format=RGB,width=2048,height=1536,framerate=5/1";
    let large =
        gstreamer_camera(0, &format!("videotestsrc is-live=true pattern=snow ! {caps}")) + "jpeg_quality = 100\n";
    let small = "video/x-raw,width=320,height=240,framerate=5/1";
    let cut = format!(
        "videotestsrc is-live=true pattern=snow ! {small} ! jpegenc ! rndbuffersize min=900 max=900 ! image/jpeg,width=320,height=240,framerate=5/1"
    );
    let place = Place::new(&(large + &gstreamer_camera(1, &cut) + "[bridge]\nmax_bundle_mib = 1\n"))?;
    let bridge = place.bridge().await?;
    let _grabber = place.grabber(&[])?;
    until_dropped(bridge.address, 0, "larger than max_bundle_mib").await?;
    let camera = r#"camera="1""#;
    let dropped = |now: &Metrics| now.sum(DROPPED, &[camera]) > 0.0;
    Metrics::when(bridge.address, "dropping what is no JPEG", dropped).await?;
    promtool_accepts(bridge.address).await
}

#[tokio::test]
async fn readyz_names_each_camera_and_what_is_wrong_with_it() -> Result<()> {
    let lost = "[[camera]]\nid = 2\nname = \"Yard\"\nsource = \"v4l2\"\ndevice = \"/dev/video-none\"\n";
    let place = Place::new(lost)?;
    let bridge = place.bridge().await?;
    let (status, reason) = end_to_end::http_get(bridge.address, "/readyz").await?;
    ensure!(status == 503 && reason.contains("no grabber is connected"), "{status}: {reason}");
    let _grabber = place.grabber(&[])?;
    let lost = |now: &Metrics| now.sum("cameracast_camera_state", &[r#"camera="2""#, r#"state="lost""#]) == 1.0;
    Metrics::when(bridge.address, "lost", lost).await?;
    let (status, reason) = end_to_end::http_get(bridge.address, "/readyz").await?;
    ensure!(status == 503 && reason.contains("camera 2 (Yard) is lost, no device"), "{status}: {reason}");
    Ok(())
}
