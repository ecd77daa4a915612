//! Keeps everybody else's datagrams from the SDK, which takes whatever comes to a stream's port for a piece of a picture:
//! a single one, of a scan of the network for example, can make it ask for gigabytes, and end the process. Who forges the
//! camera's own address is not kept out: GigE Vision knows no way to tell.

use std::fs;
use std::io;
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};
use std::os::fd::{BorrowedFd, RawFd};

use aravis::GvStream;
use socket2::{SockFilter, SockRef};

use super::route;

/// Where a datagram's IPv4 header says who sent it, as a filter of the kernel's finds it.
const SOURCE: u32 = (libc::SKF_NET_OFF + 12) as u32;

/// Lets only datagrams with the camera's own address through to its stream.
pub(super) fn only_of(camera: &aravis::Camera, stream: &GvStream) {
    let Some((camera, local)) = route::addresses(camera) else { return };
    let local = SocketAddrV4::new(local, stream.port());
    if let Err(error) = filter(local, camera) {
        tracing::warn!(%camera, "packets of others cannot be kept out of its pictures ({local}): {error}");
    }
}

/// Aravis does not hand its socket out, so it is found by its address among what this process has open.
fn filter(local: SocketAddrV4, from: Ipv4Addr) -> io::Result<()> {
    for open in fs::read_dir("/proc/self/fd")? {
        let name = open?.file_name();
        let Some(number) = name.to_str().and_then(|name| name.parse().ok()) else { continue };
        if address_of(number).is_some_and(|address| address == SocketAddr::V4(local)) {
            return SockRef::from(&borrowed(number)).attach_filter(&only_from(from));
        }
    }
    Err(io::Error::new(io::ErrorKind::NotFound, "its socket is not among the open files"))
}

fn address_of(number: RawFd) -> Option<SocketAddr> {
    SockRef::from(&borrowed(number)).local_addr().ok()?.as_socket()
}

#[allow(unsafe_code, reason = "the socket is the C library's, and known by its number alone")]
fn borrowed(number: RawFd) -> BorrowedFd<'static> {
    // SAFETY: only asked for its address, which fails where it is closed or no socket, and given a filter where the address
    // is that of a stream which we hold, so that its socket stays open.
    unsafe { BorrowedFd::borrow_raw(number) }
}

/// A program of the kernel's packet filter: all of a datagram from there, nothing of any other.
fn only_from(address: Ipv4Addr) -> [SockFilter; 4] {
    let instruction = |code: u32, if_not: u8, value| SockFilter::new(code as u16, 0, if_not, value);
    [
        instruction(libc::BPF_LD | libc::BPF_W | libc::BPF_ABS, 0, SOURCE),
        instruction(libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K, 1, address.to_bits()),
        instruction(libc::BPF_RET | libc::BPF_K, 0, u32::MAX),
        instruction(libc::BPF_RET | libc::BPF_K, 0, 0),
    ]
}

#[cfg(test)]
mod tests {
    use std::net::UdpSocket;
    use std::time::Duration;

    use super::*;

    #[test]
    fn only_datagrams_from_one_address_come_through() {
        let [camera, other] =
            [[127, 0, 0, 2], [127, 0, 0, 3]].map(|ip| UdpSocket::bind((Ipv4Addr::from(ip), 0)).unwrap());
        let stream = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        let SocketAddr::V4(local) = stream.local_addr().unwrap() else { panic!("no IPv4 address") };
        filter(local, Ipv4Addr::new(127, 0, 0, 2)).unwrap();

        // On loopback they come in the order in which they are sent.
        other.send_to(b"not this", local).unwrap();
        camera.send_to(b"this", local).unwrap();
        let mut datagram = [0; 16];
        assert_eq!(stream.recv(&mut datagram).unwrap(), 4);
    }

    #[test]
    fn a_socket_that_is_not_there_is_said() {
        let gone = { UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap() };
        let SocketAddr::V4(gone) = gone else { panic!("no IPv4 address") };
        assert_eq!(filter(gone, Ipv4Addr::LOCALHOST).unwrap_err().kind(), io::ErrorKind::NotFound);
    }
}
