//! What is done to the processes, the cameras, the machine, the packets and the clients, and what has to be true after.

mod cameras;
mod clients;
mod machine;
mod packets;
mod processes;
mod raw;

use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use fastrand::Rng;
use tokio::task::JoinSet;
use tokio::time::sleep;

use crate::board::{Board, Camera, Moment, Site};
use crate::stage::{GIGE, NETWORK, Stage};

/// What a fault is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Class {
    Process,
    Camera,
    Machine,
    Packet,
    Client,
}

/// Where faults happen.
pub(crate) struct World {
    pub(crate) stage: Stage,
    pub(crate) board: Arc<Board>,
    pub(crate) rng: Rng,
    /// Faults that take long and hurt nobody go on beside the others.
    pub(crate) background: JoinSet<(Fault, Result<()>)>,
}

/// How a fault was overcome.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Recovery {
    pub(crate) took: Duration,
    /// What is stated.
    pub(crate) within: Duration,
}

/// Cameras, and the time in which they have to be seen again.
pub(crate) type Expected = (Vec<Camera>, Duration);

const SECOND: Duration = Duration::from_secs(1);
/// Of a bridge, and of a camera without hardware.
const BACK: Duration = Duration::from_secs(2);
/// Of a camera that is opened over the network by GStreamer.
const REOPENED: Duration = Duration::from_secs(6);
/// Of a GigE Vision camera whose controller was killed: it waits 3 s for its heartbeat.
const CONTROLLED_AGAIN: Duration = Duration::from_secs(8);
/// Who is back is seen for so long without a pause. A GigE Vision camera is asked once a second whether it still obeys, so
/// that a grabber that hung for longer than its heartbeat shows pictures for a second, and opens it again only then.
const STEADY: Duration = Duration::from_millis(2500);
/// Nobody was hurt, so everybody is seen at once.
const AT_ONCE: Duration = Duration::from_secs(1);

/// Declares all faults: variant, class, words.
macro_rules! faults {
    ($($fault:ident $class:ident $words:literal,)+) => {
        /// A kind of fault.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub(crate) enum Fault { $($fault,)+ }

        impl Fault {
            /// Each kind.
            pub(crate) const ALL: &[Self] = &[$(Self::$fault,)+];

            pub(crate) fn class(self) -> Class {
                match self { $(Self::$fault => Class::$class,)+ }
            }

            pub(crate) fn words(self) -> &'static str {
                match self { $(Self::$fault => $words,)+ }
            }
        }
    };
}

faults! {
    GrabberKilled Process "grabber killed",
    GrabberEnded Process "grabber ended and started",
    GrabberStopped Process "grabber stopped for a while",
    BridgeKilled Process "bridge killed",
    BridgeEnded Process "bridge ended and started",
    BridgeStopped Process "bridge stopped for a while",
    PortTaken Process "port taken while the bridge was gone",
    AllKilled Process "bridge, grabber and cameras killed",
    GigeKilled Camera "GigE camera without power",
    GigeStopped Camera "GigE camera hangs",
    NetworkKilled Camera "network camera without power",
    NetworkStopped Camera "network camera hangs",
    StoppedByHand Camera "camera stopped and started by hand",
    Reload Camera "reload changes a camera",
    ReloadRefused Camera "reload of a file with a mistake",
    NoDescriptors Machine "bridge without file descriptors",
    Starved Machine "processor starved",
    LossyLine Packet "GigE packets lost",
    ForgedDatagrams Packet "forged GigE packets",
    WrongMagic Packet "no packets on the Unix socket",
    Malformed Packet "malformed bundles",
    Oversized Packet "packets that are too large",
    CutShort Packet "packets cut short",
    TakenCamera Packet "a camera id that another grabber has",
    BadControl Packet "control messages that cannot be read",
    Noise Packet "random bytes on the Unix socket",
    Silent Packet "a grabber that says nothing",
    Unmasked Client "frames without a mask",
    ReservedBits Client "reserved bits and opcodes",
    BinaryMessage Client "binary messages to the bridge",
    NotUtf8 Client "text that is not UTF-8",
    TooLarge Client "messages that are too large",
    PingFlood Client "floods of pings",
    TextFlood Client "floods of text",
    ResetAmidst Client "resets in the middle of a message",
    Vanished Client "ends in the middle of a handshake",
    NoHttp Client "something else than HTTP",
    LargeHead Client "heads that are too large",
    SlowHead Client "heads without an end",
    Storm Client "a hundred connections at once",
    ForeignPage Client "pages of other sites",
    WrongRequests Client "requests that cannot be",
    BadSettings Client "settings that cannot be",
    SizesFlood Client "many pictures in many sizes",
    Deflate Client "permessage-deflate asked for",
    NeverReads Client "viewers that never read",
    ReadsSlowly Client "viewers that read slowly",
    NeverReadsMjpeg Client "MJPEG that is never read",
    LazyRecorder Client "recorders that never read",
    Closes Client "viewers that come and go as they should",
}

