"""Who gets every frame gets no gap that nobody knows of: it ends, instead."""

from __future__ import annotations

import asyncio
import os
import sys
from contextlib import aclosing

import pytest
from programs import PATIENCE, ROOT, Place, Process, until

import cameracast
from cameracast import connection
from cameracast.frame_bundle import parse, read_packets


def test_who_sleeps_gets_what_came_before_and_then_is_told(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "_PING_EVERY", 0.2)
    monkeypatch.setattr(connection, "_PONG_WITHIN", 2.0)  # until then a second frame comes, whatever the machine does
    _, url = place.bridge()
    place.grabber(0)
    bridge = cameracast.Bridge(url)
    seqs: list[int] = []

    def nobody_is_connected() -> bool:
        return not bridge.get_status()["clients"]

    async def watch() -> None:
        async with asyncio.timeout(2 * PATIENCE), aclosing(cameracast.every_frame(url)) as frames:
            async for frame in frames:
                seqs.append(frame.seq)
                if len(seqs) == 1:
                    await asyncio.to_thread(until, "the connection has ended", nobody_is_connected)

    with pytest.raises(cameracast.Unreachable, match="frames may be missing from here"):
        asyncio.run(watch())
    assert len(seqs) > 1
    assert seqs == list(range(seqs[0], seqs[0] + len(seqs)))


def test_a_bridge_that_is_restarted_is_told_of_and_not_passed_over(place: Place) -> None:
    bridge, url = place.bridge()
    place.grabber(0)
    seqs: list[int] = []

    async def watch() -> None:
        async with asyncio.timeout(2 * PATIENCE), aclosing(cameracast.every_frame(url)) as frames:
            async for frame in frames:
                seqs.append(frame.seq)
                if len(seqs) == 3:
                    bridge.end()
                    await asyncio.to_thread(place.bridge, url)

    with pytest.raises(cameracast.Unreachable, match="frames may be missing from here"):
        asyncio.run(watch())
    assert seqs == list(range(seqs[0], seqs[0] + len(seqs)))


def test_a_recording_whose_bridge_has_gone_ends_with_that_and_keeps_what_it_has(place: Place) -> None:
    bridge, url = place.bridge()
    place.grabber(0)
    file = place.folder / "recorded"
    os.environ["PYTHONPATH"] = os.pathsep.join([str(ROOT / "examples/python"), os.environ.get("PYTHONPATH", "")])
    with Process(sys.executable, "-m", "cameracast", "record", url, file) as recording:
        until("something is written", lambda: file.exists() and file.stat().st_size > 0)
        bridge.end()
        assert recording.ended() == 1
    assert len(recording.lines) == 1
    assert recording.lines[0].startswith("cameracast: ")
    assert "frames may be missing from here" in recording.lines[0]
    with file.open("rb") as recorded:
        assert all(parse(payload).frames for _, payload in read_packets(recorded))


def test_a_recorder_that_is_not_let_in_leaves_the_file_as_it_was(place: Place) -> None:
    _, url = place.bridge(config='[bridge]\nview_token = "0123456789abcdef"\n')
    file = place.folder / "monday"
    file.write_bytes(b"what was recorded on Monday")
    with pytest.raises(cameracast.Refused, match="token"):
        asyncio.run(cameracast.record(url, file))
    assert file.read_bytes() == b"what was recorded on Monday"
    # A token from a file ends with the line; and where nothing comes, nothing is lost.
    assert asyncio.run(cameracast.record(url, file, token="0123456789abcdef\n", seconds=0.2)) == 0
    assert file.read_bytes() == b"what was recorded on Monday"
