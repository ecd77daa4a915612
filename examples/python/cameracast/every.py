"""Every frame, in order: for programs that measure or record. Those that show pictures take a Client."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from .address import Address
from .connection import Connection
from .frame import CameraFrame, frames_of

if TYPE_CHECKING:
    import ssl
    from collections.abc import AsyncGenerator, Iterable


async def every_frame(
    url: str = "ws://localhost:8765/",
    *,
    token: str | None = None,
    cameras: Iterable[int] | None = None,
    tls: ssl.SSLContext | None = None,
) -> AsyncGenerator[CameraFrame, None]:
    """Waits for the bridge, and leaves nothing out from the first frame on.

    Where that cannot be kept, it ends with an exception: :class:`Refused` where the bridge has closed who is too slow,
    :class:`Unreachable` where the connection has ended. Whoever begins again knows of the gap.
    """
    connection = Connection(Address.parse(url, token), cameras=cameras, every=True, tls=tls)
    async with contextlib.aclosing(connection.bundles()) as bundles:
        async for _, bundle in bundles:
            for frame in frames_of(bundle):
                yield frame
