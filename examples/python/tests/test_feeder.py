from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing
from pathlib import Path
from statistics import median
from typing import Any

import cv2
import numpy as np
import pytest
from programs import PATIENCE, ROOT, Place, Process, until

import cameracast
from cameracast.frame_bundle import packet, parse, read_packets
from cameracast.jpeg import size_of

SECONDS = 60 if os.environ.get("CAMERACAST_FULL") else 3
RATE = 50
NOBODY = 65534


def numbered(number: int, size: int = 0) -> bytes:
    """A JPEG whose comment tells its number; with noise it takes about ``size`` squared bytes."""
    noise = np.random.default_rng(number).integers(0, 255, (max(size, 16), max(size, 16)), np.uint8)
    jpeg = cv2.imencode(".jpg", noise)[1].tobytes()
    return jpeg[:2] + b"\xff\xfe\x00\x0a" + number.to_bytes(8) + jpeg[2:]


def number_of(jpeg: bytes) -> int:
    return int.from_bytes(jpeg[6:14])


def test_a_feeder_and_a_bridge_run_against_each_other_and_no_frame_is_changed_or_out_of_order(place: Place) -> None:
    _, url = place.bridge()
    sent = {number: numbered(number) for number in range(SECONDS * RATE)}

    async def watch(feeder: cameracast.Feeder) -> list[cameracast.CameraFrame]:
        got: list[cameracast.CameraFrame] = []
        feeding = asyncio.create_task(asyncio.to_thread(feed, feeder))
        async with asyncio.timeout(SECONDS + PATIENCE), aclosing(cameracast.every_frame(url)) as frames:
            async for frame in frames:
                got.append(frame)
                if number_of(frame.jpeg) == len(sent) - 1:
                    break
        await feeding
        return got

    def feed(feeder: cameracast.Feeder) -> None:
        bridge = cameracast.Bridge(url)
        until("the watcher", lambda: any(client["delivery"] == "every" for client in bridge.get_status()["clients"]))
        began = time.monotonic()
        for number, jpeg in sent.items():
            time.sleep(max(0, began + number / RATE - time.monotonic()))
            feeder.send(5, jpeg)

    with cameracast.Feeder(place.socket) as feeder:
        got = asyncio.run(watch(feeder))
    numbers = [number_of(frame.jpeg) for frame in got]
    assert numbers == sorted(set(numbers))
    # Newest wins in the feeder: on a machine that was busy for a moment, one may have taken the place of another.
    assert len(numbers) > 0.9 * len(sent)
    assert all(frame.jpeg == sent[number_of(frame.jpeg)] for frame in got)
    assert [frame.seq for frame in got] == list(range(got[0].seq, got[0].seq + len(got)))
    assert [frame.frame_number for frame in got] == [number + 1 for number in numbers]


def test_a_bridge_that_stalls_does_not_hold_up_the_source_and_gets_the_newest_frame(place: Place) -> None:
    bridge, url = place.bridge()
    pictures = [numbered(number, 400) for number in range(100)]
    with cameracast.Feeder(place.socket) as feeder, cameracast.Client(url) as client:
        feeder.send(0, numbered(1000))
        client.latest(0, PATIENCE)
        bridge.stall()
        stalled_at = None
        took: list[float] = []
        for number, picture in enumerate(pictures):
            began = time.monotonic()
            feeder.send(0, picture)
            took.append(time.monotonic() - began)
            if stalled_at is None and not feeder.flush(0.2):
                stalled_at = number
        assert stalled_at is not None, "all of it went into the socket"
        assert stalled_at < 8, "the kernel's buffer is a long queue"
        assert median(took) < 0.01  # the longest tells of the machine
        bridge.signal(signal.SIGCONT)
        until("the newest", lambda: number_of(client.latest(0, PATIENCE).jpeg) == 99)
        assert client.latest(0).seq < 10, "old pictures were queued"


def test_a_feeder_finds_a_bridge_that_comes_later_and_comes_again(place: Place, jpeg: bytes) -> None:
    with cameracast.Feeder(place.socket) as feeder:
        feeder.send(0, jpeg)
        assert not feeder.flush(0.05)
        bridge, url = place.bridge()
        assert feeder.flush(PATIENCE)
        bridge.end()
        place.bridge(url)
        with cameracast.Client(url) as client:
            until("a frame", lambda: client.cameras, lambda: feeder.send(0, jpeg))
            assert client.latest(0, PATIENCE).jpeg == jpeg


