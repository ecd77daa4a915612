//! Chromium, driven as a person would, with Debian's chromium-driver.

mod devtools;
mod input;

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use fantoccini::elements::Element;
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Map, Value, json};
use tempfile::{NamedTempFile, TempDir};
use tokio::time::{Instant, sleep};

pub use devtools::Screen;

use crate::{PATIENCE, Picture, Process, Rectangle, still};

const FLAGS: [&str; 9] = [
    "--headless",
    "--no-sandbox", // tests run as root in CI
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--window-size=1280,960",
];

/// A browser with a profile of its own. It ends, and its profile goes, when dropped.
pub struct Chromium {
    client: Client,
    driver_address: SocketAddr,
    downloads: PathBuf,
    // In this order: the driver ends its browser, then the profile can go.
    _driver: Process,
    _profile: TempDir,
}

impl Chromium {
    /// Starts a browser.
    ///
    /// # Errors
    /// Chromium or its driver does not start.
    pub async fn start() -> Result<Self> {
        let profile = TempDir::new()?;
        let mut command = Process::command("chromedriver");
        // Crash reports and caches go into the profile, too.
        let driver = Process::start("chromedriver", command.arg("--port=0").env("HOME", profile.path()))?;
        let line = driver.wait_for_line("started successfully on port", PATIENCE).await?;
        let port: String = line.chars().rev().skip_while(|c| !c.is_ascii_digit()).collect();
        let port: String = port.chars().take_while(char::is_ascii_digit).collect::<String>().chars().rev().collect();
        let driver_address = SocketAddr::from((Ipv4Addr::LOCALHOST, port.parse()?));

        let user_data = format!("--user-data-dir={}", profile.path().join("chromium").display());
        let args: Vec<&str> = FLAGS.into_iter().chain([user_data.as_str()]).collect();
        let mut capabilities = Map::new();
        let downloads = profile.path().join("downloads");
        std::fs::create_dir(&downloads)?;
        let prefs = json!({ "download.default_directory": downloads, "download.prompt_for_download": false });
        capabilities.insert("goog:chromeOptions".to_owned(), json!({ "args": args, "prefs": prefs }));
        capabilities.insert("goog:loggingPrefs".to_owned(), json!({ "browser": "ALL" }));
        let client = ClientBuilder::new(HttpConnector::new())
            .capabilities(capabilities)
            .connect(&format!("http://{driver_address}"))
            .await
            .context("chromedriver opens no Chromium")?;
        Ok(Self { client, driver_address, downloads, _driver: driver, _profile: profile })
    }

    /// Goes to a page.
    ///
    /// # Errors
    /// The page does not load.
    pub async fn open(&self, url: &str) -> Result<()> {
        Ok(self.client.goto(url).await?)
    }

    /// Waits for an element.
    ///
    /// # Errors
    /// None came in time.
    pub async fn wait_for(&self, css: &str) -> Result<Element> {
        let found = self.client.wait().at_most(PATIENCE).for_element(Locator::Css(css)).await;
        found.with_context(|| format!("no {css} on the page"))
    }

    /// All elements that are there now.
    ///
    /// # Errors
    /// The browser is gone.
    pub async fn all(&self, css: &str) -> Result<Vec<Element>> {
        Ok(self.client.find_all(Locator::Css(css)).await?)
    }

    /// Runs a script in the page; what it returns.
    ///
    /// # Errors
    /// It throws.
    pub async fn run(&self, script: &str) -> Result<Value> {
        Ok(self.client.execute(script, Vec::new()).await?)
    }

    /// Waits until a script gives something that is neither null nor false; `what` names it in messages.
    ///
    /// # Errors
    /// It did not in time, or throws.
    pub async fn until(&self, what: &str, script: &str) -> Result<Value> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let given = self.run(script).await.with_context(|| format!("«{script}» throws"))?;
            if !matches!(given, Value::Null | Value::Bool(false)) {
                return Ok(given);
            }
            ensure!(Instant::now() < deadline, "not {what} within {PATIENCE:?}");
            sleep(Duration::from_millis(20)).await;
        }
    }

    /// Waits for a file among the downloads, and reads it. Gives its name, too.
    ///
    /// # Errors
    /// None came in time.
    pub async fn downloaded(&self) -> Result<(String, Vec<u8>)> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            for entry in std::fs::read_dir(&self.downloads)? {
                let name = entry?.file_name().to_string_lossy().into_owned();
                // Until it is whole it has another name.
                if !name.ends_with(".crdownload") && !name.starts_with('.') {
                    let bytes = std::fs::read(self.downloads.join(&name))?;
                    return Ok((name, bytes));
                }
            }
            ensure!(Instant::now() < deadline, "nothing was downloaded within {PATIENCE:?}");
            sleep(Duration::from_millis(20)).await;
        }
    }

    /// What the window shows; also written to `keep` as a PNG, where one is named.
    ///
    /// # Errors
    /// There is no readable picture.
    pub async fn screenshot(&self, keep: Option<&Path>) -> Result<Picture> {
        let png = self.client.screenshot().await?;
        if let Some(path) = keep {
            std::fs::create_dir_all(path.parent().context("a file has a folder")?)?;
            std::fs::write(path, &png)?;
        }
        let side = |at: usize| {
            let bytes = png.get(at..at + 4).and_then(|bytes| bytes.try_into().ok());
            bytes.map(|bytes| u32::from_be_bytes(bytes) as usize).context("no PNG")
        };
        let file = NamedTempFile::new()?;
        std::fs::write(file.path(), &png)?;
        still(&format!("filesrc location={} ! pngdec", file.path().display()), side(16)?, side(20)?).await
    }

    /// Closes the window and waits for the browser to end.
    ///
    /// # Errors
    /// The browser is gone already.
    pub async fn close(self) -> Result<()> {
        Ok(self.client.clone().close().await?)
    }
}

/// Where an element is seen on a screenshot.
///
/// # Errors
/// It is not on the page any more.
pub async fn place_of(element: &Element) -> Result<Rectangle> {
    let (x, y, width, height) = element.rectangle().await?;
    // Whole pixels within the element.
    let (left, top) = (x.ceil(), y.ceil());
    let (right, bottom) = ((x + width).floor(), (y + height).floor());
    Ok(Rectangle { x: left as usize, y: top as usize, width: (right - left) as usize, height: (bottom - top) as usize })
}

/// Where screenshots are kept: `target/screenshots`.
///
/// # Errors
/// The test does not run from `target/PROFILE/deps`.
pub fn screenshots() -> Result<PathBuf> {
    let test = std::env::current_exe()?;
    Ok(test.ancestors().nth(3).context("a test runs from target/PROFILE/deps")?.join("screenshots"))
}
