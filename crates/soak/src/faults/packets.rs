//! What is wrong on the Unix socket, and on the way from a GigE Vision camera.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use bytes::Bytes;
use end_to_end::forge_datagrams;
use frame_bundle::{
    BUNDLE_PACKET_MAGIC, BundleBuilder, CONTROL_PACKET_MAGIC, Frame, MAX_BUNDLE_SIZE, MAX_CONTROL_SIZE, PixelFormat,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;
use tokio::time::timeout;

use super::{Fault, Recovery, SECOND, World};
use crate::board::Site;
use crate::stage::PATTERN;

/// In one burst.
const DATAGRAMS: usize = 300;

impl World {
    pub(super) async fn packets(&mut self, fault: Fault, site: Site) -> Result<Recovery> {
        let socket = self.stage.bridge(site).socket.clone();
        match fault {
            Fault::WrongMagic => is_thrown_out(&socket, b"GET / HTTP/1.1\r\n\r\n").await?,
            Fault::Malformed => {
                let vector = self.rng.choice(vectors("malformed")?).context("a vector")?;
                is_thrown_out(&socket, &packet(BUNDLE_PACKET_MAGIC, &vector)).await?;
            }
            Fault::Oversized => {
                let (magic, most) = if self.rng.bool() {
                    (BUNDLE_PACKET_MAGIC, MAX_BUNDLE_SIZE)
                } else {
                    (CONTROL_PACKET_MAGIC, MAX_CONTROL_SIZE)
                };
                let header = [magic, most as u32 + 1].map(u32::to_le_bytes).concat();
                is_thrown_out(&socket, &header).await?;
            }
            Fault::CutShort => {
                let whole = packet(BUNDLE_PACKET_MAGIC, &bundle(77, 200)?);
                let mut grabber = UnixStream::connect(&socket).await?;
                grabber.write_all(&whole[..self.rng.usize(1..whole.len())]).await?;
            }
            Fault::TakenCamera => {
                is_thrown_out(&socket, &packet(BUNDLE_PACKET_MAGIC, &bundle(PATTERN, 40_000)?)).await?;
            }
            Fault::BadControl => {
                let said = self.rng.choice([
                    "",
                    "{",
                    "[]",
                    "null",
                    r#"{"type":"state"}"#,
                    r#"{"type":"result","request":-1}"#,
                    r#"{"type":"state","session":"x","demo":1,"cameras":[{"camera":999}]}"#,
                ]);
                let mut grabber = UnixStream::connect(&socket).await?;
                grabber.write_all(&packet(CONTROL_PACKET_MAGIC, said.unwrap_or_default().as_bytes())).await?;
                // Thrown out or listened to further: the same bridge goes on either way.
                let _ = timeout(SECOND / 5, grabber.read(&mut [0; 256])).await;
            }
            Fault::Noise => {
                let mut noise = vec![0; self.rng.usize(8..20_000)];
                self.rng.fill(&mut noise);
                is_thrown_out(&socket, &noise).await?;
            }
            Fault::Silent => {
                let _silent = UnixStream::connect(&socket).await?;
                self.a_while(0..2000).await;
            }
            other => bail!("{other:?} is no fault of packets"),
        }
        self.nobody_noticed().await
    }

    pub(super) async fn forged_datagrams(&mut self, site: Site) -> Result<Recovery> {
        let pid = self.stage.grabber(site).program.pid()?.as_raw_nonzero().get().cast_unsigned();
        forge_datagrams(pid, DATAGRAMS, &mut self.rng)?;
        self.nobody_noticed().await
    }
}

/// Says something that no grabber says; the bridge has to end this connection.
async fn is_thrown_out(socket: &Path, said: &[u8]) -> Result<()> {
    let mut grabber = UnixStream::connect(socket).await?;
    let _ = grabber.write_all(said).await; // it may be thrown out before the last byte
    let ended = async { while grabber.read(&mut [0; 4096]).await.is_ok_and(|read| read > 0) {} };
    timeout(2 * SECOND, ended)
        .await
        .with_context(|| format!("the bridge listens on to {} bytes of nonsense", said.len()))
}

fn packet(magic: u32, payload: &[u8]) -> Vec<u8> {
    [&[magic, payload.len() as u32].map(u32::to_le_bytes).concat(), payload].concat()
}

fn bundle(camera_id: u8, size: usize) -> Result<Bytes> {
    let frame = Frame {
        camera_id,
        pixel_format: PixelFormat::JPEG,
        width: 320,
        height: 240,
        data: Bytes::from([&[0xFF, 0xD8][..], &vec![7; size], &[0xFF, 0xD9]].concat()),
    };
    Ok(BundleBuilder::new(0, 1).frame(frame).session(99).build()?)
}

/// The golden vectors of a kind, as bytes.
fn vectors(kind: &str) -> Result<Vec<Vec<u8>>> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../proto/vectors").join(kind);
    let mut vectors = Vec::new();
    for file in fs::read_dir(folder)? {
        let file = file?.path();
        if file.extension().is_some_and(|extension| extension == "hex") {
            vectors.push(bytes_of(&fs::read_to_string(&file)?)?);
        }
    }
    vectors.sort(); // by the same seed the same ones
    Ok(vectors)
}

fn bytes_of(hex: &str) -> Result<Vec<u8>> {
    let lines = hex.lines().filter(|line| !line.starts_with('#'));
    let digits: Vec<char> = lines.flat_map(str::chars).filter(|digit| !digit.is_whitespace()).collect();
    digits.chunks(2).map(|pair| Ok(u8::from_str_radix(&pair.iter().collect::<String>(), 16)?)).collect()
}
