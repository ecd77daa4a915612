#!/usr/bin/env python3
"""Reads FrameBundles with nothing but struct, and holds itself to the vectors.

    python3 vectors.py [FILE.hex ...]        without files: all of ../vectors

A line a vector; exit 1 where one disagrees, 2 where there is none.
"""

import json
import struct
import sys
from pathlib import Path

BUNDLE_HEADER = struct.Struct("<IHHQQ")
FRAME_HEADER = struct.Struct("<BBHIII")
BLOCK_HEADER = struct.Struct("<HHI")
CAPTURE_INFO_PREFIX = struct.Struct("<HH")
CAPTURE_INFO_ENTRY = struct.Struct("<BBHIQQ")
SENDER = struct.Struct("<Q")
PACKET_HEADER = struct.Struct("<II")

BUNDLE_MAGIC = 0xCAFEBABE
TAG_CAPTURE_INFO, TAG_SENDER = 1, 2
PACKETS = {0xDEADBEEF: ("bundle", 64 << 20), 0xDEADC0DE: ("control", 64 << 10)}


class Malformed(Exception):
    """A payload is no bundle; the argument is the kind."""


def read_bundle(payload):
    """The contents as a dict of the shape of the JSON files. Data are slices of the payload, not copies."""
    payload = memoryview(payload)
    if len(payload) < BUNDLE_HEADER.size:
        raise Malformed("no header")
    magic, version, camera_count, seq, timestamp_us = BUNDLE_HEADER.unpack_from(payload)
    if magic != BUNDLE_MAGIC:
        raise Malformed("magic")
    if version != 1:
        raise Malformed("version")
    if camera_count == 0:
        raise Malformed("no camera")
    frames, at = read_frames(payload, camera_count)
    known = {}
    for tag, body in read_blocks(payload, at):
        if tag not in (TAG_CAPTURE_INFO, TAG_SENDER):
            continue
        if tag in known:
            raise Malformed("block twice")
        known[tag] = read_capture_info(body) if tag == TAG_CAPTURE_INFO else read_sender(body)
    return {
        "seq": seq,
        "timestamp_us": timestamp_us,
        "session": known.get(TAG_SENDER),
        "frames": frames,
        "capture_info": known.get(TAG_CAPTURE_INFO, []),
    }


def read_frames(payload, camera_count):
    frames, ids, at = [], set(), BUNDLE_HEADER.size
    for _ in range(camera_count):
        data_at = at + FRAME_HEADER.size
        if data_at > len(payload):
            raise Malformed("frame past end")
        camera_id, pixel_format, _reserved, width, height, data_size = FRAME_HEADER.unpack_from(payload, at)
        at = data_at + data_size
        if at > len(payload):
            raise Malformed("frame past end")
        if camera_id in ids:
            raise Malformed("camera twice")
        ids.add(camera_id)
        frames.append(
            {
                "camera_id": camera_id,
                "pixel_format": pixel_format,
                "width": width,
                "height": height,
                "data": payload[data_at:at],
            }
        )
    return frames, at


def read_blocks(payload, at):
    while at < len(payload):
        body_at = at + BLOCK_HEADER.size
        if body_at > len(payload):
            raise Malformed("left over")
        tag, _reserved, size = BLOCK_HEADER.unpack_from(payload, at)
        at = body_at + size
        if at > len(payload):
            raise Malformed("block past end")
        yield tag, payload[body_at:at]


def read_capture_info(body):
    if len(body) < CAPTURE_INFO_PREFIX.size:
        raise Malformed("block too short")
    entry_size, _reserved = CAPTURE_INFO_PREFIX.unpack_from(body)
    entries = body[CAPTURE_INFO_PREFIX.size :]
    if entry_size < CAPTURE_INFO_ENTRY.size or len(entries) % entry_size:
        raise Malformed("block too short")
    infos = []
    for at in range(0, len(entries), entry_size):
        camera_id, clock, _, _, capture_time_us, frame_number = CAPTURE_INFO_ENTRY.unpack_from(entries, at)
        infos.append(
            {
                "camera_id": camera_id,
                "clock": clock,
                "capture_time_us": capture_time_us,
                "frame_number": frame_number,
            }
        )
    return infos


def read_sender(body):
    if len(body) < SENDER.size:
        raise Malformed("block too short")
    return SENDER.unpack_from(body)[0]


def read_packets(stream):
    """What a stream of packets holds, and how it ends, as the vectors say it."""
    packets = []
    while stream:
        if len(stream) < PACKET_HEADER.size:
            return packets + ["cut short"]
        magic, size = PACKET_HEADER.unpack_from(stream)
        if magic not in PACKETS:
            return packets + ["magic"]
        kind, limit = PACKETS[magic]
        if size > limit:
            return packets + ["too large"]
        if len(stream) - PACKET_HEADER.size < size:
            return packets + ["cut short"]
        packets.append(f"{kind} {size}")
        stream = stream[PACKET_HEADER.size + size :]
    return packets or ["none"]


def as_in_json(contents):
    """64-bit numbers as text, data as hex."""
    if isinstance(contents, dict):
        wide = ("seq", "timestamp_us", "session", "capture_time_us", "frame_number")
        return {
            key: str(value) if key in wide and value is not None else as_in_json(value)
            for key, value in contents.items()
        }
    if isinstance(contents, list):
        return [as_in_json(item) for item in contents]
    return contents.hex() if isinstance(contents, memoryview) else contents


def check(path):
    """What the vector expects, and what was found."""
    lines = path.read_text().splitlines()
    comments = [line for line in lines if line.startswith("#")]
    payload = bytes.fromhex("".join(line for line in lines if not line.startswith("#")))
    told = dict(line[2:].split(": ", 1) for line in comments[1:] if ": " in line)
    if "packets" in told:
        return told["packets"], ", ".join(read_packets(payload))
    expected = told["error"] if "error" in told else json.loads(path.with_suffix(".json").read_text())
    try:
        return expected, as_in_json(read_bundle(payload))
    except Malformed as malformed:
        return expected, str(malformed)


def main(arguments):
    vectors = Path(__file__).resolve().parent.parent / "vectors"
    paths = [Path(argument) for argument in arguments] or sorted(vectors.glob("*/*.hex"))
    if not paths:
        print(f"no vectors in {vectors}", file=sys.stderr)
        return 2
    disagree = 0
    for path in paths:
        expected, found = check(path)
        if found == expected:
            print(f"agrees    {path}")
        else:
            print(f"DISAGREES {path}\n  expected {expected}\n  found    {found}")
            disagree = 1
    return disagree


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
