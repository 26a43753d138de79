"""The command line of `benches/vs/run`."""

import argparse
import json
import pathlib
import sys
import time

from . import machine, scale
from .building import ROOT, WORKSPACE, Built
from .charts import charts
from .figures import fault
from .measuring import Measuring
from .page import page, summary
from .processes import allow_descriptors
from .rows import SERVERS
from .scale_page import section

RESULTS = WORKSPACE / "results/latest.json"


def main():
    """Measures, unless there is only to draw; then writes the charts and the page."""
    if sys.argv[1:2] == ["scale"]:
        scale.main(sys.argv[2:], lambda: draw(read(RESULTS), ROOT / "docs"))
        return
    options = arguments()
    partial = options.quick or options.only or options.servers
    file = options.results or RESULTS
    if options.draw:
        results = read(file)
    else:
        results = measured(options)
        print(summary(results))
        if partial and not options.results:
            return
        # One row of the table on a line.
        write(file, json.dumps(results, separators=(",", ":")).replace('{"name"', '\n{"name"') + "\n")
    for name, chart in charts(results).items():
        write(options.docs / "charts" / name, chart)
    draw(results, options.docs)


def draw(results, docs):
    """Writes the page, with what is known of scale."""
    known = scale.results()
    write(docs / "performance.md", page(results, section(known) if known else ""))


def arguments():
    """What the command line asks for."""
    parser = argparse.ArgumentParser(prog="benches/vs/run", description="Measures puregrpc beside other implementations.")
    parser.add_argument("--rounds", type=int, default=5, help="how often each row is measured (%(default)s)")
    parser.add_argument("--quick", action="store_true", help="one short round, to see that all works")
    parser.add_argument("--only", metavar="PATTERNS", help="rows, such as 'unary*,echo*'")
    parser.add_argument("--servers", metavar="NAMES", help=f"some of {','.join(SERVERS)}")
    parser.add_argument("--cores", default="0,1", metavar="A,B", help="the core of the server and that of the load")
    parser.add_argument("--draw", action="store_true", help="draw from the results there are, without measuring")
    parser.add_argument("--results", type=pathlib.Path, help="the file of the results; what is partial is only written there")
    parser.add_argument("--docs", type=pathlib.Path, default=ROOT / "docs", help="the folder of the page and the charts")
    return parser.parse_args()


def measured(options):
    """Builds and measures; ends the program if a row has no good figure of ours."""
    allow_descriptors()
    built = Built()
    servers = options.servers.split(",") if options.servers else None
    cores = [int(core) for core in options.cores.split(",")]
    rounds = 1 if options.quick else options.rounds
    run = Measuring(built, cores, rounds, options.quick, options.only or "*", servers)
    start = time.monotonic()
    rows = run.run(lambda line: print(line, flush=True))
    facts = {**machine.facts(), "seconds": round(time.monotonic() - start)}
    for row in rows:
        if any(map(fault, row["records"].get("puregrpc", []))):
            raise SystemExit(f"puregrpc has failed in {row['name']}: {row['records']['puregrpc']}")
    return {"facts": facts, "rounds": rounds, "rows": rows}


def read(file):
    """Results that were written before."""
    return json.loads(file.read_text(encoding="utf-8"))


def write(path, text):
    """Writes a file, and the folders that it is in."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
