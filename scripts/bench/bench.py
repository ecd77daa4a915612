"""What the benchmarks share: a listener in the bridge's place, processor time, the machine, medians.

Only the standard library, so that a benchmark runs wherever the project builds; what it compares with comes from PyPI
into a virtual environment of its own.
"""

import json
import os
import pathlib
import shutil
import signal
import socket
import statistics
import struct
import subprocess
import sys
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUNDLE, CONTROL = 0xDEADBEEF, 0xDEADC0DE


def target():
    """Where cargo puts what it builds."""
    return pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))


def build(*packages):
    """Builds these programs as they are shipped; gives the folder they are in."""
    manifest = ["--manifest-path", ROOT / "Cargo.toml"]
    named = [argument for package in packages for argument in ("-p", package)]
    subprocess.run(["cargo", "build", "--release", *manifest, *named], check=True)
    return target() / "release"


def build_bench(package, name):
    """Builds one of a crate's own benchmarks; gives its program."""
    command = ["cargo", "bench", "--manifest-path", ROOT / "Cargo.toml", "-p", package, "--bench", name]
    built = subprocess.run([*command, "--no-run", "--message-format=json"], check=True, stdout=subprocess.PIPE)
    for line in built.stdout.splitlines():
        message = json.loads(line)
        if message.get("executable") and message["target"]["name"] == name:
            return message["executable"]
    raise SystemExit(f"cargo did not say where the benchmark {name} is")


def folder(name):
    """A folder for what a benchmark makes; it stays, and is not in git."""
    path = target() / "bench" / name
    path.mkdir(parents=True, exist_ok=True)
    return path


def enter_venv(packages):
    """Goes on in a Python that has these packages from PyPI: one below the target folder, made when missing."""
    path = target() / "bench" / "venv"
    if pathlib.Path(sys.prefix).resolve() == path.resolve():
        return
    python = path / "bin" / "python"
    if not python.exists():
        made = subprocess.run([sys.executable, "-m", "venv", path]).returncode
        if made != 0:
            shutil.rmtree(path, ignore_errors=True)
            raise SystemExit(f"{sys.executable} makes no virtual environment; on Debian: apt-get install python3-venv")
    have = subprocess.run([python, "-m", "pip", "freeze"], check=True, stdout=subprocess.PIPE, text=True).stdout.lower()
    missing = [package for package in packages if f"{package}==" not in have]
    if missing:
        print(f"installing {' '.join(missing)} into {path}", file=sys.stderr)
        subprocess.run([python, "-m", "pip", "install", "--quiet", *missing], check=True)
    os.execv(python, [python, *sys.argv])


def enter_network_of_our_own():
    """Goes on in a network namespace, so that loopback addresses are nobody else's and are gone afterwards."""
    if os.environ.get("CAMERACAST_BENCH_NETWORK"):
        return
    os.environ["CAMERACAST_BENCH_NETWORK"] = "own"
    unshare = ["unshare", "--net"] if os.geteuid() == 0 else ["unshare", "--net", "--map-root-user"]
    os.execvp(unshare[0], [*unshare, sys.executable, *sys.argv])


def turn(names, number):
    """The names, another one first in each round: whoever comes after somebody else has his caches and his heat."""
    first = number % len(names)
    return [*names[first:], *names[:first]]


def progress(text):
    """Says how far it is, beside the tables."""
    print(text, file=sys.stderr, flush=True)


_not_met = []


def verdict(what, met, target):
    """The figure that counts, and whether it is what it is to be; `met` is None where nothing is asked."""
    word = "" if met is None else "met" if met else "NOT MET"
    line = f"{what}; target: {target}"
    print(f"{word:8} {line}")
    if word == "NOT MET":
        _not_met.append(line)


def exit_code():
    """What a benchmark ends with, after its last verdict: 1 where one was not met, and says which."""
    sys.stdout.flush()
    for line in _not_met:
        progress(f"NOT MET: {line}")
    return 1 if _not_met else 0


def machine():
    """One line that says where the figures come from."""
    lines = pathlib.Path("/proc/cpuinfo").read_text().splitlines()
    model = next((line.split(":")[1].strip() for line in lines if line.startswith("model name")), "unknown processor")
    cores, load = os.cpu_count(), os.getloadavg()[0]
    idle = "" if load < cores / 4 else ": NOT IDLE, which lengthens all that is not CPU time"
    return f"machine: {cores} cores of {model}, Linux {os.uname().release}, load {load:.1f} before the run{idle}"


def run_above_others():
    """Runs this and what it starts before all ordinary processes: as near as a busy machine comes to an idle one."""
    try:
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(10))
    except PermissionError:
        raise SystemExit("--realtime needs root") from None


