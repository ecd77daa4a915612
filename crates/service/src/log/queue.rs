//! What is said, on its way to whoever takes it: lines of the log, and what is shown beside them.
//!
//! A thread of its own writes: a disk that is busy, a pipe that nobody reads, or a terminal that takes nothing (Ctrl-S, a
//! hung connection) makes a write wait, and whoever has something to say must not. What does not fit the queue is left out,
//! and counted.

use std::convert::Infallible;
use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, sync_channel};
use std::time::{Duration, Instant};

use tracing_subscriber::fmt::MakeWriter;

/// What waits; some hundred KB of lines.
const WAITING: usize = 1024;
/// Between two looks whether there is room again.
const LOOK: Duration = Duration::from_millis(10);
/// While there is always more to write, what is left out is told so often.
const TELL: Duration = Duration::from_secs(1);

/// Writes what comes out of a [`Queue`]. It may wait, and has nobody to tell of what goes wrong.
pub trait Out: Send + 'static {
    /// What is shown beside the log.
    type Shown: Send + 'static;

    /// Writes a line of the log, with its end.
    fn line(&mut self, line: &[u8]);

    /// Shows something in the place of what was shown before.
    fn show(&mut self, shown: Self::Shown);

    /// Says that so many lines are not there.
    fn left_out(&mut self, lines: u64);
}

#[derive(Debug)]
enum Entry<T> {
    Line(Vec<u8>),
    Shown(T),
    /// The last words; everything before has been written then.
    Last(Vec<u8>, SyncSender<()>),
}

/// Takes lines, as a writer, and what is shown, without ever waiting. The thread ends with the last clone.
#[derive(Clone, Debug)]
pub struct Queue<T = Infallible> {
    entries: SyncSender<Entry<T>>,
    left_out: Arc<AtomicU64>,
}

impl<T: Send + 'static> Queue<T> {
    /// A queue to `out`.
    ///
    /// # Errors
    /// There can be no further thread.
    pub fn to(out: impl Out<Shown = T>) -> io::Result<Self> {
        let (entries, waiting) = sync_channel(WAITING);
        let queue = Self { entries, left_out: Arc::default() };
        let left_out = queue.left_out.clone();
        std::thread::Builder::new().name("log".into()).spawn(move || write(out, &waiting, &left_out))?;
        Ok(queue)
    }

    /// Shows something in the place of what was shown before, if there is room: what is shown next is as good.
    pub fn show(&self, shown: T) {
        let _ = self.entries.try_send(Entry::Shown(shown));
    }

    /// Says something last (nothing, if it is empty), and waits until all is written, at most for `patience`.
    pub(super) fn finish(&self, last_words: &str, patience: Duration) {
        let until = Instant::now() + patience;
        let (done, is_done) = sync_channel(1);
        while self.entries.try_send(Entry::Last(last_words.into(), done.clone())).is_err() {
            if Instant::now() >= until {
                return;
            }
            std::thread::sleep(LOOK);
        }
        let _ = is_done.recv_timeout(until.saturating_duration_since(Instant::now()));
    }
}

fn write<O: Out>(mut out: O, waiting: &Receiver<Entry<O::Shown>>, left_out: &AtomicU64) {
    let mut told_at = Instant::now();
    loop {
        let next = waiting.try_recv();
        // Told after all that was waiting; where that has no end, now and then.
        if !matches!(next, Ok(Entry::Line(_) | Entry::Shown(_))) || told_at.elapsed() > TELL {
            told_at = Instant::now();
            match left_out.swap(0, Ordering::Relaxed) {
                0 => {}
                lines => out.left_out(lines),
            }
        }
        let next = match next {
            Err(TryRecvError::Empty) => waiting.recv().map_err(|_| TryRecvError::Disconnected),
            next => next,
        };
        match next {
            Ok(Entry::Line(line)) => out.line(&line),
            Ok(Entry::Shown(shown)) => out.show(shown),
            Ok(Entry::Last(last_words, done)) => {
                if !last_words.is_empty() {
                    out.line(&last_words);
                }
                let _ = done.try_send(()); // who waited may have given up
            }
            Err(_) => return,
        }
    }
}

impl<T> Write for Queue<T> {
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

impl<'a, T: Clone> MakeWriter<'a> for Queue<T> {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

#[cfg(test)]
mod tests {
    use std::io::{PipeReader, PipeWriter};

    use super::*;

    const PATIENCE: Duration = Duration::from_secs(20);

    impl Out for PipeWriter {
        type Shown = Infallible;

        fn line(&mut self, line: &[u8]) {
            self.write_all(line).unwrap();
        }

        fn show(&mut self, shown: Infallible) {
            match shown {}
        }

        fn left_out(&mut self, lines: u64) {
            writeln!(self, "{lines} left out").unwrap();
        }
    }

    /// A queue to a pipe that has been filled with so many bytes.
    fn to_full_pipe() -> (Queue, PipeReader, usize) {
        let (reader, mut pipe) = io::pipe().unwrap();
        let full = [b'.'; 65_536]; // all that it holds
        pipe.write_all(&full).unwrap();
        (Queue::to(pipe).unwrap(), reader, full.len())
    }

    #[test]
    fn whoever_logs_does_not_wait_for_who_takes_nothing_and_what_is_left_out_is_told() {
        let (mut queue, mut reader, full) = to_full_pipe();
        for number in 0..2000 {
            queue.write_all(format!("{number:99}\n").as_bytes()).unwrap();
        }
        queue.finish("", Duration::from_millis(1)); // in vain, and soon over

        io::Read::read_exact(&mut reader, &mut vec![0; full]).unwrap();
        let reading = std::thread::spawn(move || io::read_to_string(reader).unwrap());
        queue.finish("the last", PATIENCE);
        drop(queue);
        let read = reading.join().unwrap();
        let read = read.strip_suffix("the last").unwrap();
        let (left_out, lines): (Vec<&str>, Vec<&str>) = read.lines().partition(|line| line.ends_with("left out"));
        let left_out = left_out.iter().map(|line| line.split_once(' ').unwrap().0.parse::<usize>().unwrap());
        let kept: Vec<usize> = lines.iter().map(|line| line.trim().parse().unwrap()).collect();
        assert_eq!(kept.len() + left_out.sum::<usize>(), 2000);
        // The queue is filled first; the thread takes one line out of it, sooner or later, and makes room for one more.
        assert!(kept[..WAITING].iter().copied().eq(0..WAITING), "{kept:?}");
        assert!(kept.len() <= WAITING + 1 && kept.is_sorted(), "{kept:?}");
    }
}
