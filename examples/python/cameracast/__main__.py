"""``python -m cameracast``: view, save, info, record, replay, feed."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import logging
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from . import sources
from .bridge import Bridge
from .client import Client
from .errors import Refused, Unreachable
from .feeder import Feeder
from .frame_bundle import Malformed
from .recording import record, replay

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .jpeg import Array

_URL = "ws://localhost:8765/"
_SOCKET = "/tmp/cam_stream.sock"


def _view(args: argparse.Namespace) -> None:
    from .view import view  # needs pygame, which the other commands do without

    with Client(args.url, token=args.token, cameras=args.cameras, fps=args.fps) as client:
        view(client)


def _save(args: argparse.Namespace) -> None:
    jpeg = Bridge(args.url, token=args.token).get_jpeg(args.camera, max_age_ms=args.max_age_ms)
    args.file.write_bytes(jpeg)


def _info(args: argparse.Namespace) -> None:
    cameras = Bridge(args.url, token=args.token).get_status()["cameras"]
    if args.json:
        print(json.dumps(cameras, indent=2))
        return
    for camera in cameras:
        size = f"{camera['width']}x{camera['height']}" if camera["width"] else "no picture yet"
        state = ", ".join(word for word in (camera["state"], camera["cause"]) if word)
        fps = camera["received_fps"] or 0
        print(f"{camera['camera_id']:3}  {camera['name']:24}  {size:14}  {fps:6.1f} fps  {state}")


def _record(args: argparse.Namespace) -> None:
    recording = record(
        args.url, args.file, token=args.token, cameras=args.cameras, seconds=args.seconds, bundles=args.bundles
    )
    bundles = asyncio.run(recording)
    if not bundles:
        raise Unreachable(f"nothing came in that time, and {args.file} is as it was")
    print(f"{bundles} bundles")


def _replay(args: argparse.Namespace) -> None:
    with args.file.open("rb") as file:
        print(f"{asyncio.run(replay(file, args.socket, speed=args.speed))} bundles")


def _feed(args: argparse.Namespace) -> None:
    pictures: Iterator[bytes | Array]
    at_most = None
    if Path(args.source).is_dir():
        pictures = sources.folder(args.source, args.fps, loop=args.loop)
    else:
        pictures, at_most = sources.camera(args.source), args.fps
    name = args.name or f"Camera {args.id}"
    with Feeder(args.socket, names={args.id: name}, fps=at_most, quality=args.quality) as feeder:
        for picture in pictures:
            feeder.send(args.id, picture)


def _ids(text: str) -> list[int]:
    try:
        return [int(camera_id) for camera_id in text.split(",")]
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text} is no list of camera ids, such as 0,2") from None


def parser() -> argparse.ArgumentParser:
    """The commands, and what each takes."""
    whole = argparse.ArgumentParser(prog="python -m cameracast", description=__doc__)
    commands = whole.add_subparsers(required=True, metavar="COMMAND")

    watching = argparse.ArgumentParser(add_help=False)
    watching.add_argument("url", nargs="?", default=_URL, help=f"where the bridge is; default: {_URL}")
    watching.add_argument("--token", default=os.environ.get("CAMERACAST_TOKEN"), help="default: $CAMERACAST_TOKEN")

    command = commands.add_parser("view", parents=[watching], help="a window with all cameras; q closes it")
    command.add_argument("--cameras", type=_ids, help="ids with commas between them; default: all")
    command.add_argument("--fps", type=float, help="at most")
    command.set_defaults(run=_view)

    command = commands.add_parser("info", parents=[watching], help="what cameras there are")
    command.add_argument("--json", action="store_true", help="all that is known, for programs")
    command.set_defaults(run=_info)

    command = commands.add_parser("save", parents=[watching], help="the newest picture, as the grabber made it")
    command.add_argument("file", type=Path)
    command.add_argument("--camera", type=int, help="its id; default: the lowest")
    command.add_argument("--max-age-ms", type=int, help="wait for one that new")
    command.set_defaults(run=_save)

    command = commands.add_parser("record", parents=[watching], help="every bundle, into a file")
    command.add_argument("file", type=Path)
    command.add_argument("--cameras", type=_ids, help="ids with commas between them; default: all, bytes unchanged")
    command.add_argument("--seconds", type=float, help="default: until Ctrl-C")
    command.add_argument("--bundles", type=int, help="at most")
    command.set_defaults(run=_record)

    command = commands.add_parser("replay", help="a recording, to a bridge, at its own times")
    command.add_argument("file", type=Path)
    command.add_argument("socket", nargs="?", default=_SOCKET, help=f"the bridge's Unix socket; default: {_SOCKET}")
    command.add_argument("--speed", type=float, default=1, help="2: twice as fast")
    command.set_defaults(run=_replay)

    command = commands.add_parser("feed", help="a camera, or a folder of JPEGs, into a bridge")
    command.add_argument("source", help="a folder, or what OpenCV opens: 0 for the first webcam, a path, a URL")
    command.add_argument("socket", nargs="?", default=_SOCKET, help=f"the bridge's Unix socket; default: {_SOCKET}")
    command.add_argument("--id", type=int, default=0, help="the camera's id, 0 to 255")
    command.add_argument("--name", help="what people call the camera")
    command.add_argument("--fps", type=float, default=30, help="pictures a second: a folder's, a camera's at most")
    command.add_argument("--loop", action="store_true", help="begin again after a folder's last picture")
    command.add_argument("--quality", type=int, default=80, help="of JPEGs, 1 to 100")
    command.set_defaults(run=_feed)
    return whole


def main() -> int:
    """Runs a command; 1 where it failed, with one sentence."""
    args = parser().parse_args()
    logging.basicConfig(format="%(message)s")
    try:
        with contextlib.suppress(KeyboardInterrupt):  # Ctrl-C is how most of them end
            args.run(args)
    except (Refused, Unreachable, Malformed, OSError, ValueError, ImportError) as error:
        print(f"cameracast: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
