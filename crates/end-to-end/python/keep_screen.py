"""Runs a viewer made with pygame on no screen, and keeps what it shows last as raw RGB.

    keep_screen.py VIEWER.py SCREEN.rgb
"""

import os
import runpy
import sys

os.environ["SDL_VIDEODRIVER"] = "dummy"
import pygame  # noqa: E402

viewer, kept = sys.argv[1:]
shown = pygame.display.flip


def show_and_keep():
    shown()
    with open(f"{kept}.new", "wb") as file:
        file.write(pygame.image.tobytes(pygame.display.get_surface(), "RGB"))
    os.replace(f"{kept}.new", kept)


pygame.display.flip = show_and_keep
runpy.run_path(viewer, run_name="__main__")
