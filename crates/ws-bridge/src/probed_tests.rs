use std::net::SocketAddr;

use bytes::Bytes;
use frame_bundle::{Frame, PixelFormat};
use futures_util::{SinkExt, StreamExt};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::time::timeout;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;

use super::*;
use crate::options::Options;
use crate::server;

const ROUNDS: u32 = 20;

async fn within<T>(what: &str, future: impl Future<Output = T>) -> T {
    timeout(3 * PATIENCE, future).await.unwrap_or_else(|_| panic!("waited in vain: {what}"))
}

/// A bridge that listens as the process does.
async fn serve() -> (Bridge, SocketAddr) {
    let bridge = Bridge::new(Options::default());
    bridge.reload_from(|| Ok(Options::default()));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(server::serve(listener, None, bridge.clone()));
    (bridge, address)
}

struct Viewer {
    own: SocketAddr,
    socket: WebSocketStream<TcpStream>,
}

impl Viewer {
    async fn open(at: SocketAddr, path: &str) -> Self {
        Self::over(TcpStream::connect(at).await.unwrap(), at, path).await
    }

    async fn over(stream: TcpStream, at: SocketAddr, path: &str) -> Self {
        let own = stream.local_addr().unwrap();
        let request = format!("ws://{at}{path}").into_client_request().unwrap();
        let (socket, _) = within("a WebSocket", tokio_tungstenite::client_async(request, stream)).await.unwrap();
        Self { own, socket }
    }

    async fn until(&mut self, is_it: impl Fn(&Message) -> bool) {
        within("a message", async { while !is_it(&self.socket.next().await.unwrap().unwrap()) {} }).await;
    }

    async fn picture(&mut self) {
        self.until(Message::is_binary).await;
    }
}

/// A client of HTTP, which reads until something has come.
struct Reader {
    own: SocketAddr,
    stream: TcpStream,
    read: Vec<u8>,
}

impl Reader {
    async fn get(at: SocketAddr, path: &str) -> Self {
        let mut stream = TcpStream::connect(at).await.unwrap();
        let request = format!("GET {path} HTTP/1.1\r\nHost: {at}\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        Self { own: stream.local_addr().unwrap(), stream, read: Vec::new() }
    }

    async fn until(&mut self, what: &[u8]) {
        while !self.read.windows(what.len()).any(|window| window == what) {
            let read = within("more", self.stream.read_buf(&mut self.read)).await.unwrap();
            assert!(read > 0, "it ended before: {}", String::from_utf8_lossy(&self.read));
        }
        self.read.clear();
    }
}

fn jpeg() -> Bytes {
    let mut jpeg = Vec::new();
    let encoder = jpeg_encoder::Encoder::new(&mut jpeg, 90);
    encoder.encode(&[128; 64 * 64], 64, 64, jpeg_encoder::ColorType::Luma).unwrap();
    jpeg.into()
}

/// Nobody was held up by a write to this client, of which there were some.
fn assert_nobody_was_held_up(client: SocketAddr, what: &str, least_writes: u32) -> Seen {
    let seen = seen(client);
    assert!(seen.held_up.is_empty(), "while {what} was written to, others could not {:?}", seen.held_up);
    assert!(seen.writes >= least_writes, "{what}: only {} writes were looked at", seen.writes);
    seen
}

#[tokio::test(flavor = "multi_thread", worker_threads = 8)]
async fn while_a_client_is_written_to_no_lock_is_held_that_anybody_else_needs() {
    let (bridge, at) = serve().await;
    let (mut publisher, jpeg) = (bridge.publisher(), jpeg());
    publisher.publish_jpeg(0, jpeg.clone()).unwrap();

    let paths = ["/?cameras=0", "/?cameras=0&delivery=every", "/camera/0", "/?cameras=0&fps=1000"];
    let mut viewers = Vec::new();
    for path in paths {
        let mut viewer = Viewer::open(at, path).await;
        viewer.until(Message::is_text).await; // its description: it is there from now on
        viewers.push(viewer);
    }
    let mut stream = Reader::get(at, "/stream/0").await;
    stream.until(&jpeg).await;
    for _ in 0..ROUNDS {
        publisher.publish_jpeg(0, jpeg.clone()).unwrap();
        for viewer in &mut viewers {
            viewer.picture().await;
        }
        stream.until(&jpeg).await;
    }
    for viewer in &mut viewers {
        viewer.socket.send(Message::Ping(Bytes::from_static(b"?"))).await.unwrap();
        viewer.until(Message::is_pong).await;
    }
    viewers[2].socket.send(Message::text(r#"{"type":"config","fps":50}"#)).await.unwrap();
    viewers[2].until(Message::is_text).await;

    let bye = async {
        for viewer in &mut viewers {
            viewer.until(Message::is_close).await;
        }
    };
    tokio::join!(bridge.close(), bye);
    for (viewer, path) in viewers.iter().zip(paths) {
        let seen = assert_nobody_was_held_up(viewer.own, path, ROUNDS + 3);
        assert!(seen.writers.len() > 1, "{path}: its own task and a lane write to it, not only {:?}", seen.writers);
    }
    assert_nobody_was_held_up(stream.own, "/stream/0", ROUNDS + 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 8)]
async fn while_a_client_that_lets_us_wait_is_written_to_nobody_waits_for_it() {
    let (bridge, at) = serve().await;
    let mut publisher = bridge.publisher();
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(16 << 10).unwrap();
    let mut slow = Viewer::over(socket.connect(at).await.unwrap(), at, "/").await;
    let large =
        Frame { camera_id: 1, pixel_format: PixelFormat::JPEG, width: 640, height: 480, data: vec![7; 8 << 20].into() };
    for _ in 0..3 {
        publisher.publish([large.clone()]).unwrap();
        slow.picture().await;
    }
    // Eight MiB do not fit into the socket at once: most were written when it had room again.
    assert_nobody_was_held_up(slow.own, "a slow client", 20);
    bridge.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 8)]
async fn while_a_request_is_answered_no_lock_is_held_that_anybody_else_needs() {
    let (bridge, at) = serve().await;
    let mut publisher = bridge.publisher();
    publisher.publish_jpeg(0, jpeg()).unwrap();
    for path in ["/", "/api/status", "/metrics", "/snapshot/0", "/snapshot/0?size=32x32", "/healthz", "/no/such/place"]
    {
        let mut answer = Reader::get(at, path).await;
        within("an answer", answer.stream.read_to_end(&mut answer.read)).await.unwrap();
        assert_nobody_was_held_up(answer.own, path, 1);
    }
    bridge.close().await;
}
