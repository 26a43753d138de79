"""`benches/vs/run scale`: how the cost of calls grows, as curves."""

import argparse
import json
import pathlib
import tempfile
import time
from fnmatch import fnmatch

from . import machine, processes
from .building import ROOT, WORKSPACE, cargo_build
from .figures import fault
from .places import Places
from .scale_page import charts, summary
from .scale_rows import CURVES

RESULTS = WORKSPACE / "results/scale.json"
PROGRAMS = ["vs-load", "vs-methods", "vs-puregrpc", "vs-tonic"]
SECONDS = 0.3
QUICK_SECONDS = 0.05
KEPT = ["count", "seconds", "server_cpu_ns", "errors", "failures", "fails"]


def results():
    """What was measured last; None if nothing was."""
    return json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else None


def main(words, draw):
    """Measures, unless there is only to draw, and then calls `draw` with the folder of the page."""
    options = arguments(words)
    if not options.draw:
        measured = measure(options)
        print(summary(measured))
        if options.quick or options.only:
            return
        text = json.dumps(measured, separators=(",", ":"))
        RESULTS.write_text(text.replace('{"name"', '\n{"name"').replace('{"size"', '\n{"size"') + "\n", encoding="utf-8")
    for name, chart in charts(results()).items():
        (ROOT / "docs/charts" / name).write_text(chart, encoding="utf-8")
    draw()


def arguments(words):
    """What the command line asks for."""
    parser = argparse.ArgumentParser(prog="benches/vs/run scale", description="Measures how the cost of calls grows.")
    parser.add_argument("--rounds", type=int, default=5, help="how often each point is measured (%(default)s)")
    parser.add_argument("--quick", action="store_true", help="one short round, to see that all works; writes nothing")
    parser.add_argument("--only", metavar="PATTERNS", default="", help="some curves, such as 'features*'; writes nothing")
    parser.add_argument("--cores", default="0,1", metavar="A,B", help="the core of the server and that of the load")
    parser.add_argument("--draw", action="store_true", help="draw from the results there are, without measuring")
    return parser.parse_args(words)


def measure(options):
    """Builds and measures; ends the program if a curve of ours has no good point."""
    processes.allow_descriptors()
    programs = cargo_build(PROGRAMS)
    programs |= cargo_build(["puregrpc"], ROOT, ["--package", "puregrpc-cli"])
    start = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        run = Run(programs, options, pathlib.Path(folder))
        run.all(lambda line: print(line, flush=True))
    facts = {**machine.facts(), "seconds": round(time.monotonic() - start)}
    for curve in run.curves:
        for server, points in run.records[curve["name"]].items():
            for size, records in points.items():
                if server != "tonic" and all(map(fault, records)):
                    raise SystemExit(f"{curve['name']} of {size} has failed: {records}")
    return {"facts": facts, "rounds": run.rounds, "curves": run.read(), "loading": run.loading()}


class Run:
    """One run: rounds over all curves, in which sizes and servers take turns."""

    def __init__(self, programs, options, folder):
        self.programs, self.folder = programs, folder
        self.cores = [{int(core)} for core in options.cores.split(",")]
        self.rounds = 1 if options.quick else options.rounds
        self.seconds = QUICK_SECONDS if options.quick else SECONDS
        patterns = (options.only or "*").split(",")
        self.curves = [each for each in CURVES if any(fnmatch(each["name"], pattern) for pattern in patterns)]
        self.records = {
            each["name"]: {server: {size: [] for size in each["sizes"]} for server in each["servers"]}
            for each in self.curves
        }
        self.databases, self.loads = {}, {}

    def all(self, tell):
        """Measures everything."""
        for number in range(self.rounds):
            for curve in self.curves:
                if "request" not in curve:
                    tell(f"round {number + 1} of {self.rounds}: {curve['name']}")
                    self.round(curve)
            guides = [curve for curve in self.curves if "request" in curve]
            for size in guides[0]["sizes"] if guides else []:
                tell(f"round {number + 1} of {self.rounds}: {size:,} features")
                self.features(guides, size)

    def round(self, curve):
        """Each point of a curve once."""
        for size in curve["sizes"]:
            for server in curve["servers"]:
                more = [size] if server == "methods" else []
                with processes.Server(self.programs[f"vs-{server}"], 1, self.cores[0], more) as running:
                    self.point(curve, server, size, running, curve["options"](size))

    def features(self, curves, size):
        """A point of each of the curves over data bases."""
        if size not in self.databases:
            places, file = Places(size), self.folder / f"{size}.json"
            places.write(file)
            self.databases[size] = file, {curve["request"]: places.request(curve["request"]) for curve in curves}
        file, requests = self.databases[size]
        start = time.monotonic()
        with processes.Standalone(self.programs["puregrpc"], file, self.cores[0]) as running:
            seconds = time.monotonic() - start
            cpu, most = running.used()
            load = {"seconds": round(seconds, 4), "cpu_ns": cpu, "memory_kib": most, "file_bytes": file.stat().st_size}
            self.loads.setdefault(size, []).append(load)
            for curve in curves:
                options = {**curve["options"](size), "request": requests[curve["request"]]}
                self.point(curve, "standalone", size, running, options)

    def point(self, curve, server, size, running, options):
        """One point, once."""
        words = {"secs": self.seconds, "pid": running.pid, **options}
        words = [f"{key}={value}" for key, value in words.items()]
        record = processes.output([self.programs["vs-load"], running.address, curve["mode"], *words], self.cores[1])
        self.records[curve["name"]][server][size].append({key: record[key] for key in KEPT if record.get(key)})

    def read(self):
        """The curves with their records, as they are kept."""
        return [
            {
                "name": curve["name"],
                "points": {
                    server: [{"size": size, "records": records} for size, records in points.items()]
                    for server, points in self.records[curve["name"]].items()
                },
            }
            for curve in self.curves
        ]

    def loading(self):
        """What it took to load each data base."""
        return [{"size": size, "records": records} for size, records in self.loads.items()]
