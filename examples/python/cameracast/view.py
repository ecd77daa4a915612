"""A window with all cameras, side by side; needs pygame."""

from __future__ import annotations

import io
import math
from typing import TYPE_CHECKING

try:
    import pygame
except ImportError as error:
    raise ImportError("a window needs pygame: pip install pygame-ce") from error

if TYPE_CHECKING:
    from .client import Client
    from .frame import CameraFrame

_SIZE = (1280, 720)
_REDRAWN_A_SECOND = 60
_BEHIND, _TEXT = (24, 24, 24), (255, 255, 255)
_SHADE = 170  # of 255, over a picture that is not live


def view(client: Client) -> None:
    """Shows all cameras until the window is closed, or q or escape is pressed."""
    pygame.display.init()
    pygame.font.init()
    pygame.display.set_caption("cameracast")
    screen = pygame.display.set_mode(_SIZE, pygame.RESIZABLE)
    pace = pygame.time.Clock()
    wall = _Wall(client)
    try:
        while not any(map(_closes, pygame.event.get())):
            wall.draw(screen)
            pygame.display.flip()
            pace.tick(_REDRAWN_A_SECOND)
    finally:
        pygame.display.quit()


def _closes(event: pygame.event.Event) -> bool:
    return event.type == pygame.QUIT or (event.type == pygame.KEYDOWN and event.key in {pygame.K_q, pygame.K_ESCAPE})


class _Wall:
    """Draws the newest frame of each camera, decoded once."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._font = pygame.font.Font(None, 24)
        self._decoded: dict[int, tuple[CameraFrame, pygame.Surface]] = {}

    def draw(self, screen: pygame.Surface) -> None:
        frames = self._client.newest()
        screen.fill(_BEHIND)
        if not frames:
            waiting = "waiting for pictures" if self._client.connected else "waiting for the bridge"
            self._write(screen, waiting, (8, 8))
        for tile, frame in zip(_tiles(screen, len(frames)), frames.values(), strict=True):
            picture = self._picture(frame)
            place = picture.get_rect().fit(tile)
            screen.blit(pygame.transform.scale(picture, place.size), place)
            not_live = self._client.not_live(frame)
            if not_live:
                _shade(screen, place)
            self._write(screen, self._caption(frame, not_live), tile.move(8, 8).topleft)

    def _picture(self, frame: CameraFrame) -> pygame.Surface:
        had = self._decoded.get(frame.camera_id)
        if had is None or had[0] is not frame:
            try:
                picture = pygame.image.load(io.BytesIO(frame.jpeg), "frame.jpg")
            except pygame.error:  # nobody on the way looks into pictures
                picture = pygame.Surface((1, 1))
            had = self._decoded[frame.camera_id] = (frame, picture)
        return had[1]

    def _caption(self, frame: CameraFrame, not_live: str | None) -> str:
        names = {camera["camera_id"]: camera["name"] for camera in self._client.cameras}
        name = names.get(frame.camera_id) or f"Camera {frame.camera_id}"
        if not_live:
            return f"{name}  {not_live}"
        age = self._client.age(frame)
        return name if age is None else f"{name}  {1000 * age:.0f} ms"

    def _write(self, screen: pygame.Surface, words: str, at: tuple[int, int]) -> None:
        screen.blit(self._font.render(words, True, _TEXT, (0, 0, 0)), at)


def _shade(screen: pygame.Surface, place: pygame.Rect) -> None:
    shade = pygame.Surface(place.size)
    shade.set_alpha(_SHADE)
    screen.blit(shade, place)


def _tiles(screen: pygame.Surface, count: int) -> list[pygame.Rect]:
    """Equal places, as near to a square of them as there can be."""
    if count == 0:
        return []
    columns = math.ceil(math.sqrt(count))
    width, height = screen.get_width() // columns, screen.get_height() // math.ceil(count / columns)
    return [pygame.Rect(width * (at % columns), height * (at // columns), width, height) for at in range(count)]
