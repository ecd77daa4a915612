"""Sends FrameBundles as the original grabber did. Written from sections 1 and 2 of the wire contract alone: it says
no hello, reads none, and knows no extension block.

    feeder.py SOCKET --rate 30 --bundles 300 --camera 0:640x480:gate.jpg --camera 1:640x480:yard.jpg
"""

import argparse
import socket
import struct
import time

PACKET_BUNDLE = 0xDEADBEEF
BUNDLE_MAGIC = 0xCAFEBABE
VERSION = 1
JPEG = 1


def camera(text):
    camera_id, size, path = text.split(":", 2)
    width, height = size.split("x")
    with open(path, "rb") as file:
        return int(camera_id), int(width), int(height), file.read()


def bundle(seq, cameras):
    timestamp_us = time.monotonic_ns() // 1000
    parts = [struct.pack("<IHHQQ", BUNDLE_MAGIC, VERSION, len(cameras), seq, timestamp_us)]
    for camera_id, width, height, jpeg in cameras:
        parts += [struct.pack("<BBHIII", camera_id, JPEG, 0, width, height, len(jpeg)), jpeg]
    return b"".join(parts)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("socket")
    parser.add_argument("--rate", type=float, default=30)
    parser.add_argument("--bundles", type=int, required=True)
    parser.add_argument("--camera", type=camera, action="append", required=True)
    args = parser.parse_args()

    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as bridge:
        bridge.connect(args.socket)
        begin = time.monotonic()
        for seq in range(args.bundles):
            time.sleep(max(0, begin + seq / args.rate - time.monotonic()))
            payload = bundle(seq, args.camera)
            bridge.sendall(struct.pack("<II", PACKET_BUNDLE, len(payload)) + payload)
    print(f"sent {args.bundles} bundles", flush=True)


main()