def test_a_bridge_that_says_no_hello_gets_bundles_and_nothing_else(place: Place, jpeg: bytes) -> None:
    listener = ROOT / "crates/end-to-end/python/listener.py"  # as the original bridge: it ends at anything else
    with (
        Process("python3", listener, place.socket, "--bundles", "100", "--save", place.folder) as original,
        cameracast.Feeder(place.socket, names={7: "Microscope"}) as feeder,
    ):
        original.wait_for_line("listening")
        until("it has a hundred", lambda: not original.runs(), lambda: feeder.send(7, jpeg))
        assert original.ended() == 0, original.lines
    assert (place.folder / "7.jpg").read_bytes() == jpeg


def listening_at(place: Place) -> socket.socket:
    """A socket in the bridge's place; whoever waits on it does so for a while, and not for ever."""
    listening = socket.create_server(str(place.socket), family=socket.AF_UNIX)
    listening.settimeout(PATIENCE)
    return listening


def accepted(listening: socket.socket) -> socket.socket:
    bridge, _ = listening.accept()
    bridge.settimeout(PATIENCE)
    return bridge


HELLO = {"type": "hello", "versions": [1], "features": ["control"]}


def test_a_bridge_that_greets_with_nonsense_is_left_and_come_back_to(place: Place, jpeg: bytes) -> None:
    nonsense: list[object] = [HELLO | {"versions": None}, HELLO | {"versions": 1}]
    with (
        listening_at(place) as listening,
        cameracast.Feeder(place.socket) as feeder,
    ):
        for hello in nonsense:
            bridge = accepted(listening)
            with bridge:
                bridge.sendall(packet(json.dumps(hello).encode(), control=True))
                assert bridge.recv(1) == b""
        bridge = accepted(listening)
        with bridge:
            bridge.sendall(packet(json.dumps(HELLO | {"features": None}).encode(), control=True))
            feeder.send(0, jpeg)
            assert feeder.flush(PATIENCE)


def test_a_mistake_of_the_caller_is_told_to_the_caller_and_harms_nothing(place: Place, jpeg: bytes) -> None:
    _, url = place.bridge()
    with cameracast.Feeder(place.socket) as feeder, cameracast.Client(url) as client:
        with pytest.raises(TypeError, match=r"capture time 1\.5 is not possible"):
            feeder.send(0, jpeg, capture_time_us=1.5)  # type: ignore[arg-type]
        for wrong in (-1, 2**64):
            with pytest.raises(ValueError, match=f"capture time {wrong} is not possible"):
                feeder.send(0, jpeg, capture_time_us=wrong)
        feeder.send(0, jpeg, capture_time_us=np.int64(7))  # type: ignore[arg-type]
        assert client.latest(0, PATIENCE).capture_time_us == 7
    for options in ({"fps": 0}, {"fps": -1}, {"quality": 101}):
        with pytest.raises(ValueError, match="is not possible"):
            cameracast.Feeder(place.socket, **options)  # type: ignore[arg-type]


