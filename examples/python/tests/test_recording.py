from __future__ import annotations

import asyncio
import io
import time
from pathlib import Path

import pytest
from programs import PATIENCE, Place, until

import cameracast
from cameracast.connection import Connection
from cameracast.frame_bundle import parse, read_packets


def test_a_recording_that_is_replayed_is_the_same_recording_in_the_same_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "first").mkdir()
    (tmp_path / "second").mkdir()
    first, second = Place(tmp_path / "first"), Place(tmp_path / "second")
    try:
        _, url = first.bridge()
        first.grabber(0, 1)
        with cameracast.Client(url) as client:
            client.latest(1, PATIENCE)
        original = io.BytesIO()
        assert asyncio.run(cameracast.record(url, original, bundles=60)) == 60
        packets = [payload for _, payload in read_packets(io.BytesIO(original.getvalue()))]
        times = [parse(payload).timestamp_us for payload in packets]

        _, url = second.bridge()
        again = io.BytesIO()
        heard: list[str] = []
        monkeypatch.setattr(Connection, "_hear", lambda _, text: heard.append(text))

        async def replay() -> float:
            recording = asyncio.create_task(cameracast.record(url, again, bundles=60))
            # Whom the bridge talks to has a place in its queue; whom its status lists may not have it yet.
            await asyncio.to_thread(until, "the recorder", lambda: heard)
            began = time.monotonic()
            assert await cameracast.replay(io.BytesIO(original.getvalue()), second.socket) == 60
            took = time.monotonic() - began
            await asyncio.wait_for(recording, PATIENCE)
            return took

        took = asyncio.run(replay())
    finally:
        first.end()
        second.end()
    assert again.getvalue() == original.getvalue()
    span = (times[-1] - times[0]) / 1e6
    assert span - 0.1 < took < span + 2


def test_a_recording_that_was_cut_off_is_played_to_where_it_ends(place: Place, tmp_path: Path, jpeg: bytes) -> None:
    _, url = place.bridge()
    recording = io.BytesIO()

    async def record() -> None:
        recorder = asyncio.create_task(cameracast.record(url, recording, bundles=2))
        with cameracast.Feeder(place.socket) as feeder:
            while not recorder.done():
                feeder.send(0, jpeg)
                await asyncio.sleep(0.02)

    asyncio.run(asyncio.wait_for(record(), PATIENCE))
    cut = io.BytesIO(recording.getvalue()[:-5])
    with pytest.raises(cameracast.Malformed, match="it ends after") as malformed:
        asyncio.run(cameracast.replay(cut, place.socket))
    assert malformed.value.kind == "cut short"
    assert cameracast.Bridge(url).get_jpeg(0) == jpeg


def test_a_recorder_stops_when_its_time_is_over(place: Place) -> None:
    _, url = place.bridge()
    place.grabber(0)
    with cameracast.Client(url) as client:
        client.latest(0, PATIENCE)
    assert 10 < asyncio.run(cameracast.record(url, io.BytesIO(), seconds=2)) < 90
