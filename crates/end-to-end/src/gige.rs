//! A GigE Vision camera in software, from Aravis: GVCP and GVSP over UDP on an address of its own.

use std::net::Ipv4Addr;
use std::time::Duration;

use anyhow::{Context, Result};
use tokio::net::UdpSocket;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout};

use crate::loopback::LoopbackAddress;
use crate::{PATIENCE, Process, Signal};

const GVCP_PORT: u16 = 3956;
/// GVCP: key, acknowledge, DISCOVERY_CMD (2), no payload, request 1.
const DISCOVERY: [u8; 8] = [0x42, 0x01, 0x00, 0x02, 0x00, 0x00, 0x00, 0x01];
const DISCOVERY_ACK: [u8; 2] = [0x00, 0x03];

/// The camera. It can be killed and started again, and keeps its address and serial number.
pub struct FakeGigeCamera {
    // Ends before the address goes.
    process: Option<Process>,
    address: LoopbackAddress,
    serial: String,
    lost_per_thousand: u32,
}

impl FakeGigeCamera {
    /// A camera that answers.
    ///
    /// # Errors
    /// It does not start, or this user may not add an address.
    pub async fn start() -> Result<Self> {
        Self::start_losing(0).await
    }

    /// A camera on a bad line, which loses so many of a thousand packets.
    ///
    /// # Errors
    /// It does not start, or this user may not add an address.
    pub async fn start_losing(lost_per_thousand: u32) -> Result<Self> {
        let address = LoopbackAddress::take()?;
        let [_, _, own, last] = address.ip().octets();
        let mut camera = Self { process: None, address, serial: format!("E2E-{own}-{last}"), lost_per_thousand };
        camera.switch_on().await?;
        Ok(camera)
    }

    /// Its address.
    pub fn ip(&self) -> Ipv4Addr {
        self.address.ip()
    }

    /// Its serial number, no two alike.
    pub fn serial(&self) -> &str {
        &self.serial
    }

    /// Starts the camera again after [`FakeGigeCamera::kill`], and waits until it answers.
    ///
    /// # Errors
    /// It does not answer.
    pub async fn switch_on(&mut self) -> Result<()> {
        self.switch_on_losing(self.lost_per_thousand).await
    }

    /// The same on another line, which loses so many of a thousand packets until it is switched off.
    ///
    /// # Errors
    /// It does not answer.
    pub async fn switch_on_losing(&mut self, lost_per_thousand: u32) -> Result<()> {
        let mut command = Process::command("arv-fake-gv-camera-0.8");
        command.args(["-i", &self.ip().to_string(), "-s", &self.serial]);
        command.args(["-r", &lost_per_thousand.to_string()]);
        self.process = Some(Process::start(&format!("GigE camera {}", self.serial), &mut command)?);
        self.answers().await.with_context(|| format!("the GigE camera on {} does not answer", self.ip()))
    }

    /// The camera is gone, as when its cable is pulled.
    ///
    /// # Errors
    /// It was gone already.
    pub fn kill(&mut self) -> Result<()> {
        self.process.take().context("no camera runs")?.kill()
    }

    /// The camera hangs (`Signal::STOP`), or goes on (`Signal::CONT`).
    ///
    /// # Errors
    /// It is gone.
    pub fn signal(&self, signal: Signal) -> Result<()> {
        self.process.as_ref().context("no camera runs")?.signal(signal)
    }

    async fn answers(&self) -> Result<()> {
        let socket = UdpSocket::bind((self.ip(), 0)).await?;
        let deadline = Instant::now() + PATIENCE;
        loop {
            // Refused at first: nobody listens on that port yet.
            let asked = socket.send_to(&DISCOVERY, (self.ip(), GVCP_PORT)).await;
            let mut answer = [0; 512];
            match (asked, timeout(Duration::from_millis(50), socket.recv_from(&mut answer)).await) {
                (Ok(_), Ok(Ok((size, _)))) if size >= 8 && answer[2..4] == DISCOVERY_ACK => return Ok(()),
                (_, last) if Instant::now() >= deadline => {
                    last??;
                    anyhow::bail!("an answer that is no discovery acknowledge");
                }
                (_, Ok(Err(_))) => tokio::time::sleep(Duration::from_millis(10)).await,
                _ => {}
            }
        }
    }
}

/// A camera that hangs: it says that nobody controls it, and answers nothing else. Who opens it waits for long.
pub struct DeafCamera {
    asked: watch::Receiver<bool>,
    answering: JoinHandle<()>,
    address: LoopbackAddress,
}

/// GVCP: READMEM_CMD and its acknowledge.
const READ_MEMORY: [u8; 2] = [0x00, 0x84];
const READ_MEMORY_ACK: [u8; 2] = [0x00, 0x85];
/// The register "control channel privilege".
const PRIVILEGE: [u8; 4] = [0x00, 0x00, 0x0A, 0x00];

impl DeafCamera {
    /// A camera on an address of its own.
    ///
    /// # Errors
    /// This user may not add an address.
    pub fn start() -> Result<Self> {
        let address = LoopbackAddress::take()?;
        let socket = std::net::UdpSocket::bind((address.ip(), GVCP_PORT))?;
        socket.set_nonblocking(true)?;
        let socket = UdpSocket::from_std(socket)?;
        let (ask, asked) = watch::channel(false);
        let answering = tokio::spawn(async move {
            let mut command = [0; 1024];
            while let Ok((size, from)) = socket.recv_from(&mut command).await {
                if size < 16 || command[2..4] != READ_MEMORY || command[8..12] != PRIVILEGE {
                    ask.send_replace(true);
                    continue;
                }
                let nobody = [0; 4];
                let number = &command[6..8];
                let answer = [&[0, 0], &READ_MEMORY_ACK[..], &[0, 8], number, &PRIVILEGE, &nobody].concat();
                let _ = socket.send_to(&answer, from).await;
            }
        });
        Ok(Self { asked, answering, address })
    }

    /// Its address.
    pub fn ip(&self) -> Ipv4Addr {
        self.address.ip()
    }

    /// Waits for somebody who opens it.
    ///
    /// # Errors
    /// Nobody does.
    pub async fn is_being_opened(&self, within: Duration) -> Result<()> {
        timeout(within, self.asked.clone().wait_for(|asked| *asked)).await.context("nobody opens the camera")??;
        Ok(())
    }
}

impl Drop for DeafCamera {
    fn drop(&mut self) {
        self.answering.abort();
    }
}
