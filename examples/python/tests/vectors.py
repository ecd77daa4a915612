"""Holds cameracast's reader to the golden vectors: a line a vector, as proto/tests/vectors.py says them.

Takes files (.hex); without any, all of proto/vectors.
"""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

ROOT = Path(__file__).resolve().parents[3]
if __name__ == "__main__":
    sys.path.insert(0, str(ROOT / "examples/python/cameracast"))  # frame_bundle.py needs nothing of the package

if TYPE_CHECKING or __name__ != "__main__":
    from cameracast.frame_bundle import Bundle, Malformed, parse, read_packets
else:
    from frame_bundle import Bundle, Malformed, parse, read_packets

ALL = sorted((ROOT / "proto/vectors").glob("*/*.hex"))


def as_in_json(bundle: Bundle) -> dict[str, Any]:
    """The contents in the words of the vectors' JSON: numbers of 64 bits as text."""
    return {
        "seq": str(bundle.seq),
        "timestamp_us": str(bundle.timestamp_us),
        "session": None if bundle.session is None else str(bundle.session),
        "frames": [
            {
                "camera_id": frame.camera_id,
                "pixel_format": frame.pixel_format,
                "width": frame.width,
                "height": frame.height,
                "data": frame.data.hex(),
            }
            for frame in bundle.frames
        ],
        "capture_info": [
            {
                "camera_id": info.camera_id,
                "clock": info.clock,
                "capture_time_us": str(info.capture_time_us),
                "frame_number": str(info.frame_number),
            }
            for info in bundle.capture_infos
        ],
    }


def packets_in(stream: bytes) -> str:
    """What a stream of packets holds, and how it ends."""
    found = []
    try:
        for is_control, payload in read_packets(io.BytesIO(stream)):
            found.append(f"{'control' if is_control else 'bundle'} {len(payload)}")
    except Malformed as malformed:
        found.append(malformed.kind)
    return ", ".join(found) or "none"


def payload_of(path: Path) -> bytes:
    return bytes.fromhex("".join(line for line in path.read_text().splitlines() if not line.startswith("#")))


def check(path: Path) -> tuple[Any, Any]:
    """What the vector expects, and what was found."""
    comments = [line[2:] for line in path.read_text().splitlines()[1:] if line.startswith("# ")]
    told = dict(comment.split(": ", 1) for comment in comments if ": " in comment)
    payload = payload_of(path)
    if "packets" in told:
        return told["packets"], packets_in(payload)
    expected = told["error"] if "error" in told else json.loads(path.with_suffix(".json").read_text())
    try:
        return expected, as_in_json(parse(payload))
    except Malformed as malformed:
        return expected, malformed.kind


def main() -> int:
    disagree = 0
    for path in [Path(argument) for argument in sys.argv[1:]] or ALL:
        expected, found = check(path)
        if expected == found:
            print(f"agrees    {path}")
        else:
            print(f"DISAGREES {path}\n  expected {expected}\n  found    {found}")
            disagree = 1
    return disagree


if __name__ == "__main__":
    sys.exit(main())
