//! A WebSocket over any stream, driven by one task at a time: reads what the client says, answers pings, and asks its
//! [`Feed`] for the next message whenever nothing is left to write. An MJPEG stream is the same with a client that says
//! nothing.
//!
//! The feed is asked at the moment at which the stream can take bytes, not before: when it turns out that it takes none,
//! the message is given up and another one is chosen later. So nothing ages in front of a slow client, except in the
//! kernel, which `socket_options` keeps short. Bounds: one pong, the last; answers, see [`ANSWERS`].

use std::collections::VecDeque;
use std::future::poll_fn;
use std::io::{self, IoSlice};
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use tokio::io::{AsyncReadExt, AsyncWriteExt, ReadBuf};
use tokio::time::{Instant, timeout};

use super::alarm::Alarm;
use super::outgoing::SLICES;
use super::{ClientStream, Outgoing};
use crate::scene::Scene;
use crate::websocket::{CloseCode, Decoder, Received};

/// While so many answers wait for a client that does not read them, nothing more is read from it.
const ANSWERS: usize = 16;

/// What there is to see, and when that was looked up.
pub(crate) struct Moment {
    pub(crate) scene: Arc<Scene>,
    pub(crate) now: std::time::Instant,
}

impl Moment {
    pub(crate) fn of(scene: Arc<Scene>) -> Self {
        Self { scene, now: std::time::Instant::now() }
    }
}

/// What a client gets.
pub(crate) trait Feed: Send + 'static {
    /// What there is to choose from now.
    fn moment(&self) -> Moment;

    /// Chooses the next message, if there is one; `waited` tells whether the last bundle had to wait for the socket.
    ///
    /// # Errors
    /// The connection has to end.
    fn next(&mut self, moment: &Moment, waited: bool) -> Result<Option<Outgoing>, End>;

    /// The socket has begun to take the message that was chosen last.
    fn begun(&mut self, moment: &Moment);

    /// When to ask again although nothing has happened.
    fn ask_again_at(&self) -> Option<std::time::Instant>;

    /// The client said something; gives what it is answered, if that is known at once.
    fn heard(&mut self, text: &str) -> Option<Bytes>;

    /// The next of the answers that were not known at once; the task is woken when it is there.
    fn poll_answer(&mut self, _cx: &mut Context<'_>) -> Poll<Bytes> {
        Poll::Pending
    }
}

/// Why a connection ends.
#[derive(Debug, thiserror::Error)]
pub(crate) enum End {
    /// The client said goodbye.
    #[error("closed by the client ({})", .0.0)]
    Closed(CloseCode),
    /// We say goodbye.
    #[error("closed with {}: {reason}", code.0)]
    Close { code: CloseCode, reason: String },
    /// The client has not taken a byte for too long.
    #[error("reset: it took no byte for {} s", .0.as_secs_f32())]
    Stalled(Duration),
    /// The stream is gone.
    #[error("{0}")]
    Broken(#[from] io::Error),
}

pub(crate) struct Socket<S> {
    stream: S,
    /// The message of which the stream has taken a part, then answers.
    ours: VecDeque<Outgoing>,
    /// The payload of the last ping.
    pong: Option<Vec<u8>>,
    /// Nothing where the client has nothing to say.
    heard: Option<Box<Heard>>,
    /// Whether the last bundle, or the one that is under way, had to wait for the stream.
    waited: bool,
    /// Since when the stream has not taken a byte of what there is to write.
    stuck_since: Option<Instant>,
    stuck_at_most: Duration,
    stuck_alarm: Alarm,
    feed_alarm: Alarm,
}

/// What came from the client; apart from the rest, because a lane that writes has no use for it in its cache.
struct Heard {
    decoder: Decoder,
    /// What came, with the handshake or behind as many questions as are taken at a time, and has not been read yet.
    early: Bytes,
}

impl<S: ClientStream> Socket<S> {
    /// A WebSocket whose handshake is done; `early` are bytes that came right behind it.
    pub(crate) fn new(stream: S, early: Bytes, stuck_at_most: Duration) -> Self {
        let heard = Some(Box::new(Heard { decoder: Decoder::default(), early }));
        Self { heard, ..Self::one_way(stream, stuck_at_most) }
    }

