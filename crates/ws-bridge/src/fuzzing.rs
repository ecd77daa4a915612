//! The ways in for fuzz targets (`crates/fuzz`) to what is nobody else's business. It is there when cargo-fuzz builds.

use std::io::IoSlice;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::extract::Request;
use axum::http::{HeaderMap, Uri};
use bytes::Bytes;
use cameracast_config::Network;
use frame_bundle::FrameBundle;
use frame_bundle::control::Settings;

use crate::access::Shown;
use crate::camera_set::CameraSet;
use crate::client::{CameraConfig, Gives, Outgoing, SLICES};
use crate::hub::Hub;
use crate::scene::{Peer, Scene};
use crate::small_frame::{self, Pixels};
use crate::websocket::{self, CloseCode, Decoder, Header, Opcode, Received};
use crate::{client, proxies, routes};

/// The largest message that is taken from a client, in bytes.
pub const MAX_MESSAGE: usize = websocket::MAX_MESSAGE;

const SOMEBODY: Peer = Peer { pid: None, uid: 0 };

/// What a client said over a WebSocket.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Said {
    Text(String),
    Ping(Vec<u8>),
    Pong,
    Close(u16),
}

/// What was read of a client's bytes.
#[derive(Debug)]
pub struct Read {
    /// What it said, up to the first violation, of which there is the close code.
    pub said: Vec<Result<Said, u16>>,
    /// The most bytes that were kept at a time.
    pub most_kept: usize,
}

/// Reads what a client sends over a WebSocket.
pub fn read_websocket<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> Read {
    let mut decoder = Decoder::default();
    let mut read = Read { said: Vec::new(), most_kept: 0 };
    for mut piece in pieces {
        loop {
            let received = decoder.next(&mut piece);
            read.most_kept = read.most_kept.max(decoder.kept());
            match received {
                Ok(None) => break,
                Ok(Some(received)) => read.said.push(Ok(said(received))),
                Err(violation) => {
                    read.said.push(Err(violation.code().0));
                    return read;
                }
            }
        }
        assert!(piece.is_empty(), "all of it is taken");
    }
    read
}

fn said(received: Received) -> Said {
    match received {
        Received::Text(text) => Said::Text(text),
        Received::Ping(payload) => Said::Ping(payload),
        Received::Pong => Said::Pong,
        Received::Close(code) => Said::Close(code.0),
    }
}

/// The header of a message of ours. An opcode that there is not is that of a text.
pub fn header(opcode: u8, payload: usize) -> Vec<u8> {
    Header::new(Opcode::from_bits(opcode).unwrap_or(Opcode::Text), payload).as_bytes().to_vec()
}

/// The body of a close frame.
pub fn close_body(code: u16, reason: &str) -> Bytes {
    CloseCode(code).body(reason)
}

/// The message that a viewer of these cameras gets for a bundle, as it stands on the wire.
pub fn message_of(bundle: &FrameBundle, wanted: CameraSet) -> Option<Vec<u8>> {
    let scene = shown([bundle]);
    let published = scene.recent.back()?.clone();
    client::message(wanted, &Gives::One(published)).map(on_the_wire)
}

/// The message with the newest frame of each camera in these bundles, as it stands on the wire.
pub fn message_together(bundles: &[FrameBundle]) -> Option<Vec<u8>> {
    let scene = shown(bundles);
    let newest = scene.cameras.values().filter_map(|camera| camera.newest.clone()).collect();
    client::message(CameraSet::ALL, &Gives::Together(newest)).map(on_the_wire)
}

fn shown<'a>(bundles: impl IntoIterator<Item = &'a FrameBundle>) -> Arc<Scene> {
    let hub = Arc::new(Hub::default());
    let grabber = hub.attach(SOMEBODY);
    let taken = bundles.into_iter().try_for_each(|bundle| grabber.publish(bundle));
    assert_eq!(taken, Ok(()), "nobody else has cameras");
    hub.scene()
}

fn on_the_wire(mut message: Outgoing) -> Vec<u8> {
    let mut wire = Vec::new();
    while !message.is_done() {
        let mut slices = [IoSlice::new(&[]); SLICES];
        let used = message.slices(&mut slices);
        assert!(used > 0, "something is left to write");
        let before = wire.len();
        slices[..used].iter().for_each(|slice| wire.extend_from_slice(slice));
        message.take(wire.len() - before);
    }
    wire
}

/// What `/metrics` tells of what grabbers have said.
pub fn metrics_of_grabbers(hub: &Hub) -> String {
    routes::metrics_of_grabbers(hub)
}

/// What the query of `/` asks for: cameras, rate, and whether nothing may be left out.
///
/// # Errors
/// The sentence for whoever typed it.
pub fn asked(uri: &Uri) -> Result<(CameraSet, Option<f64>, bool), String> {
    routes::asked(uri).map(|asked| (asked.wanted, asked.pace.map(|pace| pace.fps()), asked.every))
}

/// The rate that the query of a face with one camera asks for.
///
/// # Errors
/// The sentence for whoever typed it.
pub fn pace_of(uri: &Uri) -> Result<Option<f64>, String> {
    Ok(routes::pace_of(uri)?.map(|pace| pace.fps()))
}

/// The tokens that a request shows, which are taken out of it.
pub fn take_tokens(request: &mut Request) -> Option<Vec<Vec<u8>>> {
    Shown::take(request).map(|shown| shown.tokens)
}

/// Who sent a request, if the word of these proxies is taken.
pub fn client_of(peer: SocketAddr, headers: &HeaderMap, trusted: &[Network]) -> SocketAddr {
    proxies::client_of(peer, headers, trusted)
}

/// What a viewer of one camera asks to be changed, and the rate that it wants for itself.
///
/// # Errors
/// The sentence for whoever sent it.
pub fn camera_config(text: &str) -> Result<(Settings, Option<f64>), String> {
    CameraConfig::read(text).map(|config| (config.set, config.pace.map(|pace| pace.fps())))
}

/// What the body of a request asks to be changed.
///
/// # Errors
/// The sentence for whoever sent it.
pub fn camera_settings(body: &[u8]) -> Result<Settings, String> {
    CameraConfig::read_settings(body)
}

/// The answer to a viewer that asks for the time.
pub fn answer_time(text: &str) -> Option<Bytes> {
    client::answer_time(text)
}

/// The size that a JPEG says it has.
pub fn size_of_jpeg(jpeg: &[u8]) -> Option<(u16, u16)> {
    small_frame::size_of_jpeg(jpeg).ok().map(|size| (size.width, size.height))
}

/// A picture in another size.
///
/// # Errors
/// Why there is none.
pub fn scale(jpeg: &[u8], (width, height): (u16, u16)) -> Result<Bytes, String> {
    let from = small_frame::size_of_jpeg(jpeg).map_err(|error| error.to_string())?;
    small_frame::scale(jpeg, from, Pixels { width, height }).map_err(|error| error.to_string())
}
