//! A reader of MJPEG that takes the form to the letter: a boundary, the head of a part, its bytes, the next boundary.

use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWriteExt, BufReader, DuplexStream};
use tokio::net::{TcpSocket, TcpStream};
use tokio_util::task::AbortOnDropHandle;

use crate::support::within;

pub(crate) struct Mjpeg {
    from: BufReader<Box<dyn AsyncRead + Unpin + Send>>,
    /// Status line and headers, in lower case.
    pub(crate) head: String,
    _chunks: Option<AbortOnDropHandle<()>>,
}

/// One picture.
pub(crate) struct Part {
    /// In lower case.
    headers: String,
    pub(crate) data: Vec<u8>,
}

impl Mjpeg {
    /// Asks for a stream and reads up to the first part.
    pub(crate) async fn open(address: &str, path: &str) -> Self {
        Self::ask(TcpStream::connect(address).await.unwrap(), &get(path)).await
    }

    /// The same for one whose own kernel takes little, as on a slow link.
    pub(crate) async fn narrow(address: &str, path: &str) -> Self {
        let socket = TcpSocket::new_v4().unwrap();
        socket.set_recv_buffer_size(4096).unwrap();
        Self::ask(socket.connect(address.parse().unwrap()).await.unwrap(), &get(path)).await
    }

    pub(crate) async fn ask(mut stream: TcpStream, request: &str) -> Self {
        stream.write_all(request.as_bytes()).await.unwrap();
        Self::read(BufReader::new(stream)).await
    }

    /// Reads the head of an answer, and of a chunked body the bytes without the chunks.
    pub(crate) async fn read(mut stream: BufReader<TcpStream>) -> Self {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            within("the head of an answer", stream.read_line(&mut head)).await.unwrap();
        }
        let head = head.to_ascii_lowercase();
        let (from, _chunks): (Box<dyn AsyncRead + Unpin + Send>, _) = match head.contains("transfer-encoding: chunked")
        {
            false => (Box::new(stream), None),
            true => {
                let (inner, outer) = tokio::io::duplex(1 << 16);
                (Box::new(outer), Some(AbortOnDropHandle::new(tokio::spawn(unpack(stream, inner)))))
            }
        };
        let mut mjpeg = Self { from: BufReader::new(from), head, _chunks };
        mjpeg.expect("--frame\r\n").await;
        mjpeg
    }

    /// The next part; the boundary behind it has come, too.
    pub(crate) async fn part(&mut self) -> Part {
        let mut headers = String::new();
        while !headers.ends_with("\r\n\r\n") {
            let read = within("the head of a part", self.from.read_line(&mut headers)).await.unwrap();
            assert_ne!(read, 0, "the stream has ended after {headers:?}");
        }
        let mut part = Part { headers: headers.to_ascii_lowercase(), data: vec![] };
        part.data = vec![0; part.header("content-length").parse().unwrap()];
        within("the bytes of a part", self.from.read_exact(&mut part.data)).await.unwrap();
        self.expect("\r\n--frame\r\n").await;
        part
    }

    /// The stream ends here, without another byte.
    pub(crate) async fn end(&mut self) {
        assert_eq!(self.rest().await.unwrap(), 0);
    }

    /// Reads to the end; gives how many bytes still came.
    pub(crate) async fn rest(&mut self) -> std::io::Result<usize> {
        within("the end of the stream", self.from.read_to_end(&mut vec![])).await
    }

    async fn expect(&mut self, boundary: &str) {
        let mut read = vec![0; boundary.len()];
        within("a boundary", self.from.read_exact(&mut read)).await.unwrap();
        assert_eq!(String::from_utf8_lossy(&read), boundary);
    }
}

impl Part {
    pub(crate) fn header(&self, name: &str) -> &str {
        let value = self.headers.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
        value.unwrap_or_else(|| panic!("no {name} in {:?}", self.headers))
    }

    /// When it was taken, in seconds of Unix time.
    pub(crate) fn taken(&self) -> f64 {
        self.header("x-timestamp").parse().unwrap()
    }
}

pub(crate) fn get(path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n")
}

/// Takes the chunks off, up to the last one, which is empty.
async fn unpack(mut chunked: BufReader<TcpStream>, mut into: DuplexStream) {
    loop {
        let mut size = String::new();
        chunked.read_line(&mut size).await.unwrap();
        let size = usize::from_str_radix(size.trim(), 16).unwrap();
        let mut chunk = vec![0; size + 2];
        chunked.read_exact(&mut chunk).await.unwrap();
        assert!(chunk.ends_with(b"\r\n"));
        if size == 0 || into.write_all(&chunk[..size]).await.is_err() {
            return;
        }
    }
}
