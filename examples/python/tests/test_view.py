from __future__ import annotations

import threading

import pytest
from programs import PATIENCE, Place, until

import cameracast

pygame = pytest.importorskip("pygame")


def test_the_window_shows_every_camera_in_its_tile_until_it_is_closed(
    place: Place, jpeg: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")  # draws all the same, on no screen
    from cameracast.view import view

    _, url = place.bridge()
    seen: list[bool] = []

    def watch() -> None:
        until("blue on the left, red on the right of both tiles", lambda: colours() == ["blue", "red", "blue", "red"])
        seen.append(True)

    def colours() -> list[str]:
        screen = pygame.display.get_surface()
        if screen is None:
            return []
        width, height = screen.get_size()
        points = [screen.get_at((width * eighth // 8, height // 2)) for eighth in (1, 3, 5, 7)]
        return ["blue" if blue > 200 > red else "red" if red > 200 > blue else "?" for red, _, blue, _ in points]

    def watch_and_close() -> None:
        try:
            watch()
        finally:
            pygame.event.post(pygame.event.Event(pygame.QUIT))

    with cameracast.Feeder(place.socket) as feeder, cameracast.Client(url) as client:
        feeder.send(0, jpeg)
        feeder.send(9, jpeg)
        until("both cameras", lambda: len(client.newest()) == 2)
        watching = threading.Thread(target=watch_and_close)
        watching.start()
        view(client)
        watching.join(PATIENCE)
    assert seen
