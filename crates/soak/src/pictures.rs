//! Every picture is decoded once, and is the same for everybody: what others get of it is compared by its hash.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use bytes::Bytes;
use end_to_end::Picture;

use crate::board::{Board, Camera};

/// Pictures of a camera that are remembered: more than a slow viewer can be behind.
const REMEMBERED: usize = 300;

/// A picture as it came.
#[derive(Debug)]
pub(crate) struct Jpeg {
    pub(crate) camera: Camera,
    /// As the bundle says; `None` where the message says nothing.
    pub(crate) size: Option<(u32, u32)>,
    pub(crate) data: Bytes,
}

/// Looks at pictures, on a thread of its own.
#[derive(Debug)]
pub(crate) struct Pictures {
    known: Mutex<BTreeMap<Camera, BTreeMap<u64, u64>>>,
    unseen: SyncSender<Jpeg>,
    board: Arc<Board>,
}

/// Pictures that wait to be decoded. More are a violation: what nobody has looked at is not known to be right.
const WAITING: usize = 5000;

impl Pictures {
    /// The thread ends when all that was to be looked at has been, and nobody has more.
    pub(crate) fn new(board: Arc<Board>) -> (Arc<Self>, JoinHandle<()>) {
        let (unseen, jpegs) = sync_channel(WAITING);
        let on_thread = board.clone();
        let decoding = thread::spawn(move || decode(&jpegs, &on_thread));
        (Arc::new(Self { known: Mutex::default(), unseen, board }), decoding)
    }

    /// Looks at a picture; `captured_us` is 0 where that is not known.
    pub(crate) fn look(&self, jpeg: Jpeg, captured_us: u64) {
        if captured_us != 0 {
            let mut hasher = DefaultHasher::new();
            jpeg.data.hash(&mut hasher);
            let hash = hasher.finish();
            let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
            let of_camera = known.entry(jpeg.camera).or_default();
            if let Some(first) = of_camera.insert(captured_us, hash) {
                if first != hash {
                    let Camera { site, id } = jpeg.camera;
                    let said =
                        format!("camera {id} of the {site:?} bridge: not the same bytes for all, of {captured_us}");
                    self.board.violation(said);
                }
                return;
            }
            if of_camera.len() > REMEMBERED {
                of_camera.pop_first();
            }
        }
        if self.unseen.try_send(jpeg).is_err() {
            self.board
                .violation("a picture could not be looked at: too many wait, or the decoder has ended".to_owned());
        }
    }
}

fn decode(jpegs: &Receiver<Jpeg>, board: &Board) {
    for Jpeg { camera: Camera { site, id }, size, data } in jpegs {
        let of = format!("a picture of camera {id} of the {site:?} bridge");
        match Picture::from_jpeg(&data) {
            Err(error) => board.violation(format!("{of}: {error:#}")),
            Ok(_) if !(data.starts_with(b"\xFF\xD8") && data.ends_with(b"\xFF\xD9")) => {
                board.violation(format!("{of} is not from SOI to EOI"));
            }
            Ok(picture) => {
                let found = (picture.width as u32, picture.height as u32);
                if size.is_some_and(|size| size != found) {
                    board.violation(format!("{of} is {found:?}, and its header says {size:?}"));
                }
                board.decoded();
            }
        }
    }
}
