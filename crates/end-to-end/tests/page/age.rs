//! The age that the page shows, against the truth: the test pattern's ball goes round in time with the clock, so each
//! picture says itself when it was taken.

use std::f64::consts::TAU;

use anyhow::{Context, Result, ensure};
use end_to_end::{Picture, Place, ViewerPage, pattern_camera};
use serde_json::Value;

/// As in the pattern: the ball goes round once in this time, from the top on, by Unix time.
const ROUND_MS: f64 = 4000.0;
/// Its colour on camera 0.
const BALL: [u8; 3] = [255, 191, 102];
const CLOSE: u8 = 48;
const AT_MOST_APART_MS: f64 = 50.0;
const PICTURES: usize = 25;

/// Notes of every seventh picture, at the moment when it was painted, the time, the age that the tile tells, and the
/// picture itself.
const WATCH: &str = "
    window.noted = [];
    const tile = document.querySelector('[data-camera=\"0\"]');
    new MutationObserver(() => {
      const now = Date.now();
      if (Number(tile.dataset.frames) % 7) return;
      const shown = tile.querySelector('[data-part=age]').textContent;
      const picture = tile.querySelector('canvas').toDataURL('image/jpeg', 0.9);
      noted.push({ now, told: Number(tile.dataset.ageMs), shown, picture: picture.split(',')[1] });
    }).observe(tile, { attributeFilter: ['data-frames'] });";

/// How long ago a picture was taken that is painted now, modulo a round of the ball.
fn age(picture: &Picture, now_ms: f64) -> Result<f64> {
    let unit = (picture.height as f64).min(picture.width as f64 * 0.75);
    let (x, y, radius) = (picture.width as f64 / 2.0, picture.height as f64 * 0.435, unit * 0.36);
    let mut ball = (0.0, 0.0, 0);
    for step in 0..3600 {
        let (sin, cos) = (f64::from(step) / 3600.0 * TAU).sin_cos();
        let at = 3 * ((y - radius * cos) as usize * picture.width + (x + radius * sin) as usize);
        let pixel = picture.rgb.get(at..at + 3).context("the orbit lies within the picture")?;
        if pixel.iter().zip(BALL).all(|(a, b)| a.abs_diff(b) < CLOSE) {
            ball = (ball.0 + sin, ball.1 + cos, ball.2 + 1);
        }
    }
    // A ball covers a thirtieth of its way.
    ensure!((60..240).contains(&ball.2), "the ball covers {} of 3600 steps of its way", ball.2);
    let taken = f64::atan2(ball.0, ball.1).rem_euclid(TAU) / TAU * ROUND_MS;
    Ok((now_ms - taken).rem_euclid(ROUND_MS))
}

/// Around 0, so that an age of 3990 is one of -10.
fn apart(told: f64, truth: f64) -> f64 {
    (told - truth + ROUND_MS / 2.0).rem_euclid(ROUND_MS) - ROUND_MS / 2.0
}

#[tokio::test]
async fn the_age_shown_is_within_fifty_milliseconds_of_the_truth() -> Result<()> {
    let place = Place::new(&(0..3).map(pattern_camera).collect::<String>())?;
    let bridge = place.bridge().await?;
    let _grabber = place.grabber(&[])?;
    let page = ViewerPage::open(&format!("http://{}/", bridge.address)).await?;
    page.until_live(3).await?;
    page.chromium.until("an age", "return document.querySelector('[data-part=age]').textContent !== '';").await?;

    page.chromium.run(WATCH).await?;
    let enough = format!("return noted.length >= {PICTURES} && noted.slice(0, {PICTURES});");
    let noted = page.chromium.until("pictures noted", &enough).await?;
    let (mut told_apart, mut shown_apart) = (Vec::new(), Vec::new());
    for note in noted.as_array().context("notes")? {
        let picture = Picture::from_jpeg(&bytes_of(&note["picture"])?)?;
        let truth = age(&picture, note["now"].as_f64().context("a time")?)?;
        told_apart.push(apart(note["told"].as_f64().context("an age")?, truth));
        let shown = note["shown"].as_str().and_then(|text| text.strip_suffix(" ms")).context("an age in ms")?;
        shown_apart.push(apart(shown.parse()?, truth));
    }
    println!("the age of a picture is wrong by {told_apart:.0?} ms");
    println!("the number on the tile, a mean over the last second, is wrong by {shown_apart:.0?} ms");
    ensure!(told_apart.iter().all(|apart| apart.abs() <= AT_MOST_APART_MS), "{told_apart:?}");
    let mean = shown_apart.iter().sum::<f64>() / shown_apart.len() as f64;
    ensure!(mean.abs() <= AT_MOST_APART_MS, "the number on the tile is wrong by {mean} ms on average");
    page.close().await
}

/// Decodes base64.
fn bytes_of(text: &Value) -> Result<Vec<u8>> {
    const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let text = text.as_str().context("base64 is text")?.trim_end_matches('=');
    let mut bytes = Vec::new();
    for four in text.as_bytes().chunks(4) {
        let digits = four.iter().map(|digit| DIGITS.iter().position(|other| other == digit).context("no base64"));
        let bits = digits.zip(0..).try_fold(0, |bits, (digit, n)| anyhow::Ok(bits | digit? << (18 - 6 * n)))?;
        bytes.extend([bits >> 16, bits >> 8, bits].iter().map(|byte| *byte as u8).take(four.len() - 1));
    }
    Ok(bytes)
}
