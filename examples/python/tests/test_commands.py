from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

from programs import PATIENCE, ROOT, Place, Process, until

import cameracast


def command(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    package = ROOT / "examples/python"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(package), os.environ.get("PYTHONPATH", "")])}
    return subprocess.run(
        [sys.executable, "-m", "cameracast", *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        env=environment,
        check=False,
    )


def feed(place: Place, folder: Path, *options: str) -> Process:
    module = (sys.executable, "-m", "cameracast", "feed")
    os.environ["PYTHONPATH"] = os.pathsep.join([str(ROOT / "examples/python"), os.environ.get("PYTHONPATH", "")])
    return Process(*module, folder, place.socket, *options)


def test_a_picture_from_a_folder_is_saved_as_it_was(place: Place, jpeg: bytes) -> None:
    _, url = place.bridge()
    pictures = place.folder / "pictures"
    pictures.mkdir()
    (pictures / "1.jpg").write_bytes(jpeg)
    with feed(place, pictures, "--id", "7", "--name", "Bench", "--fps", "20", "--loop") as feeder:
        bridge = cameracast.Bridge(url)
        until("the name", lambda: [c["name"] for c in bridge.get_status()["cameras"]] == ["Bench"])
        until("a picture", lambda: bridge.get_status()["frame_available"])
        saved = place.folder / "saved.jpg"
        done = command("save", url, saved, "--camera", "7", "--max-age-ms", "1000")
        assert (done.returncode, done.stderr) == (0, "")
        assert saved.read_bytes() == jpeg

        told = command("info", url)
        assert told.returncode == 0
        assert told.stdout.split()[:3] == ["7", "Bench", "64x48"]
        assert json.loads(command("info", url, "--json").stdout)[0]["name"] == "Bench"

        feeder.signal(signal.SIGINT)
        assert feeder.ended() == 0
        assert feeder.lines == []


def test_record_and_replay_as_commands(place: Place) -> None:
    _, url = place.bridge()
    grabber = place.grabber(0)
    file = place.folder / "recorded"
    with cameracast.Client(url) as client:
        client.latest(0, PATIENCE)
    done = command("record", url, file, "--bundles", "15")
    assert (done.stdout, done.returncode, done.stderr) == ("15 bundles\n", 0, "")
    grabber.end()
    done = command("replay", file, place.socket, "--speed", "4")
    assert (done.stdout, done.returncode, done.stderr) == ("15 bundles\n", 0, "")


def test_what_goes_wrong_is_told_in_one_sentence(place: Place) -> None:
    bridge, url = place.bridge()
    nowhere = place.folder / "nowhere"
    empty = place.folder / "empty"
    empty.mkdir()
    no_recording = place.folder / "no recording"
    no_recording.write_bytes(b"GET / HTTP/1.1\r\n")
    bridge.end()
    wrong: list[tuple[list[str | Path], str]] = [
        (["info", url], "does the bridge run there?"),
        (["info", "ftp://host"], "is no address of a bridge"),
        (["save", url, nowhere], "does the bridge run there?"),
        (["replay", nowhere], "nowhere"),
        (["replay", no_recording, place.folder / "none.sock"], "no bridge listens at"),
        (["feed", empty], "there is no .jpg"),
        (["feed", empty, "--fps", "0"], "a rate of 0"),
        (["replay", no_recording, "--speed", "0"], "a speed of 0"),
    ]
    for arguments, sentence in wrong:
        done = command(*arguments)
        assert done.returncode == 1
        assert done.stderr.startswith("cameracast: ")
        assert sentence in done.stderr
        assert done.stderr.count("\n") == 1, done.stderr


def test_a_file_that_is_no_recording_is_named_as_such(place: Place) -> None:
    place.bridge()
    no_recording = place.folder / "no recording"
    no_recording.write_bytes(b"GET / HTTP/1.1\r\n")
    done = command("replay", no_recording, place.socket)
    assert (done.returncode, done.stderr) == (1, "cameracast: packet magic 0x20544547\n")


def test_the_package_installs_from_its_folder_and_runs(tmp_path: Path) -> None:
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]
    subprocess.run([*pip, "--target", tmp_path, ROOT / "examples/python"], check=True)
    done = subprocess.run(
        [sys.executable, "-m", "cameracast", "--help"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    for name in ("view", "save", "info", "record", "replay", "feed"):
        assert name in done.stdout
    assert (tmp_path / "cameracast/py.typed").exists()
