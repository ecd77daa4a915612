//! A network of its own: cameras at one end of a cable, a grabber at the other. Each end is a network namespace.

use std::fs::File;
use std::net::{Ipv4Addr, UdpSocket};
use std::os::fd::AsFd;
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use anyhow::{Context, Result, anyhow, ensure};
use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};
use tempfile::NamedTempFile;

use crate::Process;
use crate::process::behind;

/// GVCP's port.
const CONTROL: u16 = 3956;
/// GVCP: key, acknowledge, READREG_CMD, four bytes, request 1.
const READ_REGISTER: [u8; 8] = [0x42, 0x01, 0x00, 0x80, 0, 4, 0, 1];

/// The cable; its ends are gone when it is dropped.
pub struct Cable {
    cameras: NameSpace,
    grabber: NameSpace,
    /// What the grabber's interface says of its speed.
    speed: NamedTempFile,
}

impl Cable {
    /// The grabber's interface.
    pub const INTERFACE: &str = "eth1";
    /// The addresses of the cameras.
    pub const CAMERAS: [Ipv4Addr; 2] = [Ipv4Addr::new(10, 77, 0, 2), Ipv4Addr::new(10, 77, 0, 3)];

    /// A cable of so many megabits. The kernel's own would say 10 000, and knows no other speed.
    ///
    /// # Errors
    /// Only root may lay one.
    pub fn lay(megabits: u32) -> Result<Self> {
        let speed = NamedTempFile::new()?;
        std::fs::write(&speed, format!("{megabits}\n"))?;
        let cable = Self { cameras: NameSpace::new()?, grabber: NameSpace::new()?, speed };
        let (cameras, grabber) = (&cable.cameras.0, &cable.grabber.0);
        let at = Self::INTERFACE;
        ip(&format!("link add {at} netns {cameras} type veth peer name {at} netns {grabber}"))?;
        for camera in Self::CAMERAS {
            ip(&format!("-n {cameras} addr add {camera}/24 dev {at}"))?;
        }
        ip(&format!("-n {grabber} addr add 10.77.0.1/24 dev {at}"))?;
        for end in [cameras, grabber] {
            ip(&format!("-n {end} link set dev {at} up"))?;
        }
        Ok(cable)
    }

    /// The interface at the cameras' end takes packets of so many bytes; the grabber's takes 1500.
    ///
    /// # Errors
    /// It does not.
    pub fn set_mtu_of_cameras(&self, bytes: u32) -> Result<()> {
        ip(&format!("-n {} link set dev {} mtu {bytes}", self.cameras.0, Self::INTERFACE))
    }

    /// Runs a command of `ip` at the grabber's end, as its user would.
    ///
    /// # Errors
    /// It fails.
    pub fn ip_at_grabber(&self, arguments: &str) -> Result<()> {
        ip(&format!("-n {} {arguments}", self.grabber.0))
    }

    /// Starts a camera at one of the addresses.
    ///
    /// # Errors
    /// It does not start.
    pub fn camera(&self, address: Ipv4Addr) -> Result<Process> {
        let mut simulator = Process::command("arv-fake-gv-camera-0.8");
        simulator.args(["-i", &address.to_string(), "-s", &format!("CABLE-{}", address.octets()[3])]);
        let command = behind(self.cameras.exec(), &simulator);
        Process::start(&format!("GigE camera {address}"), &mut { command })
    }

    /// The same command, at the grabber's end.
    pub fn at_grabber(&self, command: &Command) -> Command {
        let mut shell = self.grabber.exec();
        shell.args(["sh", "-c", r#"mount --bind "$0" "$1" && shift && exec "$@""#]).arg(self.speed.path());
        shell.arg(format!("/sys/class/net/{}/speed", Self::INTERFACE));
        behind(shell, command)
    }

    /// The number in a register of a camera, which may be controlled by somebody.
    ///
    /// # Errors
    /// It does not answer.
    pub fn register(&self, camera: Ipv4Addr, register: u32) -> Result<u32> {
        let end = File::open(format!("/run/netns/{}", self.grabber.0))?;
        let reading = std::thread::spawn(move || {
            // Of this thread alone, which ends with it.
            move_into_link_name_space(end.as_fd(), Some(LinkNameSpaceType::Network))?;
            let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0))?;
            socket.set_read_timeout(Some(Duration::from_secs(1)))?;
            socket.connect((camera, CONTROL))?;
            socket.send(&[&READ_REGISTER[..], &register.to_be_bytes()].concat())?;
            let mut answer = [0; 64];
            let size = socket.recv(&mut answer)?;
            let value = answer[..size].get(8..12).and_then(<[u8]>::first_chunk::<4>).context("no register")?;
            anyhow::Ok(u32::from_be_bytes(*value))
        });
        reading.join().map_err(|_| anyhow!("the reading thread failed"))?
    }
}

/// A network of its own, known to `ip netns` by its name.
struct NameSpace(String);

impl NameSpace {
    fn new() -> Result<Self> {
        static LAID: AtomicU32 = AtomicU32::new(0);
        let name = format!("cameracast-{}-{}", std::process::id(), LAID.fetch_add(1, Ordering::Relaxed));
        ip(&format!("netns add {name}"))?;
        Ok(Self(name))
    }

    fn exec(&self) -> Command {
        let mut command = Command::new("ip");
        command.args(["netns", "exec", &self.0]);
        command
    }
}

impl Drop for NameSpace {
    fn drop(&mut self) {
        let _ = ip(&format!("netns del {}", self.0));
    }
}

fn ip(arguments: &str) -> Result<()> {
    let done = Command::new("ip").args(arguments.split(' ')).output()?;
    let said = String::from_utf8_lossy(&done.stderr);
    ensure!(done.status.success(), "«ip {arguments}», which needs root, says: {}", said.trim());
    Ok(())
}
