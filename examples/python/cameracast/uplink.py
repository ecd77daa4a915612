"""One connection of a feeder to a bridge's Unix socket: bundles and reports go out, requests come in."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import struct
from collections import defaultdict
from typing import TYPE_CHECKING, Any

from .control import Control, Reports
from .frame_bundle import PACKET_HEADER_SIZE, packet, read_packet_header

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

_REPORT_EVERY = 1.0
_SMALLEST_BUFFER = 32 << 10
_VERSION = 1


class Uplink:
    """Carries what ``next_bundle`` gives until the bridge is gone, which raises an OSError."""

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        control: Control,
        reports: Reports,
        next_bundle: Callable[[], Awaitable[bytes]],
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._control = control
        self._reports = reports
        self._next_bundle = next_bundle
        self._takes_control = asyncio.Event()
        self._turns: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._buffer = 0
        writer.transport.set_write_buffer_limits(0)  # drain() waits until the kernel has it all

    async def serve(self) -> None:
        """Runs until the connection ends."""
        async with asyncio.TaskGroup() as tasks:
            for part in (self._listen(tasks), self._report(), self._feed()):
                tasks.create_task(part)

    async def _feed(self) -> None:
        while True:
            payload = await self._next_bundle()
            self._keep_buffer_short(len(payload))
            self._writer.write(packet(payload))
            await self._writer.drain()

    async def _listen(self, tasks: asyncio.TaskGroup) -> None:
        while True:
            try:
                is_control, size = read_packet_header(await self._reader.readexactly(PACKET_HEADER_SIZE))
                payload = await self._reader.readexactly(size)
            except asyncio.IncompleteReadError as error:
                raise ConnectionResetError("the bridge closed the connection") from error
            if is_control and isinstance(message := json.loads(payload), dict):
                if message.get("type") == "hello":
                    self._greet(message.get("versions"), message.get("features"))
                else:
                    tasks.create_task(self._answer(message))

    def _greet(self, versions: object, features: object) -> None:
        if not isinstance(versions, list) or _VERSION not in versions:
            raise ConnectionRefusedError(f"the bridge reads bundles of versions {versions}")
        if isinstance(features, list) and "control" in features:
            self._takes_control.set()

    async def _answer(self, request: dict[str, Any]) -> None:
        """In a thread, since cameras take their time; of one camera in order, while all others go on."""
        async with self._turns[str(request.get("camera"))]:
            result = await asyncio.to_thread(self._control.answer, request)
        if result is not None:
            await self._say(result)

    async def _report(self) -> None:
        await self._takes_control.wait()  # the original bridge says no hello, and takes nothing but bundles
        while True:
            for report in self._reports.next():
                await self._say(report)
            await asyncio.sleep(_REPORT_EVERY)

    async def _say(self, message: dict[str, Any]) -> None:
        self._writer.write(packet(json.dumps(message).encode(), control=True))
        await self._writer.drain()

    def _keep_buffer_short(self, bundle: int) -> None:
        """The kernel's buffer is a queue of old pictures: it gets room for about two bundles."""
        wanted = max(bundle, _SMALLEST_BUFFER)  # the kernel doubles it
        if not wanted / 2 <= self._buffer <= 2 * wanted:
            self._writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, wanted)
            self._buffer = wanted


async def connect(
    path: Path, allowed_uids: frozenset[int] = frozenset()
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Connects to a bridge of our own user, of root, or of somebody allowed: others get no pictures."""
    try:
        reader, writer = await asyncio.open_unix_connection(path)
    except (FileNotFoundError, ConnectionRefusedError) as error:
        raise type(error)(f"no bridge listens at {path} (start ws-bridge, or name its socket)") from error
    connection: socket.socket = writer.get_extra_info("socket")
    credentials = struct.Struct("3i")  # pid, uid, gid
    _, uid, _ = credentials.unpack(connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, credentials.size))
    if uid not in {os.geteuid(), 0} | allowed_uids:
        writer.transport.abort()
        raise PermissionError(f"the bridge at {path} is user {uid}'s: add that to allowed_uids if it may have pictures")
    return reader, writer
