//! An axum application with a bridge inside. It shows pictures that it draws itself as camera 0, takes further cameras
//! from grabbers, and uses their pictures as values.
//!
//! ```sh
//! cargo run -p embed-in-axum                                # the page is at http://127.0.0.1:8080/cams/
//! cargo run -p embed-in-axum 0.0.0.0:8080 /tmp/cam.sock     # and: cam-grabber --socket /tmp/cam.sock
//! ```

mod drawing;

use std::error::Error;
use std::fmt::Write;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::routing::get;
use tokio::net::TcpListener;
use ws_bridge::frame_bundle::control::CameraState;
use ws_bridge::{Bridge, CannotPublish, Fit, Options, Publisher, Size};

const FPS: u32 = 25;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let address = arguments.next().unwrap_or_else(|| "127.0.0.1:8080".into());

    let bridge = Bridge::new(Options::default());
    if let Some(socket) = arguments.next() {
        bridge.take_grabbers(socket).await?;
    }
    let publisher = bridge.publisher();
    std::thread::spawn(move || draw(publisher).inspect_err(|error| eprintln!("{error}"))); // slow, as a camera is

    let app = Router::new()
        .route("/", get(sizes))
        .nest_service("/cams", bridge.router()) // page, WebSockets, snapshots: everything that ws-bridge serves
        .with_state(bridge.clone());
    let listener = TcpListener::bind(address).await?;
    println!("pictures at http://{}/cams/", listener.local_addr()?);
    axum::serve(listener, app).with_graceful_shutdown(stop(bridge)).await?;
    Ok(())
}

/// Publishes a picture every now and then, as camera 0.
fn draw(mut publisher: Publisher) -> Result<(), CannotPublish> {
    let (name, state) = ("Drawn".into(), "streaming".into());
    publisher.describe(&[CameraState { camera: 0, name, state, stream_fps: FPS.into(), ..CameraState::default() }])?;
    for number in 0.. {
        if let Ok(jpeg) = drawing::picture(number) {
            publisher.publish_jpeg(0, jpeg)?;
        }
        std::thread::sleep(Duration::from_secs(1) / FPS);
    }
    Ok(())
}

/// The pictures as values: how large the newest ones are, and small ones made of them.
async fn sizes(State(bridge): State<Bridge>) -> Result<String, String> {
    let size = Size::new(160, 160).map_err(|error| error.to_string())?;
    let mut text = String::new();
    for camera in bridge.hub().scene().cameras.keys() {
        let Some(newest) = bridge.newest(*camera) else { continue };
        let small = bridge.small_frame(*camera, size, Fit::Within).await.map_err(|error| error.to_string())?;
        let (frame, small) = (newest.frame, small.len());
        let _ = writeln!(
            text,
            "camera {camera}: {}x{}, {} bytes; fitted into {size}: {small} bytes",
            frame.width,
            frame.height,
            frame.data.len()
        ); // a String takes everything
    }
    Ok(text)
}

/// At Ctrl-C viewers are told that the bridge goes, then the server ends.
async fn stop(bridge: Bridge) {
    let _ = tokio::signal::ctrl_c().await; // where it cannot be heard, ending at once is as good
    bridge.close().await;
}
