"""The real ws-bridge and cam-grabber as processes; and what the tests wait with."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).resolve().parents[3]
PROGRAMS = Path(os.environ.get("CAMERACAST_PROGRAMS", ROOT / "target/debug"))
PATIENCE = 40.0
PATTERN = '[[camera]]\nid = {id}\nsource = "pattern"\nwidth = 640\nheight = 480\nfps = 30\n'


def until(
    what: str, true: Callable[[], object], meanwhile: Callable[[], object] = lambda: None, patience: float = PATIENCE
) -> None:
    """Waits until something is true, and does something else again and again meanwhile."""
    deadline = time.monotonic() + patience
    while not true():
        meanwhile()
        assert time.monotonic() < deadline, f"not within {patience} s: {what}"
        time.sleep(0.01)


class Process:
    """A program that ends when the test does, however that ends."""

    def __init__(self, *command: str | Path) -> None:
        self.lines: list[str] = []
        self._process = subprocess.Popen(
            # Who runs the tests in the background of a shell ignores Ctrl-C, which would be inherited.
            ["env", "--default-signal=INT", "setpriv", "--pdeathsig", "KILL", "--", *command],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env={**os.environ, "NO_COLOR": "1"},
        )
        self._listening = threading.Thread(target=self._listen, daemon=True)
        self._listening.start()

    def _listen(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self.lines.append(line.rstrip())

    def wait_for_line(self, pattern: str) -> re.Match[str]:
        """The first line with this in it, said or yet to be said."""
        found: list[re.Match[str]] = []

        def said() -> bool:
            found.extend(match for line in list(self.lines) if (match := re.search(pattern, line)))
            return bool(found) or not self._listening.is_alive()

        until(f"a line with {pattern} in {self.lines}", said)
        assert found, f"no {pattern} in {self.lines}"
        return found[0]

    def signal(self, number: signal.Signals) -> None:
        self._process.send_signal(number)

    def stall(self) -> None:
        """Stops it until a SIGCONT. The signal alone leaves some threads running for a while on a busy machine."""
        self.signal(signal.SIGSTOP)
        until("it stands still", lambda: os.waitid(os.P_PID, self._process.pid, os.WSTOPPED | os.WNOHANG))

    def runs(self) -> bool:
        return self._process.poll() is None

    def ended(self) -> int:
        """Waits for the end, and for all that was said."""
        code = self._process.wait(PATIENCE)
        self._listening.join(PATIENCE)
        return code

    def end(self) -> None:
        self._process.kill()
        self._process.wait(PATIENCE)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()


class Place:
    """A folder of a test's own with configuration and socket, and the two programs in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.socket = folder / "cam_stream.sock"
        self._running: list[Process] = []

    def bridge(self, address: str = "127.0.0.1:0", config: str = "") -> tuple[Process, str]:
        """A bridge that listens, and where."""
        bridge = self._start("ws-bridge", config, "--listen", address)
        return bridge, bridge.wait_for_line(r"127\.0\.0\.1:[1-9]\d*")[0]

    def grabber(self, *ids: int) -> Process:
        """A grabber with test patterns, 640x480 at 30 frames a second."""
        return self._start("cam-grabber", "".join(PATTERN.format(id=camera_id) for camera_id in ids))

    def _start(self, name: str, config: str, *arguments: str) -> Process:
        file = self.folder / f"{name}.toml"
        file.write_text(f'socket = "{self.socket}"\n{config}')
        process = Process(PROGRAMS / name, "--config", file, *arguments)
        self._running.append(process)
        return process

    def end(self) -> None:
        for process in self._running:
            process.end()
