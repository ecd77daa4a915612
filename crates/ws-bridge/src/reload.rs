//! Reads the configuration again while everything runs: what SIGHUP and `POST /api/reload` do. This is the one place that
//! knows what of it can change while the bridge runs, and what needs a restart: [`follow`].

use std::fmt;
use std::sync::{Arc, OnceLock, PoisonError, RwLock};
use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::timeout;

use crate::bridge::Bridge;
use crate::listening::state_file_limit;
use crate::options::Options;
use crate::tls::{BadCertificate, Certificate};

/// How long reading may take: the file may be on a disk that does not answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// Reads the options as they were read at the start.
type Read = dyn Fn() -> Result<Options, String> + Send + Sync;

/// The options that hold now, and where they come from.
pub(crate) struct Reloading {
    read: OnceLock<Arc<Read>>,
    in_force: RwLock<Arc<Options>>,
    certificate: OnceLock<Arc<Certificate>>,
    one_at_a_time: Arc<Mutex<()>>,
}

/// Why the configuration was not reloaded.
#[derive(Debug, thiserror::Error)]
pub enum NotReloaded {
    /// The file, or one that it names, cannot be used.
    #[error("nothing has changed: {0}")]
    Unusable(String),
    /// The certificate cannot be used.
    #[error("nothing has changed: {0}")]
    Certificate(#[from] BadCertificate),
    /// The files are somewhere that does not answer.
    #[error("nothing has changed: the configuration could not be read within {} s", PATIENCE.as_secs())]
    TooSlow,
}

impl Reloading {
    pub(crate) fn new(options: Arc<Options>) -> Self {
        Self {
            read: OnceLock::new(),
            in_force: RwLock::new(options),
            certificate: OnceLock::new(),
            one_at_a_time: Arc::default(),
        }
    }
}

impl Bridge {
    /// From now on [`Bridge::reload`] takes its options from here.
    pub fn reload_from(&self, read: impl Fn() -> Result<Options, String> + Send + Sync + 'static) {
        let _ = self.reloading.read.set(Arc::new(read)); // the first one counts
    }

    /// From now on [`Bridge::reload`] replaces this certificate, too.
    pub(crate) fn reload_with(&self, certificate: Arc<Certificate>) {
        let _ = self.reloading.certificate.set(certificate); // the first one counts
    }

    /// The options that hold now.
    pub(crate) fn current(&self) -> Arc<Options> {
        self.reloading.in_force.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Reads the options again and takes over what can change while the bridge runs. Gives one sentence about what needs a
    /// restart, if anything does; the log says the same. A bridge that was not told where its options come from
    /// ([`Bridge::reload_from`]) has nothing to do.
    ///
    /// # Errors
    /// They cannot be read, and nothing has changed.
    pub async fn reload(&self) -> Result<Option<String>, NotReloaded> {
        self.reload_within(PATIENCE).await
    }

    async fn reload_within(&self, patience: Duration) -> Result<Option<String>, NotReloaded> {
        let Some(read) = self.reloading.read.get().cloned() else { return Ok(None) };
        let done = timeout(patience, self.reload_in_turn(read)).await.unwrap_or(Err(NotReloaded::TooSlow));
        match &done {
            Ok(None) => tracing::info!("configuration reloaded"),
            Ok(Some(note)) => tracing::warn!("configuration reloaded, but {note}"),
            Err(error) => tracing::warn!("configuration not reloaded: {error}"),
        }
        done
    }

    async fn reload_in_turn(&self, read: Arc<Read>) -> Result<Option<String>, NotReloaded> {
        let turn = self.reloading.one_at_a_time.clone().lock_owned().await;
        let encrypted = self.reloading.certificate.get().is_some();
        let reading = tokio::task::spawn_blocking(move || {
            let _turn = turn; // also where nobody waits any more: one thread at most is stuck here
            let next = read().map_err(|mistakes| NotReloaded::Unusable(mistakes.replace('\n', "; ")))?;
            let certificate = next.tls.as_ref().filter(|_| encrypted).map(Certificate::load).transpose()?;
            Ok((next, certificate))
        });
        let read = reading.await.unwrap_or_else(|error| Err(NotReloaded::Unusable(error.to_string())));
        let (next, certificate) = read?;
        // From here on nothing can go wrong.
        let (in_force, note) = follow(&self.current(), next);
        self.guard.follow(&in_force);
        if let (Some(current), Some(next)) = (self.reloading.certificate.get(), certificate) {
            current.replace(next);
        }
        if in_force.max_clients > self.current().max_clients {
            state_file_limit(&in_force);
        }
        *self.reloading.in_force.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(in_force);
        Ok(note)
    }
}

/// What holds from now on, and one sentence about what holds only after a restart: that stays as it was, so that the next
/// reload finds it different again.
fn follow(before: &Options, next: Options) -> (Options, Option<String>) {
    // Each option by its name: a new one has to be thought of here.
    let Options {
        listen,
        socket,
        allowed_uids,
        max_clients,
        max_clients_per_address,
        max_bundle_size,
        tokens,
        tls,
        allowed_origins,
        cors,
        trusted_proxies,
        public_url,
        stuck_at_most: _,
        answer_within: _,
    } = next;
    let needs_restart = [
        ("listen", listen != before.listen),
        ("socket", socket != before.socket),
        ("max_bundle_mib", max_bundle_size != before.max_bundle_size),
        ("whether there is a certificate", tls.is_some() != before.tls.is_some()),
    ];
    let keys: Vec<&str> = needs_restart.into_iter().filter_map(|(key, differs)| differs.then_some(key)).collect();
    let note =
        (!keys.is_empty()).then(|| format!("{} changed, which needs a restart of ws-bridge", keys.join(" and ")));
    let in_force = Options {
        allowed_uids,
        max_clients,
        max_clients_per_address,
        tokens,
        tls: before.tls.as_ref().and(tls).or_else(|| before.tls.clone()),
        allowed_origins,
        cors,
        trusted_proxies,
        public_url,
        listen: before.listen,
        socket: before.socket.clone(),
        max_bundle_size: before.max_bundle_size,
        stuck_at_most: before.stuck_at_most,
        answer_within: before.answer_within,
    };
    (in_force, note)
}

impl fmt::Debug for Reloading {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reloading").field("in_force", &self.in_force).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use cameracast_config::TlsFiles;

