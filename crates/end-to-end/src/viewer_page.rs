//! The viewer page in a browser: what a person sees of it, and how a test waits for that.

use anyhow::{Context, Result, ensure};
use fantoccini::elements::Element;

use crate::{Chromium, Picture, Screen, place_of};

/// What the console says when the bridge is not there; nothing that a page could prevent.
const NOBODY_THERE: &str = "net::ERR_CONNECTION_REFUSED";

/// The page in a browser of its own.
pub struct ViewerPage {
    /// The browser.
    pub chromium: Chromium,
}

impl ViewerPage {
    /// Opens the page on a desk.
    ///
    /// # Errors
    /// There is no browser, or nothing at this address.
    pub async fn open(url: &str) -> Result<Self> {
        let chromium = Chromium::start().await?;
        chromium.look_on(Screen::DESK).await?;
        chromium.open(url).await?;
        Ok(Self { chromium })
    }

    /// Waits until so many tiles, and no more, show live pictures.
    ///
    /// # Errors
    /// They did not in time.
    pub async fn until_live(&self, tiles: usize) -> Result<()> {
        let script = format!(
            "const tiles = [...document.querySelectorAll('[data-camera]')];
             return tiles.length === {tiles} &&
               tiles.every(({{ dataset }}) => dataset.state === 'streaming' && dataset.frames > 0);"
        );
        self.chromium.until(&format!("{tiles} tiles live"), &script).await?;
        Ok(())
    }

    /// A part of a camera's tile; the whole of it by an empty selector.
    ///
    /// # Errors
    /// It is not there.
    pub async fn part(&self, camera: u8, css: &str) -> Result<Element> {
        self.chromium.wait_for(&format!("{} {css}", tile(camera))).await
    }

    /// Something that a tile tells of itself: `state`, `frames`, `ageMs`, `width`, ….
    ///
    /// # Errors
    /// There is no such tile, or it does not tell.
    pub async fn told(&self, camera: u8, what: &str) -> Result<String> {
        let script = format!("return document.querySelector('{}')?.dataset.{what};", tile(camera));
        let told = self.chromium.run(&script).await?;
        told.as_str().map(str::to_owned).with_context(|| format!("camera {camera} tells no {what}"))
    }

    /// Pictures painted since the page was loaded.
    ///
    /// # Errors
    /// There is no such tile.
    pub async fn painted(&self, camera: u8) -> Result<u64> {
        Ok(self.told(camera, "frames").await?.parse()?)
    }

    /// Waits until so many more pictures were painted.
    ///
    /// # Errors
    /// They were not in time.
    pub async fn until_painted(&self, camera: u8, more: u64) -> Result<()> {
        let wanted = self.painted(camera).await? + more;
        let script = format!("return document.querySelector('{}').dataset.frames >= {wanted};", tile(camera));
        self.chromium.until(&format!("{more} more pictures of camera {camera}"), &script).await?;
        Ok(())
    }

    /// Waits until a tile is in a state; gives what stands over its picture then.
    ///
    /// # Errors
    /// It was not in time.
    pub async fn until_state(&self, camera: u8, state: &str) -> Result<String> {
        let css = tile(camera);
        let script = format!(
            "const tile = document.querySelector('{css}');
             return tile?.dataset.state === '{state}' && tile.querySelector('[data-part=said]').innerText;"
        );
        let said = self.chromium.until(&format!("camera {camera} {state}"), &script).await;
        let is = self.told(camera, "state").await?;
        Ok(said.with_context(|| format!("it is {is}"))?.as_str().unwrap_or_default().to_owned())
    }

    /// Waits until the page says that it is not connected, with this word in it; gives the sentence.
    ///
    /// # Errors
    /// It did not in time.
    pub async fn until_trouble(&self, word: &str) -> Result<String> {
        let script = format!(
            "const said = document.querySelector('[data-page=trouble]:not([hidden]) [data-page=troubleText]')?.textContent;
             return said?.includes('{word}') && said;"
        );
        let said = self.chromium.until(&format!("a sentence about «{word}»"), &script).await?;
        Ok(said.as_str().context("a sentence")?.to_owned())
    }

    /// Gives the focus to a tile.
    ///
    /// # Errors
    /// There is no such tile.
    pub async fn focus(&self, camera: u8) -> Result<()> {
        self.chromium.run(&format!("document.querySelector('{}').focus();", tile(camera))).await?;
        Ok(())
    }

    /// What is seen of a camera on a screenshot.
    ///
    /// # Errors
    /// It is not on it.
    pub async fn seen(&self, window: &Picture, camera: u8) -> Result<Picture> {
        window.part(place_of(&self.part(camera, "canvas").await?).await?)
    }

    /// Closes the browser, if nothing went wrong in it.
    ///
    /// # Errors
    /// Its console holds an error.
    pub async fn close(self) -> Result<()> {
        self.close_where(|_| false).await
    }

    /// Closes the browser after the bridge was away, if nothing else went wrong in it.
    ///
    /// # Errors
    /// Its console holds another error.
    pub async fn close_after_outage(self) -> Result<()> {
        self.close_where(|error| error.contains(NOBODY_THERE)).await
    }

    /// Closes the browser, if nothing went wrong in it that was not expected.
    ///
    /// # Errors
    /// Its console holds another error.
    pub async fn close_where(self, expected: impl Fn(&str) -> bool) -> Result<()> {
        let errors = self.chromium.console_errors().await?;
        let unexpected: Vec<_> = errors.iter().filter(|error| !expected(error)).collect();
        ensure!(unexpected.is_empty(), "the console says: {unexpected:#?}");
        self.chromium.close().await
    }
}

fn tile(camera: u8) -> String {
    format!("[data-camera=\"{camera}\"]")
}
