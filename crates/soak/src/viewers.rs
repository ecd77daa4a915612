//! Those who watch all the time, each in another way, connect again when they lose the bridge, and tell the board what
//! they see.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use bytes::{Buf, Bytes, BytesMut};
use end_to_end::http_get;
use frame_bundle::FrameBundle;
use futures_util::StreamExt;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_tungstenite::client_async;
use tokio_tungstenite::tungstenite::Message;

use crate::board::{Board, Camera, Moment, Patience, Site, ViewerId};
use crate::order::Order;
use crate::pictures::{Jpeg, Pictures};
use crate::throttle::Throttle;

/// A camera of 30 frames a second that pauses for longer has been disturbed.
const PROMPT: Patience = Patience { pause: Duration::from_millis(500), age: Duration::from_millis(500) };
/// Who connects anew for each picture waits where a bridge accepts nobody.
const ASKING: Patience = Patience { pause: Duration::from_secs(3), age: Duration::from_secs(1) };
/// On a link of 1 MB/s a bundle alone takes a tenth of a second.
const ON_A_SLOW_LINK: Patience = Patience { pause: Duration::from_millis(1000), age: Duration::from_millis(800) };
const SLOW_LINK: usize = 1_000_000;
/// Between two tries to connect.
const AGAIN: Duration = Duration::from_millis(50);
/// Nothing at all for so long is the end of a connection.
const SILENCE: Duration = Duration::from_secs(20);

/// Everyone who watches a bridge.
pub(crate) struct Audience {
    pub(crate) site: Site,
    pub(crate) address: SocketAddr,
    pub(crate) cameras: Vec<u8>,
    /// A camera for those who want one alone.
    pub(crate) favourite: u8,
    /// How many follow everything.
    pub(crate) crowd: usize,
    pub(crate) board: Arc<Board>,
    pub(crate) pictures: Arc<Pictures>,
}

/// One of them.
#[derive(Clone)]
struct Viewer {
    id: ViewerId,
    site: Site,
    address: SocketAddr,
    board: Arc<Board>,
    pictures: Arc<Pictures>,
}

#[derive(Clone, Debug)]
enum Way {
    Bundles { path: &'static str, every: bool, bytes_a_second: Option<usize> },
    Webcam(u8),
    Mjpeg(u8),
    Snapshots(u8),
}

impl Audience {
    /// All begin to watch.
    pub(crate) fn watch(&self, tasks: &mut JoinSet<()>) {
        let bundles = |path| Way::Bundles { path, every: false, bytes_a_second: None };
        let favourite = [self.favourite];
        let all = &self.cameras[..];
        for _ in 0..self.crowd {
            self.one(tasks, "a viewer", all, PROMPT, bundles("/"));
        }
        self.one(tasks, "a viewer of 10 a second", all, PROMPT, bundles("/?fps=10"));
        let recorder = Way::Bundles { path: "/?delivery=every", every: true, bytes_a_second: None };
        self.one(tasks, "a recorder", all, PROMPT, recorder);
        let slow = Way::Bundles { path: "/", every: false, bytes_a_second: Some(SLOW_LINK) };
        self.one(tasks, "a viewer on a slow link", all, ON_A_SLOW_LINK, slow);
        self.one(tasks, "a viewer of one camera", &favourite, PROMPT, Way::Webcam(self.favourite));
        self.one(tasks, "a viewer of MJPEG", &favourite, PROMPT, Way::Mjpeg(self.favourite));
        self.one(tasks, "one who asks for pictures", &favourite, ASKING, Way::Snapshots(self.favourite));
    }

    fn one(&self, tasks: &mut JoinSet<()>, name: &str, cameras: &[u8], patience: Patience, way: Way) {
        let id = self.board.viewer(name, self.site, cameras, patience);
        let Self { site, address, board, pictures, .. } = self;
        let viewer = Viewer { id, site: *site, address: *address, board: board.clone(), pictures: pictures.clone() };
        tasks.spawn(async move { viewer.watch(way).await });
    }
}

impl Viewer {
    async fn watch(self, way: Way) {
        loop {
            match self.connect_and_watch(&way).await {
                // It never was connected: to connect again is nothing that a viewer has to be excused for.
                Err(Ended::NotConnected) => {}
                Err(Ended::Lost(why)) => self.board.disconnected(self.id, &format!("{why:#}")),
            }
            sleep(AGAIN).await;
        }
    }

