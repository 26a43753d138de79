"""The conformance suite of the Connect project, as far as it is about gRPC over HTTP/2."""

import re
import subprocess

from harness import HERE
from judging.bench import indented
from judging.installing import go_programs

FOLDER = HERE / "conformance"
# How many cases the suite has at the pinned version: none may go missing.
CASES = {"server": 570, "client": 646}
CLOSING = re.compile(r"^(\d+) passed, (\d+) failed(?: \((\d+) failed as expected[^)]*\))?", re.MULTILINE)
SECONDS = 300


def judge(bench):
    """The server and the client; what is known to fail has to fail, so that the lists stay true."""
    for side, count in CASES.items():
        bench.judge(f"conformance suite: {side}", lambda side=side, count=count: run(bench, side, count))


def run(bench, side, count):
    """One side."""
    runner = go_programs(bench.cache) / "connectconformance"
    options = ["--conf", FOLDER / "config.yaml", "--mode", side, "--known-failing", f"@{FOLDER / side}-known-failing.txt"]
    command = [str(part) for part in [runner, *options, "--", bench.paths[f"conformance_{side}"]]]
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "encoding": "utf-8"}
    ended = subprocess.run(command, check=False, env=bench.environment, timeout=SECONDS, **streams)
    total = re.search(r"^Total cases: (\d+)", ended.stdout, re.MULTILINE)
    closing = CLOSING.search(ended.stdout)
    if not total or not closing:
        bench.verdict("the runner ends with a summary", False, ended.stdout)
        return
    print(indented(ended.stdout), flush=True)
    bench.verdict(f"the suite has {count} cases", int(total.group(1)) == count, f"it has {total.group(1)}")
    passed, failed = int(closing.group(1)), int(closing.group(2))
    bench.verdicts(passed, failed)
    bench.verdict("all pass but those that are known to fail", ended.returncode == 0, f"exit status {ended.returncode}")
