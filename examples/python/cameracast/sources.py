"""Pictures for ``python -m cameracast feed``: a camera that OpenCV opens, or a folder of JPEGs."""

from __future__ import annotations

import time
from itertools import cycle
from pathlib import Path
from typing import TYPE_CHECKING

from . import jpeg

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from .jpeg import Array


def folder(path: str | Path, fps: float, *, loop: bool = False) -> Iterator[bytes]:
    """The JPEGs of a folder in the order of their names, at an even rate."""
    if not fps > 0:
        raise ValueError(f"a rate of {fps:g} pictures a second is not possible: it is more than 0")
    files = sorted(file for file in Path(path).iterdir() if file.suffix.lower() in {".jpg", ".jpeg"})
    if not files:
        raise FileNotFoundError(f"there is no .jpg and no .jpeg in {path}")
    return _paced(files if not loop else cycle(files), fps)


def _paced(files: Iterable[Path], fps: float) -> Iterator[bytes]:
    began = time.monotonic()
    for number, file in enumerate(files):
        time.sleep(max(0, began + number / fps - time.monotonic()))
        yield file.read_bytes()


def camera(device: str) -> Iterator[Array]:
    """What OpenCV opens: 0 for the first webcam, a path, a URL, a GStreamer pipeline."""
    cv2 = jpeg.opencv()
    capture = cv2.VideoCapture(int(device) if device.isdigit() else device)
    try:
        while True:
            there, picture = capture.read()
            if not there:
                raise ConnectionError(f"OpenCV gets no picture from {device}")
            yield picture
    finally:
        capture.release()
