"""Takes FrameBundles as the original bridge did. Written from sections 1 and 2 of the wire contract alone: it says no
hello and takes nothing but bundles. Prints a line of JSON for each.

    listener.py SOCKET --bundles 60 [--save FOLDER]
"""

import argparse
import hashlib
import json
import os
import socket
import struct
import sys

PACKET_BUNDLE = 0xDEADBEEF
BUNDLE_MAGIC = 0xCAFEBABE
VERSION = 1


def read(stream, size):
    data = stream.read(size)
    if len(data) < size:
        sys.exit(f"the grabber left in the middle: {len(data)} of {size} bytes")
    return data


def read_bundle(stream):
    magic, size = struct.unpack("<II", read(stream, 8))
    if magic != PACKET_BUNDLE:
        sys.exit(f"packet magic {magic:#010x}: this is no bundle, and nothing else was asked for")
    return read(stream, size)


def frames_of(payload):
    magic, version, count, seq, timestamp_us = struct.unpack_from("<IHHQQ", payload)
    if magic != BUNDLE_MAGIC or version != VERSION or count == 0:
        sys.exit(f"magic {magic:#010x}, version {version}, {count} cameras: not version 1")
    frames, at = [], 24
    for _ in range(count):
        camera, pixel_format, _, width, height, size = struct.unpack_from("<BBHIII", payload, at)
        at += 16
        jpeg = payload[at : at + size]
        if len(jpeg) < size:
            sys.exit(f"camera {camera}: {size} bytes are promised, {len(jpeg)} are there")
        if pixel_format == 1 and not (jpeg[:2] == b"\xff\xd8" and jpeg[-2:] == b"\xff\xd9"):
            sys.exit(f"camera {camera}: no whole JPEG")
        frames.append((camera, width, height, jpeg))
        at += size
    return seq, timestamp_us, frames  # what follows the last frame is a later version's


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("socket")
    parser.add_argument("--bundles", type=int, required=True)
    parser.add_argument("--save", help="a folder for the JPEGs of the last bundle")
    args = parser.parse_args()

    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listening:
        listening.bind(args.socket)
        listening.listen(1)
        print("listening", flush=True)
        grabber, _ = listening.accept()
    with grabber, grabber.makefile("rb") as stream:
        for _ in range(args.bundles):
            seq, timestamp_us, frames = frames_of(read_bundle(stream))
            cameras = [
                {
                    "camera": camera,
                    "width": width,
                    "height": height,
                    "size": len(jpeg),
                    "sha256": hashlib.sha256(jpeg).hexdigest(),
                }
                for camera, width, height, jpeg in frames
            ]
            print(json.dumps({"seq": seq, "timestamp_us": timestamp_us, "cameras": cameras}), flush=True)
    if args.save:
        for camera, _, _, jpeg in frames:
            with open(os.path.join(args.save, f"{camera}.jpg"), "wb") as file:
                file.write(jpeg)


main()
