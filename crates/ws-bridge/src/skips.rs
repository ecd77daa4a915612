//! Tells in the log what viewers were too slow for: once a second, all of them in one line.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::{MissedTickBehavior, interval};

use crate::bridge::Bridge;
use crate::client::Client;

const EVERY: Duration = Duration::from_secs(1);

/// Tells until the bridge closes.
pub(crate) async fn tell(bridge: Bridge) {
    let mut ticks = interval(EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut skips = Skips::default();
    while bridge.closing.run_until_cancelled(ticks.tick()).await.is_some() {
        if let Some(News { viewers, skipped, client, most }) = skips.news(&bridge.clients.list()) {
            let address = client.address.map(tracing::field::display);
            let (number, path) = (client.number, &client.path);
            let what = "bundles skipped: viewers are too slow; the slowest is named";
            tracing::info!(skipped, viewers, client = number, address, path, skipped_by_it = most, "{what}");
        }
    }
}

/// What each client had skipped when it was last looked at.
#[derive(Debug, Default)]
struct Skips(BTreeMap<u64, u64>);

/// What was skipped since.
struct News<'a> {
    /// How many skipped something.
    viewers: usize,
    skipped: u64,
    /// Who skipped most, and how much.
    client: &'a Client,
    most: u64,
}

impl Skips {
    fn news<'a>(&mut self, clients: &'a [Arc<Client>]) -> Option<News<'a>> {
        let before = std::mem::take(&mut self.0);
        let mut news = None;
        for client in clients {
            let all = client.delivered().skipped;
            let skipped = all - before.get(&client.number).copied().unwrap_or(0).min(all);
            self.0.insert(client.number, all);
            if skipped == 0 {
                continue;
            }
            let told = news.get_or_insert(News { viewers: 0, skipped: 0, client, most: 0 });
            told.viewers += 1;
            told.skipped += skipped;
            if skipped > told.most {
                (told.client, told.most) = (client, skipped);
            }
        }
        news
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::{Asked, Clients};

    #[test]
    fn what_was_skipped_is_told_once_and_in_sum() {
        let clients = Arc::new(Clients::default());
        let enter = || clients.enter(None, "/".into(), Asked::default());
        let (slow, slower, fast) = (enter(), enter(), enter());
        let mut skips = Skips::default();
        let mut told = |clients: &Clients| {
            let all = clients.list();
            skips.news(&all).map(|news| (news.viewers, news.skipped, news.client.number, news.most))
        };
        assert_eq!(told(&clients), None);
        slow.client.count(1, 3);
        slower.client.count(1, 5);
        fast.client.count(1, 0);
        assert_eq!(told(&clients), Some((2, 8, slower.client.number, 5)));
        assert_eq!(told(&clients), None);
        slow.client.count(1, 1);
        drop(slower);
        assert_eq!(told(&clients), Some((1, 1, slow.client.number, 1)));
    }
}
