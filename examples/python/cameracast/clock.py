"""Clocks: Unix time that never goes back, and how far the bridge's clock is from it."""

from __future__ import annotations

import time
from collections import deque

_ANCHOR_NS = time.time_ns() - time.monotonic_ns()


def now_us() -> int:
    """Unix time in µs, anchored once: it goes on evenly where somebody sets the machine's clock."""
    return (_ANCHOR_NS + time.monotonic_ns()) // 1000


class BridgeClock:
    """Of several exchanges the one with the shortest round trip says most: the least of it was waiting on one way."""

    def __init__(self) -> None:
        self._exchanges: deque[tuple[int, int]] = deque(maxlen=24)  # old ones go, because clocks drift

    def add(self, sent_us: int, received_us: int, bridge_us: int) -> None:
        """One question and its answer."""
        self._exchanges.append((received_us - sent_us, bridge_us - (sent_us + received_us) // 2))

    def offset_us(self) -> int | None:
        """What to add to our clock to get the bridge's; None before the first answer."""
        return min(self._exchanges)[1] if self._exchanges else None
