"""FrameBundles, version 1: the bytes of one WebSocket message, and of the packets on the Unix socket.

Needs nothing but Python: copy this file wherever bundles are read or made. ``proto/frame-bundle.md`` says what the
bytes mean. The structure is checked, pictures are not looked into, and no picture is copied.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

JPEG = 1
"""The pixel format of a frame whose data is a complete JPEG."""
MAX_BUNDLE_SIZE = 64 << 20
"""Bytes of a bundle at most: what a WebSocket has to take as one message."""
MAX_CONTROL_SIZE = 64 << 10

_BUNDLE_HEADER = struct.Struct("<IHHQQ")
_FRAME_HEADER = struct.Struct("<BBHIII")
_BLOCK_HEADER = struct.Struct("<HHI")
_CAPTURE_INFO_PREFIX = struct.Struct("<HH")
_CAPTURE_INFO = struct.Struct("<BBHIQQ")
_SENDER = struct.Struct("<Q")
_PACKET_HEADER = struct.Struct("<II")
PACKET_HEADER_SIZE = _PACKET_HEADER.size

_MAGIC = 0xCAFEBABE
_VERSION = 1
_TAG_CAPTURE_INFO, _TAG_SENDER = 1, 2
_BUNDLE_PACKET, _CONTROL_PACKET = 0xDEADBEEF, 0xDEADC0DE


class Malformed(Exception):
    """These bytes are no bundle, or no packet. ``kind`` names the first check that failed, as the golden vectors do."""

    def __init__(self, kind: str, sentence: str) -> None:
        super().__init__(sentence)
        self.kind = kind


@dataclass(frozen=True, slots=True)
class Frame:
    """One camera's picture in a bundle. ``data`` is a view into the payload where it was read from one."""

    camera_id: int
    pixel_format: int
    width: int
    height: int
    data: bytes | memoryview


@dataclass(frozen=True, slots=True)
class CaptureInfo:
    """When a picture was taken: Unix time in µs. ``clock``: 0 arrival at the host, 1 the camera's, 2 PTP."""

    camera_id: int
    clock: int
    capture_time_us: int
    frame_number: int


@dataclass(frozen=True, slots=True)
class Bundle:
    """A sound bundle. ``session`` is None where the sender does not tell which life of it this is."""

    seq: int
    timestamp_us: int
    frames: Sequence[Frame]
    capture_infos: Sequence[CaptureInfo] = ()
    session: int | None = None


def parse(payload: bytes | memoryview) -> Bundle:
    """Reads a bundle; raises :class:`Malformed` for the first check that fails."""
    view = memoryview(payload)
    if len(view) < _BUNDLE_HEADER.size:
        raise Malformed("no header", f"{len(view)} bytes are too few for a bundle header of {_BUNDLE_HEADER.size}")
    magic, version, camera_count, seq, timestamp_us = _BUNDLE_HEADER.unpack_from(view)
    if magic != _MAGIC:
        raise Malformed("magic", f"bundle magic {magic:#010x}, expected {_MAGIC:#010x}")
    if version != _VERSION:
        raise Malformed("version", f"bundle version {version}, only {_VERSION} is known")
    if camera_count == 0:
        raise Malformed("no camera", "camera_count is 0, at least 1 is needed")
    frames, blocks_at = _read_frames(view, camera_count)
    infos: list[CaptureInfo] | None = None
    session: int | None = None
    for tag, body in _read_blocks(view, blocks_at):
        if tag == _TAG_CAPTURE_INFO:
            _check_once(tag, infos)
            infos = _read_capture_infos(body)
        elif tag == _TAG_SENDER:
            _check_once(tag, session)
            session = _read_sender(body)
        # Any other tag is a later version's, and skipped.
    return Bundle(seq, timestamp_us, frames, infos or (), session)


def _read_frames(view: memoryview, camera_count: int) -> tuple[list[Frame], int]:
    frames: list[Frame] = []
    seen: set[int] = set()
    at = _BUNDLE_HEADER.size
    for index in range(camera_count):
        data_at = at + _FRAME_HEADER.size
        if data_at > len(view):
            raise Malformed("frame past end", f"frame {index} has no whole header: {len(view) - at} bytes are left")
        camera_id, pixel_format, _, width, height, size = _FRAME_HEADER.unpack_from(view, at)
        at = data_at + size
        if at > len(view):
            raise Malformed("frame past end", f"frame {index} says {size} bytes, {len(view) - data_at} are left")
        if camera_id in seen:
            raise Malformed("camera twice", f"camera id {camera_id} stands twice in a bundle")
        seen.add(camera_id)
        frames.append(Frame(camera_id, pixel_format, width, height, view[data_at:at]))
    return frames, at


