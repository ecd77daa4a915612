//! Who takes part: two bridges, three grabbers, six cameras.
//!
//! ```text
//! the restless grabber: GigE, network and pattern camera ─┐
//! the quiet grabber: a pattern camera, never touched ─────┴─▶ the steady bridge ─▶ its viewers
//! the steady grabber: GigE, network and two patterns ───────▶ the restless bridge ─▶ its viewers
//! ```
//!
//! What is restless is killed and started again all the time. What is steady lives from the beginning to the end, meets
//! every other fault, and has to look afterwards as it did before: it is what memory and descriptors are measured of.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};
use end_to_end::{FakeGigeCamera, Place, Process, gige_camera, gstreamer_camera, http_get};

use crate::board::{Camera, Site};
use crate::program::Program;

const STREAM: &str = "[stream]\nfps = 25\n";
/// Grabbed of a GigE camera.
const GIGE_FPS: u32 = 60;
/// How long a program may take to begin.
const BEGINS_WITHIN: Duration = Duration::from_secs(20);

/// The ids of the cameras of a grabber.
pub(crate) const GIGE: u8 = 0;
pub(crate) const NETWORK: u8 = 1;
pub(crate) const PATTERN: u8 = 2;
/// The steady grabber's, which is changed by reloads.
pub(crate) const CHANGED: u8 = 3;
/// The quiet grabber's.
pub(crate) const QUIET: u8 = 10;

pub(crate) struct Bridge {
    pub(crate) program: Program,
    pub(crate) address: SocketAddr,
    pub(crate) socket: PathBuf,
    pub(crate) cameras: Vec<u8>,
    _place: Place,
}

pub(crate) struct Grabber {
    pub(crate) program: Program,
    pub(crate) gige: FakeGigeCamera,
    /// A camera that is a program and answers over TCP.
    pub(crate) network: Program,
    pub(crate) place: Place,
}

pub(crate) struct Stage {
    pub(crate) steady_bridge: Bridge,
    pub(crate) restless_bridge: Bridge,
    pub(crate) steady_grabber: Grabber,
    pub(crate) restless_grabber: Grabber,
    quiet_grabber: Program,
    _quiet_place: Place,
}

impl Stage {
    /// Starts everybody; their logs go into a folder.
    pub(crate) async fn begin(logs: &Path) -> Result<Self> {
        let mut steady_bridge = Bridge::new("steady bridge", logs, vec![GIGE, NETWORK, PATTERN, QUIET])?;
        let mut restless_bridge = Bridge::new("restless bridge", logs, vec![GIGE, NETWORK, PATTERN, CHANGED])?;
        for bridge in [&mut steady_bridge, &mut restless_bridge] {
            bridge.start().await?;
        }
        let restless_grabber = Grabber::begin("restless", logs, &steady_bridge.socket, false).await?;
        let steady_grabber = Grabber::begin("steady", logs, &restless_bridge.socket, true).await?;
        let quiet_place = Place::new(&(STREAM.to_owned() + &pattern(QUIET, 80)))?;
        let mut quiet_grabber = grabber("quiet grabber", logs, quiet_place.config(), steady_bridge.socket.clone());
        quiet_grabber.start()?;
        Ok(Self {
            steady_bridge,
            restless_bridge,
            steady_grabber,
            restless_grabber,
            quiet_grabber,
            _quiet_place: quiet_place,
        })
    }

    pub(crate) fn bridge(&mut self, site: Site) -> &mut Bridge {
        match site {
            Site::Steady => &mut self.steady_bridge,
            Site::Restless => &mut self.restless_bridge,
        }
    }

    /// The grabber with cameras whose pictures a bridge shows.
    pub(crate) fn grabber(&mut self, site: Site) -> &mut Grabber {
        match site {
            Site::Steady => &mut self.restless_grabber,
            Site::Restless => &mut self.steady_grabber,
        }
    }

    /// All that is to be seen at a bridge.
    pub(crate) fn all_of(&self, site: Site) -> Vec<Camera> {
        let bridge = match site {
            Site::Steady => &self.steady_bridge,
            Site::Restless => &self.restless_bridge,
        };
        bridge.cameras.iter().map(|id| Camera { site, id: *id }).collect()
    }

    /// What a grabber shows at a bridge, the quiet one left out.
    pub(crate) fn grabbed_at(&self, site: Site) -> Vec<Camera> {
        self.all_of(site).into_iter().filter(|camera| camera.id != QUIET).collect()
    }

    pub(crate) fn everything(&self) -> Vec<Camera> {
        [self.all_of(Site::Steady), self.all_of(Site::Restless)].concat()
    }

