//! A bridge as a value: what its faces share.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::client::{Clients, Fan};
use crate::guard::Guard;
use crate::hub::Hub;
use crate::options::Options;
use crate::routes;

/// How long viewers have to say goodbye when the bridge ends.
pub(crate) const GOODBYE: Duration = Duration::from_secs(1);

/// Hands bundles to viewers. Cloning it gives another handle to the same bridge.
#[derive(Clone, Debug)]
pub struct Bridge {
    pub(crate) options: Arc<Options>,
    pub(crate) hub: Arc<Hub>,
    pub(crate) clients: Arc<Clients>,
    pub(crate) guard: Arc<Guard>,
    pub(crate) fan: Arc<Fan>,
    /// Cancelled when the bridge ends.
    pub(crate) closing: CancellationToken,
    /// A task a connection; each ends by itself once `closing` is cancelled.
    pub(crate) tasks: TaskTracker,
    pub(crate) started: Instant,
}

impl Bridge {
    /// A bridge without any grabber or viewer.
    pub fn new(options: Options) -> Self {
        let guard = Guard::new(options.max_clients, options.allowed_origins.clone());
        let (hub, closing, tasks) = (Arc::<Hub>::default(), CancellationToken::new(), TaskTracker::new());
        Self {
            options: Arc::new(options),
            fan: Arc::new(Fan::new(hub.clone(), closing.clone(), tasks.clone())),
            hub,
            clients: Arc::default(),
            guard: Arc::new(guard),
            closing,
            tasks,
            started: Instant::now(),
        }
    }

    /// Where bundles come in.
    pub fn hub(&self) -> &Arc<Hub> {
        &self.hub
    }

    /// All faces, for any server that can upgrade connections. All links between them are relative.
    pub fn router(&self) -> Router {
        routes::router(self.clone())
    }

    /// Closes every viewer with 1001 and waits for them, for little more than a second at most.
    pub async fn close(&self) {
        self.closing.cancel();
        self.tasks.close();
        let _ = timeout(GOODBYE + Duration::from_millis(200), self.tasks.wait()).await; // who is left is dropped
    }
}
