use std::collections::VecDeque;

use tokio::io::{DuplexStream, duplex};

use super::*;
use crate::client::Body;

impl Socket<DuplexStream> {
    async fn drive(&mut self, feed: &mut impl Feed) -> End {
        poll_fn(|cx| self.poll_drive(feed, cx)).await
    }
}

impl ClientStream for DuplexStream {
    fn reset_when_dropped(&self) {}
}

/// A feed that gives what it was told to, and notes what it heard.
#[derive(Default)]
struct Script {
    messages: VecDeque<Bytes>,
    waited: Vec<bool>,
    heard: Vec<String>,
    answers: VecDeque<Bytes>,
}

impl Feed for Script {
    fn moment(&self) -> Moment {
        Moment::of(Arc::default())
    }

    fn next(&mut self, _moment: &Moment, waited: bool) -> Result<Option<Outgoing>, End> {
        let Some(message) = self.messages.front() else { return Ok(None) };
        self.waited.push(waited);
        Ok(Some(Outgoing::binary(Body::Whole(message.clone()))))
    }

    fn begun(&mut self, _moment: &Moment) {
        self.messages.pop_front();
    }

    fn ask_again_at(&self) -> Option<std::time::Instant> {
        None
    }

    fn heard(&mut self, text: &str) -> Option<Bytes> {
        self.heard.push(text.into());
        Some(Bytes::copy_from_slice(text.as_bytes()))
    }

    fn poll_answer(&mut self, _cx: &mut Context<'_>) -> Poll<Bytes> {
        self.answers.pop_front().map_or(Poll::Pending, Poll::Ready)
    }
}

const LONG: Duration = Duration::from_secs(60);

/// A client's frame with a mask of zeros.
fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    [&[first, 0x80 | payload.len() as u8, 0, 0, 0, 0], payload].concat()
}

fn socket(buffer: usize, stuck_at_most: Duration) -> (Socket<DuplexStream>, DuplexStream) {
    let (ours, theirs) = duplex(buffer);
    (Socket::new(ours, Bytes::new(), stuck_at_most), theirs)
}

/// What goes to the client until `bytes` bytes have come.
async fn read(client: &mut DuplexStream, bytes: usize) -> Vec<u8> {
    let mut read = vec![0; bytes];
    client.read_exact(&mut read).await.unwrap();
    read
}

#[tokio::test]
async fn what_the_feed_gives_goes_out_with_a_header() {
    let (mut socket, mut client) = socket(1 << 10, LONG);
    let mut feed =
        Script { messages: [Bytes::from_static(b"one"), Bytes::from_static(b"two")].into(), ..Script::default() };
    let got = tokio::select! {
        end = socket.drive(&mut feed) => panic!("{end}"),
        got = read(&mut client, 10) => got,
    };
    assert_eq!(got, b"\x82\x03one\x82\x03two");
    assert_eq!(feed.waited, [false, false]);
}

#[tokio::test]
async fn a_message_that_the_socket_does_not_take_is_chosen_again() {
    let (mut socket, mut client) = socket(5, LONG);
    let mut feed =
        Script { messages: [Bytes::from_static(b"one"), Bytes::from_static(b"old")].into(), ..Script::default() };
    assert!(futures_util::poll!(Box::pin(socket.drive(&mut feed))).is_pending());
    feed.messages = [Bytes::from_static(b"new")].into();
    let got = tokio::select! {
        end = socket.drive(&mut feed) => panic!("{end}"),
        got = read(&mut client, 10) => got,
    };
    assert_eq!(got, b"\x82\x03one\x82\x03new");
    assert_eq!(feed.waited.first(), Some(&false));
    assert_eq!(feed.waited.last(), Some(&true));
}

#[tokio::test]
async fn bytes_that_came_with_the_handshake_are_heard_first() {
    let (ours, mut client) = duplex(1 << 10);
    let mut socket = Socket::new(ours, Bytes::from(frame(0x81, b"early")), LONG);
    let mut feed = Script::default();
    client.write_all(&frame(0x81, b"later")).await.unwrap();
    let got = tokio::select! {
        end = socket.drive(&mut feed) => panic!("{end}"),
        got = read(&mut client, 14) => got,
    };
    assert_eq!(got, b"\x81\x05early\x81\x05later");
    assert_eq!(feed.heard, ["early", "later"]);
}

#[tokio::test]
async fn a_flood_of_pings_is_answered_with_as_many_pongs_as_there_is_room_for() {
    let (mut socket, mut client) = socket(64, LONG);
    let flood = tokio::spawn(async move {
        for ping in 0..1000_u16 {
            client.write_all(&frame(0x89, &ping.to_be_bytes())).await.unwrap();
        }
        client
    });
    let mut feed = Script::default();
    let mut client = tokio::select! {
        end = socket.drive(&mut feed) => panic!("{end}"),
        client = flood => client.unwrap(),
    };
    assert!(socket.ours.len() <= 1, "one pong may be under way");
    let mut last = vec![];
    while last != [0x8A, 2, 0x03, 0xE7] {
        last = tokio::select! {
            end = socket.drive(&mut feed) => panic!("{end}"),
            pong = read(&mut client, 4) => pong,
        };
    }
}

