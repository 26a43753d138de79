"""The processes of a soak: servers, clients, and what the system says of them."""

import asyncio
import collections
import contextlib
import json
import os
import pathlib
import signal
import statistics
import time

START_SECONDS = 30
END_SECONDS = 30
PAGE = os.sysconf("SC_PAGE_SIZE")


class Child:
    """A process that is killed with the soak."""

    living = []

    def __init__(self, name):
        self.name = name
        self.process = None

    async def spawn(self, *command, **options):
        """Starts it."""
        self.process = await asyncio.create_subprocess_exec(*map(str, command), **options)
        Child.living.append(self)

    def signal(self, number):
        """Sends a signal, unless it has ended."""
        with contextlib.suppress(ProcessLookupError):
            self.process.send_signal(number)

    async def wait(self, seconds):
        """Waits for its end; the exit status, None if it does not end in time."""
        with contextlib.suppress(asyncio.TimeoutError):
            status = await asyncio.wait_for(self.process.wait(), seconds)
            Child.living.remove(self)
            return status
        return None

    @staticmethod
    async def kill_all():
        """Kills what is left, also what is stopped."""
        for child in Child.living:
            child.signal(signal.SIGKILL)
        for child in Child.living:
            await child.process.wait()


Sample = collections.namedtuple("Sample", "time rss files threads")


class Server(Child):
    """`puregrpc serve` on a port of the system's choice."""

    count = 0

    def __init__(self, binary, folder):
        Server.count += 1
        super().__init__(f"server {Server.count}")
        self.command = [binary, "serve", "--listen", "127.0.0.1:0", "--drain-delay", "200ms", "--drain-timeout", "10s"]
        self.port_file = folder / f"port-{Server.count}"
        self.log = folder / f"log-{Server.count}"
        self.samples = []
        self.address = None

    async def start(self):
        """Starts it and waits until it listens."""
        with open(self.log, "wb") as log:
            await self.spawn(*self.command, "--port-file", self.port_file, stdout=log, stderr=log)
        end = time.monotonic() + START_SECONDS
        while not self.port_file.exists():
            if self.process.returncode is not None or time.monotonic() > end:
                raise RuntimeError(f"{self.name} did not start\n{self.read_log()}")
            await asyncio.sleep(0.005)
        self.address = self.port_file.read_text(encoding="utf-8").strip()
        self.sample()

    def sample(self):
        """Notes what it uses now."""
        proc = pathlib.Path("/proc") / str(self.process.pid)
        # It may just have ended.
        with contextlib.suppress(OSError, IndexError):
            rss = int((proc / "statm").read_text(encoding="ascii").split()[1]) * PAGE
            files, threads = len(os.listdir(proc / "fd")), len(os.listdir(proc / "task"))
            if rss:
                self.samples.append(Sample(time.monotonic(), rss, files, threads))

    def slope(self):
        """Bytes a minute that it grows by, without its first seconds; None if it did not live long enough."""
        first = self.samples[0].time + WARM_UP
        samples = [sample for sample in self.samples if sample.time >= first]
        if len(samples) < 2 or samples[-1].time - samples[0].time < LIFE:
            return None
        times, sizes = [sample.time for sample in samples], [sample.rss for sample in samples]
        return statistics.linear_regression(times, sizes).slope * 60

    def read_log(self):
        """What it has logged."""
        return self.log.read_text(encoding="utf-8", errors="replace")


class Client(Child):
    """A process that calls without end, and what it tells of its calls."""

    def __init__(self, name, folder):
        super().__init__(name)
        self.log = folder / f"log-{name}"
        self.told = {"ok": [], "failed": {}, "oldest": 0, "wrong": None}
        self.told_at = time.monotonic()
        self.changed = asyncio.Event()
        self.reader = None

    async def start(self, *command, **options):
        """Starts it and reads its lines."""
        pipes = {"stdin": asyncio.subprocess.PIPE, "stdout": asyncio.subprocess.PIPE}
        with open(self.log, "wb") as log:
            await self.spawn(*command, stderr=log, **pipes, **options)
        self.reader = asyncio.create_task(self.read())

    async def read(self):
        """Takes its lines as they come."""
        while line := await self.process.stdout.readline():
            self.told, self.told_at = json.loads(line), time.monotonic()
            self.changed.set()
            self.changed = asyncio.Event()

    async def recovered(self, since):
        """Waits until each worker has made a call that went well after `since`; how long each took."""
        while self.told_at < since:
            await self.changed.wait()
        before, seconds = self.told["ok"], {}
        while len(seconds) < len(before) or not before:
            await self.changed.wait()
            before = before or self.told["ok"]
            for worker, (old, new) in enumerate(zip(before, self.told["ok"])):
                if new > old:
                    seconds.setdefault(worker, self.told_at - since)
        return list(seconds.values())

    async def end(self):
        """Lets it end; its exit status."""
        self.process.stdin.close()
        status = await self.wait(END_SECONDS)
        self.reader.cancel()
        return status


WARM_UP = 3
LIFE = 5
