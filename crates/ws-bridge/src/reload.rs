//! Reads the configuration again while everything runs: what SIGHUP and `POST /api/reload` do. This is the one place that
//! knows what of it can change while the bridge runs ([`Bridge::follow`]), and what needs a restart ([`needs_restart`]).

use std::fmt;
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use tokio::sync::Mutex;

use crate::bridge::Bridge;
use crate::listening::state_file_limit;
use crate::options::Options;

/// Reads the options as they were read at the start.
type Read = dyn Fn() -> Result<Options, String> + Send + Sync;
/// Reads something else again.
type Too = dyn Fn() -> Result<(), String> + Send + Sync;

/// The options that hold now, and where they come from.
pub(crate) struct Reloading {
    read: OnceLock<Arc<Read>>,
    in_force: RwLock<Arc<Options>>,
    /// What else is read again: the certificate. It stays as it was where that fails.
    too: OnceLock<Box<Too>>,
    one_at_a_time: Mutex<()>,
}

impl Reloading {
    pub(crate) fn new(options: Arc<Options>) -> Self {
        Self {
            read: OnceLock::new(),
            in_force: RwLock::new(options),
            too: OnceLock::new(),
            one_at_a_time: Mutex::default(),
        }
    }
}

impl Bridge {
    /// From now on [`Bridge::reload`] takes its options from here.
    pub fn reload_from(&self, read: impl Fn() -> Result<Options, String> + Send + Sync + 'static) {
        let _ = self.reloading.read.set(Arc::new(read)); // the first one counts
    }

    /// From now on [`Bridge::reload`] does this, too, before anything else has changed.
    pub(crate) fn reload_too(&self, read: impl Fn() -> Result<(), String> + Send + Sync + 'static) {
        let _ = self.reloading.too.set(Box::new(read)); // the first one counts
    }

    /// The options that hold now.
    pub(crate) fn current(&self) -> Arc<Options> {
        self.reloading.in_force.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Reads the options again and takes over what can change while the bridge runs. Gives one sentence about what needs a
    /// restart, if anything does; the log says the same.
    ///
    /// # Errors
    /// They cannot be read: nothing has changed.
    pub async fn reload(&self) -> Result<Option<String>, String> {
        let _turn = self.reloading.one_at_a_time.lock().await;
        let read = self.reloading.read.get().ok_or("this bridge has no configuration to reload")?.clone();
        let next = tokio::task::spawn_blocking(move || read()).await.unwrap_or_else(|error| Err(error.to_string()));
        let next = next.and_then(|next| self.reloading.too.get().map_or(Ok(()), |too| too()).map(|()| next));
        let next = next.map_err(|mistakes| {
            let sentence = format!("nothing has changed: {}", mistakes.replace('\n', "; "));
            tracing::warn!("configuration not reloaded: {sentence}");
            sentence
        })?;
        let note = needs_restart(&self.current(), &next);
        self.follow(next);
        match &note {
            None => tracing::info!("configuration reloaded"),
            Some(note) => tracing::warn!("configuration reloaded, but {note}"),
        }
        Ok(note)
    }

    /// Takes over what can change while the bridge runs: a line for each part that follows. The rest stays in force, so
    /// that the next reload finds it different again.
    fn follow(&self, next: Options) {
        let before = self.current();
        let in_force = Options {
            allowed_uids: next.allowed_uids,
            max_clients: next.max_clients,
            allowed_origins: next.allowed_origins,
            ..Options::clone(&before)
        };
        self.guard.follow(&in_force);
        if in_force.max_clients > before.max_clients {
            state_file_limit(in_force.max_clients);
        }
        *self.reloading.in_force.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(in_force);
    }
}

/// One sentence about what holds only after a restart.
fn needs_restart(before: &Options, next: &Options) -> Option<String> {
    let keys = [
        ("listen", before.listen != next.listen),
        ("socket", before.socket != next.socket),
        ("max_bundle_mib", before.max_bundle_size != next.max_bundle_size),
        ("max_clients_per_address", before.max_clients_per_address != next.max_clients_per_address),
        ("a token", before.tokens != next.tokens),
        ("tls_cert or tls_key", before.tls != next.tls),
        ("cors", before.cors != next.cors),
        ("trusted_proxies", before.trusted_proxies != next.trusted_proxies),
        ("public_url", before.public_url != next.public_url),
    ];
    let keys: Vec<&str> = keys.into_iter().filter_map(|(key, differs)| differs.then_some(key)).collect();
    (!keys.is_empty()).then(|| format!("{} changed, which needs a restart of ws-bridge", keys.join(" and ")))
}

impl fmt::Debug for Reloading {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reloading").field("in_force", &self.in_force).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_can_change_does_and_what_cannot_is_named_each_time() {
        let bridge = Bridge::new(Options::default());
        bridge.reload_from(|| {
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
        let bridge = Bridge::new(Options::default());
        bridge.reload_from(|| Err("FILE:3: a\nFILE:5: b".into()));
        assert_eq!(bridge.reload().await, Err("nothing has changed: FILE:3: a; FILE:5: b".into()));
        assert_eq!(bridge.current().max_clients, Options::default().max_clients);
    }

    #[tokio::test]
    async fn where_the_certificate_cannot_be_read_nothing_changes() {
        let bridge = Bridge::new(Options::default());
        bridge.reload_from(|| Ok(Options { max_clients: 1, ..Options::default() }));
        bridge.reload_too(|| Err("the certificate stays as it was: it is none".into()));
        let told = bridge.reload().await.unwrap_err();
        assert_eq!(told, "nothing has changed: the certificate stays as it was: it is none");
        assert_ne!(bridge.current().max_clients, 1);
    }
}
