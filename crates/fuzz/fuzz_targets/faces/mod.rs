//! Two bridges with a camera each, one of them behind a token.

use std::cell::RefCell;
use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;

use axum::Router;
use axum::body::to_bytes;
use axum::extract::Request;
use axum::http::StatusCode;
use bytes::Bytes;
use frame_bundle::control::CameraState;
use frame_bundle::{Frame, PixelFormat};
use tokio::runtime::{Builder, Runtime};
use tower_service::Service;
use ws_bridge::{Bridge, Options, Publisher, Secret, Tokens};

/// Longer than what a fuzzer would guess.
const TOKEN: &str = "8ad1c4f3-5c0e-4d8f-9d55-0b1f6f1f2f0e-7c6a4f1b";
/// The longest answer that is read.
const LONGEST: usize = 4 << 20;

thread_local! {
    static FACES: RefCell<Option<Faces>> = const { RefCell::new(None) };
}

pub struct Faces {
    runtime: Runtime,
    open: Router,
    guarded: Router,
    _cameras: [Publisher; 2],
}

/// What came back at once.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    /// Nothing of what is shown, which may never end.
    pub body: Bytes,
}

impl Faces {
    pub fn with(does: impl FnOnce(&mut Self)) {
        FACES.with_borrow_mut(|faces| does(faces.get_or_insert_with(Self::new)));
    }

    fn new() -> Self {
        let runtime = Builder::new_current_thread().enable_time().build().expect("a runtime");
        let inside = runtime.enter();
        let open = Bridge::new(Options::default());
        let tokens = Tokens { view: Secret::new(TOKEN), control: None };
        let guarded = Bridge::new(Options { tokens, ..Options::default() });
        let cameras = [camera(&open), camera(&guarded)];
        let (open, guarded) = (open.router(), guarded.router());
        drop(inside);
        Self { runtime, open, guarded, _cameras: cameras }
    }

    pub fn open(&self, request: Request) -> Option<Answer> {
        self.answer(self.open.clone(), request)
    }

    pub fn guarded(&self, request: Request) -> Option<Answer> {
        self.answer(self.guarded.clone(), request)
    }

    /// `None` where the answer takes its time.
    fn answer(&self, mut router: Router, request: Request) -> Option<Answer> {
        self.runtime.block_on(async {
            let Ok(response) = at_once(router.call(request)).await?;
            let status = response.status();
            let refused = status.is_client_error() || status.is_server_error();
            let body = if refused { at_once(to_bytes(response.into_body(), LONGEST)).await? } else { Ok(Bytes::new()) };
            Some(Answer { status, body: body.expect("a refusal is short") })
        })
    }
}

/// A camera whose picture is none, so that nobody spends time on scaling it.
fn camera(bridge: &Bridge) -> Publisher {
    let mut publisher = bridge.publisher();
    let data = Bytes::from_static(b"a picture");
    let frame = Frame { camera_id: 2, pixel_format: PixelFormat::JPEG, width: 640, height: 480, data };
    publisher.publish([frame]).expect("a bundle of one frame");
    let state = CameraState { camera: 2, name: "Front gate".into(), state: "streaming".into(), ..Default::default() };
    publisher.describe(&[state]).expect("nobody else has it");
    publisher
}

/// What a future gives without waiting for anything.
async fn at_once<F: Future>(future: F) -> Option<F::Output> {
    let mut future = pin!(future);
    poll_fn(|context| match future.as_mut().poll(context) {
        Poll::Ready(output) => Poll::Ready(Some(output)),
        Poll::Pending => Poll::Ready(None),
    })
    .await
}
