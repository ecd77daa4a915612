//! Packets from nobody: datagrams that look as if a GigE Vision camera had sent them, more or less.

use std::collections::BTreeSet;
use std::fs;
use std::net::{Ipv4Addr, SocketAddrV4, UdpSocket};

use anyhow::{Result, ensure};
use fastrand::Rng;

/// Sends so many datagrams, from another address than any camera's, to wherever a process takes some.
///
/// # Errors
/// It takes none.
pub fn forge_datagrams(pid: u32, number: usize, rng: &mut Rng) -> Result<()> {
    let sockets = udp_sockets(pid)?;
    ensure!(!sockets.is_empty(), "process {pid} has no socket for datagrams");
    let forger = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
    for to in sockets.iter().cycle().take(number) {
        let mut datagram = vec![0; rng.usize(0..1500)];
        rng.fill(&mut datagram);
        // Half of them look like GVSP: no error, then of a frame the leader, a part, the trailer, or all at once.
        if datagram.len() >= 8 && rng.bool() {
            datagram[0..2].fill(0);
            datagram[4] = rng.u8(1..5);
        }
        let to = if to.ip().is_unspecified() { SocketAddrV4::new(Ipv4Addr::LOCALHOST, to.port()) } else { *to };
        let _ = forger.send_to(&datagram, to); // who is gone in the meantime need not take it
    }
    Ok(())
}

/// Where a process takes datagrams.
fn udp_sockets(pid: u32) -> Result<Vec<SocketAddrV4>> {
    let mut own = BTreeSet::new();
    for descriptor in fs::read_dir(format!("/proc/{pid}/fd"))? {
        let Ok(leads_to) = fs::read_link(descriptor?.path()) else { continue };
        let leads_to = leads_to.to_string_lossy();
        own.extend(leads_to.strip_prefix("socket:[").map(|inode| inode.trim_end_matches(']').to_owned()));
    }
    let table = fs::read_to_string(format!("/proc/{pid}/net/udp"))?;
    let sockets = table.lines().skip(1).filter_map(|line| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        // The bytes on the wire, printed as one number of this machine; the port as a number.
        let (address, port) = fields.get(1)?.split_once(':')?;
        let address = Ipv4Addr::from(u32::from_str_radix(address, 16).ok()?.to_ne_bytes());
        let socket = SocketAddrV4::new(address, u16::from_str_radix(port, 16).ok()?);
        own.contains(*fields.get(9)?).then_some(socket)
    });
    Ok(sockets.collect())
}
