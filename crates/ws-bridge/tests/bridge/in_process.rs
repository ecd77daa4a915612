//! A bridge in this process, for what cannot be said on the command line: how long a client may be stuck, above all.

use std::path::PathBuf;

use serde_json::json;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use ws_bridge::{Listening, Options};

use crate::feeder::Feeder;
use crate::support::{Viewer, status, within};

pub(crate) struct InProcess {
    pub(crate) address: String,
    socket: PathBuf,
    stop: oneshot::Sender<()>,
    serving: JoinHandle<()>,
    _folder: tempfile::TempDir,
}

impl InProcess {
    pub(crate) async fn start(options: Options) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let socket = folder.path().join("cam.sock");
        let listen = "127.0.0.1:0".parse().unwrap();
        let listening = Listening::open(Options { listen, socket: socket.clone(), ..options }).await.unwrap();
        let address = listening.address().to_string();
        let (stop, stopped) = oneshot::channel();
        let serving = tokio::spawn(listening.serve(async {
            let _ = stopped.await;
        }));
        Self { address, socket, stop, serving, _folder: folder }
    }

    pub(crate) async fn feeder(&self) -> Feeder {
        Feeder::connect(&self.socket).await
    }

    /// A viewer that has had its description, as soon as the bridge knows a camera.
    pub(crate) async fn viewer_of(&self, path: &str) -> Viewer {
        self.knows_a_camera().await;
        let mut viewer = Viewer::connect(&self.address, path).await;
        assert_eq!(viewer.text().await["type"], "meta");
        viewer
    }

    pub(crate) async fn knows_a_camera(&self) {
        within("a camera", async { while status(&self.address, "/api/status").await["cameras"] == json!([]) {} }).await;
    }

    /// How many clients watch.
    pub(crate) async fn clients(&self) -> usize {
        status(&self.address, "/api/status").await["clients"].as_array().unwrap().len()
    }

    pub(crate) async fn end(self) {
        self.stop.send(()).unwrap();
        within("the end of the bridge", self.serving).await.unwrap();
    }
}
