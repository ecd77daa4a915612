"""Many viewers over one kind of connection, with `websockets` and the wire contract's first two sections. Says `watching`
once each has a bundle; after `--seconds` prints a line of JSON for each: {"bundles", "backwards"}, with "gone" where its
connection has ended before.

    watchers.py wss://HOST:PORT/ --viewers 20 --seconds 10
"""

import argparse
import asyncio
import json
import struct
import time

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed


async def watch(url, until, first):
    seen, backwards, last = 0, 0, -1
    try:
        async with connect(url) as bridge:
            async for message in bridge:
                if isinstance(message, str):
                    continue
                (seq,) = struct.unpack_from("<Q", message, 8)
                seen, backwards, last = seen + 1, backwards + (seq <= last), seq
                if seen == 1:
                    first.release()
                if time.monotonic() > until:
                    return {"bundles": seen, "backwards": backwards}
        return {"bundles": seen, "backwards": backwards, "gone": "closed"}
    except (ConnectionClosed, OSError) as error:
        return {"bundles": seen, "backwards": backwards, "gone": str(error)}


async def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("url")
    parser.add_argument("--viewers", type=int, required=True)
    parser.add_argument("--seconds", type=float, required=True)
    args = parser.parse_args()
    first = asyncio.Semaphore(0)
    until = time.monotonic() + args.seconds
    watchers = [asyncio.create_task(watch(args.url, until, first)) for _ in range(args.viewers)]
    for _ in watchers:
        await asyncio.wait_for(first.acquire(), 20)
    print("watching", flush=True)
    for seen in await asyncio.gather(*watchers):
        print(json.dumps(seen), flush=True)


asyncio.run(main())