impl World {
    /// Lets a fault happen, and waits until it is overcome.
    ///
    /// # Errors
    /// What was not as it has to be.
    pub(crate) async fn meet(&mut self, fault: Fault) -> Result<Recovery> {
        let site = self.any_site();
        match fault {
            Fault::GrabberKilled => self.grabber_killed().await,
            Fault::GrabberEnded => self.grabber_ended().await,
            Fault::GrabberStopped => self.grabber_stopped(site).await,
            Fault::BridgeKilled => self.bridge_killed().await,
            Fault::BridgeEnded => self.bridge_ended().await,
            Fault::BridgeStopped => self.bridge_stopped(site).await,
            Fault::PortTaken => self.port_taken().await,
            Fault::AllKilled => self.all_killed().await,
            Fault::GigeKilled => self.gige_killed(site).await,
            Fault::GigeStopped => self.gige_stopped(site).await,
            Fault::NetworkKilled => self.network_killed(site).await,
            Fault::NetworkStopped => self.network_stopped(site).await,
            Fault::StoppedByHand => self.stopped_by_hand(site).await,
            Fault::Reload => self.reload().await,
            Fault::ReloadRefused => self.reload_refused().await,
            Fault::NoDescriptors => self.no_descriptors(site).await,
            Fault::Starved => self.starved().await,
            Fault::LossyLine => self.lossy_line(site).await,
            Fault::ForgedDatagrams => self.forged_datagrams(site).await,
            packet if packet.class() == Class::Packet => self.packets(packet, site).await,
            client => self.clients(client, site).await,
        }
    }

    fn any_site(&mut self) -> Site {
        if self.rng.bool() { Site::Steady } else { Site::Restless }
    }

    /// Waits a random time.
    async fn a_while(&mut self, milliseconds: std::ops::Range<u64>) {
        let time = Duration::from_millis(self.rng.u64(milliseconds));
        sleep(time).await;
    }

    /// Waits until cameras are seen again, as they are from now on.
    async fn recovers(&self, expected: Vec<Expected>) -> Result<Recovery> {
        self.recovers_since(Moment::now(), expected).await
    }

    /// The same from a moment before, and for good: an opening that a hang has caused may follow the first picture.
    async fn recovers_since(&self, since: Moment, expected: Vec<Expected>) -> Result<Recovery> {
        self.seen_for(STEADY, since, expected).await
    }

    /// Nobody was hurt: everybody is seen at once.
    async fn nobody_noticed(&self) -> Result<Recovery> {
        self.seen_for(Duration::ZERO, Moment::now(), vec![(self.stage.everything(), AT_ONCE)]).await
    }

    async fn seen_for(&self, steady: Duration, since: Moment, expected: Vec<Expected>) -> Result<Recovery> {
        let (groups, times): (Vec<_>, Vec<_>) = expected.into_iter().unzip();
        let seen = self.board.until_seen(&groups, since, steady).await?;
        let mut nearest = Recovery { took: Duration::ZERO, within: AT_ONCE };
        for ((took, last), within) in seen.into_iter().zip(times) {
            if took > within {
                self.board.violation(format!("not within {within:?}, but after {took:?} all was seen, last {last}"));
            }
            let share = |time: Duration, of: Duration| time.as_secs_f64() / of.as_secs_f64();
            if share(took, within) >= share(nearest.took, nearest.within) {
                nearest = Recovery { took, within };
            }
        }
        Ok(nearest)
    }

    /// All cameras of a grabber, each with its time, the GigE camera's given.
    fn grabbers_cameras(&self, site: Site, gige_within: Duration) -> Vec<Expected> {
        let within = |camera: Camera| match camera.id {
            GIGE => gige_within,
            NETWORK => REOPENED,
            _ => BACK,
        };
        self.stage.grabbed_at(site).into_iter().map(|camera| (vec![camera], within(camera))).collect()
    }
}
