"""Servers and loads as processes on cores of their own."""

import json
import os
import pathlib
import re
import resource
import subprocess

END_SECONDS = 10
LOAD_SECONDS = 120
DESCRIPTORS = 65_536


class Server:
    """A server on a port of the system's choice, from `with` to its end."""

    def __init__(self, command, threads, cores, tls=()):
        self.command = [command, "127.0.0.1:0", threads, *tls]
        self.cores = cores

    def __enter__(self):
        self.process = start(self.command, self.cores)
        self.address = self.listening()
        if not self.address:
            self.__exit__()
            raise RuntimeError(f"{self.command[0]} did not start: {self.errors}")
        return self

    def listening(self):
        """The address that it prints once it listens; None if it prints something else."""
        line = self.process.stdout.readline()
        return line.removeprefix("listening on ").strip() if line.startswith("listening on ") else None

    def __exit__(self, *_):
        self.process.kill()
        _, self.errors = self.process.communicate(timeout=END_SECONDS)

    @property
    def pid(self):
        """The number of its process."""
        return self.process.pid


class Standalone(Server):
    """The binary `puregrpc`, which serves with one worker and this data base of the route guide."""

    def __init__(self, program, database, cores):
        super().__init__(program, 1, cores)
        self.command = [program, "serve", "--listen", "127.0.0.1:0", "--workers", "1", "--route-db", database]

    def listening(self):
        """The address in the second line of what it prints."""
        self.process.stdout.readline()
        return self.process.stdout.readline().strip() or None

    def used(self):
        """The CPU time that it has used so far, in nanoseconds, and the most memory that it had, in KiB."""
        process = pathlib.Path("/proc") / str(self.pid)
        times = [task.joinpath("schedstat").read_text(encoding="ascii") for task in process.joinpath("task").iterdir()]
        most = re.search(r"VmHWM:\s*(\d+)", process.joinpath("status").read_text(encoding="ascii"))
        return sum(int(time.split()[0]) for time in times), int(most[1])


def start(command, cores):
    """Starts a process that may run on these cores only."""
    return subprocess.Popen(
        [str(word) for word in command],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        env=environment(),
        preexec_fn=lambda: os.sched_setaffinity(0, cores),
    )


def output(command, cores):
    """What a load prints as its one line of JSON; a record of its fault if it prints none."""
    process = start(command, cores)
    try:
        printed, errors = process.communicate(timeout=LOAD_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        return {"fails": f"no end after {LOAD_SECONDS} s"}
    return record(printed, errors, process.returncode)


def record(printed, errors, status):
    """What a load has printed; with `fails`, a few words, if it has failed."""
    try:
        read = json.loads(printed.strip().splitlines()[-1])
    except (IndexError, ValueError):
        read = {}
    if status == 0 and read:
        return read
    last = (errors.strip().splitlines() or [f"exit status {status}"])[-1]
    return read | {"fails": next(iter(read.get("failures") or [last[:80]]))}


def environment():
    """No proxy stands between the peers."""
    return {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}


def allow_descriptors():
    """As many open sockets as thousands of connections take."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = DESCRIPTORS if most == resource.RLIM_INFINITY else min(DESCRIPTORS, most)
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most))
