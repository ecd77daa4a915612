//! One viewer's connection: follows the messages by their headers and lets the kernel throw the pictures away
//! (`MSG_TRUNC`), so that a thousand viewers cost less than the server that they measure.

use std::io;
use std::net::TcpStream;

use bytes::Bytes;
use rustix::net::RecvFlags;

use crate::clock::now_us;
use crate::form::{Form, Head};
use crate::link::Link;
use crate::tally::Tally;

/// A connection and how far its present message has come.
pub(crate) struct Reader {
    link: Link,
    form: Form,
    head: [u8; Form::LONGEST],
    have: usize,
    /// Bytes of the present message that have not come yet.
    rest: usize,
    due_us: Option<u64>,
    /// What every message with pictures has to end with.
    expected: Option<Bytes>,
}

impl Reader {
    /// Reads from a connection whose handshake is done, and which does not block.
    pub(crate) fn new(link: Link, form: Form) -> Self {
        Self { link, form, head: [0; Form::LONGEST], have: 0, rest: 0, due_us: None, expected: None }
    }

    /// A reader that looks at every byte: a bundle other than `expected` is an error.
    pub(crate) fn checking(self, expected: Bytes) -> Self {
        Self { expected: Some(expected), ..self }
    }

    pub(crate) fn stream(&self) -> &TcpStream {
        self.link.socket()
    }

    /// Whether there is something to read of which the socket does not tell.
    pub(crate) fn holds_some(&self) -> bool {
        self.link.holds_some()
    }

    /// Takes what has come, up to one message and up to `limit` bytes; gives how many bytes that were.
    ///
    /// # Errors
    /// The connection has ended, or a bundle is not as it should be.
    pub(crate) fn read(&mut self, scratch: &mut [u8], limit: usize, tally: &mut Tally) -> io::Result<usize> {
        let mut taken = 0;
        while taken < limit {
            let (asked, got) =
                if self.rest == 0 { self.read_head(limit - taken) } else { self.read_rest(scratch, limit - taken) }?;
            taken += got;
            if self.rest == 0
                && let Some(due_us) = self.due_us.take()
            {
                tally.arrived(due_us, now_us());
                break;
            }
            if got < asked {
                break;
            }
        }
        tally.bytes += taken as u64;
        Ok(taken)
    }

    fn read_head(&mut self, limit: usize) -> io::Result<(usize, usize)> {
        let end = self.form.longest_head().min(self.have + limit);
        let wanted = self.head.get_mut(self.have..end).unwrap_or_default();
        let asked = wanted.len();
        if asked == 0 {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "a message with no head in its first bytes"));
        }
        let got = self.link.receive(wanted, RecvFlags::empty())?;
        self.have += got;
        while let Some(Head { size, due_us }) = self.form.head(self.head.get(..self.have).unwrap_or_default()) {
            if size > self.have {
                (self.rest, self.due_us) = (size - self.have, due_us);
                self.have = 0;
                break;
            }
            self.head.copy_within(size..self.have, 0);
            self.have -= size;
        }
        Ok((asked, got))
    }

    fn read_rest(&mut self, scratch: &mut [u8], limit: usize) -> io::Result<(usize, usize)> {
        let asked = scratch.len().min(self.rest).min(limit);
        let into = scratch.get_mut(..asked).unwrap_or_default();
        let got = match (&self.expected, self.due_us) {
            (Some(expected), Some(_)) => {
                let got = self.link.receive(into, RecvFlags::empty())?;
                let at = expected.len().saturating_sub(self.rest);
                if expected.get(at..at + got) != into.get(..got) {
                    return Err(io::Error::new(
                        io::ErrorKind::InvalidData,
                        "a bundle came with other bytes than were sent",
                    ));
                }
                got
            }
            _ => self.link.receive(into, RecvFlags::TRUNC)?,
        };
        self.rest -= got;
        Ok((asked, got))
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::net::TcpListener;

    use super::*;
    use crate::load::{LARGE, SMALL};

    const BINARY: u8 = 0x82;
    use crate::tally::Window;

    fn connection() -> (TcpStream, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let ours = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        ours.set_nonblocking(true).unwrap();
        (ours, listener.accept().unwrap().0)
    }

    fn message(first: u8, payload: &[u8]) -> Vec<u8> {
        let mut out = vec![first];
        match payload.len() {
            len @ 0..=125 => out.push(len as u8),
            len @ 126..=0xFFFF => {
                out.push(126);
                out.extend((len as u16).to_be_bytes());
            }
            len => {
                out.push(127);
                out.extend((len as u64).to_be_bytes());
            }
        }
        out.extend(payload);
        out
    }

    #[test]
    fn bundles_are_counted_between_other_messages_however_they_are_read() {
        for limit in [1, 7, 1000, usize::MAX] {
            let (ours, mut theirs) = connection();
            let (large, small) = (LARGE.bundle().unwrap(), SMALL.bundle().unwrap());
            let stream = [
                message(0x81, b"{}"),
                message(BINARY, &small),
                message(0x8A, b""),
                message(0x81, &[b'x'; 300]),
                message(BINARY, &large),
                message(BINARY, &small),
            ];
            let stream = stream.concat();
            let sent = stream.len() as u64;
            let writing = std::thread::spawn(move || theirs.write_all(&stream).map(|()| theirs));
            let mut tally = Tally::new(Window { begin_us: 0, end_us: 1, period_us: 0 });
            let mut reader = Reader::new(Link::Plain(ours), Form::Bundles);
            let mut scratch = vec![0; 1 << 16];
            while tally.bytes < sent {
                assert!(reader.read(&mut scratch, limit, &mut tally).unwrap() <= limit);
            }
            assert_eq!(tally.latencies.len(), 3);
            assert_eq!((reader.rest, reader.have), (0, 0));
            writing.join().unwrap().unwrap();
        }
    }

    #[test]
    fn a_wrong_byte_is_found() {
        let bundle = SMALL.bundle().unwrap();
        let mut wrong = bundle.to_vec();
        wrong[15_000] ^= 1;
        for (sent, is_right) in [(&bundle[..], true), (&wrong, false)] {
            let (ours, mut theirs) = connection();
            theirs.write_all(&message(BINARY, sent)).unwrap();
            drop(theirs);
            let mut reader = Reader::new(Link::Plain(ours), Form::Bundles).checking(bundle.clone());
            let mut tally = Tally::default();
            let error = loop {
                if let Err(error) = reader.read(&mut [0; 4096], usize::MAX, &mut tally) {
                    break error.kind();
                }
            };
            assert_eq!(error == io::ErrorKind::UnexpectedEof, is_right);
        }
    }
}