def _read_blocks(view: memoryview, at: int) -> Iterator[tuple[int, memoryview]]:
    while at < len(view):
        body_at = at + _BLOCK_HEADER.size
        if body_at > len(view):
            raise Malformed("left over", f"{len(view) - at} bytes are left over after the last frame or block")
        tag, _, size = _BLOCK_HEADER.unpack_from(view, at)
        at = body_at + size
        if at > len(view):
            raise Malformed("block past end", f"block with tag {tag} says {size} bytes, {len(view) - body_at} are left")
        yield tag, view[body_at:at]


def _check_once(tag: int, earlier: object) -> None:
    if earlier is not None:
        raise Malformed("block twice", f"block with tag {tag} stands twice")


def _read_capture_infos(body: memoryview) -> list[CaptureInfo]:
    if len(body) < _CAPTURE_INFO_PREFIX.size:
        raise Malformed("block too short", f"a capture info block of {len(body)} bytes")
    entry_size, _ = _CAPTURE_INFO_PREFIX.unpack_from(body)
    entries = body[_CAPTURE_INFO_PREFIX.size :]
    if entry_size < _CAPTURE_INFO.size or len(entries) % entry_size:
        raise Malformed("block too short", f"{len(entries)} bytes of capture info are no entries of {entry_size}")
    infos = []
    for at in range(0, len(entries), entry_size):  # a longer entry is a later version's: what it adds is stepped over
        camera_id, clock, _, _, capture_time_us, frame_number = _CAPTURE_INFO.unpack_from(entries, at)
        infos.append(CaptureInfo(camera_id, clock, capture_time_us, frame_number))
    return infos


def _read_sender(body: memoryview) -> int:
    if len(body) < _SENDER.size:
        raise Malformed("block too short", f"a sender block of {len(body)} bytes, {_SENDER.size} are needed")
    session: int
    (session,) = _SENDER.unpack_from(body)
    return session


def build(bundle: Bundle) -> bytes:
    """The bytes of a bundle."""
    parts = [_BUNDLE_HEADER.pack(_MAGIC, _VERSION, len(bundle.frames), bundle.seq, bundle.timestamp_us)]
    for frame in bundle.frames:
        head = (frame.camera_id, frame.pixel_format, 0, frame.width, frame.height, len(frame.data))
        parts += [_FRAME_HEADER.pack(*head), bytes(frame.data)]
    if bundle.capture_infos:
        entries = [
            _CAPTURE_INFO.pack(info.camera_id, info.clock, 0, 0, info.capture_time_us, info.frame_number)
            for info in bundle.capture_infos
        ]
        parts += _block(_TAG_CAPTURE_INFO, _CAPTURE_INFO_PREFIX.pack(_CAPTURE_INFO.size, 0), *entries)
    if bundle.session is not None:
        parts += _block(_TAG_SENDER, _SENDER.pack(bundle.session))
    return b"".join(parts)


def _block(tag: int, *body: bytes) -> Iterable[bytes]:
    return (_BLOCK_HEADER.pack(tag, 0, sum(map(len, body))), *body)


def packet(payload: bytes, *, control: bool = False) -> bytes:
    """A bundle, or a JSON control message, as it goes over the Unix socket."""
    return _PACKET_HEADER.pack(_CONTROL_PACKET if control else _BUNDLE_PACKET, len(payload)) + payload


def read_packet_header(header: bytes) -> tuple[bool, int]:
    """Whether a control message follows (otherwise a bundle), and its size in bytes."""
    magic, size = _PACKET_HEADER.unpack(header)
    if magic not in (_BUNDLE_PACKET, _CONTROL_PACKET):
        raise Malformed("magic", f"packet magic {magic:#010x}")
    limit = MAX_CONTROL_SIZE if magic == _CONTROL_PACKET else MAX_BUNDLE_SIZE
    if size > limit:
        raise Malformed("too large", f"a packet of {size} bytes, at most {limit} are taken")
    return magic == _CONTROL_PACKET, size


def read_packets(file: BinaryIO) -> Iterator[tuple[bool, bytes]]:
    """All packets of a file or stream: whether each is a control message, and its payload."""
    while header := file.read(PACKET_HEADER_SIZE):
        if len(header) < PACKET_HEADER_SIZE:
            raise Malformed("cut short", f"it ends after {len(header)} bytes of a packet's header")
        control, size = read_packet_header(header)
        payload = file.read(size)
        if len(payload) < size:
            raise Malformed("cut short", f"it ends after {len(payload)} of a packet's {size} bytes")
        yield control, payload
