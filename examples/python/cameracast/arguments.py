"""What a feeder is given, checked where it is given: a mistake is told to whoever made it."""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING

from . import jpeg
from .control import LONGEST_NAME, Camera
from .frame_bundle import MAX_BUNDLE_SIZE

if TYPE_CHECKING:
    from .jpeg import Array

_LARGEST_PICTURE = MAX_BUNDLE_SIZE - 1024


def camera_of(camera_id: int, name: str) -> Camera:
    camera_id = whole("camera id", camera_id, 0, 255)
    if not 1 <= len(name) <= LONGEST_NAME:
        raise ValueError(f"a name of {len(name)} characters is not possible: 1 to {LONGEST_NAME} are")
    return Camera(camera_id, name)


def whole(what: str, value: int, least: int, most: int) -> int:
    """Raises here, where the mistake is, and not on the feeder's thread; takes NumPy's integers, too."""
    try:
        number = operator.index(value)
    except TypeError:
        raise TypeError(f"{what} {value!r} is not possible: it is a whole number") from None
    if not least <= number <= most:
        raise ValueError(f"{what} {number} is not possible: {least} to {most} are")
    return number


def size_of(picture: bytes | Array) -> tuple[int, int]:
    """Width and height; raises ValueError here, where the mistake is, and not on the feeder's thread."""
    if isinstance(picture, bytes):
        if len(picture) > _LARGEST_PICTURE:
            raise ValueError(f"a JPEG of {len(picture)} bytes is too large: at most {_LARGEST_PICTURE} are possible")
        return jpeg.size_of(picture)
    jpeg.opencv()  # where it is missing, this says how to get it
    is_picture = picture.ndim == 2 or (picture.ndim == 3 and picture.shape[2] == 3)
    if picture.dtype != "uint8" or not is_picture or picture.size == 0:
        what = f"an array of {picture.dtype} and shape {picture.shape}"
        raise ValueError(f"{what} is no picture: uint8 and (height, width, 3) in BGR, or (height, width), is")
    return picture.shape[1], picture.shape[0]
