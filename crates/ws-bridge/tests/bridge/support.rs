//! A bridge as a process of its own, its log, and those who talk to it.

use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};
use tokio::sync::watch;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::handshake::client::Request;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;

use crate::feeder::Feeder;

/// Far longer than anything takes on a busy machine; what waits longer has failed.
const PATIENCE: Duration = Duration::from_secs(40);

/// What `future` gives; the test fails where it takes too long.
pub(crate) async fn within<T>(what: &str, future: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, future).await.unwrap_or_else(|_| panic!("waited in vain: {what}"))
}

pub(crate) fn command() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ws-bridge"));
    command.env_remove("CAMERACAST_CONFIG").env_remove("CAMERACAST_SOCKET");
    command.env_remove("CAMERACAST_LISTEN").env_remove("CAMERACAST_LOG");
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    command
}

/// A running bridge; it is killed when this is dropped.
pub(crate) struct Bridge {
    pub(crate) process: Child,
    pub(crate) address: String,
    pub(crate) socket: PathBuf,
    log: watch::Receiver<Vec<String>>,
    _folder: tempfile::TempDir,
}

impl Bridge {
    pub(crate) async fn start() -> Self {
        Self::start_with("").await
    }

    /// A bridge with a configuration of its own beside the address and the socket.
    pub(crate) async fn start_with(config: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("cameracast.toml");
        std::fs::write(&file, config).unwrap();
        let socket = folder.path().join("cam.sock");
        let mut command = command();
        command
            .arg("--config")
            .arg(file)
            .args(["--listen", "127.0.0.1:0", "--log", "debug"])
            .arg("--socket")
            .arg(&socket);
        Self::spawn(command, socket, folder).await
    }

    pub(crate) async fn spawn(mut command: Command, socket: PathBuf, folder: tempfile::TempDir) -> Self {
        let mut process = command.spawn().unwrap();
        let log = process.stderr.take().map_or_else(|| watch::channel(vec![]).1, collect);
        let mut out = BufReader::new(process.stdout.take().unwrap()).lines();
        let line = within("the line with the address", out.next_line()).await.unwrap();
        let line = line.unwrap_or_else(|| panic!("no address; log: {:#?}", *log.borrow()));
        let (_, rest) = line.split_once("http://").unwrap();
        let address = rest.split_once('/').unwrap().0.to_owned();
        Self { process, address, socket, log, _folder: folder }
    }

    pub(crate) async fn feeder(&self) -> Feeder {
        Feeder::connect(&self.socket).await
    }

    /// A viewer that has had the description of the cameras.
    pub(crate) async fn viewer(&self, query: &str) -> Viewer {
        let mut viewer = Viewer::connect(&self.address, query).await;
        assert_eq!(viewer.text().await["type"], "meta", "the description comes first");
        viewer
    }

    /// Waits for a line of the log that holds all of `parts`.
    pub(crate) async fn logs(&self, parts: &[&str]) -> String {
        let mut log = self.log.clone();
        let find =
            |lines: &Vec<String>| lines.iter().find(|line| parts.iter().all(|part| line.contains(part))).cloned();
        let found = tokio::time::timeout(PATIENCE, log.wait_for(|lines| find(lines).is_some())).await;
        match found {
            Ok(Ok(lines)) => find(&lines).unwrap(),
            _ => panic!("no line with {parts:?} in {:#?}", *self.log.borrow()),
        }
    }

    /// The lines that the log has by now with something in them.
    pub(crate) fn log_lines(&self, with: &str) -> Vec<String> {
        self.log.borrow().iter().filter(|line| line.contains(with)).cloned().collect()
    }

    pub(crate) fn pid(&self) -> String {
        self.process.id().unwrap().to_string()
    }

    /// Asks for the end as systemd does.
    pub(crate) async fn terminate(&mut self, signal: &str) -> ExitStatus {
        let killed = Command::new("kill").arg(format!("-{signal}")).arg(self.pid()).status().await.unwrap();
        assert!(killed.success());
        within("the bridge ends", self.process.wait()).await.unwrap()
    }

    /// The status line and the body of a request.
    pub(crate) async fn get(&self, path: &str) -> (String, String) {
        self.request(&format!("GET {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", self.address)).await
    }

    pub(crate) async fn request(&self, request: &str) -> (String, String) {
        request_to(&self.address, request).await
    }

    pub(crate) async fn status(&self) -> Value {
        status(&self.address, "/api/status").await
    }

    /// The status as soon as it is as expected.
    pub(crate) async fn status_when(&self, expected: impl Fn(&Value) -> bool) -> Value {
        within("a status as expected", async {
            loop {
                let status = self.status().await;
                if expected(&status) {
                    return status;
                }
            }
        })
        .await
    }

    /// Resident memory in KiB.
    pub(crate) fn memory(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.pid())).unwrap();
        let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    }
}

