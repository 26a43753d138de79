"""Where judges sit: the servers that they call, and a line for each verdict."""

import pathlib
import signal
import subprocess
import sys
import time

from harness import START_SECONDS, Results, Server, without_proxies


class Bench:
    """One run of the judges: its servers and its results."""

    def __init__(self, paths, cache, folder, whole):
        self.paths = paths
        self.cache = cache
        self.folder = folder
        self.whole = whole
        self.environment = without_proxies()
        self.results = Results()
        self.servers = []
        self.others = []
        self.count = [0, 0]
        self.failed = []

    def serve(self, name, command):
        """Starts a server of the project."""
        server = Server(name, command, self.folder, self.environment)
        self.servers.append(server)
        return server

    def serve_other(self, name, command):
        """Starts a server that chooses its port and does not tell it; gives the port."""
        log = self.folder / f"{name}.log"
        with open(log, "wb") as output:
            process = subprocess.Popen([str(part) for part in command], stdout=output, stderr=output, env=self.environment)
        self.others.append(process)
        end = time.monotonic() + START_SECONDS
        while not (port := listening_port(process.pid)):
            if process.poll() is not None or time.monotonic() > end:
                sys.exit(f"{log.read_text(errors='replace')}\n{name} did not start")
            time.sleep(0.05)
        return port

    def judge(self, name, work):
        """Lets `work` give verdicts and notes how many of them are good."""
        print(f"== {name}", flush=True)
        self.count, start = [0, 0], time.monotonic()
        work()
        self.results.note(name, *self.count, time.monotonic() - start)

    def verdict(self, name, good, why=""):
        """One case."""
        self.count[0 if good else 1] += 1
        if not good:
            self.failed.append(name)
        print(f"{'ok    ' if good else 'FAILED'} {name}{'' if good else chr(10)}{'' if good else indented(why)}", flush=True)

    def verdicts(self, passed, failed):
        """Many cases that a judge has counted itself."""
        self.count[0] += passed
        self.count[1] += failed

    def command(self, name, command, good=lambda ended: ended.returncode == 0, seconds=120):
        """One case that is a command; `good` says whether it has ended well."""
        command = [str(part) for part in command]
        streams = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "stdin": subprocess.DEVNULL}
        try:
            ended = subprocess.run(
                command, check=False, env=self.environment, timeout=seconds, encoding="utf-8", errors="replace", **streams
            )
        except subprocess.TimeoutExpired as slow:
            self.verdict(name, False, f"it has not ended after {seconds} s\n{slow.output or ''}")
            return
        self.verdict(name, good(ended), f"exit status {ended.returncode}\n{ended.stdout}")

    def end(self):
        """Ends all servers and prints the summary; whether everything is good."""
        for process in self.others:
            process.send_signal(signal.SIGTERM)
        for process in self.others:
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
        ended = [server.end() for server in self.servers]
        self.results.note("servers end on SIGTERM", sum(ended), len(ended) - sum(ended), 0)
        green = self.results.summary()
        for name in self.failed:
            print(f"FAILED {name}")
        return green


def indented(text):
    """The last lines, each behind blanks."""
    return "\n".join(f"       {line}" for line in text.strip().splitlines()[-40:])


def listening_port(pid):
    """The port on which a process listens; None as long as there is none."""
    sockets = set()
    try:
        for link in pathlib.Path(f"/proc/{pid}/fd").iterdir():
            try:
                sockets.add(str(link.readlink()))
            except FileNotFoundError:
                pass
        tables = [pathlib.Path(f"/proc/{pid}/net/{table}").read_text(encoding="ascii") for table in ("tcp", "tcp6")]
    except FileNotFoundError:
        return None
    for line in (line for table in tables for line in table.splitlines()[1:]):
        columns = line.split()
        if columns[3] == LISTENING and f"socket:[{columns[9]}]" in sockets:
            return int(columns[1].rsplit(":", 1)[1], 16)
    return None


# As /proc/net/tcp writes it.
LISTENING = "0A"
