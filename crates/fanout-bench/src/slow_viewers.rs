//! Viewers on bad links, in a thread of their own.
//!
//! A link is imitated by a reader that takes so many bytes a second. What such a link really has under way, in the air and
//! in the router in front of it, is what here the reader's kernel holds, so its buffer is set to what a link of 1 MB/s
//! with a round trip of some 30 ms has under way ([`UNDER_WAY`]); with the kernel's default, which is made for fast links,
//! the reader's own buffer would add its age to every picture, whatever the server does. Segments have the size that they
//! have on Ethernet and not the 64 KB of the loopback, of which a single one would overflow that buffer.

use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use anyhow::Context;
use socket2::{Domain, Socket, Type};

use crate::clock::{now_us, sleep_until, us};
use crate::connect::{Greeting, greet};
use crate::reader::Reader;
use crate::tally::{Tally, Window};

/// Bytes that the kernel may hold for a reader; it counts its own overhead with them, so about half are pictures.
const UNDER_WAY: usize = 64 << 10;
/// Payload of a segment on Ethernet.
const SEGMENT: u32 = 1448;
/// How often a reader takes its share.
const TICK: Duration = Duration::from_millis(4);
/// What a reader did not take it cannot take later, but for the length of a hiccup of this thread.
const MADE_UP_AT_MOST: Duration = Duration::from_millis(40);

/// Viewers of one speed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Group {
    pub(crate) viewers: usize,
    /// Bytes a second; those at 0 read nothing and connect again when they are reset.
    pub(crate) speed: usize,
}

/// What the viewers of one speed saw.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    /// Bundles that came, with how old they were then.
    pub(crate) tally: Tally,
    /// How often a viewer was disconnected.
    pub(crate) resets: usize,
}

/// Slow viewers that watch until they are asked to stop.
pub(crate) struct SlowViewers {
    stop: Arc<AtomicBool>,
    watching: JoinHandle<anyhow::Result<Vec<Seen>>>,
}

struct SlowViewer {
    reader: Reader,
    group: usize,
    speed: usize,
    /// Bytes that it may take now.
    allowed: usize,
}

impl SlowViewers {
    /// Connects them all.
    pub(crate) fn connect(
        address: SocketAddr,
        greeting: Greeting,
        groups: &[Group],
        window: Window,
    ) -> anyhow::Result<Self> {
        let seen: Vec<Seen> = groups.iter().map(|_| Seen { tally: Tally::new(window), resets: 0 }).collect();
        let mut viewers = Vec::new();
        for (group, &Group { viewers: count, speed }) in groups.iter().enumerate() {
            for _ in 0..count {
                viewers.push(SlowViewer { reader: reader(address, greeting)?, group, speed, allowed: 0 });
            }
        }
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = stop.clone();
        let watching = thread::spawn(move || watch(viewers, seen, &stopped, || reader(address, greeting)));
        Ok(Self { stop, watching })
    }

    /// What each group saw.
    pub(crate) fn stop(self) -> anyhow::Result<Vec<Seen>> {
        self.stop.store(true, Ordering::Relaxed);
        self.watching.join().ok().context("the slow viewers' thread has panicked")?
    }
}

fn reader(address: SocketAddr, greeting: Greeting) -> anyhow::Result<Reader> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, None)?;
    socket.set_recv_buffer_size(UNDER_WAY / 2)?; // the kernel doubles it for its overhead
    socket.set_tcp_mss(SEGMENT)?;
    socket.connect(&address.into()).context("the server accepts no slow viewer")?;
    Ok(Reader::new(greet(TcpStream::from(socket), address, greeting)?, greeting.form()))
}

fn watch(
    mut viewers: Vec<SlowViewer>,
    mut seen: Vec<Seen>,
    stopped: &AtomicBool,
    mut again: impl FnMut() -> anyhow::Result<Reader>,
) -> anyhow::Result<Vec<Seen>> {
    let mut scratch = vec![0; 1 << 16];
    let mut last = now_us();
    while !stopped.load(Ordering::Relaxed) {
        sleep_until(last + us(TICK));
        let now = now_us();
        for viewer in &mut viewers {
            let Some(Seen { tally, resets }) = seen.get_mut(viewer.group) else { continue };
            if viewer.turn(now - last, &mut scratch, tally).is_err() {
                *resets += 1;
                viewer.reader = again()?;
            }
        }
        last = now;
    }
    Ok(seen)
}

impl SlowViewer {
    /// Takes what its link brings in `elapsed_us`.
    fn turn(&mut self, elapsed_us: u64, scratch: &mut [u8], tally: &mut Tally) -> std::io::Result<()> {
        if let Some(error) = self.reader.stream().take_error()? {
            return Err(error);
        }
        let share = |us: u64| (self.speed as u64 * us / 1_000_000) as usize;
        self.allowed = (self.allowed + share(elapsed_us)).min(share(us(MADE_UP_AT_MOST)));
        while self.allowed > 0 {
            let taken = self.reader.read(scratch, self.allowed, tally)?;
            self.allowed -= taken;
            if taken == 0 {
                break;
            }
        }
        Ok(())
    }
}
