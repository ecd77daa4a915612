"""Where a bridge is: one address for its WebSocket and its HTTP, also below a path of a reverse proxy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self
from urllib.parse import parse_qsl, urlencode, urlsplit

if TYPE_CHECKING:
    from collections.abc import Mapping

_SCHEMES = {"ws": False, "http": False, "wss": True, "https": True}


@dataclass(frozen=True, slots=True)
class Address:
    """A bridge's address, and the token that opens it."""

    host: str
    """With the port, where there is one."""
    path: str
    tls: bool
    token: str | None
    asked: Mapping[str, str]
    """What else the URL asks of the WebSocket: ``cameras``, ``fps``."""

    @classmethod
    def parse(cls, url: str, token: str | None = None) -> Self:
        """Reads ``host:port``, or a URL with any of ws, wss, http and https.

        Its ``?token=`` is taken, and so is what the WebSocket takes: ``?cameras=``, ``?fps=``.
        """
        parts = urlsplit(url if "://" in url else f"ws://{url}")
        if parts.scheme not in _SCHEMES or not parts.netloc:
            without_query = url.partition("?")[0]  # a token may stand there
            raise ValueError(
                f"{without_query} is no address of a bridge: ws://HOST:PORT/ is, likewise wss, http, https"
            )
        asked = dict(parse_qsl(parts.query))
        in_url = asked.pop("token", None)
        token = (token or in_url or "").strip() or None  # files end with a line's end
        if token and not (token.isascii() and token.isprintable()):
            raise ValueError("the token has characters that no token has: visible ASCII is allowed")
        return cls(parts.netloc, parts.path.rstrip("/"), _SCHEMES[parts.scheme], token, asked)

    def websocket(self, **query: str | None) -> str:
        """The WebSocket with all cameras; ``query`` counts more than what the URL asked."""
        return self._url("ws", "", {**self.asked, **{key: value for key, value in query.items() if value is not None}})

    def http(self, path: str, **query: str | None) -> str:
        """A path of the bridge's HTTP."""
        return self._url("http", path, query)

    def headers(self) -> dict[str, str]:
        """The token, where there is one: in a header, since addresses get into logs."""
        return {"Authorization": f"Bearer {self.token}"} if self.token else {}

    def _url(self, scheme: str, path: str, query: dict[str, str | None]) -> str:
        asked = urlencode({key: value for key, value in query.items() if value is not None})
        return f"{scheme}{'s' if self.tls else ''}://{self.host}{self.path}/{path}{'?' if asked else ''}{asked}"
