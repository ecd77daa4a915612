"""The bundles of one bridge, over as many connections as that takes."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import ssl
import time
from typing import TYPE_CHECKING, Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidMessage, InvalidStatus

from . import frame_bundle
from .backoff import Backoff
from .clock import BridgeClock, now_us
from .errors import Refused, Unreachable
from .frame_bundle import MAX_BUNDLE_SIZE, Bundle, Malformed

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Iterable

    from .address import Address

log = logging.getLogger("cameracast")

_FIRST_PAUSE, _LONGEST_PAUSE = 0.25, 5.0
_GOOD_WHILE = 5.0
_ASK_TIME_EVERY = 5.0
_PING_EVERY, _PONG_WITHIN = 5.0, 10.0  # a bridge whose cable was pulled is noticed within 15 s
_POLICY = 1008
_TOO_MANY_REQUESTS, _SERVER_ERROR = 429, 500
_LONGEST_RETRY_AFTER = 60.0
_GAP = "; frames may be missing from here"


class Connection:
    """Connects, and connects again after any failure that can pass. One task reads :meth:`bundles`."""

    def __init__(
        self,
        address: Address,
        *,
        cameras: Iterable[int] | None = None,
        fps: float | None = None,
        every: bool = False,
        tls: ssl.SSLContext | None = None,
        lost: Callable[[], object] = lambda: None,
    ) -> None:
        """``lost`` is called whenever a connection has ended.

        With ``every`` nothing is left out. Another connection would leave out what came between: there is none, then,
        but an exception.
        """
        self.connected = False
        self.meta: dict[str, Any] = {}
        """What the bridge last said about its cameras."""
        self.skipped = 0
        """Bundles that the bridge left out because this connection was too slow for them."""
        self.clock = BridgeClock()
        self._url = address.websocket(
            cameras=None if cameras is None else ",".join(map(str, cameras)),
            fps=None if fps is None else str(fps),
            delivery="every" if every else None,
        )
        self._options: dict[str, Any] = {
            "additional_headers": address.headers(),
            "max_size": MAX_BUNDLE_SIZE,  # 1 MiB by default: a bundle of several cameras can be larger
            "compression": None,  # JPEGs do not get smaller
            "ping_interval": _PING_EVERY,
            "ping_timeout": _PONG_WITHIN,
            "close_timeout": 1,
        }
        if address.tls and tls is not None:
            self._options["ssl"] = tls
        self._every = every
        self._lost = lost

    async def bundles(self) -> AsyncGenerator[tuple[bytes, Bundle], None]:
        """Each bundle, as it came and as it reads. Raises :class:`Refused` where it makes no sense to try again.

        With ``every``, the end of the connection that the first bundle came on is the end: :class:`Unreachable`.
        """
        backoff = Backoff(_FIRST_PAUSE, _LONGEST_PAUSE)
        told = began = False
        while True:
            connected_at = None
            retry_after = 0.0
            try:
                async with connect(self._url, **self._options) as socket:
                    connected_at = time.monotonic()
                    self._begin()
                    async with contextlib.aclosing(self._messages(socket)) as messages:
                        async for payload in messages:
                            bundle = frame_bundle.parse(payload)
                            began = True
                            yield payload, bundle
                reason = "the bridge closed the connection"
            except (ConnectionClosed, InvalidHandshake, InvalidMessage, OSError, Malformed, ValueError) as error:
                _raise_if_final(self._url, error, _GAP if self._every and began else "")
                reason = str(error)
                retry_after = _retry_after(error)
            if self.connected:
                self.connected = False
                self._lost()
            if self._every and began:
                raise Unreachable(f"{self._url}: {reason}{_GAP}")
            if connected_at is not None and time.monotonic() - connected_at > _GOOD_WHILE:
                backoff.reset()  # sooner, a bridge that sends a bundle and closes would be asked without a pause
                told = False
            if not told:
                log.warning("%s: %s; trying again", self._url, reason)
                told = True
            await asyncio.sleep(max(retry_after, backoff.pause()))

    def _begin(self) -> None:
        self.connected = True
        self.clock = BridgeClock()  # it may be another bridge

    async def _messages(self, socket: ClientConnection) -> AsyncGenerator[bytes, None]:
        asking = asyncio.create_task(_ask_time(socket))
        try:
            async for message in socket:
                if isinstance(message, str):
                    self._hear(message)
                else:
                    yield message
        finally:
            asking.cancel()

    def _hear(self, text: str) -> None:
        match said := json.loads(text):
            case {"type": "meta", "cameras": [*_]}:
                self.meta = said
            case {"type": "drop", "bundles": int(bundles)}:
                self.skipped += bundles
            case {"type": "time", "t0": int(t0), "bridge_us": int(bridge_us)}:
                self.clock.add(t0, now_us(), bridge_us)
            case _:
                pass  # a later version says more


async def _ask_time(socket: ClientConnection) -> None:
    with contextlib.suppress(ConnectionClosed):
        while True:
            await socket.send(json.dumps({"type": "time", "t0": now_us()}))
            await asyncio.sleep(_ASK_TIME_EVERY)


def _raise_if_final(url: str, error: Exception, gap: str) -> None:
    if isinstance(error, InvalidStatus):
        status = error.response.status_code
        if status < _SERVER_ERROR and status != _TOO_MANY_REQUESTS:
            said = bytes(error.response.body or b"").decode(errors="replace").strip()
            raise Refused(status, f"{url}: {said or error}") from error
    if isinstance(error, ConnectionClosed) and error.rcvd is not None and error.rcvd.code == _POLICY:
        raise Refused(_POLICY, f"{url}: {error.rcvd.reason}{gap}") from error
    if isinstance(error, ssl.SSLCertVerificationError):
        raise error


def _retry_after(error: Exception) -> float:
    """Seconds that a bridge with too many clients, or too many questions, asks to wait."""
    said = error.response.headers.get("Retry-After", "") if isinstance(error, InvalidStatus) else ""
    return min(float(said), _LONGEST_RETRY_AFTER) if said.isascii() and said.isdigit() else 0.0
