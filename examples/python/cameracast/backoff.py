"""How long to wait before the next attempt to connect."""

import random


class Backoff:
    """From ``first`` seconds doubled up to ``longest``; up to a quarter less, so that not all come back at once."""

    def __init__(self, first: float, longest: float) -> None:
        self._first = first
        self._longest = longest
        self._next = first

    def pause(self) -> float:
        """Seconds until the next attempt."""
        pause, self._next = self._next, min(2 * self._next, self._longest)
        return pause * random.uniform(0.75, 1)

    def reset(self) -> None:
        """The connection is good."""
        self._next = self._first
