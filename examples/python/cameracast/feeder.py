"""Sends pictures of any source into the bridge's Unix socket: a grabber in Python, for any camera with an SDK."""

from __future__ import annotations

import asyncio
import logging
import random
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self

from . import jpeg
from .arguments import camera_of, size_of, whole
from .background import Background
from .backoff import Backoff
from .clock import now_us
from .control import Control, Reports
from .frame_bundle import JPEG, Bundle, CaptureInfo, Frame, Malformed, build
from .uplink import Uplink, connect

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from .control import Configure
    from .jpeg import Array

log = logging.getLogger("cameracast")

_WHY = " (the bridge's log says why; most often another grabber has a camera with the same id)"

# A bridge that comes back is found within a fraction of a second; one that closes us at once does not want us now, most
# often because another grabber has the camera.
_FIRST_PAUSE, _LONGEST_PAUSE, _LONGEST_PAUSE_UNWANTED = 0.05, 0.5, 5.0
_GOOD_WHILE = 5.0


@dataclass(frozen=True, slots=True)
class _Waiting:
    picture: bytes | Array
    info: CaptureInfo


class Feeder:
    """Feeds a bridge from a thread of its own; connects, and connects again, by itself.

    :meth:`send` never waits. What it gives waits in one place a camera, newest wins: where the bridge stalls, is not
    there, or ``fps`` asks for less, older pictures are left out, before they are encoded.
    """

    def __init__(
        self,
        socket_path: str | Path = "/tmp/cam_stream.sock",
        *,
        names: Mapping[int, str] | None = None,
        fps: float | None = None,
        quality: int = 80,
        configure: Configure | None = None,
        allowed_uids: Collection[int] = (),
    ) -> None:
        """``names`` are what people call the cameras, by id; ``fps`` is bundles per second, at most.

        ``configure(camera_id, settings)`` changes a camera and gives what holds now, or raises ``CannotSet``. It is
        called on a thread beside the feeder's, for one camera one call after another. Start and stop need nothing: a
        stopped camera's pictures are not sent.
        """
        self._path = Path(socket_path)
        if fps is not None and not fps > 0:
            raise ValueError(f"a rate of {fps:g} bundles a second is not possible: it is more than 0")
        self._period = 0.0 if fps is None else 1 / fps
        self._quality = whole("quality", quality, 1, 100)
        self._allowed_uids = frozenset(allowed_uids)
        self._session = random.getrandbits(64)
        self._seq = 0
        self._cameras = {int(camera_id): camera_of(camera_id, name) for camera_id, name in (names or {}).items()}
        self._control = Control(self._cameras, configure)
        self._changed = threading.Condition()
        self._waiting: dict[int, _Waiting] = {}
        self._under_way: dict[int, _Waiting] = {}
        self._closed = False
        self._failed: Exception | None = None
        self._due = 0.0
        self._filled = asyncio.Event()
        self._background = Background("cameracast feeder", self._run())

    def send(self, camera_id: int, picture: bytes | Array, *, capture_time_us: int | None = None) -> None:
        """The camera's next picture: a JPEG, or an array of uint8, BGR (height, width, 3) or grey (height, width).

        Without a capture time (Unix time in µs) it is taken now. An array is copied: the SDK may have it back at once.
        """
        size = size_of(picture)
        camera_id = whole("camera id", camera_id, 0, 255)
        time_us = now_us() if capture_time_us is None else whole("capture time", capture_time_us, 0, 2**64 - 1)
        with self._changed:
            self._raise_if_failed()
            if self._closed:
                raise RuntimeError("this feeder was closed")
            camera = self._cameras.get(camera_id) or camera_of(camera_id, f"Camera {camera_id}")
            self._cameras[camera_id] = camera
            camera.grabbed += 1
            camera.size = size
            camera.last_at = time.monotonic()
            if camera.stopped:
                self._waiting.pop(camera_id, None)
                return
            kept = picture if isinstance(picture, bytes) else picture.copy()
            self._waiting[camera_id] = _Waiting(kept, CaptureInfo(camera_id, 0, time_us, camera.grabbed))
        self._background.call(self._filled.set)

    def is_stopped(self, camera_id: int) -> bool:
        """Whether somebody has stopped this camera: its source may rest, too."""
        camera = self._cameras.get(camera_id)
        return camera is not None and camera.stopped

    def flush(self, timeout: float) -> bool:
        """Waits until the bridge's socket has taken all that was sent; False where it has not in that time."""
        with self._changed:
            flushed = self._wait_until_flushed(timeout)
            self._raise_if_failed()
            return flushed

    def close(self, timeout: float = 1) -> None:
        """Gives what still waits ``timeout`` seconds to go, and ends the connection."""
        with self._changed:
            self._wait_until_flushed(timeout)
            self._closed = True
        self._background.close()

    def _wait_until_flushed(self, timeout: float) -> bool:
        return self._changed.wait_for(lambda: self._failed or not (self._waiting or self._under_way), timeout) is True

    def _raise_if_failed(self) -> None:
        if self._failed:
            raise RuntimeError(f"the feeder's thread has ended: {self._failed!r}") from self._failed

    async def _run(self) -> None:
        try:
            await self._stay_connected()
        except Exception as error:  # for send and flush: this thread has nobody to tell
            with self._changed:
                self._failed = error
                self._changed.notify_all()

    async def _stay_connected(self) -> None:
        absent, unwanted = Backoff(_FIRST_PAUSE, _LONGEST_PAUSE), Backoff(_FIRST_PAUSE, _LONGEST_PAUSE_UNWANTED)
        told = False
        while True:
            connected_at = None
            try:
                reader, writer = await connect(self._path, self._allowed_uids)
                connected_at = time.monotonic()
                absent.reset()
                try:
                    reports = Reports(self._cameras, self._session)
                    await Uplink(reader, writer, self._control, reports, self._next_bundle).serve()
                finally:
                    writer.transport.abort()
            except* (OSError, Malformed, ValueError, RecursionError) as errors:
                if connected_at is not None and time.monotonic() - connected_at > _GOOD_WHILE:
                    unwanted.reset()
                    told = False
                if not told:
                    sent_away = connected_at is not None and isinstance(errors.exceptions[0], ConnectionError)
                    log.warning("%s: %s%s; trying again", self._path, errors.exceptions[0], _WHY if sent_away else "")
                    told = True
            self._put_back()
            if self._closed:  # before Python 3.13 a TaskGroup in which a part fails forgets that it was cancelled, too
                return
            await asyncio.sleep((absent if connected_at is None else unwanted).pause())

    async def _next_bundle(self) -> bytes:
        self._done()  # what was given before is in the socket
        while True:
            await asyncio.sleep(max(0, self._due - time.monotonic()))
            await self._filled.wait()
            self._filled.clear()
            with self._changed:
                taken, self._waiting = self._waiting, {}
                self._under_way = taken
            encoded = await asyncio.gather(*map(self._frame, taken.values()))
            if frames := [frame for frame in encoded if frame]:
                now = time.monotonic()
                self._due = (self._due if now - self._due < self._period else now) + self._period
                infos = [taken[frame.camera_id].info for frame in frames]
                bundle = Bundle(self._seq, now_us(), frames, infos, self._session)
                self._seq += 1
                return build(bundle)
            self._done()

    def _done(self) -> None:
        with self._changed:
            self._under_way = {}
            self._changed.notify_all()

    def _put_back(self) -> None:
        """What was lost with a connection waits for the next one, where nothing newer does."""
        with self._changed:
            for camera_id, lost in self._under_way.items():
                if not self._cameras[camera_id].stopped:
                    self._waiting.setdefault(camera_id, lost)
            self._under_way = {}
            self._changed.notify_all()
        self._filled.set()

    async def _frame(self, waiting: _Waiting) -> Frame | None:
        """Arrays are encoded in threads, side by side."""
        data, camera_id = waiting.picture, waiting.info.camera_id
        if not isinstance(data, bytes):
            try:
                data = await asyncio.to_thread(jpeg.encode, data, self._quality)
            except ValueError as error:
                log.warning("camera %d: %s; this picture is left out", camera_id, error)
                return None
        self._cameras[camera_id].encoded += 1
        return Frame(camera_id, JPEG, *jpeg.size_of(data), data)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
