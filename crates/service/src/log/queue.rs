//! Lines of the log on their way to whoever takes it.
//!
//! A thread of its own writes them: a disk that is busy or a pipe that nobody reads makes a write wait, and whoever has
//! something to say must not. What does not fit the queue is left out, and counted.

use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, sync_channel};
use std::time::{Duration, Instant};

use tracing_subscriber::fmt::MakeWriter;

/// Lines that wait; some hundred KB.
const LINES: usize = 1024;
/// Between two looks whether there is room again.
const LOOK: Duration = Duration::from_millis(10);

enum Entry {
    Line(Vec<u8>),
    /// Everything before has been written.
    Done(SyncSender<()>),
}

/// Takes lines without ever waiting.
#[derive(Clone, Debug)]
pub(super) struct Queue {
    entries: SyncSender<Entry>,
    left_out: Arc<AtomicU64>,
}

impl Queue {
    /// A queue to `out`; once there is room again `tell` is told how many lines were left out.
    pub(super) fn to(out: impl Write + Send + 'static, tell: impl Fn(u64) + Send + 'static) -> io::Result<Self> {
        let (entries, waiting) = sync_channel(LINES);
        let queue = Self { entries, left_out: Arc::default() };
        let left_out = queue.left_out.clone();
        std::thread::Builder::new().name("log".into()).spawn(move || write(out, &waiting, &left_out, tell))?;
        Ok(queue)
    }

    /// Waits until what was said is written, at most for `patience`.
    pub(super) fn finish(&self, patience: Duration) {
        let until = Instant::now() + patience;
        let (done, is_done) = sync_channel(1);
        while self.entries.try_send(Entry::Done(done.clone())).is_err() {
            if Instant::now() >= until {
                return;
            }
            std::thread::sleep(LOOK);
        }
        let _ = is_done.recv_timeout(until.saturating_duration_since(Instant::now()));
    }
}

fn write(mut out: impl Write, waiting: &Receiver<Entry>, left_out: &AtomicU64, tell: impl Fn(u64)) {
    loop {
        let entry = match waiting.try_recv() {
            Ok(entry) => entry,
            Err(TryRecvError::Disconnected) => return,
            Err(TryRecvError::Empty) => {
                // Only now: what was left out comes after all that was waiting.
                match left_out.swap(0, Ordering::Relaxed) {
                    0 => {}
                    lines => tell(lines),
                }
                let Ok(entry) = waiting.recv() else { return };
                entry
            }
        };
        match entry {
            // Who took the log may be gone, which is not our trouble.
            Entry::Line(line) => drop(out.write_all(&line)),
            Entry::Done(done) => drop(done.try_send(())),
        }
    }
}

impl Write for Queue {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        if self.entries.try_send(Entry::Line(line.to_vec())).is_err() {
            self.left_out.fetch_add(1, Ordering::Relaxed);
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Queue {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;

    use super::*;

    const PATIENCE: Duration = Duration::from_secs(20);

    #[test]
    fn whoever_logs_does_not_wait_for_who_takes_nothing_and_what_is_left_out_is_told() {
        let (mut reader, mut pipe) = io::pipe().unwrap();
        let (tell, told) = channel();
        let mut queue = Queue::to(pipe.try_clone().unwrap(), move |lines| tell.send(lines).unwrap()).unwrap();
        pipe.write_all(&[b'.'; 65_536]).unwrap(); // all that it holds
        let line = |number| format!("{number:99}\n");
        for number in 0..2000 {
            queue.write_all(line(number).as_bytes()).unwrap();
        }
        queue.finish(Duration::from_millis(1)); // in vain, and soon over

        io::Read::read_exact(&mut reader, &mut [0; 65_536]).unwrap();
        let reading = std::thread::spawn(move || io::read_to_string(reader).unwrap());
        let left_out = told.recv_timeout(PATIENCE).unwrap();
        queue.write_all(b"the last").unwrap();
        queue.finish(PATIENCE);
        drop((queue, pipe));
        let read = reading.join().unwrap();
        let numbers = read.strip_suffix("the last").unwrap().lines().map(|line| line.trim().parse().unwrap());
        let kept: Vec<usize> = numbers.collect();
        assert_eq!(kept.len(), 2000 - usize::try_from(left_out).unwrap());
        // The queue is filled first; the thread takes one line out of it, sooner or later, and makes room for one more.
        assert!(kept[..LINES].iter().copied().eq(0..LINES), "{kept:?}");
        assert!(kept.len() <= LINES + 1 && kept.is_sorted(), "{kept:?}");
    }
}
