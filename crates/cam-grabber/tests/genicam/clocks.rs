//! When frames were taken, by which clock.

use std::time::{Duration, Instant};

use cam_grabber::capture::{CaptureTime, Clock, Frame, unix_us};
use cameracast_config as config;
use config::Value;

use crate::fake_camera::FakeCamera;
use crate::gvsp::{Frames, HEIGHT, WIDTH, silent};
use crate::taking::{SOON, first_frame, open, take, wanted};

const MS: u64 = 1_000_000;
/// A busy machine may hold a frame up, but not for longer: a time before that is wrong.
const LATEST_US: u64 = 3_000_000;

/// How long before its arrival a frame was taken, in µs.
fn delay_us(time: CaptureTime) -> u64 {
    unix_us(time.arrived).checked_sub(time.unix_us).expect("no frame is taken after it arrived")
}

#[test]
fn the_cameras_own_clock_counts_once_it_was_watched_for_two_seconds() {
    let simulator = FakeCamera::start(&[]);
    let mut camera = open(&simulator.address(), &wanted()).unwrap();
    let opened = Instant::now();
    assert_eq!(first_frame(&mut *camera).time.clock, Clock::ARRIVAL);
    let mut times = Vec::new();
    while times.len() < 200 {
        assert!(opened.elapsed() < 2 * SOON, "still no clock");
        take(&mut *camera, 1, |frame| times.extend(Some(frame.time).filter(|time| time.clock == Clock::CAMERA)));
    }
    assert!(times.iter().all(|time| delay_us(*time) < LATEST_US), "{times:?}");
    let mut delays: Vec<u64> = times.into_iter().map(delay_us).collect();
    delays.sort_unstable();
    // The simulator stamps a frame before it draws it; most come without delay, whatever the machine does beside.
    assert!(delays[100] < 20_000, "{delays:?}");
}

/// A clock in step with others, and its switch; the status can be set here.
const PTP: &str = r#"
    <Boolean Name="GevIEEE1588"><pValue>PtpRegister</pValue><OnValue>1</OnValue><OffValue>0</OffValue></Boolean>
    <IntReg Name="PtpRegister">
        <Address>0x8000</Address><Length>4</Length><AccessMode>RW</AccessMode><pPort>Device</pPort>
        <Sign>Unsigned</Sign><Endianess>BigEndian</Endianess>
    </IntReg>
    <Enumeration Name="GevIEEE1588Status">
        <EnumEntry Name="Listening"><Value>3</Value></EnumEntry>
        <EnumEntry Name="Slave"><Value>8</Value></EnumEntry>
        <pValue>PtpStatusRegister</pValue>
    </Enumeration>
    <IntReg Name="PtpStatusRegister">
        <Address>0x8004</Address><Length>4</Length><AccessMode>RW</AccessMode><pPort>Device</pPort>
        <Sign>Unsigned</Sign><Endianess>BigEndian</Endianess>
    </IntReg>
"#;

#[test]
fn a_camera_in_step_with_a_ptp_master_says_so_and_one_that_is_not_yet_has_a_clock_of_its_own() {
    for (status, clock) in [("Slave", Clock::PTP), ("Listening", Clock::CAMERA)] {
        let simulator = FakeCamera::start_with(PTP);
        let in_step = config::Camera {
            features: [
                ("GevIEEE1588".into(), Value::Bool(true)),
                ("GevIEEE1588Status".into(), Value::Text(status.into())),
            ]
            .into(),
            ..wanted()
        };
        let mut camera = open(&simulator.address(), &in_step).unwrap();
        let opened = Instant::now();
        let time = loop {
            let time = first_frame(&mut *camera).time;
            if time.clock != Clock::ARRIVAL {
                break time;
            }
            assert!(opened.elapsed() < SOON, "{status}: still no clock");
        };
        assert_eq!(time.clock, clock, "{status}");
        assert!(delay_us(time) < LATEST_US);
    }
}

/// A camera's clock that runs with ours, from a beginning of its own.
struct Stamps {
    began: Instant,
    first_ns: u64,
}

impl Stamps {
    fn from(first_ns: u64) -> Self {
        Self { began: Instant::now(), first_ns }
    }

    fn now(&self) -> u64 {
        self.first_ns + self.began.elapsed().as_nanos() as u64
    }
}

#[test]
fn a_clock_that_is_set_back_is_noticed_and_learnt_anew_and_no_time_is_wrong() {
    let simulator = FakeCamera::start(&[]);
    let mut camera = open(&simulator.address(), &silent()).unwrap();
    let mut frames = Frames::in_place_of(&simulator);
    let mut send_until = |stamps: &Stamps, clock: Clock| {
        let mut clocks = Vec::new();
        while clocks.last() != Some(&clock) {
            assert!(stamps.began.elapsed() < 2 * SOON, "still no {clock:?}");
            let time = frames.send(&mut *camera, || (stamps.now(), None)).time;
            assert!(delay_us(time) < LATEST_US, "{time:?}");
            clocks.push(time.clock);
            std::thread::sleep(Duration::from_millis(10));
        }
        clocks
    };
    send_until(&Stamps::from(5_000_000 * MS), Clock::CAMERA);
    let after = send_until(&Stamps::from(1_000 * MS), Clock::CAMERA);
    assert_eq!(after[0], Clock::ARRIVAL, "the jump is not taken for a delay");
    assert!(after.len() > 10);
}

/// A time stamp behind the picture, and the switch that sends it.
const CHUNKS: &str = r#"
    <Boolean Name="ChunkModeActive"><pValue>ChunkRegister</pValue><OnValue>1</OnValue><OffValue>0</OffValue></Boolean>
    <IntReg Name="ChunkRegister">
        <Address>0x8000</Address><Length>4</Length><AccessMode>RW</AccessMode><pPort>Device</pPort>
        <Sign>Unsigned</Sign><Endianess>BigEndian</Endianess>
    </IntReg>
    <Integer Name="ChunkTimestamp"><pValue>ChunkTimestampRegister</pValue></Integer>
    <IntReg Name="ChunkTimestampRegister">
        <Address>0</Address><Length>8</Length><AccessMode>RO</AccessMode><pPort>TimestampChunk</pPort>
        <Sign>Unsigned</Sign><Endianess>BigEndian</Endianess>
    </IntReg>
    <Port Name="TimestampChunk"><ChunkID>8010</ChunkID></Port>
"#;

#[test]
fn a_time_stamp_in_a_chunk_counts_before_the_leaders() {
    let simulator = FakeCamera::start_with(CHUNKS);
    let chunks = config::Camera { features: [("ChunkModeActive".into(), Value::Bool(true))].into(), ..silent() };
    let mut camera = open(&simulator.address(), &chunks).unwrap();
    let mut frames = Frames::in_place_of(&simulator);
    let stamps = Stamps::from(7_000 * MS);
    let last: Frame = loop {
        assert!(stamps.began.elapsed() < 2 * SOON, "still no clock");
        // The leader's stamp stands still: by itself it is no clock.
        let frame = frames.send(&mut *camera, || (1, Some((0x8010, stamps.now()))));
        if frame.time.clock == Clock::CAMERA {
            break frame;
        }
        std::thread::sleep(Duration::from_millis(10));
    };
    assert_eq!((last.layout.width, last.layout.height), (WIDTH, HEIGHT));
    assert!(delay_us(last.time) < LATEST_US);
}
