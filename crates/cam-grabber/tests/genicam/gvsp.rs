//! Frames made by hand, sent to the port at which the camera's stream is awaited: what no simulator sends.

use std::net::UdpSocket;

use cam_grabber::capture::{Camera, Frame, Grabbed};
use cameracast_config as config;

use crate::fake_camera::FakeCamera;
use crate::taking::{SOON, wanted};

/// Registers: where the camera is to send its stream.
const STREAM_PORT: u32 = 0x0D00;
const STREAM_ADDRESS: u32 = 0x0D18;

const IMAGE: u16 = 0x0001;
const WITH_CHUNKS: u16 = 0x4000;
const MONO_8: u32 = 0x0108_0001;

/// The picture's size, and the id of the chunk that holds it.
pub(crate) const WIDTH: u32 = 64;
pub(crate) const HEIGHT: u32 = 48;
const PICTURE_CHUNK: u32 = 1;

/// A camera that sends nothing of its own, so that frames can be sent in its place.
pub(crate) fn silent() -> config::Camera {
    config::Camera {
        trigger: Some("Software".into()),
        width: Some(WIDTH),
        // Room for chunks.
        height: Some(HEIGHT + 1),
        ..wanted()
    }
}

/// Sends in the place of a camera that is opened and silent.
pub(crate) struct Frames {
    socket: UdpSocket,
    id: u16,
}

impl Frames {
    pub(crate) fn in_place_of(camera: &FakeCamera) -> Self {
        let socket = UdpSocket::bind((camera.address().as_str(), 0)).unwrap();
        let to = camera.register(STREAM_ADDRESS).to_be_bytes();
        socket.connect((std::net::Ipv4Addr::from(to), camera.register(STREAM_PORT) as u16)).unwrap();
        Self { socket, id: 0 }
    }

    /// One frame of [`WIDTH`] by [`HEIGHT`] gray pixels, as it is grabbed. Of its stamps the first is what its leader
    /// says, in the camera's ticks; the other is a chunk, a number of 64 bits with its id.
    pub(crate) fn send(&mut self, camera: &mut dyn Camera, stamps: impl Fn() -> (u64, Option<(u32, u64)>)) -> Frame {
        // Where this thread is held up between its packets, aravis gives a frame up: then another is sent.
        for _ in 0..10 {
            let (stamp, chunk) = stamps();
            self.send_packets(stamp, chunk);
            if let Grabbed::Frame(frame) = camera.grab(SOON).unwrap() {
                return frame;
            }
        }
        panic!("no frame came whole");
    }

    fn send_packets(&mut self, stamp: u64, chunk: Option<(u32, u64)>) {
        self.id += 1;
        let mut data = vec![0x55; (WIDTH * HEIGHT) as usize];
        if let Some((id, value)) = chunk {
            data.extend([PICTURE_CHUNK, WIDTH * HEIGHT].map(u32::to_be_bytes).concat());
            data.extend(value.to_be_bytes());
            data.extend([id, 8].map(u32::to_be_bytes).concat());
        }
        let kind = if chunk.is_some() { IMAGE | WITH_CHUNKS } else { IMAGE };
        let mut leader = [[0, 0], kind.to_be_bytes()].concat();
        leader.extend(stamp.to_be_bytes());
        leader.extend([MONO_8, WIDTH, HEIGHT, 0, 0, 0].map(u32::to_be_bytes).concat());
        let trailer = [u32::from(kind), HEIGHT].map(u32::to_be_bytes).concat();
        for (number, (format, body)) in [(1, leader), (3, data), (2, trailer)].into_iter().enumerate() {
            let head = [[0, 0], self.id.to_be_bytes(), [format, 0], (number as u16).to_be_bytes()].concat();
            self.socket.send(&[head, body].concat()).unwrap();
        }
    }
}
