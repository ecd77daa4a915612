//! What is seen: moving pictures in their sources' colours, on any screen.

use anyhow::{Result, ensure};
use end_to_end::{Bridge, Place, Screen, ViewerPage, gstreamer_camera, pattern_camera, screenshots, still};

/// The test pattern's bars, from the left, and where they are: rows 87 to 95 of a hundred.
const BARS: [[f64; 3]; 8] = [
    [255.0, 255.0, 255.0],
    [255.0, 255.0, 0.0],
    [0.0, 255.0, 255.0],
    [0.0, 255.0, 0.0],
    [255.0, 0.0, 255.0],
    [255.0, 0.0, 0.0],
    [0.0, 0.0, 255.0],
    [0.0, 0.0, 0.0],
];
const TEST_CARD: &str = "videotestsrc pattern=smpte ! video/x-raw,width=640,height=480,framerate=30/1";
const BALL: &str =
    "videotestsrc pattern=ball background-color=0xff2030a0 ! video/x-raw,width=640,height=480,framerate=30/1";

fn url(bridge: &Bridge) -> String {
    format!("http://{}/", bridge.address)
}

fn live(pipeline: &str) -> String {
    pipeline.replace("videotestsrc", "videotestsrc is-live=true")
}

fn apart(a: &[f64; 3], b: &[f64; 3]) -> f64 {
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
}

#[tokio::test]
async fn three_tiles_show_moving_pictures_in_the_colours_of_their_sources() -> Result<()> {
    let config = pattern_camera(0) + &gstreamer_camera(1, &live(TEST_CARD)) + &gstreamer_camera(2, &live(BALL));
    let place = Place::new(&config)?;
    let bridge = place.bridge().await?;
    let _grabber = place.grabber(&[])?;
    let page = ViewerPage::open(&url(&bridge)).await?;
    page.until_live(3).await?;

    let earlier = page.chromium.screenshot(None).await?;
    for camera in 0..3 {
        page.until_painted(camera, 15).await?;
    }
    let later = page.chromium.screenshot(None).await?;
    for camera in 0..3 {
        let (earlier, later) = (page.seen(&earlier, camera).await?, page.seen(&later, camera).await?);
        let moved = earlier.mean_square_difference(&later)?;
        ensure!(moved > 1.0, "camera {camera} does not move: {moved}");
    }

    let pattern = page.seen(&later, 0).await?;
    let bars = &pattern.cells(BARS.len(), 100)[90 * BARS.len()..91 * BARS.len()];
    // A bar's edges are blurred by scaling.
    let bars_apart: Vec<f64> = bars.iter().zip(&BARS).map(|(seen, bar)| apart(seen, bar)).collect();
    ensure!(bars_apart.iter().all(|apart| *apart < 20.0), "bars {bars:.0?}");
    for (camera, source) in [(1, TEST_CARD), (2, BALL)] {
        let source = still(&source.replace("videotestsrc", "videotestsrc num-buffers=1"), 640, 480).await?;
        let alike = page.seen(&later, camera).await?.likeness(&source);
        println!("camera {camera} is like its source in {alike:.3} of its cells");
        ensure!(alike > 0.9, "camera {camera} is like its source in {alike} of its cells only");
    }
    page.close().await
}

#[tokio::test]
async fn the_page_fits_a_desk_and_a_telephone_with_one_three_and_seven_cameras() -> Result<()> {
    for (count, names) in [(1, vec!["Front gate"]), (3, vec!["Front gate", "Bench", "Loading bay"]), (7, vec![])] {
        let name = |id: u8| names.get(usize::from(id)).map(|name| format!("name = \"{name}\"\n")).unwrap_or_default();
        let config: String = (0..count).map(|id| pattern_camera(id) + &name(id)).collect();
        let place = Place::new(&config)?;
        let bridge = place.bridge().await?;
        let _grabber = place.grabber(&[])?;
        let page = ViewerPage::open(&url(&bridge)).await?;
        page.until_live(count.into()).await?;
        // The rate is told once it was measured.
        let rated = "return [...document.querySelectorAll('[data-part=rate]')].every((part) => part.textContent);";
        page.chromium.until("a rate on every tile", rated).await?;
        for (screen, screen_name) in [(Screen::DESK, "desk"), (Screen::PHONE, "phone")] {
            for (dark, colours) in [(true, "dark"), (false, "light")] {
                page.chromium.look_on(Screen { dark, ..screen }).await?;
                page.chromium.until(&format!("a layout of {count} on a {screen_name}"), FITS).await?;
                page.until_painted(0, 5).await?;
                let keep = screenshots()?.join(format!("{count}-{screen_name}-{colours}.png"));
                let shot = page.chromium.screenshot(Some(&keep)).await?;
                assert_eq!((shot.width, shot.height), (screen.width as usize, screen.height as usize));
            }
        }
        page.close().await?;
    }
    Ok(())
}

/// Every tile within the window, none over another, each picture whole and in its shape, nothing to scroll.
const FITS: &str = "
    const boxes = [...document.querySelectorAll('.tile')].map((tile) => tile.getBoundingClientRect());
    const within = (box) => box.left >= 0 && box.top >= 44 && box.right <= innerWidth && box.bottom <= innerHeight;
    const apart = (a, b) => a.right <= b.left || b.right <= a.left || a.bottom <= b.top || b.bottom <= a.top;
    const whole = ({ width, height, clientWidth, clientHeight }) =>
      Math.abs(clientWidth / clientHeight - width / height) < 0.03 && clientWidth > 150;
    return boxes.every(within) && boxes.every((a, i) => boxes.slice(0, i).every((b) => apart(a, b))) &&
      [...document.querySelectorAll('canvas')].every(whole) &&
      document.documentElement.scrollWidth <= innerWidth && document.querySelector('main').scrollHeight <= innerHeight;";
