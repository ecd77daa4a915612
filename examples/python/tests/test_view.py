from __future__ import annotations

import threading

import pytest
from programs import PATIENCE, Place, until

import cameracast

pygame = pytest.importorskip("pygame")

# The header says 65535x65535, and there is no picture behind it.
BROKEN = bytes.fromhex("ffd8 ffc0 0011 08 ffff ffff 03 011100 021100 031100 ffd9")


def test_the_window_shows_every_camera_in_its_tile_until_it_is_closed(
    place: Place, jpeg: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")  # draws all the same, on no screen
    from cameracast.view import view

    _, url = place.bridge()
    seen: list[bool] = []

    def watch() -> None:
        until("both tiles", lambda: colours() == ["blue", "red", "blue", "red"], feed)
        until("control", lambda: any(grabber["control"] for grabber in client.get_status()["grabbers"]), feed)
        client.stop(0)
        until("camera 0 is stopped", lambda: colours() == ["dark blue", "dark red", "blue", "red"], feed)
        client.start(0)
        until("it is live again", lambda: colours() == ["blue", "red", "blue", "red"], feed)
        until("both are silent", lambda: colours() == ["dark blue", "dark red"] * 2)
        until("not any more", lambda: colours() == ["blue", "red", "blue", "red"], feed)
        feeder.send(0, BROKEN)
        until("a picture that is none", lambda: colours() == ["?", "?", "blue", "red"], lambda: feeder.send(9, jpeg))
        seen.append(True)

    def feed() -> None:
        feeder.send(0, jpeg)
        feeder.send(9, jpeg)

    def colours() -> list[str]:
        screen = pygame.display.get_surface()
        if screen is None:
            return []
        width, height = screen.get_size()
        return [colour(screen.get_at((width * eighth // 8, height // 2))) for eighth in (1, 3, 5, 7)]

    def watch_and_close() -> None:
        try:
            watch()
        finally:
            pygame.event.post(pygame.event.Event(pygame.QUIT))

    with cameracast.Feeder(place.socket) as feeder, cameracast.Client(url) as client:
        feed()
        until("both cameras", lambda: len(client.newest()) == 2)
        watching = threading.Thread(target=watch_and_close)
        watching.start()
        view(client)
        watching.join(PATIENCE)
    assert seen


def colour(pixel: tuple[int, int, int, int]) -> str:
    red, _, blue, _ = pixel
    for name, much, little in (("blue", blue, red), ("red", red, blue)):
        if little < 60 and much > 200:
            return name
        if little < 60 and 40 < much < 120:
            return f"dark {name}"
    return "?"
