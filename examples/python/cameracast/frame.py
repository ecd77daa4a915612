"""A picture of one camera, with all that is known about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from . import jpeg
from .frame_bundle import JPEG, Bundle

if TYPE_CHECKING:
    from .jpeg import Array

CLOCKS = {0: "arrival", 1: "camera", 2: "ptp"}


@dataclass(frozen=True, slots=True)
class CameraFrame:
    """One picture, as the camera's grabber made it."""

    camera_id: int
    jpeg: bytes
    width: int
    height: int
    capture_time_us: int | None
    """Unix time in µs; None where the sender does not tell."""
    clock: str | None
    """Whose clock that is: ``arrival`` (of the frame at the host), ``camera`` or ``ptp``."""
    frame_number: int | None
    """The camera's own count: a gap counts the frames that were dropped, or not streamed, between."""
    seq: int
    """The sender's count of bundles: begins again at 0 where ``session`` changes."""
    session: int | None
    bundle_time_us: int
    """When the bundle was put together, on the sender's clock."""

    def array(self) -> Array:
        """The picture as BGR (height, width, 3); needs NumPy and OpenCV."""
        return jpeg.decode(self.jpeg)


def frames_of(bundle: Bundle) -> list[CameraFrame]:
    """The JPEGs of a bundle. Other pixel formats, and frames without data, are left out."""
    infos = {info.camera_id: info for info in bundle.capture_infos}
    frames = []
    for frame in bundle.frames:
        if frame.pixel_format != JPEG or not frame.data:
            continue
        info = infos.get(frame.camera_id)
        frames.append(
            CameraFrame(
                camera_id=frame.camera_id,
                jpeg=bytes(frame.data),
                width=frame.width,
                height=frame.height,
                capture_time_us=info.capture_time_us if info else None,
                clock=CLOCKS.get(info.clock, f"clock {info.clock}") if info else None,
                frame_number=info.frame_number if info else None,
                seq=bundle.seq,
                session=bundle.session,
                bundle_time_us=bundle.timestamp_us,
            )
        )
    return frames
