"""What a feeder is asked by the bridge, and what it tells: JSON messages over the Unix socket."""

from __future__ import annotations

import json
import logging
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Configure = Callable[[int, dict[str, Any]], dict[str, Any]]

log = logging.getLogger("cameracast")

LONGEST_NAME = 100
_STALLED_AFTER = 2.0
_IN_A_MESSAGE = 32  # cameras: a control message has at most 64 KiB, also where every character of a name takes six
_SETTINGS = ("width", "height", "camera_fps", "stream_fps", "jpeg_quality", "exposure_us", "gain_db", "trigger")


class CannotSet(Exception):
    """For a ``configure`` function to raise: one sentence with what was wrong and what is allowed."""


@dataclass
class Camera:
    """A camera of the feeder, and what became of its pictures."""

    camera_id: int
    name: str
    stopped: bool = False
    grabbed: int = 0
    encoded: int = 0
    size: tuple[int, int] | None = None
    last_at: float | None = None

    def state(self, now: float) -> str:
        """One of the states of the contract; ``now`` is of the monotonic clock."""
        if self.stopped:
            return "stopped"
        if self.last_at is None:
            return "opening"
        return "streaming" if now - self.last_at < _STALLED_AFTER else "stalled"

    def report(self, now: float) -> dict[str, Any]:
        """What the bridge is told of it."""
        state = self.state(now)
        width, height = self.size or (None, None)
        return {
            "camera": self.camera_id,
            "name": self.name,
            "state": state,
            "cause": "no frames" if state == "stalled" else None,
            "actual": {"width": width, "height": height, "fps": None, "pixel_format": None},
            "grabbed": self.grabbed,
            "encoded": self.encoded,
        }


class Control:
    """Answers requests."""

    def __init__(self, cameras: dict[int, Camera], configure: Configure | None) -> None:
        self._cameras = cameras
        self._configure = configure

    def answer(self, request: dict[str, Any]) -> dict[str, Any] | None:
        """The result of a request; None for what is none."""
        if "request" not in request:
            return None  # a later version says more
        result = {"type": "result", "request": request["request"]}
        try:
            applied = self._carry_out(request)
            json.dumps(applied, allow_nan=False)  # here, where what cannot be told is answered
        except CannotSet as refused:
            return result | {"ok": False, "error": str(refused)}
        except Exception as error:
            log.exception("request %s failed", request)
            return result | {"ok": False, "error": f"the feeder failed: {error!r}"}
        return result | {"ok": True, "applied": applied}

    def _carry_out(self, request: dict[str, Any]) -> dict[str, Any]:
        camera_id = request.get("camera")
        camera = self._cameras.get(camera_id) if isinstance(camera_id, int) else None
        match request.get("type"):
            case "start" | "stop" as what if camera:
                camera.stopped = what == "stop"
                return {}
            case "configure" if camera and self._configure:
                if unknown := request["set"].keys() - set(_SETTINGS):
                    raise CannotSet(f"there is no setting {min(unknown)}; there are {', '.join(_SETTINGS)}")
                return self._configure(camera.camera_id, request["set"])
            case "configure" if camera:
                raise CannotSet("this feeder changes no settings of its cameras")
            case "configure" | "start" | "stop":
                raise CannotSet(f"this feeder has no camera {camera_id}")
            case other:
                raise CannotSet(f"this feeder takes no {other}; it takes start, stop and configure")


class Reports:
    """What one bridge has been told, so that only what changed is said again."""

    def __init__(self, cameras: dict[int, Camera], session: int) -> None:
        self._cameras = cameras
        self._session = session
        self._told: dict[int, dict[str, Any]] = {}

    def next(self) -> Iterator[dict[str, Any]]:
        """Messages with the cameras that changed since the last call: all of them the first time."""
        states = {camera.camera_id: camera.report(time.monotonic()) for camera in list(self._cameras.values())}
        changed = [state for camera_id, state in states.items() if self._told.get(camera_id) != state]
        self._told = states
        for at in range(0, len(changed), _IN_A_MESSAGE):
            cameras = changed[at : at + _IN_A_MESSAGE]
            yield {"type": "state", "session": str(self._session), "demo": False, "cameras": cameras}
