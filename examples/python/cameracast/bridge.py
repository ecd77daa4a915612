"""What a bridge answers over HTTP: pictures, how the cameras are, and control."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, cast
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

from . import jpeg
from .address import Address
from .errors import Refused, Unreachable

if TYPE_CHECKING:
    import ssl

    from .jpeg import Array

_SMALL = "320x320"


class Bridge:
    """Asks a bridge. Where no camera is named, the one with the lowest id is meant. Each call is one request."""

    def __init__(
        self,
        url: str = "ws://localhost:8765/",
        *,
        token: str | None = None,
        timeout: float = 10,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.address = Address.parse(url, token)
        self._timeout = timeout
        self._tls = tls

    def get_jpeg(
        self,
        camera: int | None = None,
        *,
        max_age_ms: int | None = None,
        size: str | None = None,
        stretch: bool = False,
    ) -> bytes:
        """The newest picture, as the camera's grabber made it; with ``max_age_ms`` waits for one that new.

        ``size`` ("320x320") makes a small one: it fits in, or is stretched to exactly that.
        """
        asked = {
            "max_age_ms": None if max_age_ms is None else str(max_age_ms),
            "size": size or None,
            "stretch": "1" if stretch else None,
        }
        return self._ask(self.address.http(_path("frame", camera), **asked))

    def get_frame(self, camera: int | None = None, *, max_age_ms: int | None = None) -> Array:
        """The newest picture as BGR (height, width, 3)."""
        return jpeg.decode(self.get_jpeg(camera, max_age_ms=max_age_ms))

    def get_smframe(self, camera: int | None = None, *, max_age_ms: int | None = None) -> Array:
        """The small frame, for those who look at it with a model: all of the picture, stretched to 320x320."""
        return jpeg.decode(self.get_jpeg(camera, max_age_ms=max_age_ms, size=_SMALL, stretch=True))

    def get_status(self) -> dict[str, Any]:
        """Cameras, clients and grabbers, as ``/api/status`` tells them."""
        return cast("dict[str, Any]", json.loads(self._ask(self.address.http("api/status"))))

    def get_camera_info(self, camera: int | None = None) -> dict[str, Any]:
        """What is known of one camera: its name, state, size, rate, and what can be set of it."""
        cameras: list[dict[str, Any]] = self.get_status()["cameras"]
        for info in cameras:
            if camera in (None, info["camera_id"]):
                return info
        known = ", ".join(str(info["camera_id"]) for info in cameras) or "none"
        raise Refused(404, f"there is no camera{'' if camera is None else f' {camera}'}; there are: {known}")

    def start(self, camera: int | None = None) -> None:
        """Grabs the camera again, for everybody, if it was stopped."""
        self._control("start", camera)

    def stop(self, camera: int | None = None) -> None:
        """Grabs the camera no more, for everybody, until it is started."""
        self._control("stop", camera)

    def configure(self, camera: int | None = None, **settings: float | str) -> dict[str, Any]:
        """Changes the camera for everybody, and gives what holds now.

        Takes ``width``, ``height``, ``camera_fps``, ``stream_fps``, ``jpeg_quality``, ``exposure_us``, ``gain_db`` and
        ``trigger``, as far as the camera has them.
        """
        return self._control("config", camera, settings)

    def _control(self, what: str, camera: int | None, body: dict[str, Any] | None = None) -> dict[str, Any]:
        url = self.address.http(f"{_path('camera', camera)}/{what}")
        answer = json.loads(self._ask(url, json.dumps(body or {}).encode()))
        return cast("dict[str, Any]", answer.get("applied", {}))

    def _ask(self, url: str, body: bytes | None = None) -> bytes:
        headers = self.address.headers() | ({} if body is None else {"Content-Type": "application/json"})
        request = Request(url, body, headers)
        try:
            with urlopen(request, timeout=self._timeout, context=self._tls) as answer:
                return cast("bytes", answer.read())
        except HTTPError as error:
            raise Refused(error.code, f"{url}: {_sentence(error)}") from error
        except (URLError, TimeoutError, ConnectionError) as error:
            raise Unreachable(f"{url}: {getattr(error, 'reason', error)}; does the bridge run there?") from error


def _path(kind: str, camera: int | None) -> str:
    return f"api/{kind}" if camera is None else f"api/{kind}/{camera}"


def _sentence(error: HTTPError) -> str:
    said = error.read().decode(errors="replace").strip()
    try:
        return str(json.loads(said)["error"])
    except (ValueError, TypeError, KeyError):
        return said or error.reason
