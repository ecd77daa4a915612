"""Which cameras have been silent for too long."""

from __future__ import annotations

import time

_NEVER_TOO_LONG = 3.0
_PERIODS = 3


class Silence:
    """Knows when each camera's last two frames came: one that is slow may be silent for longer."""

    def __init__(self) -> None:
        self._heard: dict[int, tuple[float, float]] = {}

    def heard(self, camera_id: int) -> None:
        """A frame has come."""
        now = time.monotonic()
        before, _ = self._heard.get(camera_id, (now, 0))
        self._heard[camera_id] = (now, now - before)

    def too_long(self, camera_id: int) -> float | None:
        """Seconds of silence; None where that is nothing to mention."""
        if camera_id not in self._heard:
            return None
        last, period = self._heard[camera_id]
        silent = time.monotonic() - last
        return silent if silent > max(_NEVER_TOO_LONG, _PERIODS * period) else None
