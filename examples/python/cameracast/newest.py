"""The newest frame of each camera: one thread puts, any number take, and nobody waits for anybody."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from .frame import CameraFrame


class Newest:
    """Holds one frame a camera; the next one takes its place."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._frames: dict[int, tuple[int, CameraFrame]] = {}
        self._count = 0
        self._end: Exception | None = None
        self._wakers: set[Callable[[], object]] = set()

    def put(self, frames: Iterable[CameraFrame]) -> None:
        """Newer frames."""
        with self._change():
            for frame in frames:
                self._count += 1
                self._frames[frame.camera_id] = (self._count, frame)

    def clear(self) -> None:
        """What is here is not what the cameras see now."""
        with self._change():
            self._frames.clear()

    def end(self, error: Exception) -> None:
        """There will be no more: whoever waits gets the error."""
        with self._change():
            self._end = error

    def latest(self, camera_id: int | None, timeout: float | None) -> CameraFrame | None:
        """The newest frame of a camera (None: of any); waits for the first one. None where none came in time."""
        with self._changed:
            self._changed.wait_for(lambda: self._end or self._latest(camera_id), timeout)
            if self._end:
                raise self._end
            return self._latest(camera_id)

    def all(self) -> dict[int, CameraFrame]:
        """The newest frame of each camera."""
        with self._changed:
            if self._end:
                raise self._end
            return {camera_id: frame for camera_id, (_, frame) in sorted(self._frames.items())}

    def _latest(self, camera_id: int | None) -> CameraFrame | None:
        if camera_id is None:
            return max(self._frames.values(), key=lambda numbered: numbered[0])[1] if self._frames else None
        return self._frames[camera_id][1] if camera_id in self._frames else None

    @contextlib.contextmanager
    def _change(self) -> Iterator[None]:
        with self._changed:
            yield
            self._changed.notify_all()
            for wake in self._wakers:
                wake()

    @contextlib.contextmanager
    def waking(self, wake: Callable[[], object]) -> Iterator[None]:
        """Calls ``wake`` after each change, from the thread that puts."""
        with self._changed:
            self._wakers.add(wake)
        try:
            yield
        finally:
            with self._changed:
                self._wakers.discard(wake)


class Cursor:
    """What one taker has had: it gets the newest frame of each camera once, the one that has waited longest first."""

    def __init__(self, newest: Newest) -> None:
        self._newest = newest
        self._had: dict[int, int] = {}

    def next(self) -> CameraFrame:
        """Waits for a frame that this taker has not had."""
        newest = self._newest
        with newest._changed:
            while (frame := self._take()) is None:
                newest._changed.wait()
            return frame

    async def next_async(self) -> CameraFrame:
        """The same for a coroutine."""
        newest, loop, changed = self._newest, asyncio.get_running_loop(), asyncio.Event()

        def wake() -> None:
            with contextlib.suppress(RuntimeError):  # the taker's loop is closed: nobody is there to be woken
                loop.call_soon_threadsafe(changed.set)

        with newest.waking(wake):
            while True:
                changed.clear()
                with newest._changed:
                    frame = self._take()
                if frame is not None:
                    return frame
                await changed.wait()

    def _take(self) -> CameraFrame | None:
        if self._newest._end:
            raise self._newest._end
        waiting = [(n, frame) for n, frame in self._newest._frames.values() if n > self._had.get(frame.camera_id, 0)]
        if not waiting:
            return None
        number, frame = min(waiting, key=lambda numbered: numbered[0])
        self._had[frame.camera_id] = number
        return frame
