//! The service manager, as `sd_notify(3)` describes it: a datagram socket that takes lines of `KEY=value`.

use std::ffi::{OsStr, OsString};
use std::future::pending;
use std::io;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::time::Duration;

use tracing::{debug, warn};

/// How often a status may change where no watchdog is to be fed.
const TELL_EVERY: Duration = Duration::from_secs(1);
/// A manager that takes nothing for so long is not waited for: it is busy, and the next message says the same.
const TAKES_WITHIN: Duration = Duration::from_millis(100);

/// The program that started us as a service: systemd, or one that speaks its protocol. Where there is none, whatever is
/// told goes nowhere.
#[derive(Debug, Default)]
pub struct ServiceManager {
    socket: Option<UnixDatagram>,
    /// It takes us for dead when it has not been fed for so long.
    watchdog: Option<Duration>,
}

impl ServiceManager {
    /// The one that `NOTIFY_SOCKET` and `WATCHDOG_USEC` name.
    pub fn find() -> Self {
        let variable = |name| std::env::var_os(name).filter(|value| !value.is_empty());
        let Some(address) = variable("NOTIFY_SOCKET") else { return Self::default() };
        let for_us = variable("WATCHDOG_PID").is_none_or(|pid| pid == OsString::from(std::process::id().to_string()));
        let watchdog = variable("WATCHDOG_USEC").filter(|_| for_us).and_then(|limit| limit_of(&limit));
        match connect(&address) {
            Ok(socket) => Self { socket: Some(socket), watchdog },
            Err(error) => {
                warn!("NOTIFY_SOCKET {}: {error}; the service manager is told nothing", address.display());
                Self::default()
            }
        }
    }

    /// Everything that a start has to do is done.
    pub fn ready(&self, status: &str) {
        self.tell(&format!("READY=1\nSTATUS={status}"));
    }

    /// The end has begun.
    pub fn stopping(&self) {
        self.tell("STOPPING=1\nSTATUS=Ending");
    }

    /// Runs beside the process for as long as that lives: feeds the watchdog each time that `moved` comes true, and tells
    /// the status when it is another. What never moves again is never said to.
    pub async fn accompany(&self, mut moved: impl AsyncFnMut(), status: impl Fn() -> String) {
        if self.socket.is_none() {
            return pending().await;
        }
        // Late by a turn or two is no reason to be taken for dead.
        let every = self.watchdog.map_or(TELL_EVERY, |limit| TELL_EVERY.min(limit / 4));
        let mut told = String::new();
        loop {
            moved().await;
            let mut message = String::new();
            if self.watchdog.is_some() {
                message += "WATCHDOG=1\n";
            }
            let status = status();
            if status != told {
                message += &format!("STATUS={status}");
                told = status;
            }
            if !message.is_empty() {
                self.tell(&message);
            }
            tokio::time::sleep(every).await;
        }
    }

    fn tell(&self, message: &str) {
        if let Some(socket) = &self.socket
            && let Err(error) = socket.send(message.as_bytes())
        {
            debug!("the service manager was not told: {error}");
        }
    }
}

/// A path, or a name without a file: `@` and what follows.
fn connect(address: &OsStr) -> io::Result<UnixDatagram> {
    let address = match address.as_bytes() {
        [b'@', name @ ..] => SocketAddr::from_abstract_name(name)?,
        _ => SocketAddr::from_pathname(address)?,
    };
    let socket = UnixDatagram::unbound()?;
    socket.connect_addr(&address)?;
    socket.set_write_timeout(Some(TAKES_WITHIN))?;
    Ok(socket)
}

/// The watchdog's limit, in µs.
fn limit_of(microseconds: &OsStr) -> Option<Duration> {
    let microseconds = microseconds.to_str()?.parse().ok()?;
    Some(Duration::from_micros(microseconds)).filter(|limit| !limit.is_zero())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn managed(watchdog: Option<Duration>) -> (ServiceManager, UnixDatagram) {
        let (ours, its) = UnixDatagram::pair().unwrap();
        its.set_nonblocking(true).unwrap();
        (ServiceManager { socket: Some(ours), watchdog }, its)
    }

    fn heard(manager: &UnixDatagram) -> Vec<String> {
        let mut all = Vec::new();
        let mut message = [0; 256];
        while let Ok(length) = manager.recv(&mut message) {
            all.push(String::from_utf8_lossy(&message[..length]).trim_end().to_owned());
        }
        all
    }

    #[tokio::test(start_paused = true)]
    async fn the_watchdog_is_fed_four_times_in_its_limit_and_a_status_told_once() {
        let (manager, its) = managed(Some(Duration::from_secs(2)));
        let second = tokio::time::timeout(
            Duration::from_millis(1100),
            manager.accompany(async || (), || "two cameras".to_owned()),
        );
        second.await.unwrap_err();
        assert_eq!(heard(&its), ["WATCHDOG=1\nSTATUS=two cameras", "WATCHDOG=1", "WATCHDOG=1"]);
    }

    #[tokio::test(start_paused = true)]
    async fn what_does_not_move_feeds_no_watchdog() {
        let (manager, its) = managed(Some(Duration::from_secs(2)));
        let mut turns = 0;
        let moved = async || {
            turns += 1;
            if turns > 2 {
                pending().await
            }
        };
        let minute = tokio::time::timeout(Duration::from_secs(60), manager.accompany(moved, String::new));
        minute.await.unwrap_err();
        assert_eq!(heard(&its), ["WATCHDOG=1"; 2]);
    }

    #[tokio::test(start_paused = true)]
    async fn without_a_watchdog_only_news_are_told() {
        let (manager, its) = managed(None);
        manager.ready("serving");
        let minute =
            tokio::time::timeout(Duration::from_secs(60), manager.accompany(async || (), || "well".to_owned()));
        minute.await.unwrap_err();
        manager.stopping();
        assert_eq!(heard(&its), ["READY=1\nSTATUS=serving", "STATUS=well", "STOPPING=1\nSTATUS=Ending"]);
    }

    #[test]
    fn a_manager_is_reached_by_a_file_or_by_a_name_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("notify");
        let its = UnixDatagram::bind(&path).unwrap();
        connect(path.as_os_str()).unwrap().send(b"READY=1").unwrap();
        assert_eq!(its.recv(&mut [0; 16]).unwrap(), 7);

        let name = format!("cameracast-service-{}", std::process::id());
        let its = UnixDatagram::bind_addr(&SocketAddr::from_abstract_name(&name).unwrap()).unwrap();
        connect(OsStr::new(&format!("@{name}"))).unwrap().send(b"READY=1").unwrap();
        assert_eq!(its.recv(&mut [0; 16]).unwrap(), 7);
    }

    #[test]
    fn a_limit_that_is_none_feeds_nobody() {
        assert_eq!(limit_of(OsStr::new("3000000")), Some(Duration::from_secs(3)));
        assert_eq!(limit_of(OsStr::new("0")), None);
        assert_eq!(limit_of(OsStr::new("soon")), None);
    }
}