def test_a_feeder_whose_thread_has_ended_says_so_to_whoever_sends(
    place: Place, picture: np.ndarray[Any, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> bytes:
        raise MemoryError("no memory for this picture")

    place.bridge()
    monkeypatch.setattr(cameracast.jpeg, "encode", fail)
    with cameracast.Feeder(place.socket) as feeder:
        feeder.send(0, picture)
        with pytest.raises(RuntimeError, match="no memory for this picture"):
            feeder.flush(PATIENCE)
        with pytest.raises(RuntimeError, match="the feeder's thread has ended"):
            feeder.send(0, picture)


def test_what_was_lost_with_a_connection_is_sent_over_the_next(place: Place) -> None:
    large = numbered(1) + bytes(32 << 20)  # more than any socket holds
    with (
        listening_at(place) as listening,
        cameracast.Feeder(place.socket) as feeder,
    ):
        bridge = accepted(listening)
        with bridge:
            feeder.send(0, large)
            assert bridge.recv(1000), "it is under way"
        assert not feeder.flush(0.05)
        bridge = accepted(listening)
        with bridge, bridge.makefile("rb") as stream:
            is_control, payload = next(iter(read_packets(stream)))
        assert not is_control
        assert bytes(parse(payload).frames[0].data) == large


def test_a_feeder_that_is_closed_as_its_connection_breaks_ends(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    async def close_and_break(feeder: cameracast.Feeder) -> bytes:
        feeder._closed = True
        feeder._background._task.cancel()
        raise ConnectionResetError("at the same time")

    monkeypatch.setattr(cameracast.Feeder, "_next_bundle", close_and_break)
    place.bridge()
    thread = cameracast.Feeder(place.socket)._background._thread
    thread.join(PATIENCE)
    assert not thread.is_alive()


def test_a_camera_that_takes_long_to_change_delays_no_other(place: Place, jpeg: bytes) -> None:
    _, url = place.bridge()
    bridge = cameracast.Bridge(url)
    changed = threading.Event()

    def configure(camera_id: int, settings: dict[str, Any]) -> dict[str, Any]:
        assert changed.wait(PATIENCE), f"camera {camera_id} was never done"
        return settings

    names = {0: "Slow", 1: "Fast"}
    with cameracast.Feeder(place.socket, names=names, configure=configure) as feeder, cameracast.Client(url) as client:
        until("control", lambda: any(grabber["control"] for grabber in bridge.get_status()["grabbers"]))
        with ThreadPoolExecutor() as beside:
            asked = beside.submit(bridge.configure, 0, exposure_us=500)
            for number in range(20):
                feeder.send(1, numbered(number))
                until("it comes", lambda: number_of(client.latest(1, PATIENCE).jpeg) == number)  # noqa: B023
            bridge.stop(1)
            assert not asked.done()
            changed.set()
            assert asked.result(PATIENCE) == {"exposure_us": 500}


def test_what_a_configure_function_gives_back_and_json_cannot_say_is_an_error_of_the_request(
    place: Place, jpeg: bytes
) -> None:
    _, url = place.bridge()
    bridge = cameracast.Bridge(url)
    with cameracast.Feeder(place.socket, names={0: "Odd"}, configure=lambda *_: {"gain_db": np.float32(1)}) as feeder:
        until("control", lambda: any(grabber["control"] for grabber in bridge.get_status()["grabbers"]))
        with pytest.raises(cameracast.Refused, match="the feeder failed"):
            bridge.configure(0, gain_db=1)
        feeder.send(0, jpeg)
        assert feeder.flush(PATIENCE)


def test_a_bridge_that_reads_other_versions_gets_nothing_more_and_is_named(
    place: Place, caplog: pytest.LogCaptureFixture
) -> None:
    hello = packet(json.dumps({"type": "hello", "versions": [2, 3], "features": ["control"]}).encode(), control=True)
    with listening_at(place) as listening, cameracast.Feeder(place.socket):
        bridge = accepted(listening)
        with bridge:
            bridge.sendall(hello)
            assert bridge.recv(1) == b""
        until("a line", lambda: "reads bundles of versions [2, 3]" in caplog.text)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be somebody else")
def test_a_bridge_of_somebody_else_gets_pictures_only_where_that_is_allowed(
    place: Place, jpeg: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(place.socket))
        os.seteuid(NOBODY)
        try:
            listening.listen()
        finally:
            os.seteuid(0)
        with cameracast.Feeder(place.socket) as feeder:
            feeder.send(0, jpeg)
            until("a line", lambda: f"is user {NOBODY}'s" in caplog.text)
            assert not feeder.flush(0)
        with cameracast.Feeder(place.socket, allowed_uids=[NOBODY]) as feeder:
            feeder.send(0, jpeg)
            assert feeder.flush(PATIENCE)


def test_a_bundle_of_more_than_a_mebibyte_arrives(place: Place) -> None:
    _, url = place.bridge()
    large = numbered(1, 2000)
    assert len(large) > 2 << 20
    with cameracast.Feeder(place.socket) as feeder, cameracast.Client(url) as client:
        feeder.send(0, large)
        assert client.latest(0, PATIENCE).jpeg == large


def test_arrays_are_copied_and_encoded(place: Place, picture: np.ndarray[Any, Any]) -> None:
    _, url = place.bridge()
    with cameracast.Feeder(place.socket) as feeder, cameracast.Client(url) as client:
        feeder.send(0, picture)
        feeder.send(1, picture[:, :, 0].copy())
        picture[:] = 0  # the SDK has its buffer back
        colour, grey = client.latest(0, PATIENCE).array(), client.latest(1, PATIENCE).array()
    assert colour[24, 16, 0] > 200
    assert colour[24, 48, 2] > 200
    assert grey[24, 16].min() > 200


def test_people_see_names_and_states_and_can_stop_and_change_a_camera(place: Place, jpeg: bytes) -> None:
    _, url = place.bridge()
    bridge = cameracast.Bridge(url)

    def configure(camera_id: int, settings: dict[str, Any]) -> dict[str, Any]:
        if settings.get("exposure_us", 0) > 1000:
            raise cameracast.CannotSet("exposure_us is at most 1000")
        return settings

    def info() -> dict[str, Any]:
        return bridge.get_camera_info(7)

    with cameracast.Feeder(place.socket, names={7: "Microscope"}, configure=configure) as feeder:

        def send() -> None:
            feeder.send(7, jpeg)

        until("its name", lambda: bridge.get_status()["cameras"] and info()["name"] == "Microscope")
        assert info()["state"] == "opening"
        until("streaming", lambda: info()["state"] == "streaming", send)
        assert bridge.configure(7, exposure_us=500) == {"exposure_us": 500}
        with pytest.raises(cameracast.Refused, match="exposure_us is at most 1000"):
            bridge.configure(7, exposure_us=5000)

        bridge.stop(7)
        assert feeder.is_stopped(7)
        until("stopped", lambda: info()["state"] == "stopped", send)
        frames = info()["frames"]
        feeder.send(7, jpeg)
        assert feeder.flush(PATIENCE)
        assert info()["frames"] == frames
        bridge.start(7)
        until("streaming again", lambda: info()["state"] == "streaming", send)
        until("stalled", lambda: info()["state"] == "stalled")
        assert info()["cause"] == "no frames"


def test_a_feeder_that_changes_nothing_says_so(place: Place, jpeg: bytes) -> None:
    _, url = place.bridge()
    bridge = cameracast.Bridge(url)
    with cameracast.Feeder(place.socket) as feeder:
        feeder.send(0, jpeg)
        until("control", lambda: any(grabber["control"] for grabber in bridge.get_status()["grabbers"]))
        with pytest.raises(cameracast.Refused, match="changes no settings"):
            bridge.configure(0, jpeg_quality=50)


def test_what_is_no_picture_is_refused_where_it_is_sent(place: Place, jpeg: bytes) -> None:
    with cameracast.Feeder(place.socket) as feeder:
        for camera_id, picture, sentence in [
            (256, jpeg, "camera id 256"),
            (0, b"GIF89a", "no JPEG"),
            (0, jpeg[:20], "no JPEG"),
            (0, np.zeros((4, 4, 4), np.uint8), r"\(4, 4, 4\) is no picture"),
            (0, np.zeros((4, 4), np.float32), "float32"),
        ]:
            with pytest.raises(ValueError, match=sentence):
                feeder.send(camera_id, picture)  # type: ignore[arg-type]


def test_a_name_is_what_a_person_can_read(place: Place) -> None:
    for name in ["", 101 * "n"]:
        with pytest.raises(ValueError, match="1 to 100 are"):
            cameracast.Feeder(place.socket, names={0: name})


def test_256_cameras_with_long_names_are_told_of_in_messages_that_fit(place: Place, jpeg: bytes) -> None:
    _, url = place.bridge()
    names = {camera_id: f"{camera_id}".rjust(100, "\N{SNOWMAN}") for camera_id in range(256)}
    bridge = cameracast.Bridge(url)
    with cameracast.Feeder(place.socket, names=names) as feeder:
        for camera_id in names:
            feeder.send(camera_id, jpeg)
        until("all names", lambda: {c["camera_id"]: c["name"] for c in bridge.get_status()["cameras"]} == names)


def test_the_size_of_a_jpeg_is_read(tmp_path: Path) -> None:
    for width, height in [(1, 1), (640, 480), (33, 1000)]:
        for options in ([], [cv2.IMWRITE_JPEG_PROGRESSIVE, 1], [cv2.IMWRITE_JPEG_RST_INTERVAL, 2]):
            jpeg = cv2.imencode(".jpg", np.zeros((height, width, 3), np.uint8), options)[1].tobytes()
            assert size_of(jpeg) == (width, height)
