"""What README.md shows does what it says."""

from __future__ import annotations

import re
import shlex
from itertools import islice

import pytest
from programs import PATIENCE, ROOT, Place, until

import cameracast
from cameracast.__main__ import parser

README = (ROOT / "examples/python/README.md").read_text()
WATCH, ASK, FEED = re.findall(r"^```python\n(.*?)^```$", README, re.DOTALL | re.MULTILINE)
COMMANDS = re.findall(r"^python -m cameracast (.*)$", README, re.MULTILINE)


class Enough(Exception):
    """The example would go on for ever."""


def test_the_examples_for_watching_and_for_asking(place: Place) -> None:
    _, url = place.bridge()
    place.grabber(0)
    with cameracast.Client(url) as client:
        client.latest(0, PATIENCE)
    seen: list[tuple[object, ...]] = []

    def look(*what: object) -> None:
        seen.append(what)
        if len(seen) == 5:
            raise Enough

    with pytest.raises(Enough):
        exec(WATCH.replace("localhost:8765", url), {"print": look})
    assert all(what[0] == 0 for what in seen)

    found = {"print": lambda info: None}
    exec(ASK.replace("localhost:8765", url), found)
    assert (found["picture"].shape, found["small"].shape) == ((480, 640, 3), (320, 320, 3))  # type: ignore[attr-defined]


def test_the_example_for_feeding(place: Place, jpeg: bytes) -> None:
    _, url = place.bridge()
    bridge = cameracast.Bridge(url)

    class Sdk:
        pictures = iter([jpeg] * 5)

        def next_picture(self) -> bytes:
            for picture in islice(self.pictures, 1):
                return picture
            until("its name", lambda: [camera["name"] for camera in bridge.get_status()["cameras"]] == ["Microscope"])
            until("a picture", lambda: bridge.get_status()["frame_available"])
            raise Enough

    with pytest.raises(Enough):
        exec(FEED.replace("/tmp/cam_stream.sock", str(place.socket)), {"sdk": Sdk()})
    assert bridge.get_jpeg(7) == jpeg


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_is_one_that_there_is(command: str) -> None:
    assert parser().parse_args(shlex.split(command, comments=True)).run


def test_every_command_is_shown() -> None:
    assert {command.split()[0] for command in COMMANDS} == {"view", "save", "info", "record", "replay", "feed"}
