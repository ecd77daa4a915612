//! In the bridge's place on the Unix socket: hears all that a grabber says of its cameras, and tells it what to do.
//!
//! It cuts packets by hand, so that nothing of what is tested takes part in the test.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::unix::OwnedReadHalf;
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio::time::timeout;

const CONTROL: u32 = 0xDEAD_C0DE;

/// What a grabber has sent so far.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Heard {
    /// It is or was here.
    pub connected: bool,
    /// Bundles.
    pub bundles: u64,
    /// Control messages.
    pub controls: u64,
    /// Every camera of every state message, in their order.
    states: Vec<Value>,
}

/// Listens for one grabber; it ends when dropped.
pub struct Listener {
    heard: watch::Receiver<Heard>,
    /// Every answer to a request, in their order.
    answers: watch::Receiver<Vec<Value>>,
    to_say: mpsc::UnboundedSender<Value>,
    serving: JoinHandle<()>,
}

impl Listener {
    /// Listens on `socket`, and greets as the bridge does.
    ///
    /// # Errors
    /// The socket cannot be made.
    pub fn start(socket: &Path) -> Result<Self> {
        Self::greeting(socket, json!({"type": "hello", "versions": [1], "features": ["control"]}))
    }

    /// Listens on `socket` and says this first.
    ///
    /// # Errors
    /// The socket cannot be made.
    pub fn greeting(socket: &Path, hello: Value) -> Result<Self> {
        let listener = UnixListener::bind(socket).context("nobody can listen there")?;
        let (hear, heard) = watch::channel(Heard::default());
        let (answer, answers) = watch::channel(Vec::new());
        let (to_say, saying) = mpsc::unbounded_channel();
        to_say.send(hello)?;
        let serving = tokio::spawn(async move {
            if let Err(end) = serve(&listener, &hear, &answer, saying).await {
                println!("listener: {end:#}");
            }
        });
        Ok(Self { heard, answers, to_say, serving })
    }

    /// Tells the grabber something.
    ///
    /// # Errors
    /// It is gone.
    pub fn say(&self, message: Value) -> Result<()> {
        self.to_say.send(message).context("the grabber is gone")
    }

    /// Waits for the answer to a request, the result message as it came.
    ///
    /// # Errors
    /// There was none `within` that time.
    pub async fn answer(&mut self, request: u64, within: Duration) -> Result<Value> {
        let find = |answers: &Vec<Value>| answers.iter().find(|answer| answer["request"] == request).cloned();
        let waited = timeout(within, self.answers.wait_for(|answers| find(answers).is_some())).await;
        let answers = waited.with_context(|| format!("request {request} is not answered within {within:?}"))?;
        find(&*answers.context("the grabber left")?).context("it was there")
    }

    /// What has come so far.
    pub fn heard(&self) -> Heard {
        self.heard.borrow().clone()
    }

    /// Waits until as much has come as is expected.
    ///
    /// # Errors
    /// It did not `within` that time.
    pub async fn until_heard(&self, within: Duration, is_enough: impl Fn(&Heard) -> bool) -> Result<Heard> {
        let mut heard = self.heard.clone();
        let waited = timeout(within, heard.wait_for(is_enough)).await.map(|heard| heard.map(|heard| heard.clone()));
        waited.with_context(|| format!("only {:?} within {within:?}", self.heard()))?.context("the grabber left")
    }

    /// All that was said of a camera so far.
    pub fn states_of(&self, camera: u8) -> Vec<Value> {
        self.heard.borrow().states.iter().filter(|state| state["camera"] == camera).cloned().collect()
    }

    /// Frames taken from a camera, as it was said last.
    pub fn grabbed(&self, camera: u8) -> u64 {
        self.states_of(camera).last().and_then(|state| state["grabbed"].as_u64()).unwrap_or(0)
    }

    /// Waits until a camera is in this state; it may be so already.
    ///
    /// # Errors
    /// It was not `within` that time.
    pub async fn until(&mut self, camera: u8, state: &str, within: Duration) -> Result<()> {
        let is_so = |heard: &Heard| {
            heard.states.iter().rev().find(|said| said["camera"] == camera).is_some_and(|said| said["state"] == state)
        };
        let waited = timeout(within, self.heard.wait_for(is_so)).await;
        waited
            .with_context(|| format!("camera {camera} is not {state} within {within:?}"))?
            .context("the grabber left")?;
        Ok(())
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn serve(
    listener: &UnixListener,
    hear: &watch::Sender<Heard>,
    answer: &watch::Sender<Vec<Value>>,
    mut saying: mpsc::UnboundedReceiver<Value>,
) -> Result<()> {
    let (grabber, _) = listener.accept().await?;
    hear.send_modify(|heard| heard.connected = true);
    let (from, mut to) = UnixStream::into_split(grabber);
    let hearing = listen(from, hear, answer);
    let telling = async {
        while let Some(message) = saying.recv().await {
            let payload = serde_json::to_vec(&message)?;
            let header = [CONTROL, payload.len() as u32].map(u32::to_le_bytes).concat();
            to.write_all(&[header, payload].concat()).await?;
        }
        anyhow::Ok(())
    };
    tokio::select! {
        end = hearing => end,
        end = telling => end,
    }
}

async fn listen(
    mut from: OwnedReadHalf,
    hear: &watch::Sender<Heard>,
    answer: &watch::Sender<Vec<Value>>,
) -> Result<()> {
    loop {
        let (magic, size) = (from.read_u32_le().await?, from.read_u32_le().await?);
        let mut payload = vec![0; size as usize];
        from.read_exact(&mut payload).await?;
        if magic != CONTROL {
            hear.send_modify(|heard| heard.bundles += 1);
            continue;
        }
        let message: Value = serde_json::from_slice(&payload)?;
        if message["type"] == "result" {
            answer.send_modify(|answers| answers.push(message.clone()));
        }
        let cameras = message["cameras"].as_array().into_iter().flatten();
        hear.send_modify(|heard| {
            heard.controls += 1;
            heard.states.extend(cameras.cloned());
        });
    }
}
