#!/usr/bin/env python3
"""bundles.py ADDRESS NUMBER CAMERAS: reads bundles as a viewer does; ends well when all that came was sound.

The layout is that of proto/frame-bundle.md. What it was told before the first bundle, it prints.
"""

import asyncio
import json
import struct
import sys

import websockets


def cameras_of(bundle: bytes) -> set[int]:
    """The cameras of a bundle, each with a whole JPEG."""
    magic, version, count = struct.unpack_from("<IHH", bundle)
    assert (magic, version) == (0xCAFEBABE, 1), f"no bundle: {bundle[:8]!r}"
    at, cameras = 24, set()
    for _ in range(count):
        camera, pixel_format, _, _, _, size = struct.unpack_from("<BBHIII", bundle, at)
        data = bundle[at + 16 : at + 16 + size]
        assert pixel_format == 1 and len(data) == size, f"camera {camera}: {pixel_format}, {len(data)} of {size} bytes"
        assert data.startswith(b"\xff\xd8") and data.endswith(b"\xff\xd9"), f"camera {camera}: no JPEG"
        cameras.add(camera)
        at += 16 + size
    return cameras


async def main(address: str, number: int, expected: set[int]) -> None:
    seen: set[int] = set()
    async with websockets.connect(f"ws://{address}/", max_size=64 << 20, proxy=None) as viewer:
        while number or seen != expected:
            message = await viewer.recv()
            if isinstance(message, bytes):
                seen |= cameras_of(message)
                number = max(0, number - 1)
            elif not seen:
                print("demo:", json.loads(message).get("demo"))
    print("cameras:", *sorted(seen))


asyncio.run(asyncio.wait_for(main(sys.argv[1], int(sys.argv[2]), set(map(int, sys.argv[3].split(",")))), 30))
