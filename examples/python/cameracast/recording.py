"""Recordings: a file of packets, as they go over the Unix socket, byte for byte as the grabber sent them."""

from __future__ import annotations

import asyncio
import contextlib
import time
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from .address import Address
from .connection import Connection
from .frame_bundle import packet, parse, read_packets
from .uplink import connect

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterable


async def record(
    url: str,
    file: BinaryIO | str | Path,
    *,
    token: str | None = None,
    cameras: Iterable[int] | None = None,
    seconds: float | None = None,
    bundles: int | None = None,
    tls: ssl.SSLContext | None = None,
) -> int:
    """Writes every bundle to a file, until the time is over or so many are there; gives how many.

    A recording has no gaps: where the recorder is too slow (:class:`Refused`) or the connection ends
    (:class:`Unreachable`), it ends, too, with all that came before. A file that is named by its path is opened once
    there is something to write: a bridge that lets nobody in costs no older recording.
    """
    connection = Connection(Address.parse(url, token), cameras=cameras, every=True, tls=tls)
    written = 0
    with contextlib.ExitStack() as closing, contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds), contextlib.aclosing(connection.bundles()) as received:
            async for payload, _ in received:
                if isinstance(file, str | Path):
                    file = closing.enter_context(Path(file).open("wb"))
                file.write(packet(payload))
                written += 1
                if written == bundles:
                    break
    return written


async def replay(file: BinaryIO, socket_path: str | Path, *, speed: float = 1) -> int:
    """Sends a recording to a bridge at its own times, ``speed`` times as fast; gives how many bundles that were."""
    if not speed > 0:
        raise ValueError(f"a speed of {speed:g} is not possible: it is more than 0, and 2 is twice as fast")
    sent = 0
    schedule = _Schedule(speed)
    reader, writer = await connect(Path(socket_path))
    try:
        for is_control, payload in read_packets(file):
            if is_control:
                continue  # what somebody else said then is nothing to say now
            bundle = parse(payload)
            await asyncio.sleep(max(0, schedule.due(bundle.session, bundle.timestamp_us) - time.monotonic()))
            writer.write(packet(payload))
            await writer.drain()
            sent += 1
        writer.write_eof()
        await reader.read()  # the bridge's hello; then it closes, and has taken everything
    except ConnectionError as error:
        why = "its log says why, most often another grabber has a camera with the same id"
        raise ConnectionError(f"the bridge closed the connection after {sent} bundles: {why}") from error
    finally:
        writer.transport.abort()
    return sent


class _Schedule:
    """When a bundle is due: each life of a sender has its own clock, which begins where its first bundle stands."""

    def __init__(self, speed: float) -> None:
        self._speed = speed
        self._began: dict[int | None, tuple[float, int]] = {}
        self._last_us: dict[int | None, int] = {}

    def due(self, session: int | None, timestamp_us: int) -> float:
        """The monotonic time for this bundle."""
        if timestamp_us < self._last_us.get(session, timestamp_us):
            del self._began[session]  # another life that does not say so
        self._last_us[session] = timestamp_us
        began, first_us = self._began.setdefault(session, (time.monotonic(), timestamp_us))
        return began + (timestamp_us - first_us) / 1e6 / self._speed
