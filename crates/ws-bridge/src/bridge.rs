//! A bridge as a value: what its faces share, and what a program gets that has one inside.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use bytes::Bytes;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::camera::Newest;
use crate::client::{Clients, Fan};
use crate::guard::Guard;
use crate::hub::Hub;
use crate::options::Options;
use crate::publisher::Publisher;
use crate::refusals::Refusals;
use crate::reload::Reloading;
use crate::small_frame::{Fit, NoSmallFrame, Size, SmallFrameCounts, SmallFrames, Wish};
use crate::socket_file::{self, SocketTaken};
use crate::{ingest, round_trip, routes, unix_time};

/// How long viewers have to say goodbye when the bridge ends.
pub(crate) const GOODBYE: Duration = Duration::from_secs(1);

/// Hands bundles to viewers. Cloning it gives another handle to the same bridge.
///
/// It fits into any axum application: pictures come from the application itself ([`Bridge::publisher`]), from grabbers
/// ([`Bridge::take_grabbers`]), or from both, and are to be had as values. `examples/embed-in-axum` is a whole program.
///
/// ```
/// use ws_bridge::{Bridge, Fit, Options, Size};
///
/// # let mut jpeg = Vec::new();
/// # let picture = jpeg_encoder::Encoder::new(&mut jpeg, 90);
/// # picture.encode(&[128; 640 * 480], 640, 480, jpeg_encoder::ColorType::Luma)?;
/// # tokio::runtime::Runtime::new()?.block_on(async {
/// let bridge = Bridge::new(Options::default());
/// let app: axum::Router = axum::Router::new().nest_service("/cams", bridge.router());
///
/// let mut camera = bridge.publisher();
/// camera.publish_jpeg(0, jpeg)?;
///
/// let newest = bridge.newest(0).ok_or("no picture")?;
/// assert_eq!((newest.frame.width, newest.frame.height), (640, 480));
/// let small = bridge.small_frame(0, Size::new(320, 320)?, Fit::Within).await?;
/// assert!(small.starts_with(b"\xFF\xD8")); // a JPEG of 320x240
///
/// bridge.close().await;
/// # drop(app);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Bridge {
    /// As they were at the start; [`Bridge::current`] are those that hold now.
    pub(crate) options: Arc<Options>,
    pub(crate) hub: Arc<Hub>,
    pub(crate) clients: Arc<Clients>,
    pub(crate) guard: Arc<Guard>,
    pub(crate) fan: Arc<Fan>,
    pub(crate) small_frames: Arc<SmallFrames>,
    pub(crate) refusals: Arc<Refusals>,
    pub(crate) reloading: Arc<Reloading>,
    /// Cancelled when the bridge ends.
    pub(crate) closing: CancellationToken,
    /// A task a connection; each ends by itself once `closing` is cancelled.
    pub(crate) tasks: TaskTracker,
    pub(crate) started: Instant,
    /// Tells this life of the bridge from others: Unix time in µs when it began.
    pub(crate) life: u64,
}

impl Bridge {
    /// A bridge without any grabber or viewer.
    pub fn new(options: Options) -> Self {
        let guard = Guard::new(&options);
        let hub = Arc::new(Hub::new(options.answer_within));
        let (closing, tasks) = (CancellationToken::new(), TaskTracker::new());
        let options = Arc::new(options);
        Self {
            reloading: Arc::new(Reloading::new(options.clone())),
            options,
            fan: Arc::new(Fan::new(hub.clone(), closing.clone(), tasks.clone())),
            hub,
            clients: Arc::default(),
            small_frames: Arc::default(),
            refusals: Arc::default(),
            guard: Arc::new(guard),
            closing,
            tasks,
            started: Instant::now(),
            life: unix_time::now_us(),
        }
    }

    /// Where bundles come in.
    pub fn hub(&self) -> &Arc<Hub> {
        &self.hub
    }

    /// All faces, for any server that can upgrade connections. All links between them are relative.
    ///
    /// Under a path it belongs with `nest_service("/cams", bridge.router())`: that serves `/cams` (which leads on to
    /// `/cams/`), `/cams/` and all below. axum's `nest("/cams", …)` leaves `/cams/` out, where the page and its WebSocket
    /// are; with `nest("/cams/", …)` they are there, and `/cams` is the application's own to redirect.
    pub fn router(&self) -> Router {
        routes::router(self.clone())
    }

    /// Shows pictures of the program that the bridge is part of.
    pub fn publisher(&self) -> Publisher {
        Publisher::new(self.hub.clone())
    }

    /// Takes in grabbers that connect to the Unix socket at `path`, until the bridge closes; then removes the file.
    ///
    /// # Errors
    /// The path is not to be had.
    pub async fn take_grabbers(&self, path: impl AsRef<Path>) -> Result<(), SocketTaken> {
        let (grabbers, socket_file) = socket_file::listen(path.as_ref()).await?;
        let bridge = self.clone();
        self.tasks.spawn(async move {
            ingest::serve(grabbers, bridge, round_trip::nobody_asks()).await;
            drop(socket_file);
        });
        Ok(())
    }

    /// The newest JPEG of a camera, which shares the memory of the bundle that it came in. A camera that is lost keeps its
    /// last one: [`Newest::taken`] tells how old it is.
    pub fn newest(&self, camera: u8) -> Option<Newest> {
        self.hub.scene().cameras.get(&camera)?.newest_jpeg.clone()
    }

    /// The newest picture of a camera as a JPEG in another size. It is made once per frame and size, on a thread for
    /// slow work, however many ask.
    ///
    /// # Errors
    /// There is no such camera or no picture of it, it cannot be decoded, or too many ask for too much.
    pub async fn small_frame(&self, camera: u8, size: Size, fit: Fit) -> Result<Bytes, NoSmallFrame> {
        let wish = {
            let scene = self.hub.scene();
            let known = scene.cameras.get(&camera).ok_or(NoSmallFrame::NoCamera { camera })?;
            Wish::new(known.newest_jpeg.as_ref().ok_or(NoSmallFrame::NoPicture { camera })?, size, fit)?
        };
        self.small_frames.get(wish).await
    }

    /// What small frames have cost.
    pub fn small_frame_counts(&self) -> SmallFrameCounts {
        self.small_frames.counts()
    }

    /// Closes every viewer with 1001 and waits for them, for little more than a second at most.
    pub async fn close(&self) {
        self.closing.cancel();
        self.tasks.close();
        let _ = timeout(GOODBYE + Duration::from_millis(200), self.tasks.wait()).await; // who is left is dropped
    }
}
