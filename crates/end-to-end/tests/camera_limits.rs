//! What can be set of a camera, from the camera through both programs to whoever asks for the status.

use anyhow::Result;
use end_to_end::{FakeGigeCamera, Place, Watch, gige_camera, pattern_camera};
use serde_json::json;

const GIGE: u8 = 0;

#[tokio::test]
async fn the_status_tells_what_can_be_set_of_each_camera() -> Result<()> {
    let gige = FakeGigeCamera::start().await?;
    let place = Place::new(&[gige_camera(GIGE, gige.ip(), 50), pattern_camera(Watch::OTHER)].concat())?;
    let bridge = place.bridge().await?;
    let _grabber = place.grabber(&[])?;
    let mut watch = Watch::begin(&bridge, GIGE).await?;
    for (camera, limits) in [
        (
            GIGE,
            json!({
                "width": {"min": 1, "max": 2048}, "height": {"min": 1, "max": 2048},
                "camera_fps": {"min": 0.1, "max": 1000.0}, "stream_fps": {"min": 0.1, "max": 30.0},
                "jpeg_quality": {"min": 1, "max": 100}, "exposure_us": {"min": 10.0, "max": 10_000_000.0},
                "gain_db": {"min": 0.0, "max": 10.0}, "trigger": ["Off", "Line0", "Software"],
            }),
        ),
        (
            Watch::OTHER,
            json!({
                "width": {"min": 1, "max": 8192}, "height": {"min": 1, "max": 8192},
                "camera_fps": {"min": 0.01, "max": 100_000.0}, "stream_fps": {"min": 0.1, "max": 30.0},
                "jpeg_quality": {"min": 1, "max": 100},
            }),
        ),
    ] {
        let is_told = |status: &serde_json::Value| status["reported"]["limits"] == limits;
        let status = watch.until_status(camera, "told with its limits", is_told).await?;
        assert_eq!(status["reported"]["stream_fps"], 30.0);
    }
    Ok(())
}
