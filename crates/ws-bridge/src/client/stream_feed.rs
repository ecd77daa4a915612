//! Joins one client of `/stream` to the hub: one camera's pictures, the newest first.

use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use cameracast_service::sync::watch;

use super::{Client, Cursor, End, Feed, Moment, Outgoing, Pace, Render, Viewer};
use crate::camera_set::CameraSet;
use crate::hub::Hub;
use crate::scene::Scene;

/// The parts of one client's MJPEG stream.
pub(crate) struct StreamFeed {
    hub: Arc<Hub>,
    client: Arc<Client>,
    viewer: Viewer,
    chosen_bytes: usize,
    waited: bool,
}

impl StreamFeed {
    pub(crate) fn new(hub: Arc<Hub>, client: Arc<Client>, camera: u8) -> Self {
        let viewer = viewer_of(&hub.scene(), camera, client.asked.pace);
        Self { hub, client, viewer, chosen_bytes: 0, waited: false }
    }
}

fn viewer_of(scene: &Scene, camera: u8, pace: Option<Pace>) -> Viewer {
    Viewer::new(Cursor::at_the_door(scene, CameraSet::of(camera)), Render::Part(camera), pace)
}

impl Feed for StreamFeed {
    fn moment(&self) -> Moment {
        Moment::of(self.hub.scene())
    }

    fn next(&mut self, Moment { scene, now }: &Moment, waited: bool) -> Result<Option<Outgoing>, End> {
        let message = self.viewer.next(scene, waited, *now);
        self.chosen_bytes = message.as_ref().map_or(0, Outgoing::size);
        self.waited = waited;
        Ok(message)
    }

    fn begun(&mut self, moment: &Moment) {
        let missed = self.viewer.begun(self.waited, moment.now);
        self.client.count(self.chosen_bytes, missed);
    }

    fn ask_again_at(&self) -> Option<Instant> {
        self.viewer.ask_again_at()
    }

    fn heard(&mut self, _text: &str) -> Option<Bytes> {
        None
    }
}

/// The same parts one by one, each in its pieces, for a server that does not give its connection away.
pub(crate) struct Parts {
    scenes: watch::Receiver<Arc<Scene>>,
    viewer: Viewer,
    client: Arc<Client>,
}

impl Parts {
    pub(crate) fn new(hub: &Hub, client: Arc<Client>, camera: u8) -> Self {
        Self { scenes: hub.scenes(), viewer: viewer_of(&hub.scene(), camera, client.asked.pace), client }
    }

    /// The newest part, as soon as there is one; `None` when the bridge is gone.
    pub(crate) async fn next(&mut self) -> Option<Vec<Bytes>> {
        loop {
            let (scene, now) = (self.scenes.borrow_and_update().clone(), Instant::now());
            // Whoever asks has had its last part: of several that wait it is given the newest.
            if let Some(part) = self.viewer.next(&scene, true, now) {
                self.client.count(part.size(), self.viewer.begun(true, now));
                return Some(part.into_body().into_pieces());
            }
            let again = self.viewer.ask_again_at();
            tokio::select! {
                changed = self.scenes.changed() => changed.ok()?,
                () = tokio::time::sleep_until(again.unwrap_or(now).into()), if again.is_some() => {}
            }
        }
    }
}
