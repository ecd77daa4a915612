"""Watches the cameras of a bridge: the newest frame of each, whatever the program does meanwhile."""

from __future__ import annotations

import asyncio
import contextlib
import time
from typing import TYPE_CHECKING, Any, Self

from .background import Background
from .bridge import Bridge
from .clock import now_us
from .connection import Connection
from .frame import CameraFrame, frames_of
from .newest import Cursor, Newest
from .silence import Silence

if TYPE_CHECKING:
    import ssl
    from collections.abc import AsyncIterator, Iterable, Iterator


class Client(Bridge):
    """Reads on in a thread of its own, connects again by itself, and keeps the newest frame of each camera.

    Iterating gives each frame once, newest wins: what comes while the loop's body is busy is not queued, so what you
    get is never old. ``for`` and ``async for`` both work, as do ``with`` and ``async with``.
    """

    def __init__(
        self,
        url: str = "ws://localhost:8765/",
        *,
        token: str | None = None,
        cameras: Iterable[int] | None = None,
        fps: float | None = None,
        timeout: float = 10,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        super().__init__(url, token=token, timeout=timeout, tls=tls)
        self._newest = Newest()
        self._silence = Silence()
        self._connection = Connection(self.address, cameras=cameras, fps=fps, tls=tls, lost=self._newest.clear)
        self._background = Background("cameracast client", self._read())

    def latest(self, camera: int | None = None, timeout: float | None = 10) -> CameraFrame:
        """The newest frame of a camera, or of any; waits up to ``timeout`` seconds where there is none yet.

        A camera that has stopped keeps its last frame: :meth:`age` tells how old it is.
        """
        frame = self._newest.latest(camera, timeout)
        if frame is None:
            which = "any camera" if camera is None else f"camera {camera}"
            raise TimeoutError(f"no frame of {which} within {timeout} s")
        return frame

    def newest(self) -> dict[int, CameraFrame]:
        """The newest frame of each camera, by id, without waiting: for loops that draw at a rate of their own."""
        return self._newest.all()

    def __iter__(self) -> Iterator[CameraFrame]:
        cursor = Cursor(self._newest)
        while True:
            yield cursor.next()

    async def __aiter__(self) -> AsyncIterator[CameraFrame]:
        cursor = Cursor(self._newest)
        while True:
            yield await cursor.next_async()

    @property
    def connected(self) -> bool:
        """Whether there is a connection at this moment."""
        return self._connection.connected

    @property
    def cameras(self) -> list[dict[str, Any]]:
        """All cameras as the bridge last told: id, name, size, rate, state and cause."""
        return list(self._connection.meta.get("cameras", []))

    @property
    def skipped(self) -> int:
        """Bundles that the bridge left out because this client was too slow for them."""
        return self._connection.skipped

    def age(self, frame: CameraFrame) -> float | None:
        """Seconds since the frame was taken, whatever this machine's clock says; None where that is not known."""
        offset_us = self._connection.clock.offset_us()
        if frame.capture_time_us is None or offset_us is None:
            return None
        return (now_us() + offset_us - frame.capture_time_us) / 1e6

    def not_live(self, frame: CameraFrame) -> str | None:
        """Why the newest frame of a camera is not what it sees now, in a few words; None where it is.

        The camera is stopped, lost or stalled, there is no connection, or nothing has come for 3 s and three periods.
        """
        if not self.connected:
            return "not connected"
        for camera in self.cameras:
            if camera.get("camera_id") == frame.camera_id and camera.get("state") not in (None, "streaming"):
                return ", ".join(word for word in (camera["state"], camera.get("cause")) if word)
        silent = self._silence.too_long(frame.camera_id, time.monotonic())
        return None if silent is None else f"silent for {silent:.0f} s"

    def close(self) -> None:
        """Ends the connection. Whoever still waits for a frame gets a ConnectionAbortedError."""
        self._background.close()
        self._newest.end(ConnectionAbortedError("the client was closed"))

    async def _read(self) -> None:
        try:
            async with contextlib.aclosing(self._connection.bundles()) as bundles:
                async for _, bundle in bundles:
                    frames = frames_of(bundle)
                    for frame in frames:
                        self._silence.heard(frame.camera_id, time.monotonic())
                    self._newest.put(frames)
        except Exception as error:  # for whoever waits: this thread has nobody to tell
            self._newest.end(error)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await asyncio.to_thread(self.close)
