//! The usual way: axum's own WebSocket, and a watch channel that holds the newest bundle.

use std::net::SocketAddr;
use std::path::PathBuf;

use axum::Router;
use axum::extract::State;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::response::Response;
use axum::routing::get;
use axum::serve::ListenerExt;
use bytes::Bytes;
use clap::Parser;
use tokio::io::AsyncReadExt;
use tokio::net::{TcpListener, UnixListener};
use tokio::sync::watch;

#[derive(Parser)]
struct Arguments {
    #[arg(long)]
    listen: SocketAddr,
    #[arg(long)]
    socket: PathBuf,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let Arguments { listen, socket } = Arguments::parse();
    let (listener, bundles) = (TcpListener::bind(listen).await?, UnixListener::bind(socket)?);
    println!("http://{}/", listener.local_addr()?);
    let newest = watch::Sender::<Bytes>::default();
    let router = Router::new().route("/", get(upgrade)).with_state(newest.clone());
    tokio::spawn(async move { take(bundles, newest).await });
    let listener = listener.tap_io(|stream| {
        let _ = stream.set_nodelay(true); // fails only for a viewer that has gone
    });
    axum::serve(listener, router).await?;
    Ok(())
}

async fn take(bundles: UnixListener, newest: watch::Sender<Bytes>) -> std::io::Result<()> {
    let (mut stream, _) = bundles.accept().await?;
    loop {
        let (_magic, size) = (stream.read_u32_le().await?, stream.read_u32_le().await?);
        let mut payload = vec![0; size as usize];
        stream.read_exact(&mut payload).await?;
        newest.send_replace(payload.into());
    }
}

async fn upgrade(upgrade: WebSocketUpgrade, State(newest): State<watch::Sender<Bytes>>) -> Response {
    upgrade.on_upgrade(move |socket| watch(socket, newest.subscribe()))
}

async fn watch(mut socket: WebSocket, mut newest: watch::Receiver<Bytes>) {
    while newest.changed().await.is_ok() {
        let bundle = newest.borrow_and_update().clone();
        if socket.send(Message::Binary(bundle)).await.is_err() {
            return;
        }
    }
}