    fn programs(&mut self) -> [&mut Program; 7] {
        [
            &mut self.steady_bridge.program,
            &mut self.restless_bridge.program,
            &mut self.steady_grabber.program,
            &mut self.restless_grabber.program,
            &mut self.quiet_grabber,
            &mut self.steady_grabber.network,
            &mut self.restless_grabber.network,
        ]
    }

    /// # Errors
    /// A program ended by itself.
    pub(crate) fn everybody_lives(&mut self) -> Result<()> {
        self.programs().into_iter().try_for_each(Program::still_runs)
    }

    /// Every panic that a log tells of.
    pub(crate) fn panics(&mut self) -> Vec<String> {
        self.programs().into_iter().flat_map(|program| program.panics()).collect()
    }
}

impl Bridge {
    fn new(name: &str, logs: &Path, cameras: Vec<u8>) -> Result<Self> {
        let place = Place::new("")?;
        let address = (Ipv4Addr::LOCALHOST, free_port()?).into();
        let (config, socket) = (place.config(), place.socket());
        let program = Program::new(name, logs, move || {
            let mut command = Process::command(end_to_end::program("ws-bridge")?);
            command.arg("--config").arg(&config).args(["--listen", &format!("{address}")]);
            Ok(command)
        });
        Ok(Self { program, address, socket, cameras, _place: place })
    }

    /// Starts it, and waits until it answers.
    pub(crate) async fn start(&mut self) -> Result<()> {
        self.program.start()?;
        let answers = async {
            while http_get(self.address, "/healthz").await.is_err() {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        let answered = tokio::time::timeout(BEGINS_WITHIN, answers).await;
        answered.with_context(|| format!("nobody answers on {}", self.address))?;
        self.program.still_runs()
    }
}

impl Grabber {
    async fn begin(name: &str, logs: &Path, socket: &Path, with_a_changed_one: bool) -> Result<Self> {
        let gige = FakeGigeCamera::start().await?;
        let port = free_port()?;
        let mut network = Program::new(&format!("{name} network camera"), logs, move || Ok(network_camera(port)));
        network.start()?;
        let place = Place::new(&cameras(&gige, port, with_a_changed_one.then_some(80)))?;
        let config = place.config();
        let mut program = grabber(&format!("{name} grabber"), logs, config, socket.to_owned());
        program.start()?;
        Ok(Self { program, gige, network, place })
    }

    /// Writes the configuration with another quality of the camera that is there to be changed.
    pub(crate) fn configure(&self, jpeg_quality: u8) -> Result<()> {
        let text = std::fs::read_to_string(self.place.config())?;
        let (kept, _) = text.split_once(&format!("[[camera]]\nid = {CHANGED}\n")).context("no such camera")?;
        Ok(std::fs::write(self.place.config(), kept.to_owned() + &pattern(CHANGED, jpeg_quality))?)
    }
}

/// A port that nobody has at the moment.
fn free_port() -> Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}

fn grabber(name: &str, logs: &Path, config: PathBuf, socket: PathBuf) -> Program {
    Program::new(name, logs, move || {
        let mut command = Process::command(end_to_end::program("cam-grabber")?);
        command.arg("--config").arg(&config).arg("--socket").arg(&socket);
        Ok(command)
    })
}

fn cameras(gige: &FakeGigeCamera, port: u16, quality_of_the_changed_one: Option<u8>) -> String {
    let network =
        format!("tcpclientsrc host=127.0.0.1 port={port} do-timestamp=true ! multipartdemux ! image/jpeg ! jpegdec");
    let sections = [
        STREAM.to_owned(),
        gige_camera(GIGE, gige.ip(), GIGE_FPS),
        gstreamer_camera(NETWORK, &network),
        pattern(PATTERN, 80),
        quality_of_the_changed_one.map(|quality| pattern(CHANGED, quality)).unwrap_or_default(),
    ];
    sections.concat()
}

fn pattern(id: u8, jpeg_quality: u8) -> String {
    let size = "width = 320\nheight = 240\nfps = 30";
    format!("[[camera]]\nid = {id}\nsource = \"pattern\"\n{size}\njpeg_quality = {jpeg_quality}\n")
}

/// A camera that sends MJPEG to whoever connects.
fn network_camera(port: u16) -> std::process::Command {
    let mut command = Process::command("gst-launch-1.0");
    let pipeline = "videotestsrc is-live=true pattern=ball ! video/x-raw,width=320,height=240,framerate=30/1 ! \
                    jpegenc ! multipartmux ! tcpserversink host=127.0.0.1";
    command.arg("-q").args(pipeline.split_whitespace()).arg(format!("port={port}"));
    command
}
