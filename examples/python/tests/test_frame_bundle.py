from __future__ import annotations

import contextlib
from pathlib import Path

import pytest
from vectors import ALL, check, payload_of

from cameracast.frame_bundle import JPEG, Bundle, CaptureInfo, Frame, Malformed, build, parse


@pytest.mark.parametrize("path", ALL, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_a_golden_vector_reads_as_it_says(path: Path) -> None:
    expected, found = check(path)
    assert found == expected


def test_whatever_is_cut_off_is_malformed_or_a_bundle_and_nothing_else() -> None:
    for path in ALL:
        payload = payload_of(path)
        for end in range(len(payload)):
            with contextlib.suppress(Malformed):
                parse(payload[:end])


@pytest.mark.parametrize("session", [None, 0, 2**64 - 1])
def test_what_is_built_reads_as_the_same(session: int | None) -> None:
    frames = [Frame(0, JPEG, 640, 480, b"\xff\xd8\xff\xd9"), Frame(255, 7, 1, 2**32 - 1, b"")]
    infos = [CaptureInfo(255, 2, 2**64 - 1, 0), CaptureInfo(0, 1, 5, 6)]
    for capture_infos in ([], infos):
        bundle = Bundle(2**64 - 1, 1, frames, tuple(capture_infos), session)
        read = parse(build(bundle))
        assert (read.seq, read.timestamp_us, read.session) == (bundle.seq, bundle.timestamp_us, session)
        assert [(f.camera_id, f.pixel_format, f.width, f.height, bytes(f.data)) for f in read.frames] == [
            (f.camera_id, f.pixel_format, f.width, f.height, f.data) for f in frames
        ]
        assert list(read.capture_infos) == capture_infos
