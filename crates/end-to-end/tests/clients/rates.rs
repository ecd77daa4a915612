//! Each client its own rate.

use anyhow::{Result, ensure};

use crate::stage::Stage;
use crate::viewer::Viewer;

#[tokio::test]
async fn two_clients_of_one_camera_at_5_and_30_frames_a_second_get_5_and_30() -> Result<()> {
    let stage = Stage::with_cameras(1).await?;
    let url = stage.ws("/camera/0");
    let slow = Viewer::start(&url, &[r#"{"type":"config","fps":5}"#], 26)?;
    let fast = Viewer::start(&url, &[r#"{"type":"config","fps":30}"#], 151)?;
    let (slow, fast) = (slow.seen().await?.rate()?, fast.seen().await?.rate()?);
    println!("{slow:.2} and {fast:.2} frames a second");
    ensure!((slow - 5.0).abs() < 0.25, "{slow:.2} frames a second, not 5");
    ensure!((27.0..31.0).contains(&fast), "{fast:.2} frames a second, not 30");
    Ok(())
}
