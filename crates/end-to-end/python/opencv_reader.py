"""Reads frames as everybody's first OpenCV script does, keeps the last one as raw RGB, and says what it saw as JSON.

    opencv_reader.py URL --frames 100 --save last.rgb
"""

import argparse
import json
import sys

import cv2


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("url")
    parser.add_argument("--frames", type=int, required=True)
    parser.add_argument("--save", required=True, help="a file for the last frame")
    args = parser.parse_args()

    capture = cv2.VideoCapture(args.url)
    if not capture.isOpened():
        sys.exit(f"OpenCV {cv2.__version__} does not open {args.url}")
    sizes, changes, last = set(), 0, None
    for number in range(args.frames):
        there, frame = capture.read()
        if not there:
            sys.exit(f"OpenCV {cv2.__version__} reads {number} frames and then no more")
        height, width = frame.shape[:2]
        sizes.add((width, height))
        changes += last is not None and bool((frame != last).any())
        last = frame
    last[..., ::-1].tofile(args.save)  # OpenCV has blue first
    print(json.dumps({"sizes": sorted(sizes), "changes": changes}), flush=True)


main()
