//! What of a device is set while it runs, and what it refuses.

use anyhow::{Context, Result, ensure};
use end_to_end::{Listener, PATIENCE, Place};
use serde_json::{Value, json};

use crate::vivid::{Vivid, camera, device};

/// A grabber with one device, and what plays its bridge.
struct Setting {
    listener: Listener,
    requests: u64,
}

impl Setting {
    async fn set(&mut self, set: Value) -> Result<Value> {
        self.requests += 1;
        self.listener.say(json!({"type": "configure", "request": self.requests, "camera": 0, "set": set}))?;
        self.listener.answer(self.requests, PATIENCE).await
    }

    async fn refused(&mut self, set: Value) -> Result<String> {
        let answer = self.set(set).await?;
        Ok(answer["error"].as_str().with_context(|| format!("taken: {answer}"))?.to_owned())
    }
}

#[tokio::test]
async fn sizes_and_rates_are_set_as_the_device_offers_them_and_others_refused_with_those() -> Result<()> {
    let _vivid = Vivid::fresh()?;
    let place = Place::new(&(camera(0, &device(0)) + "fps = 10\npixel_format = \"YUYV\"\n"))?;
    let listener = Listener::start(&place.socket())?;
    let _grabber = place.grabber(&[])?;
    let mut setting = Setting { listener, requests: 0 };
    setting.listener.until(0, "streaming", PATIENCE).await?;
    let states = setting.listener.states_of(0);
    let limits = &states.last().context("a state")?["limits"];
    println!("{limits}");
    let sizes = limits["sizes"].as_array().context("sizes")?;
    ensure!(sizes.contains(&json!([640, 480])) && sizes.contains(&json!([320, 180])), "{limits}");
    let rates = &limits["camera_fps"];
    ensure!(rates["max"].as_f64() > Some(24.0) && rates["min"].as_f64() < Some(5.0), "{limits}");

    let no_size = setting.refused(json!({"width": 800, "height": 600})).await?;
    ensure!(no_size.starts_with("camera 0 does not offer the size 800x600; it offers 320x180, "), "{no_size}");
    let too_fast = setting.refused(json!({"camera_fps": 1000})).await?;
    ensure!(too_fast.starts_with("camera_fps is 1000; from "), "{too_fast}");
    let too_fast_for_it = setting.refused(json!({"width": 1920, "height": 1080, "camera_fps": 1000})).await?;
    ensure!(too_fast_for_it.contains("it does not reach 1000 FPS at 1920x1080, at most "), "{too_fast_for_it}");
    let no_exposure = setting.refused(json!({"exposure_us": 100})).await?;
    ensure!(no_exposure.ends_with("are for genicam cameras; camera 0 is v4l2"), "{no_exposure}");

    let smaller = setting.set(json!({"width": 320, "height": 180})).await?;
    assert_eq!(smaller["applied"], json!({"width": 320, "height": 180}));
    setting.listener.until(0, "streaming", PATIENCE).await?;
    let slower = setting.set(json!({"camera_fps": 5})).await?;
    assert_eq!(slower["applied"], json!({"camera_fps": 5.0}));
    setting.listener.until(0, "streaming", PATIENCE).await?;
    let all_well = |state: &Value| state["cause"].is_null() && state["state"] != "lost";
    ensure!(setting.listener.states_of(0).iter().all(all_well));
    Ok(())
}
