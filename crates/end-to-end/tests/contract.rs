//! The wire contract between processes: nothing is changed on the way, either side can be somebody else's program, and
//! what is not a bundle is turned away.

use std::io::{ErrorKind, Read, Write};
use std::os::unix::net::UnixStream;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use bytes::Bytes;
use end_to_end::python::{FedCamera, feeder, listener};
use end_to_end::{PATIENCE, Picture, Place, Tee, WsClient, cameras_of, http_get, names, pattern_camera};
use frame_bundle::{BundleBuilder, Frame, FrameBundle, PixelFormat};
use serde_json::Value;

#[tokio::test]
async fn a_viewer_gets_the_very_bytes_that_were_read_on_the_socket() -> Result<()> {
    let place = Place::new(&[pattern_camera(0), pattern_camera(1), pattern_camera(2)].concat())?;
    let bridge = place.bridge().await?;
    let tee = Tee::start(place.file("tee.sock"), &place.socket())?;
    let mut viewer = WsClient::connect(bridge.address).await?;
    let _grabber = place.grabber_on(tee.socket())?;

    viewer.next_bundle(PATIENCE).await?;
    let received = viewer.bundles_for(Duration::from_secs(3)).await?;
    let sent = tee.bundles();
    let mut compared = 0;
    for [(_, before), (_, bundle)] in received.array_windows() {
        // After a gap the viewer is caught up with a bundle made for it.
        if bundle.seq() == before.seq() + 1 {
            let raw = sent.get(&bundle.seq()).with_context(|| format!("seq {} was never sent", bundle.seq()))?;
            ensure!(bundle.payload() == raw, "seq {} was changed on the way", bundle.seq());
            compared += 1;
        }
    }
    ensure!(compared > 60, "only {compared} of {} bundles could be compared", received.len());
    Ok(())
}

#[tokio::test]
async fn a_feeder_that_knows_only_version_1_can_take_the_grabbers_place() -> Result<()> {
    let place = Place::new("")?;
    let bridge = place.bridge().await?;
    let mut viewer = WsClient::connect(bridge.address).await?;
    let (gate, yard) = (place.file("gate.jpg"), place.file("yard.jpg"));
    std::fs::write(&gate, Picture::drawn(320, 240, |x, y| [x as u8, y as u8, 0]).to_jpeg()?)?;
    std::fs::write(&yard, Picture::drawn(64, 48, |x, y| [0, x as u8, y as u8]).to_jpeg()?)?;
    let cameras = [
        FedCamera { id: 0, width: 320, height: 240, file: &gate },
        FedCamera { id: 255, width: 64, height: 48, file: &yard },
    ];
    let mut feeder = feeder(&place.socket(), 30, 60, &cameras)?;

    let meta = viewer.meta_where(PATIENCE, |meta| meta["cameras"].as_array().is_some_and(|all| all.len() == 2)).await?;
    assert_eq!((&meta["cameras"][1]["camera_id"], &meta["cameras"][1]["width"]), (&255.into(), &64.into()), "{meta}");
    let bundle = viewer.next_bundle(PATIENCE).await?;
    assert_eq!(cameras_of(&bundle), [0, 255].into());
    assert_eq!(bundle.frame(0).context("camera 0")?.data, std::fs::read(&gate)?);
    assert_eq!(bundle.frame(255).context("camera 255")?.data, std::fs::read(&yard)?);
    let as_sent = 24 + 2 * 16 + std::fs::read(&gate)?.len() + std::fs::read(&yard)?.len();
    assert_eq!(bundle.payload().len(), as_sent, "something was added to the original's bytes");

    ensure!(feeder.ended(PATIENCE).await?.code == 0, "the feeder was cut off");
    viewer.bundle_where(PATIENCE, |bundle| bundle.seq() == 59).await?;
    Ok(())
}

#[tokio::test]
async fn a_listener_that_knows_only_version_1_can_take_the_bridges_place() -> Result<()> {
    let place = Place::new(&(pattern_camera(4) + &pattern_camera(9)))?;
    let mut listener = listener(&place.socket(), 60, &place.file("")).await?;
    let _grabber = place.grabber(&[])?;
    let heard = listener.ended(PATIENCE).await?;
    assert_eq!(heard.code, 0, "{}", heard.stderr);

    let bundles: Vec<Value> = heard.stdout.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    let seqs: Vec<u64> = bundles.iter().filter_map(|bundle| bundle["seq"].as_u64()).collect();
    assert_eq!(seqs.len(), 60);
    ensure!(seqs.array_windows().all(|[a, b]| b == &(a + 1)), "seq does not run on: {seqs:?}");
    for id in bundles[59]["cameras"].as_array().into_iter().flatten().filter_map(|camera| camera["camera"].as_u64()) {
        let picture = Picture::from_jpeg(&std::fs::read(place.file(&format!("{id}.jpg")))?)?;
        assert_eq!((picture.width, picture.height), (640, 480), "camera {id}");
    }
    Ok(())
}

