"""Which cameras have been silent for too long."""

from __future__ import annotations

from itertools import pairwise

_NEVER_TOO_LONG = 3.0
_PERIODS = 3


class Silence:
    """Knows when each camera's last three frames came: one that is slow may be silent for longer.

    Of the two pauses between them the shorter counts, since the other may have been a silence. Times are of the
    monotonic clock, in seconds.
    """

    def __init__(self) -> None:
        self._heard: dict[int, tuple[float, ...]] = {}

    def heard(self, camera_id: int, now: float) -> None:
        """A frame has come."""
        self._heard[camera_id] = (*self._heard.get(camera_id, ())[-2:], now)

    def too_long(self, camera_id: int, now: float) -> float | None:
        """Seconds of silence; None where that is nothing to mention."""
        heard = self._heard.get(camera_id, (now,))
        period = min((later - earlier for earlier, later in pairwise(heard)), default=0.0)
        silent = now - heard[-1]
        return silent if silent > max(_NEVER_TOO_LONG, _PERIODS * period) else None
