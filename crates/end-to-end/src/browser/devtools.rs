//! What WebDriver has no command for: Chromium's own commands, through its driver.

use anyhow::{Context, Result, ensure};
use fantoccini::wd::WindowHandle;
use serde_json::{Value, json};

use super::Chromium;
use crate::http_post;

/// What a page is looked at on.
#[derive(Clone, Copy, Debug)]
pub struct Screen {
    /// CSS pixels.
    pub width: u32,
    /// CSS pixels.
    pub height: u32,
    /// A finger, no mouse.
    pub touch: bool,
    /// What the person prefers.
    pub dark: bool,
}

impl Screen {
    /// A window on a desk.
    pub const DESK: Self = Self { width: 1280, height: 800, touch: false, dark: true };
    /// A telephone.
    pub const PHONE: Self = Self { width: 390, height: 844, touch: true, dark: true };
}

impl Chromium {
    /// Shows the page on another screen.
    ///
    /// # Errors
    /// The browser is gone.
    pub async fn look_on(&self, Screen { width, height, touch, dark }: Screen) -> Result<()> {
        let size = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": touch });
        self.devtools("Emulation.setDeviceMetricsOverride", size).await?;
        self.devtools("Emulation.setTouchEmulationEnabled", json!({ "enabled": touch })).await?;
        let scheme = json!({ "name": "prefers-color-scheme", "value": if dark { "dark" } else { "light" } });
        self.devtools("Emulation.setEmulatedMedia", json!({ "features": [scheme] })).await?;
        Ok(())
    }

    /// Opens another tab in front of the page, and gives what [`Chromium::back_to`] takes.
    ///
    /// # Errors
    /// The browser is gone.
    pub async fn cover(&self) -> Result<WindowHandle> {
        let page = self.client.window().await?;
        let other = self.client.new_window(true).await?;
        self.client.switch_to_window(other.handle).await?;
        Ok(page)
    }

    /// Brings the page to the front again.
    ///
    /// # Errors
    /// It is gone.
    pub async fn back_to(&self, page: WindowHandle) -> Result<()> {
        Ok(self.client.switch_to_window(page).await?)
    }

    /// The errors in the console since it was last asked: what a script or the network did wrong.
    ///
    /// # Errors
    /// The browser is gone.
    pub async fn console_errors(&self) -> Result<Vec<String>> {
        let entries = self.ask("se/log", json!({ "type": "browser" })).await?;
        let entries = entries.as_array().context("a log is a list")?;
        let errors = entries.iter().filter(|entry| entry["level"] == "SEVERE");
        Ok(errors.map(|entry| entry["message"].as_str().unwrap_or_default().to_owned()).collect())
    }

    async fn devtools(&self, command: &str, parameters: Value) -> Result<Value> {
        self.ask("goog/cdp/execute", json!({ "cmd": command, "params": parameters })).await
    }

    async fn ask(&self, what: &str, body: Value) -> Result<Value> {
        let session = self.client.session_id().await?.context("no session")?;
        let (status, answer) = http_post(self.driver_address, &format!("/session/{session}/{what}"), &body).await?;
        ensure!(status == 200, "chromedriver answers {what} with {status}: {answer}");
        let mut answer: Value = serde_json::from_str(&answer)?;
        Ok(answer["value"].take())
    }
}
