//! Colours are right from the source's bytes to the viewer's JPEG.
//!
//! The source is a picture that the test draws, and lays out by hand as each format wants it; GStreamer only carries it.

use anyhow::{Result, ensure};
use end_to_end::{PATIENCE, Picture, Place, WsClient, gstreamer_camera, picture_of};

const WIDTH: usize = 320;
const HEIGHT: usize = 240;

/// All hues, bright and dark, soft enough for 4:2:0 and for a mosaic.
fn source() -> Picture {
    let wave = |at: usize, period: f64, phase: f64| {
        let angle = std::f64::consts::TAU * (at as f64 / period + phase);
        (127.5 + 100.0 * angle.sin()) as u8
    };
    Picture::drawn(WIDTH, HEIGHT, |x, y| [wave(x, 160.0, 0.0), wave(y, 120.0, 0.3), wave(x + 2 * y, 250.0, 0.6)])
}

fn pixel(picture: &Picture, x: usize, y: usize) -> [u8; 3] {
    let at = 3 * (y * picture.width + x);
    [picture.rgb[at], picture.rgb[at + 1], picture.rgb[at + 2]]
}

/// One sample a pixel: red and green in even rows, green and blue in odd ones.
fn rggb(picture: &Picture) -> Vec<u8> {
    let places = (0..HEIGHT).flat_map(|y| (0..WIDTH).map(move |x| (x, y)));
    places.map(|(x, y)| pixel(picture, x, y)[usize::from(x % 2 == 1) + usize::from(y % 2 == 1)]).collect()
}

/// Y U Y V by ITU-R BT.601; `full` range 0–255, or else Y 16–235 and U, V 16–240.
fn yuyv(picture: &Picture, full: bool) -> Vec<u8> {
    let (y_scale, c_scale, y_least) = if full { (1.0, 1.0, 0.0) } else { (219.0 / 255.0, 224.0 / 255.0, 16.0) };
    let yuv = |x: usize, y: usize| {
        let [r, g, b] = pixel(picture, x, y).map(f64::from);
        let luma = 0.299 * r + 0.587 * g + 0.114 * b;
        let (u, v) = ((b - luma) / 1.772, (r - luma) / 1.402);
        [y_least + y_scale * luma, 128.0 + c_scale * u, 128.0 + c_scale * v]
    };
    let byte = |sample: f64| sample.round().clamp(0.0, 255.0) as u8;
    let pairs = (0..HEIGHT).flat_map(|y| (0..WIDTH / 2).map(move |pair| (2 * pair, y)));
    pairs
        .flat_map(|(x, y)| {
            let ([y0, u0, v0], [y1, u1, v1]) = (yuv(x, y), yuv(x + 1, y));
            [byte(y0), byte((u0 + u1) / 2.0), byte(y1), byte((v0 + v1) / 2.0)]
        })
        .collect()
}

#[tokio::test]
async fn bayer_rgb_and_yuyv_sources_are_seen_in_their_true_colours() -> Result<()> {
    let source = source();
    let size = format!("width={WIDTH},height={HEIGHT},framerate=30/1");
    let sources = [
        ("RGB", format!("video/x-raw,format=RGB,{size}"), source.rgb.clone()),
        ("Bayer RGGB", format!("video/x-bayer,format=rggb,{size}"), rggb(&source)),
        ("YUYV, limited range", format!("video/x-raw,format=YUY2,colorimetry=bt601,{size}"), yuyv(&source, false)),
        ("YUYV, full range", format!("video/x-raw,format=YUY2,colorimetry=1:4:0:0,{size}"), yuyv(&source, true)),
    ];
    let place = Place::new("")?;
    let mut config = String::new();
    for (id, (_, caps, bytes)) in (0..).zip(&sources) {
        let file = place.file(&format!("source-{id}.raw"));
        std::fs::write(&file, bytes)?;
        let again_and_again = format!("multifilesrc location={} loop=true caps=\"{caps}\"", file.display());
        let pipeline = format!("{again_and_again} ! identity sleep-time=33000"); // µs
        config += &gstreamer_camera(id, &pipeline);
    }
    place.configure(&config)?;

    let bridge = place.bridge().await?;
    let mut viewer = WsClient::connect(bridge.address).await?;
    let _grabber = place.grabber(&[])?;
    let all = sources.len() as u16;
    let bundle = viewer.bundle_where(PATIENCE, |bundle| bundle.camera_count() == all).await?;

    let mut measured = Vec::new();
    for (id, (name, ..)) in (0..).zip(&sources) {
        measured.push((*name, picture_of(&bundle, id)?.psnr(&source)?));
    }
    println!("PSNR in dB: {measured:.1?}");
    ensure!(measured.iter().all(|(_, psnr)| *psnr > 30.0), "PSNR in dB: {measured:.1?}");
    Ok(())
}
