from __future__ import annotations

import asyncio
import ssl
import subprocess
import time
from contextlib import aclosing
from itertools import islice, pairwise
from statistics import median

import pytest
from programs import PATIENCE, Place, until

import cameracast


async def take(count: int, url: str) -> list[cameracast.CameraFrame]:
    frames = []
    async with asyncio.timeout(3 * PATIENCE), aclosing(cameracast.every_frame(url)) as coming:
        async for frame in coming:
            frames.append(frame)
            if len(frames) == count:
                break
    return frames


def test_300_frames_at_30_a_second_come_without_a_gap(place: Place) -> None:
    _, url = place.bridge()
    place.grabber(4)
    with cameracast.Client(url) as client:
        client.latest(4, PATIENCE)
    frames = asyncio.run(take(300, url))
    assert [frame.seq for frame in frames] == list(range(frames[0].seq, frames[0].seq + 300))
    numbers = [frame.frame_number or 0 for frame in frames]
    times = [frame.capture_time_us or 0 for frame in frames]
    # What the camera's thread fetches too late is lost with its number: that is no gap of the stream.
    assert numbers == sorted(set(numbers))
    assert median(later - earlier for earlier, later in pairwise(numbers)) == 1
    assert times == sorted(set(times))
    assert (times[-1] - times[0]) / 1e6 == pytest.approx((numbers[-1] - numbers[0]) / 30, abs=0.001)
    assert {(frame.camera_id, frame.width, frame.height, frame.clock) for frame in frames} == {(4, 640, 480, "camera")}
    assert all(frame.jpeg[:2] == b"\xff\xd8" and frame.jpeg[-2:] == b"\xff\xd9" for frame in frames)


def test_for_and_async_for_give_new_frames_of_all_cameras(place: Place) -> None:
    _, url = place.bridge()
    place.grabber(0, 1)

    async def watch() -> list[tuple[int, int]]:
        async with cameracast.Client(url) as client:
            seen: list[tuple[int, int]] = []
            async for frame in client:
                seen.append((frame.camera_id, frame.seq))
                if len(seen) == 60:
                    break
            return seen

    with cameracast.Client(url) as client:
        client.latest(0, PATIENCE)
        client.latest(1, PATIENCE)
        in_order = [(frame.camera_id, frame.seq) for frame in islice(client, 60)]
    for seen in (in_order, asyncio.run(watch())):
        for camera in (0, 1):
            seqs = [seq for camera_id, seq in seen if camera_id == camera]
            assert len(seqs) > 10
            assert seqs == sorted(set(seqs))


def test_a_program_that_is_busy_gets_no_old_pictures(place: Place) -> None:
    _, url = place.bridge()
    place.grabber(0)
    with cameracast.Client(url) as client:
        client.latest(0, PATIENCE)
        until("the bridge's clock", lambda: client.age(client.latest(0)) is not None)
        ages = []
        frames = iter(client)
        for _ in range(5):
            newest = client.latest(0)
            frame = next(frames)
            assert frame.seq >= newest.seq
            ages.append(client.age(frame) or 0)
            time.sleep(0.4)  # the program's own work
    # Where the machine was busy, the frame was under way for longer, or the question about the time was.
    assert all(-1 < age < 2 for age in ages), ages
    assert client.cameras[0]["camera_id"] == 0


def test_cameras_and_rate_can_be_chosen(place: Place) -> None:
    _, url = place.bridge()
    place.grabber(0, 1)
    with cameracast.Client(url, cameras=[1], fps=10) as client:
        client.latest(1, PATIENCE)
        frames = list(islice(client, 10))
    assert {frame.camera_id for frame in frames} == {1}
    times = [frame.capture_time_us or 0 for frame in frames]
    assert (times[-1] - times[0]) / 1e6 > 0.7


def test_a_client_comes_back_to_a_bridge_that_was_restarted(place: Place, caplog: pytest.LogCaptureFixture) -> None:
    bridge, url = place.bridge()
    place.grabber(0)
    with cameracast.Client(url) as client:
        before = client.latest(0, PATIENCE)
        bridge.end()
        until("the client knows", lambda: not client.connected and not client.newest())
        with pytest.raises(TimeoutError, match="no frame of camera 0 within"):
            client.latest(0, 0.01)
        place.bridge(url)
        after = client.latest(0, PATIENCE)
    assert (after.capture_time_us or 0) > (before.capture_time_us or 0)
    assert sum("trying again" in line for line in caplog.messages) == 1, caplog.messages


def test_a_client_waits_for_a_bridge_that_is_not_there_yet(place: Place) -> None:
    bridge, url = place.bridge()
    bridge.end()
    place.grabber(0)
    with cameracast.Client(url) as client:
        place.bridge(url)
        assert client.latest(timeout=PATIENCE).camera_id == 0


def test_the_token_opens_and_without_it_one_sentence_says_so_at_once(place: Place) -> None:
    _, url = place.bridge(config='[bridge]\nview_token = "0123456789abcdef"\ncontrol_token = "fedcba9876543210"\n')
    place.grabber(0)
    with cameracast.Client(url) as client, pytest.raises(cameracast.Refused, match="token") as refused:
        client.latest(0, PATIENCE)
    assert refused.value.status == 401
    with pytest.raises(cameracast.Refused, match="token"):
        asyncio.run(take(1, url))
    with cameracast.Client(url, token="0123456789abcdef") as client:
        assert client.latest(0, PATIENCE).camera_id == 0
        assert client.get_jpeg(0)
        with pytest.raises(cameracast.Refused, match="token"):
            client.stop(0)
    with cameracast.Client(f"ws://{url}/?token=fedcba9876543210") as client:
        client.latest(0, PATIENCE)
        client.stop(0)


def test_a_certificate_is_checked_and_one_of_your_own_can_be_trusted(place: Place) -> None:
    cert, key = place.folder / "cert.pem", place.folder / "key.pem"
    made_for = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-days", "1"]
    new = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    subprocess.run([*new, *made_for, "-keyout", key, "-out", cert], check=True, capture_output=True)
    _, url = place.bridge(config=f'[bridge]\ntls_cert = "{cert}"\ntls_key = "{key}"\n')
    url = f"wss://localhost:{url.split(':')[1]}/"
    place.grabber(0)
    with cameracast.Client(url) as client, pytest.raises(ssl.SSLCertVerificationError):
        client.latest(0, PATIENCE)
    with pytest.raises(cameracast.Unreachable, match="certificate"):
        cameracast.Bridge(url).get_status()
    with cameracast.Client(url, tls=ssl.create_default_context(cafile=cert)) as client:
        assert client.latest(0, PATIENCE).jpeg
        assert client.get_jpeg(0)


def test_what_a_url_asks_for_is_what_comes(place: Place) -> None:
    _, url = place.bridge()
    place.grabber(0, 1)
    with cameracast.Client(f"ws://{url}/?cameras=1") as client:
        assert {frame.camera_id for frame in islice(client, 10)} == {1}


def test_closing_a_client_ends_whoever_waits_on_it(place: Place) -> None:
    _, url = place.bridge()
    client = cameracast.Client(url)
    client.close()
    with pytest.raises(ConnectionAbortedError):
        next(iter(client))
