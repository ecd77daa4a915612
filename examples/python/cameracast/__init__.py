"""Watches, changes, records and feeds the cameras of a cameracast bridge."""

from .bridge import Bridge
from .client import Client
from .control import CannotSet
from .errors import Refused, Unreachable
from .every import every_frame
from .feeder import Feeder
from .frame import CameraFrame
from .frame_bundle import Malformed
from .recording import record, replay

__all__ = [
    "Bridge",
    "CameraFrame",
    "CannotSet",
    "Client",
    "Feeder",
    "Malformed",
    "Refused",
    "Unreachable",
    "every_frame",
    "record",
    "replay",
]
