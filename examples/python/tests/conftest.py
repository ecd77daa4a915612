"""What the tests stand on. ``scripts/test-python`` runs them; nothing here is a mock."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest
from programs import PROGRAMS, Place

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from cameracast.jpeg import Array


def pytest_configure() -> None:
    os.environ["no_proxy"] = "*"  # a proxy of the machine is not for its own address
    for name in ("ws-bridge", "cam-grabber"):
        if not (PROGRAMS / name).is_file():
            raise pytest.UsageError(f"there is no {PROGRAMS / name}: cargo build --workspace --bins --all-features")


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    place = Place(tmp_path)
    yield place
    place.end()


@pytest.fixture
def picture() -> Array:
    """Blue on the left, red on the right, 64x48."""
    picture = np.zeros((48, 64, 3), np.uint8)
    picture[:, :32, 0] = 255
    picture[:, 32:, 2] = 255
    return picture


@pytest.fixture
def jpeg(picture: Array) -> bytes:
    return cv2.imencode(".jpg", picture)[1].tobytes()
