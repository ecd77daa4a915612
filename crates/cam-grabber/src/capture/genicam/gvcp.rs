//! Two questions to a GigE Vision camera that its SDK cannot ask without taking control of it: who are you, and who
//! controls you. They are small packets of its control protocol (GVCP); asking disturbs nobody.
//!
//! It also spares the other cameras: an open by aravis holds a lock of the whole process, 2.5 s for a camera that does
//! not answer.

use std::io;
use std::net::{Ipv4Addr, UdpSocket};
use std::time::Duration;

const PORT: u16 = 3956;
const ATTEMPTS: u16 = 3;
const PATIENCE: Duration = Duration::from_millis(250);

const COMMAND: u8 = 0x42;
const ANSWER_REQUIRED: u8 = 0x01;
const DISCOVERY: u16 = 0x0002;
const READ_MEMORY: u16 = 0x0084;
/// Status of an answer, and the command's number plus one.
const OK: u16 = 0;
const ACCESS_DENIED: u16 = 0x8006;
const HEADER: usize = 8;

/// The register "control channel privilege"; its lowest two bits say that somebody has it.
const PRIVILEGE: u32 = 0x0A00;

/// What a camera says about itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Identity {
    pub(super) serial: String,
    pub(super) user_name: String,
}

/// Our own address towards the camera, by the routing table: the interface that its stream arrives at.
pub(super) fn local_address(camera: Ipv4Addr) -> io::Result<Ipv4Addr> {
    match connect(camera)?.local_addr()?.ip() {
        std::net::IpAddr::V4(ip) => Ok(ip),
        std::net::IpAddr::V6(_) => Err(io::ErrorKind::Unsupported.into()),
    }
}

/// Whether somebody controls the camera. `Err` with `TimedOut` when none answers at that address.
///
/// Read as memory, not as a register: some cameras take any reading of this register for their controller's sign of life,
/// and one whose controller was killed would never be free as long as somebody asks.
pub(in crate::capture) fn is_controlled(camera: Ipv4Addr) -> io::Result<bool> {
    // Address, reserved, how many bytes; the answer repeats the address.
    let body = [&PRIVILEGE.to_be_bytes()[..], &0_u16.to_be_bytes(), &4_u16.to_be_bytes()].concat();
    let (status, answer) = ask(camera, READ_MEMORY, &body)?;
    match (status, answer.get(4..).and_then(<[u8]>::first_chunk::<4>)) {
        (OK, Some(value)) => Ok(u32::from_be_bytes(*value) & 0b11 != 0),
        // Its controller has it for itself alone: even reading is denied. Any other answer is for the SDK to judge.
        _ => Ok(status == ACCESS_DENIED),
    }
}

/// Serial number and user name of the camera.
pub(super) fn identity(camera: Ipv4Addr) -> io::Result<Identity> {
    let (_, answer) = ask(camera, DISCOVERY, &[])?;
    let text = |at: usize| match answer.get(at..at + 16) {
        Some(field) => String::from_utf8_lossy(field).trim_end_matches('\0').trim().to_owned(),
        None => String::new(),
    };
    Ok(Identity { serial: text(0xD8), user_name: text(0xE8) })
}

fn connect(camera: Ipv4Addr) -> io::Result<UdpSocket> {
    let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0))?;
    socket.connect((camera, PORT))?;
    Ok(socket)
}

/// Sends a command, again where no answer comes; the status and the body of the answer.
fn ask(camera: Ipv4Addr, command: u16, body: &[u8]) -> io::Result<(u16, Vec<u8>)> {
    let socket = connect(camera)?;
    socket.set_read_timeout(Some(PATIENCE))?;
    for request in 1..=ATTEMPTS {
        let mut packet = vec![COMMAND, ANSWER_REQUIRED];
        for field in [command, body.len() as u16, request] {
            packet.extend(field.to_be_bytes());
        }
        packet.extend(body);
        let answered = socket.send(&packet).and_then(|_| receive(&socket, command));
        match answered {
            Err(error) if may_pass(&error) => continue,
            other => return other,
        }
    }
    Err(io::ErrorKind::TimedOut.into())
}

/// Packets get lost; and a host without a camera says "port unreachable" at once, also while the camera restarts.
fn may_pass(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionRefused, TimedOut, WouldBlock};
    matches!(error.kind(), ConnectionRefused | TimedOut | WouldBlock)
}

fn receive(socket: &UdpSocket, command: u16) -> io::Result<(u16, Vec<u8>)> {
    let mut packet = [0; 1024];
    let size = socket.recv(&mut packet)?;
    let field = |at: usize| u16::from_be_bytes([packet[at], packet[at + 1]]);
    if size < HEADER || field(2) != command + 1 {
        return Err(io::ErrorKind::WouldBlock.into());
    }
    Ok((field(0), packet[HEADER..size].to_vec()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_without_a_camera_times_out_within_a_second() {
        let took = [(); 3].map(|()| {
            let asked = std::time::Instant::now();
            let error = is_controlled(Ipv4Addr::new(127, 0, 0, 254)).unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::TimedOut);
            asked.elapsed()
        });
        // The shortest: a busy machine may hold one up.
        assert!(took.iter().min() < Some(&Duration::from_secs(1)), "{took:?}");
    }

    #[test]
    fn the_interface_towards_the_loopback_is_the_loopback() {
        assert_eq!(local_address(Ipv4Addr::new(127, 0, 0, 77)).unwrap(), Ipv4Addr::LOCALHOST);
    }
}
