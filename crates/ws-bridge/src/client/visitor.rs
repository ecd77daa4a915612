//! A client's whole stay, whatever it watches: it is listed, handed what is new, and seen off.

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::sync::OwnedSemaphorePermit;

use super::{Asked, Client, Connection, End, Feed, Socket, ViewerStream};
use crate::bridge::{Bridge, GOODBYE};
use crate::websocket::CloseCode;

/// A client that is about to watch.
pub(crate) struct Visitor {
    pub(crate) bridge: Bridge,
    pub(crate) address: Option<SocketAddr>,
    /// The path that it asked for.
    pub(crate) path: String,
    pub(crate) asked: Asked,
    /// Held as long as the client is there.
    pub(crate) place: OwnedSemaphorePermit,
}

impl Visitor {
    /// Gives the client what `feed` chooses, until one of the two goes or the bridge does.
    pub(crate) async fn watch<F: Feed>(
        self,
        socket: Socket<ViewerStream>,
        feed: impl FnOnce(&Bridge, Arc<Client>) -> F,
    ) {
        let Self { bridge, address, path, asked, place: _place } = self;
        let entry = bridge.clients.enter(address, path, asked);
        let client = entry.client.clone();
        let address = client.address.map(tracing::field::display);
        tracing::info!(client = client.number, address, path = client.path, "viewer connected");

        let connection = Connection::new(socket, feed(&bridge, client.clone()));
        let lane = bridge.fan.join(connection.clone());
        let end = tokio::select! {
            biased;
            () = bridge.closing.cancelled() => {
                End::Close { code: CloseCode::GOING_AWAY, reason: "the bridge is going away".into() }
            }
            end = connection.drive() => end,
        };
        drop(lane);

        let got = client.delivered();
        tracing::info!(client = client.number, bundles = got.bundles, skipped = got.skipped, "viewer gone: {end}");
        drop(entry);
        connection.end(&end, GOODBYE).await;
    }
}
