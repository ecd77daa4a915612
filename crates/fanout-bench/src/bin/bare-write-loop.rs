//! The limit: takes bundles over a Unix socket and writes each, behind a WebSocket header, to whoever has connected, one
//! after the other. No protocol, no care for slow readers.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use clap::Parser;
use frame_bundle::PACKET_HEADER_SIZE;

#[derive(Parser)]
struct Arguments {
    #[arg(long)]
    listen: SocketAddr,
    #[arg(long)]
    socket: PathBuf,
}

type Viewers = Arc<Mutex<Vec<TcpStream>>>;

fn main() -> anyhow::Result<()> {
    let Arguments { listen, socket } = Arguments::parse();
    let (listener, bundles) = (TcpListener::bind(listen)?, UnixListener::bind(socket)?);
    let viewers = Viewers::default();
    println!("http://{}/", listener.local_addr()?);
    let accepting = viewers.clone();
    thread::spawn(move || accept(&listener, &accepting));
    write_all(bundles.accept()?.0, &viewers)?;
    Ok(())
}

fn accept(listener: &TcpListener, viewers: &Viewers) -> io::Result<()> {
    loop {
        let (stream, _) = listener.accept()?;
        stream.set_nodelay(true)?;
        viewers.lock().unwrap_or_else(PoisonError::into_inner).push(stream);
    }
}

/// One buffer, in which the header of the WebSocket frame stands right before the payload.
fn write_all(mut bundles: UnixStream, viewers: &Viewers) -> io::Result<()> {
    let mut packet = [0; PACKET_HEADER_SIZE];
    let mut message = Vec::new();
    loop {
        bundles.read_exact(&mut packet)?;
        let size = u32::from_le_bytes([packet[4], packet[5], packet[6], packet[7]]);
        message.clear();
        message.push(0x82);
        if let Ok(size) = u16::try_from(size) {
            message.push(126);
            message.extend(size.to_be_bytes());
        } else {
            message.push(127);
            message.extend(u64::from(size).to_be_bytes());
        }
        let header = message.len();
        message.resize(header + size as usize, 0);
        bundles.read_exact(message.get_mut(header..).unwrap_or_default())?;
        viewers.lock().unwrap_or_else(PoisonError::into_inner).retain_mut(|viewer| viewer.write_all(&message).is_ok());
    }
}