    async fn connect_and_watch(&self, way: &Way) -> Result<Infallible, Ended> {
        match *way {
            Way::Bundles { path, every, bytes_a_second } => self.bundles(path, every, bytes_a_second).await,
            Way::Webcam(camera) => self.webcam(camera).await,
            Way::Mjpeg(camera) => self.mjpeg(camera).await,
            Way::Snapshots(camera) => self.snapshots(camera).await,
        }
    }

    async fn bundles(&self, path: &str, every: bool, bytes_a_second: Option<usize>) -> Result<Infallible, Ended> {
        let socket = TcpSocket::new_v4().map_err(|_| Ended::NotConnected)?;
        if bytes_a_second.is_some() {
            // A link keeps little under way.
            socket.set_recv_buffer_size(16 << 10).map_err(|_| Ended::NotConnected)?;
        }
        let stream = socket.connect(self.address).await.map_err(|_| Ended::NotConnected)?;
        let stream = Throttle::new(stream, bytes_a_second);
        let upgraded = client_async(format!("ws://{}{path}", self.address), stream).await;
        let (mut socket, _) = upgraded.map_err(|_| Ended::NotConnected)?;
        self.board.connected(self.id);
        let mut order = if every { Order::of_every_bundle() } else { Order::default() };
        loop {
            let message = timeout(SILENCE, socket.next()).await.context("nothing for 20 s")?;
            match message.context("it was closed")?.context("it broke")? {
                Message::Binary(payload) => {
                    self.board.received(payload.len());
                    match FrameBundle::parse(payload) {
                        Ok(bundle) => self.bundle(&mut order, &bundle),
                        Err(malformed) => self.board.violation(format!("a malformed bundle: {malformed}")),
                    }
                }
                Message::Close(Some(close)) => return Err(anyhow::anyhow!("closed: {close}").into()),
                _ => {}
            }
        }
    }

    fn bundle(&self, order: &mut Order, bundle: &FrameBundle) {
        if let Err(disorder) = order.take(bundle) {
            self.board.violation(format!("{:?} bridge, {:?}: {disorder}", self.site, self.id));
        }
        for frame in bundle.frames() {
            let camera = Camera { site: self.site, id: frame.camera_id };
            let Some(captured_us) = bundle.capture_info(frame.camera_id).map(|info| info.capture_time_us) else {
                self.board
                    .violation(format!("{:?} bridge: a frame of camera {} without its time", self.site, camera.id));
                continue;
            };
            self.board.saw(self.id, camera, captured_us, Moment::now());
            let size = Some((frame.width, frame.height));
            self.pictures.look(Jpeg { camera, size, data: frame.data }, captured_us);
        }
    }

    async fn webcam(&self, camera: u8) -> Result<Infallible, Ended> {
        let stream = TcpStream::connect(self.address).await.map_err(|_| Ended::NotConnected)?;
        let upgraded = client_async(format!("ws://{}/camera/{camera}", self.address), stream).await;
        let (mut socket, _) = upgraded.map_err(|_| Ended::NotConnected)?;
        self.board.connected(self.id);
        loop {
            let message = timeout(SILENCE, socket.next()).await.context("nothing for 20 s")?;
            match message.context("it was closed")?.context("it broke")? {
                Message::Binary(jpeg) => self.jpeg(camera, jpeg, 0),
                Message::Close(Some(close)) => return Err(anyhow::anyhow!("closed: {close}").into()),
                _ => {}
            }
        }
    }

    fn jpeg(&self, camera: u8, data: Bytes, captured_us: u64) {
        let camera = Camera { site: self.site, id: camera };
        self.board.received(data.len());
        self.board.saw(self.id, camera, captured_us, Moment::now());
        self.pictures.look(Jpeg { camera, size: None, data }, captured_us);
    }