def cpu_seconds(pid):
    """User and system time of a process, all of its threads, in seconds."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def thread_cpu_seconds(pid):
    """The same for each thread, by the thread's name."""
    seconds = {}
    for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
        stat = (task / "stat").read_text()
        name = stat[stat.index("(") + 1 : stat.rindex(")")]
        fields = stat.rpartition(")")[2].split()
        spent = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
        seconds[name] = seconds.get(name, 0) + spent
    return seconds


def rss_mb(pid):
    """Resident memory in MB."""
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1000
    return 0.0


def percentile(values, share):
    """The value that `share` (0 to 1) of the values do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def spread(values, unit="", digits=2):
    """Median with minimum and maximum, in words."""
    values = list(values)
    low, mid, high = min(values), statistics.median(values), max(values)
    return f"{mid:.{digits}f}{unit} ({low:.{digits}f}–{high:.{digits}f})"


class Bundle:
    """What of a bundle the benchmarks look at."""

    def __init__(self, payload, received_us):
        self.received_us = received_us
        self.size = len(payload)
        _, _, count, self.seq, self.timestamp_us = struct.unpack_from("<IHHQQ", payload)
        at = 24
        self.cameras = []
        for _ in range(count):
            camera, _, _, _, _, size = struct.unpack_from("<BBHIII", payload, at)
            self.cameras.append(camera)
            at += 16 + size
        self.captured = {}  # camera -> (capture time in µs, frame number)
        while at + 8 <= len(payload):
            tag, _, size = struct.unpack_from("<HHI", payload, at)
            at += 8
            if tag == 1:
                step = struct.unpack_from("<H", payload, at)[0]
                for entry in range(at + 4, at + size, step):
                    camera, _, _, _, time_us, number = struct.unpack_from("<BBHIQQ", payload, entry)
                    self.captured[camera] = (time_us, number)
            at += size


class Report:
    """The cameras' states at one moment, and how many bundles had come by then."""

    def __init__(self, cameras, bundles):
        self.received_us = time.time_ns() // 1000
        self.cameras = cameras  # camera -> its state, as in the contract
        self.bundles = bundles


class Listener:
    """Takes the bridge's place: says hello, keeps what it needs of each bundle, and every state report."""

    def __init__(self, path):
        self.bundles, self.reports = [], []
        self._server = socket.socket(socket.AF_UNIX)
        self._server.bind(str(path))
        self._server.listen()
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        connection, _ = self._server.accept()
        hello = json.dumps({"type": "hello", "versions": [1], "features": ["control"]}).encode()
        connection.sendall(struct.pack("<II", CONTROL, len(hello)) + hello)
        while header := self._exactly(connection, 8):
            magic, size = struct.unpack("<II", header)
            payload = self._exactly(connection, size)
            if payload is None:
                return
            if magic == BUNDLE:
                self.bundles.append(Bundle(payload, time.time_ns() // 1000))
                continue
            message = json.loads(payload)
            if message["type"] == "state":
                known = self.reports[-1].cameras if self.reports else {}
                changed = {state["camera"]: state for state in message["cameras"]}
                self.reports.append(Report({**known, **changed}, len(self.bundles)))

    @staticmethod
    def _exactly(connection, size):
        buffer, at = bytearray(size), 0
        while at < size:
            got = connection.recv_into(memoryview(buffer)[at:])
            if not got:
                return None
            at += got
        return buffer


class Grabber:
    """A cam-grabber with its own configuration and a Listener in the bridge's place."""

    def __init__(self, binary, config):
        self._folder = tempfile.TemporaryDirectory()
        folder = pathlib.Path(self._folder.name)
        self.listener = Listener(folder / "socket")
        file = folder / "cameracast.toml"
        file.write_text(f'socket = "{folder / "socket"}"\n{config}')
        self.process = subprocess.Popen([binary, "--config", file, "--log", "error"], stdin=subprocess.DEVNULL)
        self.pid = self.process.pid

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(timeout=10)
        self._folder.cleanup()

    def wait_for_bundles(self, count):
        """Waits until so many bundles have come."""
        self._wait(lambda: len(self.listener.bundles) >= count, f"{count} bundles")

    def wait_for_cameras(self, count):
        """Waits until a bundle has so many cameras."""
        bundles = self.listener.bundles
        self._wait(lambda: bundles and len(bundles[-1].cameras) >= count, f"bundle of {count} cameras")

    def next_report(self):
        """Waits for the next state report; one comes each second while frames are grabbed."""
        seen = len(self.listener.reports)
        self._wait(lambda: len(self.listener.reports) > seen, "a state report")
        return self.listener.reports[-1]

    def _wait(self, until, what, timeout=30):
        deadline = time.monotonic() + timeout
        while not until():
            if time.monotonic() > deadline or self.process.poll() is not None:
                raise SystemExit(f"no {what} within {timeout} s; {len(self.listener.bundles)} bundles came")
            time.sleep(0.01)
