"""What can go wrong, each with one sentence that says what to do or what was wrong."""


class Refused(Exception):
    """The bridge, or the grabber behind it, said no. ``status`` is that of HTTP, or the WebSocket's close code."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status


class Unreachable(Exception):
    """There is no bridge, or it does not answer."""
