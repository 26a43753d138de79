"""The section "Scale" of `docs/performance.md`, and its charts."""

import math
from statistics import median

from . import svg
from .figures import digits, fault, quantity
from .rows import SERVERS
from .scale_rows import CURVES, FLAT, LINEAR
from .page import table

NAMES = {
    "tonic": (SERVERS["tonic"], 0),
    "puregrpc": (SERVERS["puregrpc"], 1),
    "methods": (SERVERS["puregrpc"], 1),
    "standalone": (SERVERS["puregrpc"], 1),
}

ALMOST_LINEAR = 0.95

HEAD = """\
## Scale

How the CPU time that a server spends on a call grows with what the call or the server has more of. A slope is the exponent
of that growth: 0 is none at all, 1 is in proportion. *Slope* is that of the line that fits all points best on logarithmic
axes; *steps* are the slopes from each point to the next. The server has one thread and a core of its own; medians of
{rounds} rounds of {date}, on {cpu}. `benches/vs/run scale` measures this section anew.
"""

LOADING = """\
### Loading the data base

What `puregrpc serve --route-db` takes until it listens: the time that passes, its CPU time, and the most memory that it
has in all.
"""


def section(results):
    """All of it."""
    facts = results["facts"]
    head = HEAD.format(rounds=results["rounds"], date=facts["date"], cpu=facts["cpu"])
    parts = [chapter(curve, points) for curve, points in drawn(results)]
    return "\n".join([head, *parts, loading(results["loading"])])


def charts(results):
    """The text of each chart by the name of its file."""
    return {f"scale-{curve['name']}.svg": chart(curve, points) for curve, points in drawn(results)}


def drawn(results):
    """Pairs of a curve and its points: server -> list of size and microseconds."""
    by_name = {curve["name"]: curve for curve in CURVES}
    return [(by_name[each["name"]], medians(by_name[each["name"]], each["points"])) for each in results["curves"]]


def medians(curve, points):
    """What one call costs for each size that was measured well."""
    read = {}
    for server, sizes in points.items():
        good = [(each["size"], [record for record in each["records"] if not fault(record)]) for each in sizes]
        read[server] = [
            (size, median(record["server_cpu_ns"] for record in records) * curve["calls"] / 1e3)
            for size, records in good
            if records
        ]
    return read


def slopes(points):
    """The slopes from each point to the next on logarithmic axes; points at 0 have none."""
    logs = logarithms(points)
    return [(y - before_y) / (x - before_x) for (before_x, before_y), (x, y) in zip(logs, logs[1:])]


def slope(points):
    """The slope of the line that fits all points best on logarithmic axes."""
    logs = logarithms(points)
    middle_x, middle_y = (sum(values) / len(logs) for values in zip(*logs))
    spread = sum((x - middle_x) ** 2 for x, _ in logs)
    return sum((x - middle_x) * (y - middle_y) for x, y in logs) / spread


def logarithms(points):
    return [(math.log(x), math.log(y)) for x, y in points if x > 0]


def chart(curve, points):
    """Lines for a curve."""
    shown = {server: [point for point in line if point[0] > 0] for server, line in points.items()}
    names = {server: NAMES[server] for server in curve["servers"]}
    subtitle = f"CPU time of the server for each {curve['per']}; a line that rises by one field for each field is linear."
    return svg.lines(curve["title"], subtitle, names, shown, (curve["axis"], "µs"))


def chapter(curve, points):
    """A chart, a table, and what it says."""
    sizes = [size for size in curve["sizes"] if any(size in dict(line) for line in points.values())]
    head = [curve["axis"], *(f"{size:,}" for size in sizes), "slope", "steps"]
    lines = []
    for server, line in points.items():
        costs = dict(line)
        cells = [quantity("server", costs[size]) if size in costs else "fails" for size in sizes]
        steps = ", ".join(f"{step:.2f}" for step in slopes(line))
        lines.append([NAMES[server][0], *cells, f"{slope(line):.2f}", steps])
    picture = f"![{curve['title']}](charts/scale-{curve['name']}.svg)"
    return f"### {curve['title']}\n\n{picture}\n\n{table(head, lines)}\n{verdict(curve, points)}\n"


def verdict(curve, points):
    """One sentence on puregrpc, and what there is to say besides."""
    found = slope(next(line for server, line in points.items() if server != "tonic"))
    limits = {"flat": FLAT, "less than linear": ALMOST_LINEAR, "linear": LINEAR, "worse than linear": math.inf}
    kind = next(kind for kind, limit in limits.items() if found <= limit)
    within = "" if found <= curve["bound"] else f", where no more than {curve['bound']:.1f} was expected"
    return f"puregrpc: {kind} (slope {found:.2f}{within}). {curve['note']}"


def loading(records):
    """What it takes to load."""
    head = ["features", "file", "time", "CPU time", "memory"]
    lines = []
    for each in records:
        middle = {key: median(record[key] for record in each["records"]) for key in each["records"][0]}
        lines.append([
            f"{each['size']:,}",
            f"{digits(middle['file_bytes'] / 1e6)} MB",
            quantity("time", middle["seconds"] * 1e6),
            quantity("time", middle["cpu_ns"] / 1e3),
            f"{digits(middle['memory_kib'] / 1024)} MiB",
        ])
    return f"{LOADING}\n{table(head, lines)}" if lines else ""


def summary(results):
    """The curves for a terminal."""
    lines = []
    for curve, points in drawn(results):
        for server, line in points.items():
            costs = "  ".join(f"{size}: {quantity('server', cost)}" for size, cost in line)
            found = f"{slope(line):5.2f}" if len(logarithms(line)) > 1 else "  -  "
            lines.append(f"{curve['name']:13} {NAMES[server][0]:9} slope {found}  {costs}")
    lines += [f"loading {each['size']}: {each['records']}" for each in results["loading"]]
    return "\n".join(lines)
