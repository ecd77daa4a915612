//! Joins one client of `/` to the hub: the cameras' description first and after each change, then bundles.

use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;

use super::{Asked, Client, Cursor, End, Feed, Moment, Outgoing, Recorder, Render, Viewer, time};
use crate::hub::Hub;

/// What one client of `/` gets.
pub(crate) struct BundleFeed {
    hub: Arc<Hub>,
    client: Arc<Client>,
    delivery: Delivery,
    /// The version of the description that the client has.
    told: u64,
    chosen: Chosen,
}

enum Delivery {
    Newest(Viewer),
    Every(Recorder),
}

#[derive(Clone, Copy)]
enum Chosen {
    Meta { version: u64 },
    Other { bundle_bytes: Option<usize>, waited: bool },
}

impl BundleFeed {
    pub(crate) fn new(hub: Arc<Hub>, client: Arc<Client>) -> Self {
        let Asked { wanted, pace, every, .. } = client.asked;
        let delivery = if every {
            Delivery::Every(Recorder::new(hub.every(), wanted))
        } else {
            Delivery::Newest(Viewer::new(Cursor::at_the_door(&hub.scene(), wanted), Render::Bundles, pace))
        };
        Self { hub, client, delivery, told: 0, chosen: Chosen::Other { bundle_bytes: None, waited: false } }
    }
}

impl Feed for BundleFeed {
    fn moment(&self) -> Moment {
        Moment::of(self.hub.scene())
    }

    fn next(&mut self, Moment { scene, now }: &Moment, waited: bool) -> Result<Option<Outgoing>, End> {
        if self.told < scene.meta.version {
            self.chosen = Chosen::Meta { version: scene.meta.version };
            return Ok(Some(Outgoing::text(scene.meta.text.clone())));
        }
        let message = match &mut self.delivery {
            Delivery::Newest(viewer) => viewer.next(scene, waited, *now),
            Delivery::Every(recorder) => recorder.next()?,
        };
        let bundle_bytes = message.as_ref().filter(|message| message.is_live()).map(Outgoing::size);
        self.chosen = Chosen::Other { bundle_bytes, waited };
        Ok(message)
    }

    fn begun(&mut self, moment: &Moment) {
        let (bundle_bytes, waited) = match self.chosen {
            Chosen::Meta { version } => {
                self.told = version;
                return;
            }
            Chosen::Other { bundle_bytes, waited } => (bundle_bytes, waited),
        };
        let missed = match &mut self.delivery {
            Delivery::Newest(viewer) => viewer.begun(waited, moment.now),
            Delivery::Every(recorder) => {
                recorder.begun();
                0
            }
        };
        if let Some(bytes) = bundle_bytes {
            self.client.count(bytes, missed);
        }
    }

    fn ask_again_at(&self) -> Option<Instant> {
        match &self.delivery {
            Delivery::Newest(viewer) => viewer.ask_again_at(),
            Delivery::Every(_) => None,
        }
    }

    fn heard(&mut self, text: &str) -> Option<Bytes> {
        time::answer(text)
    }
}