    /// A stream whose client only takes; what it sends is passed over.
    pub(crate) fn one_way(stream: S, stuck_at_most: Duration) -> Self {
        Self {
            stream,
            ours: VecDeque::new(),
            pong: None,
            heard: None,
            waited: false,
            stuck_since: None,
            stuck_at_most,
            stuck_alarm: Alarm::default(),
            feed_alarm: Alarm::default(),
        }
    }

    /// Reads and writes until the connection has to end.
    pub(crate) fn poll_drive(&mut self, feed: &mut impl Feed, cx: &mut Context<'_>) -> Poll<End> {
        loop {
            let read_all = match self.poll_read(feed, cx) {
                Ok(read_all) => read_all,
                Err(end) => return Poll::Ready(end),
            };
            let all_answered = self.poll_answers(feed, cx);
            match self.poll_write(feed, None, cx) {
                Err(end) => return Poll::Ready(end),
                Ok(Poll::Ready(())) => {
                    self.stuck_since = None;
                    if !(read_all && all_answered) {
                        continue; // the answers are out, there is room for more
                    }
                    let Some(at) = feed.ask_again_at() else { return Poll::Pending };
                    ready!(self.feed_alarm.poll_at(at.into(), cx));
                }
                Ok(Poll::Pending) => {
                    let since = *self.stuck_since.get_or_insert_with(Instant::now);
                    ready!(self.stuck_alarm.poll_at(since + self.stuck_at_most, cx));
                    return Poll::Ready(End::Stalled(self.stuck_at_most));
                }
            }
        }
    }

    /// Whether the stream was last seen not to take any more.
    pub(crate) fn is_stuck(&self) -> bool {
        self.stuck_since.is_some()
    }

    /// Takes all answers that are there and says so, or stops where the client first has to read some.
    fn poll_answers(&mut self, feed: &mut impl Feed, cx: &mut Context<'_>) -> bool {
        while self.ours.len() < ANSWERS {
            match feed.poll_answer(cx) {
                Poll::Ready(answer) => self.ours.push_back(Outgoing::text(answer)),
                Poll::Pending => return true,
            }
        }
        false
    }

