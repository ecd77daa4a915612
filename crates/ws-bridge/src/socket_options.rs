//! What the kernel is asked to do for us: the only file with socket options and process limits.

use std::io;
use std::time::Duration;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use socket2::{SockRef, TcpKeepalive};
use tokio::net::TcpStream;

/// How much the kernel may hold for a viewer beyond what it has already sent. The socket says that it takes more only
/// below half of that, and only then the newest bundle is chosen: with the kernel's default (no limit) a viewer on a slow
/// link sees what was new seconds ago. `SO_SNDBUF` stays the kernel's: a fixed one would limit fast links far away.
const UNSENT_AT_MOST: u32 = 16 << 10;

/// After how much silence a viewer is asked whether it is still there; one that is gone without a word while no camera
/// sends anything would keep its place for ever.
const KEEPALIVE_AFTER: Duration = Duration::from_secs(30);
const KEEPALIVE_AGAIN: Duration = Duration::from_secs(10);
const KEEPALIVE_TIMES: u32 = 3;

/// Prepares a connection for live pictures.
pub(crate) fn for_viewer(stream: &TcpStream) -> io::Result<()> {
    let socket = SockRef::from(stream);
    socket.set_tcp_nodelay(true)?;
    socket.set_tcp_notsent_lowat(UNSENT_AT_MOST)?;
    let keepalive = TcpKeepalive::new().with_time(KEEPALIVE_AFTER).with_interval(KEEPALIVE_AGAIN);
    socket.set_tcp_keepalive(&keepalive.with_retries(KEEPALIVE_TIMES))
}

/// Raises the limit of open files as far as we may; gives what holds then, `None` for no limit.
pub(crate) fn raise_file_limit() -> Option<u64> {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    // Fails where the kernel knows a lower limit than it says; then the old one holds.
    match setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum }) {
        Ok(()) => maximum,
        Err(_) => current,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_viewers_connection_holds_little_that_is_unsent() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (accepted, _client) = tokio::join!(listener.accept(), TcpStream::connect(address));
        let (stream, _) = accepted.unwrap();
        for_viewer(&stream).unwrap();
        assert_eq!(SockRef::from(&stream).tcp_notsent_lowat().unwrap(), UNSENT_AT_MOST);
        assert!(stream.nodelay().unwrap());
    }

    #[test]
    fn the_limit_of_open_files_is_the_highest_that_we_may_have() {
        let limit = raise_file_limit();
        assert_eq!(getrlimit(Resource::Nofile).current, limit);
    }
}