#[tokio::test]
async fn several_grabbers_feed_one_bridge_and_of_two_with_the_same_camera_the_older_stays() -> Result<()> {
    let place = Place::new(&pattern_camera(0))?;
    let bridge = place.bridge().await?;
    let mut viewer = WsClient::connect(bridge.address).await?;
    let older = place.grabber(&[])?;
    let session = viewer.next_bundle(PATIENCE).await?.session();

    let second = Place::new(&pattern_camera(1))?;
    let _second = second.grabber_on(&place.socket())?;
    viewer.bundle_where(PATIENCE, |bundle| bundle.frame(1).is_some()).await?;
    let meta = viewer.meta_where(PATIENCE, |meta| meta["cameras"].as_array().is_some_and(|all| all.len() == 2)).await?;
    assert_eq!((&meta["cameras"][0]["camera_id"], &meta["cameras"][1]["camera_id"]), (&0.into(), &1.into()));

    let same = place.grabber(&[])?;
    let names_both = |line: &str| names(line, older.pid()) && names(line, same.pid());
    let told = bridge.process.wait_for_line_where("which of two grabbers stays", PATIENCE, names_both).await?;
    ensure!(told.contains("camera") && names(&told, 0), "the log does not say which camera: {told}");
    for (_, bundle) in viewer.bundles_for(Duration::from_secs(1)).await? {
        // What a viewer is caught up with may hold cameras of both, and then has the session of one of them.
        let of_both = bundle.frame(1).is_some();
        ensure!(bundle.frame(0).is_none() || of_both || bundle.session() == session, "the newer grabber was taken");
    }
    Ok(())
}

/// What is wrong, the bytes, and what the log has to say about it.
fn malformed_packets() -> Result<Vec<(&'static str, Vec<u8>, String)>> {
    let frame = |camera_id| Frame {
        camera_id,
        pixel_format: PixelFormat::JPEG,
        width: 1,
        height: 1,
        data: Bytes::from_static(&[0xFF, 0xD8, 0xFF, 0xD9]),
    };
    let good = BundleBuilder::new(0, 0).frame(frame(3)).frame(frame(4)).build()?.to_vec();
    let second_frame = 24 + 16 + 4;
    let changed = |at: usize, value: u8| {
        let mut payload = good.clone();
        payload[at] = value;
        payload
    };
    let bundles = [
        ("another bundle magic", changed(0, 0)),
        ("another version", changed(4, 2)),
        ("no camera", changed(6, 0)),
        ("a camera twice", changed(second_frame, 3)),
        ("a frame past the end", changed(second_frame + 12, 200)),
        ("three bytes left over", [&good[..], &[0; 3]].concat()),
    ];
    let packet = |size: u32, payload: &[u8]| [&0xDEAD_BEEF_u32.to_le_bytes(), &size.to_le_bytes(), payload].concat();
    let mut packets = vec![
        ("another protocol", b"GET / HTTP/1.1\r\n\r\n".to_vec(), "0x20544547".to_owned()),
        ("a length beyond what is taken", packet(u32::MAX, &[]), u32::MAX.to_string()),
    ];
    for (what, payload) in bundles {
        let check =
            FrameBundle::parse(payload.clone().into()).err().with_context(|| format!("{what} is no mistake"))?;
        packets.push((what, packet(u32::try_from(payload.len())?, &payload), check.to_string()));
    }
    Ok(packets)
}

#[tokio::test]
async fn a_malformed_packet_closes_its_own_connection_with_a_line_that_names_the_peer_and_disturbs_nobody() -> Result<()>
{
    let place = Place::new(&pattern_camera(0))?;
    let bridge = place.bridge().await?;
    let mut viewer = WsClient::connect(bridge.address).await?;
    let _grabber = place.grabber(&[])?;
    let session = viewer.next_bundle(PATIENCE).await?.session();

    let us = std::process::id();
    for (what, bytes, check) in malformed_packets()? {
        let socket = place.socket();
        tokio::task::spawn_blocking(move || send_and_wait_for_the_close(&socket, &bytes))
            .await?
            .with_context(|| format!("{what}: the connection was not closed"))?;
        let is_it = |line: &str| names(line, us) && line.contains(&check);
        let line = bridge.process.wait_for_line_where(what, PATIENCE, is_it).await?;
        println!("{what}: {line}");
    }
    let goes_on = viewer.next_bundle(PATIENCE).await?;
    assert_eq!(goes_on.session(), session, "the grabber had to connect again");
    assert_eq!(http_get(bridge.address, "/healthz").await?.0, 200);
    Ok(())
}

fn send_and_wait_for_the_close(socket: &std::path::Path, bytes: &[u8]) -> Result<()> {
    let mut peer = UnixStream::connect(socket)?;
    peer.set_read_timeout(Some(PATIENCE))?;
    peer.write_all(bytes)?;
    // The hello, then the end: 0 bytes, or a reset where not all of ours was read.
    match peer.read_to_end(&mut Vec::new()) {
        Err(error) if error.kind() != ErrorKind::ConnectionReset => Err(error.into()),
        _ => Ok(()),
    }
}
