"""What the runs have in common: commands, installed things, built programs, servers."""

import hashlib
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
CACHE = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "peers"

START_SECONDS = 60
SCRIPT_SECONDS = 240
END_SECONDS = 60
INSTALL_SECONDS = 900
CLOSING = re.compile(r"(\d+) passed, (\d+) failed")

BINARIES = ["puregrpc", "interop_server", "interop_client", "conformance_server", "conformance_client"]
EXAMPLES = ["peer_server", "peer_client"]


def checked(command, what, **options):
    """Runs a command to its end; prints its output and gives up when it fails."""
    merged = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "encoding": "utf-8", **options}
    ended = subprocess.run([str(part) for part in command], check=False, **merged)
    if ended.returncode != 0:
        sys.exit(f"{ended.stdout or ''}\n{what} failed with exit status {ended.returncode}")
    return ended.stdout


def installed(cache, name, pins, install):
    """A folder with what the pin files ask for; made again when they change."""
    digest = hashlib.sha256(b"".join(pin.read_bytes() for pin in pins)).hexdigest()[:12]
    folder = cache / f"{name}-{digest}"
    if not (folder / "complete").exists():
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        install(folder)
        (folder / "complete").touch()
    return folder


def built(features, names, given=None):
    """The paths of some programs and examples: those given, the others from cargo.

    One command builds them all, for the whole workspace as the tests are built, so that no run builds again what another
    one has built, with other features.
    """
    paths = {name: (given or {}).get(name) for name in names}
    if not all(paths.values()):
        targets = [part for name in BINARIES for part in ("--bin", name)]
        targets += [part for name in EXAMPLES for part in ("--example", name)]
        command = ["cargo", "build", "--quiet", "--workspace", "--features", features]
        command += [*targets, "--message-format", "json"]
        output = checked(command, "cargo build", cwd=ROOT, stderr=None)
        for artifact in map(json.loads, output.splitlines()):
            if artifact.get("executable") and artifact["target"]["name"] in paths:
                paths[artifact["target"]["name"]] = paths[artifact["target"]["name"]] or artifact["executable"]
    return {name: os.path.abspath(path) for name, path in paths.items()}


def without_proxies():
    """The environment in which no proxy stands between the peers."""
    return {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}


class Server:
    """A server process, from its start to its end by SIGTERM."""

    def __init__(self, name, command, folder, environment):
        self.name = name
        self.port_file = folder / f"{name}.port"
        self.log = folder / f"{name}.log"
        self.signalled = False  # a second SIGTERM would end the process at once
        command = [str(part) for part in [*command, "--listen", "127.0.0.1:0", "--port-file", self.port_file]]
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log, env=environment)
        self.address = self.await_address()

    def await_address(self):
        """Waits for the port file."""
        end = time.monotonic() + START_SECONDS
        while not self.port_file.exists():
            if self.process.poll() is not None or time.monotonic() > end:
                self.process.kill()
                sys.exit(f"{self.log.read_text(errors='replace')}\n{self.name} did not start")
            time.sleep(0.02)
        addresses = self.port_file.read_text(encoding="utf-8").split()
        return next(address for address in addresses if not address.startswith("unix:"))

    def end(self):
        """Ends the process by SIGTERM unless a script has done so; whether its exit status is 0."""
        if not self.signalled and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            status = self.process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            status = f"none, {END_SECONDS} s after SIGTERM"
        if status == 0:
            print(f"ok     {self.name} ends with exit status 0 on SIGTERM", flush=True)
        else:
            log = self.log.read_text(errors="replace")
            print(f"FAILED {self.name} ends with exit status {status}\n{log}", flush=True)
        return status == 0


class Results:
    """What has passed and failed, by name."""

    def __init__(self):
        self.lines = []

    def note(self, name, passed, failed, seconds):
        """Remembers a result for the summary."""
        self.lines.append((f"{name}: {passed} passed, {failed} failed ({seconds:.1f} s)", passed, failed))

    def summary(self):
        """Prints the summary; whether everything has passed."""
        print("== summary")
        for line, _, _ in self.lines:
            print(line)
        passed, failed = (sum(line[place] for line in self.lines) for place in (1, 2))
        print(f"{passed} passed, {failed} failed", flush=True)
        return failed == 0

    def run(self, name, command, environment):
        """Runs a command that counts its cases to its end, and notes its closing line."""
        print(f"== {name}", flush=True)
        start, last = time.monotonic(), ""
        command = [str(part) for part in command]
        streams = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "encoding": "utf-8"}
        with subprocess.Popen(command, env=environment, **streams) as process:
            limit = threading.Timer(SCRIPT_SECONDS, process.kill)
            limit.start()
            for line in process.stdout:
                print(line, end="", flush=True)
                last = line if CLOSING.match(line) else last
            process.wait()
            limit.cancel()
        closing = CLOSING.match(last)
        passed, failed = map(int, closing.groups()) if closing else (0, 0)
        if process.returncode != 0 and failed == 0:
            failed = 1
            print(f"FAILED {name} ends with exit status {process.returncode}", flush=True)
        self.note(name, passed, failed, time.monotonic() - start)
