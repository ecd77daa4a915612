//! The viewers that keep up, all in one thread.

use std::net::SocketAddr;
use std::os::fd::OwnedFd;
use std::time::Duration;

use anyhow::{Context, bail};
use bytes::Bytes;
use rustix::event::Timespec;
use rustix::event::epoll::{self, CreateFlags, Event, EventData, EventFlags};

use crate::clock::now_us;
use crate::connect::{Greeting, connect};
use crate::reader::Reader;
use crate::tally::{Tally, Window};

/// Bytes that are thrown away at a time.
const SCRATCH: usize = 1 << 20;
/// Connections that are looked at in one go.
const EVENTS: usize = 256;

pub(crate) struct Crowd {
    epoll: OwnedFd,
    readers: Vec<Reader>,
    scratch: Vec<u8>,
    pub(crate) tally: Tally,
}

impl Crowd {
    /// Connects so many viewers, one after the other; nothing may be streamed yet. The first of them compares every
    /// bundle with `expected`.
    pub(crate) fn connect(
        address: SocketAddr,
        greeting: Greeting,
        viewers: usize,
        expected: Bytes,
    ) -> anyhow::Result<Self> {
        let epoll = epoll::create(CreateFlags::CLOEXEC)?;
        let mut readers = Vec::with_capacity(viewers);
        for number in 0..viewers {
            let reader = Reader::new(connect(address, greeting)?, greeting.form());
            epoll::add(&epoll, reader.stream(), EventData::new_u64(number as u64), EventFlags::IN)?;
            readers.push(if number == 0 { reader.checking(expected.clone()) } else { reader });
        }
        Ok(Self { epoll, readers, scratch: vec![0; SCRATCH], tally: Tally::default() })
    }

    pub(crate) fn len(&self) -> usize {
        self.readers.len()
    }

    /// Counts anew.
    pub(crate) fn begin(&mut self, window: Window) {
        self.tally = Tally::new(window);
    }

    /// Reads until `end_us`.
    ///
    /// # Errors
    /// A viewer was disconnected or got wrong bytes.
    pub(crate) fn read_until(&mut self, end_us: u64) -> anyhow::Result<()> {
        let viewers = self.readers.len();
        let mut events: Vec<Event> = Vec::with_capacity(EVENTS);
        loop {
            let left = end_us.saturating_sub(now_us());
            if left == 0 {
                return Ok(());
            }
            let timeout = Timespec::try_from(Duration::from_micros(left))?;
            events.clear();
            match epoll::wait(&self.epoll, rustix::buffer::spare_capacity(&mut events), Some(&timeout)) {
                Ok(_) => {}
                Err(rustix::io::Errno::INTR) => continue,
                Err(error) => return Err(error).context("epoll"),
            }
            for event in &events {
                let number = event.data.u64() as usize;
                let Some(reader) = self.readers.get_mut(number) else { bail!("an event of nobody") };
                let read = reader.read(&mut self.scratch, usize::MAX, &mut self.tally);
                read.with_context(|| format!("viewer {number} of {viewers}"))?;
                while reader.holds_some() {
                    reader.read(&mut self.scratch, usize::MAX, &mut self.tally)?;
                }
            }
        }
    }
}
