"""A client of the webcam protocol, written with `websockets` from the wire contract. Prints a line of JSON for each
message, with the Unix time of its arrival: {"at", "text"}, or {"at", "whole", "width", "height"} for a JPEG.

Says one `--say` after the other, each once the one before it is answered by a `result` and the first only after a JPEG,
with {"at", "said"}. Leaves `--frames` JPEGs after the last answer.

    webcam.py ws://HOST:PORT/camera/0 --say '{"type":"config","fps":5}' --frames 25
"""

import argparse
import asyncio
import json
import sys
import time

from websockets.asyncio.client import connect

# Start of frame in the JPEG processes that cameras use (baseline, extended, progressive): height and width follow.
STARTS_OF_FRAME = {0xC0, 0xC1, 0xC2}


def show(**what):
    print(json.dumps({"at": time.time(), **what}), flush=True)


def seen_of(jpeg):
    at, width, height = 2, None, None
    while at + 9 <= len(jpeg) and width is None:
        if jpeg[at + 1] in STARTS_OF_FRAME:
            height, width = jpeg[at + 5] << 8 | jpeg[at + 6], jpeg[at + 7] << 8 | jpeg[at + 8]
        at += 2 + (jpeg[at + 2] << 8 | jpeg[at + 3])
    whole = jpeg[:2] == b"\xff\xd8" and jpeg[-2:] == b"\xff\xd9"
    return {"whole": whole, "width": width, "height": height}


async def watch(url, to_say, frames):
    jpegs, waits_for_answer = 0, False
    async with connect(url) as bridge:
        async for message in bridge:
            if isinstance(message, str):
                text = json.loads(message)
                show(text=text)
                waits_for_answer = waits_for_answer and text["type"] != "result"
            else:
                show(**seen_of(message))
                jpegs += 1
                frames -= not waits_for_answer and not to_say
            if frames == 0:
                return
            if jpegs and to_say and not waits_for_answer:
                said = to_say.pop(0)
                show(said=said[:200])
                await bridge.send(said)
                waits_for_answer = True
        sys.exit("the bridge ended the connection")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("url")
    parser.add_argument("--say", action="append", default=[])
    parser.add_argument("--frames", type=int, required=True)
    args = parser.parse_args()
    asyncio.run(watch(args.url, args.say, args.frames))


main()
