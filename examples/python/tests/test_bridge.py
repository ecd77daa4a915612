from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from programs import PATIENCE, Place, until

import cameracast
from cameracast.jpeg import size_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from cameracast.jpeg import Array


def test_frames_are_arrays_in_bgr_and_the_small_one_is_stretched(place: Place, picture: Array, jpeg: bytes) -> None:
    _, url = place.bridge()
    bridge = cameracast.Bridge(url)
    with cameracast.Feeder(place.socket, names={9: "Bench"}) as feeder:
        feeder.send(9, jpeg)
        until("a picture", lambda: bridge.get_status()["frame_available"])
        assert bridge.get_jpeg() == bridge.get_jpeg(9) == jpeg
        frame, small = bridge.get_frame(9), bridge.get_smframe(9)
    assert frame.shape == picture.shape
    assert small.shape == (320, 320, 3)
    for array in (frame, small):
        height, width = array.shape[:2]
        blue, red = array[height // 2, width // 4], array[height // 2, 3 * width // 4]
        assert blue[0] > 200 > 50 > blue[2]
        assert red[2] > 200 > 50 > red[0]


def test_a_camera_is_described_stopped_started_and_changed(place: Place) -> None:
    _, url = place.bridge()
    place.grabber(3)
    bridge = cameracast.Bridge(url)
    until("control", lambda: any(grabber["control"] for grabber in bridge.get_status()["grabbers"]))
    until("a picture", lambda: bridge.get_status()["is_running"] and bridge.get_status()["frame_available"])
    info = bridge.get_camera_info()
    assert (info["camera_id"], info["width"], info["height"]) == (3, 640, 480)
    assert bridge.get_camera_info(3)["reported"]["source"] == "pattern"

    bridge.stop(3)
    until("stopped", lambda: bridge.get_camera_info(3)["state"] == "stopped")
    bridge.start(3)
    until("streaming", lambda: bridge.get_camera_info(3)["state"] == "streaming")
    assert bridge.configure(3, jpeg_quality=40, width=320, height=240) == {
        "jpeg_quality": 40,
        "width": 320,
        "height": 240,
    }
    until("the new size", lambda: size_of(bridge.get_jpeg(3, max_age_ms=200)) == (320, 240))


def test_what_cannot_be_is_refused_with_one_sentence(place: Place) -> None:
    _, url = place.bridge()
    bridge = cameracast.Bridge(url)
    with pytest.raises(cameracast.Refused, match="there is no camera; there are: none"):
        bridge.get_camera_info()
    place.grabber(0)
    until("a camera", lambda: bridge.get_status()["cameras"])
    wrong: list[tuple[Callable[[], object], str]] = [
        (lambda: bridge.get_camera_info(7), "there is no camera 7; there are: 0"),
        (lambda: bridge.get_jpeg(7), 'no camera "?7'),
        (lambda: bridge.stop(7), 'no camera "?7'),
        (lambda: bridge.configure(0, jpeg_quality=400), "jpeg_quality"),
        (lambda: bridge.configure(0, brightness=4), "brightness"),
    ]
    for refused, sentence in wrong:
        with pytest.raises(cameracast.Refused, match=sentence):
            refused()


def test_a_bridge_that_is_not_there_is_named(place: Place) -> None:
    process, url = place.bridge()
    process.end()
    with pytest.raises(cameracast.Unreachable, match=f"{url}.*does the bridge run there"):
        cameracast.Bridge(url, timeout=PATIENCE).get_status()