    /// Reads all that has come and says so, or stops where the client first has to read its answers.
    fn poll_read(&mut self, feed: &mut impl Feed, cx: &mut Context<'_>) -> Result<bool, End> {
        let early = self.heard.as_mut().map(|heard| std::mem::take(&mut heard.early));
        self.hear(&early.unwrap_or_default(), feed)?;
        while self.ours.len() < ANSWERS {
            let mut buffer = [MaybeUninit::uninit(); 1024];
            let mut buffer = ReadBuf::uninit(&mut buffer);
            match Pin::new(&mut self.stream).poll_read(cx, &mut buffer) {
                Poll::Pending => return Ok(true),
                Poll::Ready(Err(error)) => return Err(error.into()),
                Poll::Ready(Ok(())) if buffer.filled().is_empty() => {
                    return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "gone without a close").into());
                }
                Poll::Ready(Ok(())) => self.hear(buffer.filled(), feed)?,
            }
        }
        Ok(false)
    }

    fn hear(&mut self, mut bytes: &[u8], feed: &mut impl Feed) -> Result<(), End> {
        let Some(heard) = &mut self.heard else { return Ok(()) };
        loop {
            if self.ours.len() >= ANSWERS {
                heard.early = Bytes::copy_from_slice(bytes);
                return Ok(());
            }
            let received = heard.decoder.next(&mut bytes);
            match received.map_err(|violation| End::Close { code: violation.code(), reason: violation.to_string() })? {
                None => return Ok(()),
                Some(Received::Close(code)) => return Err(End::Closed(code)),
                Some(Received::Pong) => {}
                Some(Received::Ping(payload)) => self.pong = Some(payload),
                Some(Received::Text(text)) => self.ours.extend(feed.heard(&text).map(Outgoing::text)),
            }
        }
    }

    /// Writes until nothing is left (ready) or the stream takes no more (pending): of what there is at `moment`, or else
    /// of what there is whenever the stream can take it.
    pub(crate) fn poll_write(
        &mut self,
        feed: &mut impl Feed,
        moment: Option<&Moment>,
        cx: &mut Context<'_>,
    ) -> Result<Poll<()>, End> {
        loop {
            let now;
            let moment = match moment {
                Some(moment) => moment,
                None => {
                    now = feed.moment();
                    &now
                }
            };
            let ours = self.ours.pop_front().or_else(|| self.pong.take().map(Outgoing::pong));
            let from_feed = ours.is_none();
            let Some(mut message) = (match ours {
                None => feed.next(moment, self.waited)?,
                ours => ours,
            }) else {
                return Ok(Pin::new(&mut self.stream).poll_flush(cx)?);
            };
            match self.poll_write_some(&mut message, cx)? {
                Poll::Pending if from_feed => {
                    self.waited = true;
                    return Ok(Poll::Pending); // not begun: something newer may be chosen in its place
                }
                Poll::Pending => {
                    self.waited = true;
                    self.ours.push_front(message);
                    return Ok(Poll::Pending);
                }
                Poll::Ready(()) => {
                    self.stuck_since = None;
                    if from_feed {
                        feed.begun(moment);
                        self.waited &= !message.is_live();
                    }
                    if !message.is_done() {
                        self.ours.push_front(message);
                    }
                }
            }
        }
    }

    fn poll_write_some(&mut self, message: &mut Outgoing, cx: &mut Context<'_>) -> io::Result<Poll<()>> {
        let mut slices = [IoSlice::new(&[]); SLICES];
        let used = message.slices(&mut slices);
        match self.stream.poll_write_slices(cx, &slices[..used]) {
            Poll::Pending => Ok(Poll::Pending),
            Poll::Ready(Ok(0)) => Err(io::ErrorKind::WriteZero.into()),
            Poll::Ready(Ok(bytes)) => {
                message.take(bytes);
                Ok(Poll::Ready(()))
            }
            Poll::Ready(Err(error)) => Err(error),
        }
    }

    /// Ends the connection as `end` asks, within `patience`.
    pub(crate) async fn end(mut self, end: &End, patience: Duration) {
        let goodbye = match end {
            End::Stalled(_) => return self.stream.reset_when_dropped(),
            End::Broken(_) => return,
            _ if self.heard.is_none() => None, // an MJPEG stream ends after a part
            End::Closed(code) => Some(Outgoing::close(*code, "")),
            End::Close { code, reason } => Some(Outgoing::close(*code, reason)),
        };
        if timeout(patience, self.say_goodbye(goodbye)).await.is_err() {
            self.stream.reset_when_dropped();
        }
    }

    /// Finishes the message that is under way, writes the close frame, and waits for the client to go: a socket that is
    /// closed while bytes of the client are unread would take the close frame with it.
    async fn say_goodbye(&mut self, goodbye: Option<Outgoing>) -> io::Result<()> {
        let under_way = self.ours.pop_front().filter(Outgoing::is_begun);
        for mut message in under_way.into_iter().chain(goodbye) {
            while !message.is_done() {
                poll_fn(|cx| match self.poll_write_some(&mut message, cx) {
                    Ok(poll) => poll.map(Ok),
                    Err(error) => Poll::Ready(Err(error)),
                })
                .await?;
            }
        }
        self.stream.shutdown().await?;
        let mut unheard = [0; 1024];
        while self.stream.read(&mut unheard).await? > 0 {}
        Ok(())
    }
}

#[cfg(test)]
#[path = "socket_tests.rs"]
mod tests;
