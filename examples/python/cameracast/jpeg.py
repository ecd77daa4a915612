"""JPEGs: their size, and their way to NumPy arrays and back (which needs NumPy and OpenCV)."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from types import ModuleType

    import numpy as np
    from numpy.typing import NDArray

    Array: TypeAlias = NDArray[np.uint8]

# Markers that begin a frame (T.81, table B.1), of which height and width are a part. Not among them: Huffman tables
# (C4), a JPEG extension (C8) and arithmetic conditioning (CC).
_STARTS_OF_FRAME = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}


def size_of(jpeg: bytes) -> tuple[int, int]:
    """Width and height in pixels; raises ValueError where these bytes are no JPEG."""
    if jpeg[:2] != b"\xff\xd8":
        raise ValueError("no JPEG: it does not begin with FF D8")
    at = 2
    while at + 9 <= len(jpeg) and jpeg[at] == 0xFF:
        marker = jpeg[at + 1]
        if marker == 0xFF:  # a fill byte
            at += 1
            continue
        if marker in _STARTS_OF_FRAME:
            return int.from_bytes(jpeg[at + 7 : at + 9]), int.from_bytes(jpeg[at + 5 : at + 7])
        at += 2 + int.from_bytes(jpeg[at + 2 : at + 4])
    raise ValueError("no JPEG: it has no header with a width and a height")


def decode(jpeg: bytes) -> Array:
    """The picture as BGR (height, width, 3), whatever its colours; raises ValueError where it does not decode."""
    cv2 = opencv()
    import numpy as np

    picture: Array | None = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
    if picture is None:
        raise ValueError(f"OpenCV cannot decode this picture of {len(jpeg)} bytes")
    return picture


def encode(picture: Array, quality: int = 80) -> bytes:
    """A JPEG of BGR (height, width, 3) or of grey (height, width)."""
    cv2 = opencv()
    try:
        done, encoded = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])
    except cv2.error as error:
        raise ValueError(f"OpenCV cannot encode an array of shape {picture.shape}: {error}") from error
    if not done:
        raise ValueError(f"OpenCV cannot encode an array of shape {picture.shape}")
    return bytes(encoded)


def opencv() -> ModuleType:
    """OpenCV, or one sentence that says how to get it."""
    try:
        import cv2
    except ImportError as error:
        raise ImportError("arrays need NumPy and OpenCV: pip install numpy opencv-python-headless") from error
    return cv2