    use super::*;

    fn bridge(read: impl Fn() -> Result<Options, String> + Send + Sync + 'static) -> Bridge {
        let bridge = Bridge::new(Options::default());
        bridge.reload_from(read);
        bridge
    }

    #[tokio::test]
    async fn what_can_change_does_and_what_cannot_is_named_each_time() {
        let bridge = bridge(|| {
            let options = Options { max_clients: 1, allowed_uids: vec![7], ..Options::default() };
            Ok(Options { socket: "/elsewhere".into(), listen: ([127, 0, 0, 1], 1).into(), ..options })
        });
        for _ in 0..2 {
            let note = bridge.reload().await.unwrap().unwrap();
            assert_eq!(note, "listen and socket changed, which needs a restart of ws-bridge");
        }
        assert_eq!((bridge.current().max_clients, &*bridge.current().allowed_uids), (1, &[7][..]));
        let place = bridge.guard.enter(None);
        assert!(place.is_ok() && bridge.guard.enter(None).is_err());
    }

    #[tokio::test]
    async fn a_file_with_mistakes_changes_nothing_and_they_are_told() {
        let bridge = bridge(|| Err("FILE:3: a\nFILE:5: b".into()));
        let told = bridge.reload().await.unwrap_err().to_string();
        assert_eq!(told, "nothing has changed: FILE:3: a; FILE:5: b");
        assert_eq!(bridge.current().max_clients, Options::default().max_clients);
    }

    #[tokio::test]
    async fn a_bridge_that_has_no_file_has_nothing_to_do() {
        assert_eq!(Bridge::new(Options::default()).reload().await.unwrap(), None);
    }

    #[test]
    fn a_certificate_is_another_one_at_once_but_whether_there_is_one_needs_a_restart() {
        let files = |name: &str| Some(TlsFiles { cert: name.into(), key: name.into() });
        let with = |tls| Options { tls, ..Options::default() };
        let (in_force, note) = follow(&with(files("old")), with(files("new")));
        assert_eq!((in_force.tls, note), (files("new"), None));
        for (before, next) in [(files("old"), None), (None, files("new"))] {
            let (in_force, note) = follow(&with(before.clone()), with(next));
            assert_eq!(in_force.tls, before);
            assert!(note.unwrap().starts_with("whether there is a certificate changed, which needs a restart"));
        }
    }

    #[tokio::test]
    async fn a_disk_that_does_not_answer_is_told_and_holds_up_one_thread_alone() {
        let (answer, disk) = mpsc::channel::<()>();
        let disk = std::sync::Mutex::new(disk);
        let bridge = bridge(move || {
            let _ = disk.lock().unwrap().recv();
            Ok(Options { max_clients: 1, ..Options::default() })
        });
        for _ in 0..2 {
            let done = bridge.reload_within(Duration::from_millis(20)).await;
            assert!(matches!(done, Err(NotReloaded::TooSlow)), "{done:?}");
        }
        drop(answer);
        assert_ne!(bridge.current().max_clients, 1, "what was told not to have changed has not");
        while bridge.reload().await.is_err() {}
        assert_eq!(bridge.current().max_clients, 1);
    }
}