#[tokio::test]
async fn a_client_that_does_not_read_its_answers_is_not_read_from() {
    let (mut socket, mut client) = socket(64, LONG);
    let question = frame(0x81, &[b'?'; 50]);
    let mut asked = 0;
    let mut feed = Script::default();
    while futures_util::poll!(Box::pin(client.write_all(&question))).is_ready() {
        asked += 1;
        assert!(futures_util::poll!(Box::pin(socket.drive(&mut feed))).is_pending());
        assert!(asked < 100, "memory must not grow without bound");
    }
    assert!(socket.ours.len() <= ANSWERS + 1);
}

#[tokio::test]
async fn answers_that_had_to_wait_all_arrive() {
    let (mut socket, client) = socket(64, LONG);
    let (mut theirs, mut asks) = tokio::io::split(client);
    let asking = tokio::spawn(async move {
        for _ in 0..100 {
            asks.write_all(&frame(0x81, b"what time is it?")).await.unwrap();
        }
        asks
    });
    let mut feed = Script::default();
    let mut answers = vec![0; 100 * 18];
    tokio::select! {
        end = socket.drive(&mut feed) => panic!("{end}"),
        read = theirs.read_exact(&mut answers) => read.unwrap(),
    };
    asking.await.unwrap();
}

#[tokio::test]
async fn answers_that_were_not_known_at_once_all_arrive_behind_others() {
    let (mut socket, mut client) = socket(1 << 12, LONG);
    for _ in 0..ANSWERS - 1 {
        client.write_all(&frame(0x81, b"?")).await.unwrap();
    }
    let mut feed = Script { answers: vec![Bytes::from_static(b"!"); ANSWERS + 3].into(), ..Script::default() };
    let (mut answers, expected) =
        (vec![], [b"\x81\x01?".repeat(ANSWERS - 1), b"\x81\x01!".repeat(ANSWERS + 3)].concat());
    assert!(futures_util::poll!(Box::pin(socket.drive(&mut feed))).is_pending());
    assert!(feed.answers.is_empty(), "nobody would ask for the others");
    drop(socket);
    client.read_to_end(&mut answers).await.unwrap();
    assert_eq!(answers, expected);
}

#[tokio::test]
async fn a_violation_ends_the_connection_with_its_code() {
    let (mut socket, mut client) = socket(1 << 10, LONG);
    client.write_all(&frame(0xC1, b"compressed?")).await.unwrap();
    let end = socket.drive(&mut Script::default()).await;
    assert!(matches!(&end, End::Close { code: CloseCode::PROTOCOL_ERROR, .. }), "{end}");
    let ending = tokio::spawn(async move { socket.end(&end, LONG).await });
    let got = read(&mut client, 4).await;
    assert_eq!((got[0], &got[2..]), (0x88, &1002_u16.to_be_bytes()[..]));
    drop(client);
    ending.await.unwrap();
}

#[tokio::test]
async fn a_close_is_answered_with_its_own_code_after_the_message_under_way() {
    let (mut socket, mut client) = socket(8, LONG);
    let mut feed = Script { messages: [Bytes::from_static(b"under way")].into(), ..Script::default() };
    assert!(futures_util::poll!(Box::pin(socket.drive(&mut feed))).is_pending());
    client.write_all(&frame(0x88, &3001_u16.to_be_bytes())).await.unwrap();
    let end = socket.drive(&mut feed).await;
    let ending = tokio::spawn(async move { socket.end(&end, LONG).await });
    assert_eq!(read(&mut client, 15).await, b"\x82\x09under way\x88\x02\x0B\xB9");
    assert_eq!(client.read(&mut [0]).await.unwrap(), 0, "and then the bridge has nothing more to say");
    drop(client);
    ending.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_client_that_takes_no_byte_is_given_up() {
    let (mut socket, client) = socket(8, Duration::from_secs(10));
    let mut feed = Script { messages: [Bytes::from_static(b"more than fits")].into(), ..Script::default() };
    let begin = Instant::now();
    assert!(matches!(socket.drive(&mut feed).await, End::Stalled(_)));
    assert_eq!(begin.elapsed().as_secs(), 10);
    drop(client);
}

#[tokio::test(start_paused = true)]
async fn a_client_that_takes_a_byte_now_and_then_is_not_given_up() {
    let (mut socket, mut client) = socket(4, Duration::from_secs(10));
    let mut feed = Script { messages: [Bytes::from(vec![7; 40])].into(), ..Script::default() };
    let reading = async {
        for _ in 0..10 {
            tokio::time::sleep(Duration::from_secs(9)).await;
            read(&mut client, 4).await;
        }
    };
    tokio::select! {
        end = socket.drive(&mut feed) => panic!("{end}"),
        () = reading => {}
    }
}

#[tokio::test]
async fn a_client_that_vanishes_is_noticed() {
    let (mut socket, client) = socket(8, LONG);
    drop(client);
    assert!(matches!(socket.drive(&mut Script::default()).await, End::Broken(_)));
}