/// Head and body of the answer to a request after which the connection ends.
pub(crate) async fn request_to(address: &str, request: &str) -> (String, String) {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    within("an answer", stream.read_to_string(&mut answer)).await.unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.to_owned(), body.to_owned())
}

pub(crate) async fn status(address: &str, path: &str) -> Value {
    let request = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    serde_json::from_str(&request_to(address, &request).await.1).unwrap()
}

/// The body of an answer on a connection that stays.
pub(crate) async fn answer_on(stream: &mut BufReader<TcpStream>) -> String {
    let mut size = 0;
    loop {
        let mut line = String::new();
        within("a line of an answer's head", stream.read_line(&mut line)).await.unwrap();
        match line.trim_end().split_once(": ") {
            Some(("content-length", length)) => size = length.parse().unwrap(),
            None if line == "\r\n" => break,
            _ => {}
        }
    }
    let mut body = vec![0; size];
    within("an answer's body", stream.read_exact(&mut body)).await.unwrap();
    String::from_utf8(body).unwrap()
}

/// Everything that a process says, line by line.
fn collect(stderr: tokio::process::ChildStderr) -> watch::Receiver<Vec<String>> {
    let (lines, log) = watch::channel(Vec::new());
    tokio::spawn(async move {
        let mut reader = BufReader::new(stderr).lines();
        while let Ok(Some(line)) = reader.next_line().await {
            lines.send_modify(|lines| lines.push(line));
        }
    });
    log
}

/// A WebSocket client.
pub(crate) struct Viewer(pub(crate) WebSocketStream<TcpStream>);

impl Viewer {
    pub(crate) async fn connect(address: &str, query: &str) -> Self {
        let stream = within("a connection", TcpStream::connect(address)).await.unwrap();
        Self::over(stream, address, query).await
    }

    pub(crate) async fn over(stream: TcpStream, address: &str, query: &str) -> Self {
        Self::open(stream, format!("ws://{address}/{query}").into_client_request().unwrap()).await
    }

    /// One whose request has a further header.
    pub(crate) async fn with_header(address: &str, query: &str, (name, value): (&'static str, &'static str)) -> Self {
        let stream = within("a connection", TcpStream::connect(address)).await.unwrap();
        let mut request = format!("ws://{address}/{query}").into_client_request().unwrap();
        request.headers_mut().insert(name, value.parse().unwrap());
        Self::open(stream, request).await
    }

    async fn open(stream: TcpStream, request: Request) -> Self {
        let limits = WebSocketConfig::default().max_message_size(None).max_frame_size(None);
        let opened = tokio_tungstenite::client_async_with_config(request, stream, Some(limits));
        Self(within("a WebSocket", opened).await.unwrap().0)
    }

    pub(crate) async fn message(&mut self) -> Message {
        within("a message", self.0.next()).await.unwrap().unwrap()
    }

    /// The next bundle; texts before it are passed over.
    pub(crate) async fn bundle(&mut self) -> Vec<u8> {
        loop {
            match self.message().await {
                Message::Binary(bytes) => return bytes.to_vec(),
                Message::Text(_) => {}
                other => panic!("a bundle was expected, not {other:?}"),
            }
        }
    }

    /// The next text; bundles before it are passed over.
    pub(crate) async fn text(&mut self) -> Value {
        loop {
            match self.message().await {
                Message::Text(text) => return serde_json::from_str(&text).unwrap(),
                Message::Binary(_) => {}
                other => panic!("a text was expected, not {other:?}"),
            }
        }
    }

    /// The next description of the cameras.
    pub(crate) async fn meta(&mut self) -> Value {
        loop {
            let text = self.text().await;
            if text["type"] == "meta" {
                return text;
            }
        }
    }

    pub(crate) async fn say(&mut self, text: &str) {
        self.send(Message::text(text)).await;
    }

    pub(crate) async fn send(&mut self, message: Message) {
        within("the bridge reads", self.0.send(message)).await.unwrap();
    }

    /// Says something and that it is leaving, all in one go.
    pub(crate) async fn say_and_go(mut self, text: &str) {
        within("the bridge reads", self.0.feed(Message::text(text))).await.unwrap();
        self.send(Message::Close(None)).await;
        self.gone().await;
    }

    /// Reads to the end of the connection.
    pub(crate) async fn gone(&mut self) {
        within("the end", async { while let Some(Ok(_)) = self.0.next().await {} }).await;
    }

    /// Reads until the bridge closes; gives code and reason.
    pub(crate) async fn closed(&mut self) -> (u16, String) {
        loop {
            if let Message::Close(frame) = self.message().await {
                let frame = frame.expect("a code");
                return (frame.code.into(), frame.reason.to_string());
            }
        }
    }
}

pub(crate) fn exists(path: &Path) -> bool {
    path.symlink_metadata().is_ok()
}
