//! A client's whole stay, whatever it watches: it is listed, handed what is new, and seen off.

use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::StreamExt;
use futures_util::stream::{self, Stream};

use super::{Asked, Client, Connection, End, Feed, Parts, Socket, ViewerStream};
use crate::bridge::{Bridge, GOODBYE};
use crate::places::Place;
use crate::websocket::CloseCode;

/// A client that is about to watch.
pub(crate) struct Visitor {
    pub(crate) bridge: Bridge,
    pub(crate) address: Option<SocketAddr>,
    /// The path that it asked for.
    pub(crate) path: String,
    pub(crate) asked: Asked,
    /// Held as long as the client is there.
    pub(crate) place: Place,
}

impl Visitor {
    /// Gives the client what `feed` chooses, until one of the two goes or the bridge does.
    pub(crate) async fn watch<F: Feed>(
        self,
        socket: Socket<ViewerStream>,
        feed: impl FnOnce(&Bridge, Arc<Client>) -> F,
    ) {
        let Self { bridge, address, path, asked, place } = self;
        let entry = bridge.clients.enter(address, path, asked);
        let client = entry.client.clone();
        let address = client.address.map(tracing::field::display);
        tracing::info!(client = client.number, address, path = client.path, "viewer connected");

        let connection = Connection::new(socket, feed(&bridge, client.clone()), client.clone());
        let lane = bridge.fan.join(connection.clone());
        let end = tokio::select! {
            biased;
            () = bridge.closing.cancelled() => {
                End::Close { code: CloseCode::GOING_AWAY, reason: "the bridge is going away".into() }
            }
            end = connection.drive() => end,
        };
        drop(lane);
        match end {
            End::Stalled(_) => bridge.clients.count_stalled(asked.face),
            End::Close { code: CloseCode::POLICY, .. } if asked.every => bridge.clients.count_overrun(),
            _ => {}
        }

        // Until now a lane that had come by before may have written: then it is counted, too.
        let socket = connection.take();
        drop(entry);
        if let Some(socket) = socket {
            socket.end(&end, GOODBYE).await;
        }
        drop(place); // who reads that one has gone may come
        let got = client.delivered();
        tracing::info!(client = client.number, bundles = got.bundles, skipped = got.skipped, "viewer gone: {end}");
    }

    /// The pictures of one camera as an MJPEG stream, for a server that writes them itself; it ends after a whole part
    /// when the bridge does. The client is there until this is dropped.
    pub(crate) fn read(self, camera: u8) -> impl Stream<Item = Bytes> + Send {
        let Self { bridge, address, path, asked, place } = self;
        let entry = bridge.clients.enter(address, path, asked);
        let parts = Parts::new(&bridge.hub, entry.client.clone(), camera);
        let parts = stream::unfold((parts, entry, place), |(mut parts, entry, place)| async move {
            let pieces = parts.next().await?;
            Some((stream::iter(pieces), (parts, entry, place)))
        });
        parts.take_until(bridge.closing.cancelled_owned()).flatten()
    }
}