    async fn mjpeg(&self, camera: u8) -> Result<Infallible, Ended> {
        let mut stream = TcpStream::connect(self.address).await.map_err(|_| Ended::NotConnected)?;
        let request = format!("GET /stream/{camera} HTTP/1.1\r\nHost: {}\r\n\r\n", self.address);
        stream.write_all(request.as_bytes()).await.map_err(|_| Ended::NotConnected)?;
        let mut come = BytesMut::new();
        let head = next_head(&mut stream, &mut come).await.map_err(|_| Ended::NotConnected)?;
        if !head.contains(" 200 ") {
            return Err(Ended::NotConnected);
        }
        self.board.connected(self.id);
        loop {
            let head = next_head(&mut stream, &mut come).await?;
            let size: usize = field(&head, "content-length").and_then(|size| size.parse().ok()).context("no length")?;
            let taken_us = taken_us(&head).context("no time")?;
            while come.len() < size {
                more(&mut stream, &mut come).await?;
            }
            self.jpeg(camera, come.split_to(size).freeze(), taken_us);
        }
    }

    async fn snapshots(&self, camera: u8) -> Result<Infallible, Ended> {
        self.board.connected(self.id);
        loop {
            let answer = http_get_picture(self.address, camera).await;
            match answer {
                Ok((200, taken_us, jpeg)) => self.jpeg(camera, jpeg, taken_us),
                // Of a bridge that has just come back it is not known yet.
                Ok((404 | 503 | 504, ..)) if self.board.may_pause(Camera { site: self.site, id: camera }) => {}
                Ok((status, ..)) => self.board.violation(format!("/api/frame/{camera} answered {status}")),
                Err(why) => return Err(Ended::Lost(why)),
            }
            sleep(Duration::from_millis(200)).await;
        }
    }
}

/// Why a viewer does not watch any more.
enum Ended {
    NotConnected,
    Lost(anyhow::Error),
}

impl From<anyhow::Error> for Ended {
    fn from(error: anyhow::Error) -> Self {
        Self::Lost(error)
    }
}

/// Of the newest picture that is at most half a second old: status, when it was taken (0 where there is none), body.
async fn http_get_picture(address: SocketAddr, camera: u8) -> Result<(u16, u64, Bytes)> {
    let asked = async {
        let mut stream = TcpStream::connect(address).await?;
        let path = format!("/api/frame/{camera}?max_age_ms=500");
        let request = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await?;
        let mut come = BytesMut::new();
        let head = next_head(&mut stream, &mut come).await?;
        let status = head.split(' ').nth(1).context("no status")?.parse()?;
        let size: usize = field(&head, "content-length").and_then(|size| size.parse().ok()).context("no length")?;
        while come.len() < size {
            more(&mut stream, &mut come).await?;
        }
        let taken_us = if status == 200 { taken_us(&head).context("no time")? } else { 0 };
        anyhow::Ok((status, taken_us, come.split_to(size).freeze()))
    };
    timeout(SILENCE, asked).await.context("no answer")?
}

/// Reads up to and with an empty line; what stands before the first line of a head, as MJPEG's boundary does, is part of it.
async fn next_head(stream: &mut TcpStream, come: &mut BytesMut) -> Result<String> {
    loop {
        if let Some(end) = come.windows(4).position(|four| four == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&come[..end]).into_owned();
            come.advance(end + 4);
            if head.trim().is_empty() {
                continue;
            }
            return Ok(head);
        }
        ensure!(come.len() < 64 << 10, "a head without an end");
        more(stream, come).await?;
    }
}

async fn more(stream: &mut TcpStream, come: &mut BytesMut) -> Result<()> {
    let read = timeout(SILENCE, stream.read_buf(come)).await.context("nothing for 20 s")??;
    if read == 0 {
        bail!("it was closed");
    }
    Ok(())
}

/// When a picture was taken, as its head says in seconds.
fn taken_us(head: &str) -> Option<u64> {
    let seconds: f64 = field(head, "x-timestamp")?.parse().ok()?;
    Some((seconds * 1e6).round() as u64) // to the nearest: a decimal fraction is no sum of halves
}

fn field<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    let mut fields = head.lines().filter_map(|line| line.split_once(':'));
    fields.find(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
}

/// Whether a bridge says that it is well.
pub(crate) async fn is_ready(address: SocketAddr) -> Result<()> {
    let (status, body) = http_get(address, "/readyz").await?;
    ensure!(status == 200, "/readyz says {status}: {body}");
    Ok(())
}
