"""`docs/performance.md`, from the results."""

from .figures import digits, figures, quantity, reference
from .rows import GROUPS, MEASURES, SERVERS

HEAD = """\
# Performance

<!-- Written by `benches/vs/run` from benches/vs/results/latest.json; `benches/vs/run --draw` writes it again. -->

puregrpc beside other implementations of gRPC for Rust: the same service, the same release profile (fat LTO, one codegen
unit), the same limits, TCP_NODELAY, each library's default windows, and the same load. *raw h2* is a server that answers
every request with the same bytes and knows no gRPC: the floor for whoever stands on that crate. A figure is the median of
the rounds ({rounds}), in which the servers take turns; in brackets stands its ratio to tonic's. Less is better everywhere.

Where a row says *one core*, the server has one thread and a core of its own, the load another. *Two cores* are two worker
threads on two cores, which server and load share. All other rows are of one core.

Absolute times vary by a factor of two between machines and hours; the ratios of one run hardly do.
"""

REPRODUCE = """\
## Measure it yourself

```sh
benches/vs/run                 # all of it; some {minutes} minutes after the builds
benches/vs/run --quick         # once and briefly, to see that it works
benches/vs/run --only 'unary*' --servers tonic,puregrpc --rounds 9
```

[benches/vs](../benches/vs/README.md) says what that needs. It writes this page, its charts, and
[the figures of each round](../benches/vs/results/latest.json).
"""


def page(results, scale=""):
    """The whole page, with a section of scale if there is one."""
    by_row = figures(results)
    parts = [HEAD.format(rounds=results["rounds"]), machine(results["facts"])]
    for group, title in GROUPS.items():
        rows = [row for row in results["rows"] if row["group"] == group]
        if rows:
            parts.append(chapter(group, title, rows, by_row))
    parts += [ahead(results["rows"], by_row), every_figure(results["rows"], by_row)]
    parts += [scale] if scale else []
    minutes = max(1, round(results["facts"]["seconds"] / 60))
    return "\n".join([*parts, REPRODUCE.format(minutes=minutes)])


def summary(results):
    """The medians for a terminal."""
    by_row = figures(results)
    width = max(len(row["name"]) for row in results["rows"])
    lines = []
    for row in results["rows"]:
        by_server = by_row[row["name"]]
        cells = [f"{SERVERS[server]} {cell(server, by_server)}" for server in SERVERS if server in by_server]
        lines.append(f"{row['name']:{width}}  {'   '.join(cells)}")
    return "\n".join(lines)


def table(head, lines):
    """A table of Markdown."""
    rows = [head, ["---"] * len(head), *lines]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in rows)


def machine(facts):
    """What it was measured on and with."""
    versions = ", ".join(f"{name} {version}" for name, version in facts["versions"].items())
    lines = [
        ["processor", f"{facts['cpu']}, {facts['cores']} cores"],
        ["system", f"{facts['system']} {facts['kernel']}, {facts['memory_gib']} GiB"],
        ["compiler", facts["rustc"]],
        ["versions", versions],
        ["date", facts["date"]],
    ]
    return table(["", ""], lines)


def chapter(group, title, rows, by_row):
    """A chart and a table of the medians."""
    servers = [server for server in SERVERS if any(server in by_row[row["name"]] for row in rows)]
    lines = []
    for row in rows:
        by_server = by_row[row["name"]]
        cells = [cell(server, by_server) for server in servers]
        lines.append([row["title"], f"{MEASURES[row['measure']]}, {row['per']}", *cells])
    head = ["load", "what, for each", *(SERVERS[server] for server in servers)]
    return f"## {title}\n\n![{title}](charts/{group}.svg)\n\n{table(head, lines)}"


def cell(server, by_server):
    """A median, and its ratio to what others are compared with."""
    figure = by_server.get(server)
    if figure is None:
        return ""
    ratio = figure.ratio(reference(by_server))
    if ratio is None or figure is reference(by_server):
        return figure.text
    return f"{figure.text} ({digits(ratio)})"


def ahead(rows, by_row):
    """Where another gRPC server or client has less than we."""
    lines = []
    for row in rows:
        by_server = by_row[row["name"]]
        ours = by_server.get("puregrpc")
        for server, figure in by_server.items():
            if ours and server not in ("puregrpc", "rawh2") and figure.value and ours.value:
                if figure.value < ours.value:
                    ratio = digits(figure.ratio(ours))
                    what = f"{GROUPS[row['group']]}: {row['title']}"
                    lines.append([what, SERVERS[server], f"{figure.text} against {ours.text} ({ratio})"])
    text = table(["load", "who", "figure, and its ratio to puregrpc's"], lines) if lines else "In no row of this run.\n"
    return f"## Where others are ahead of puregrpc\n\n{text}"


def every_figure(rows, by_row):
    """Medians with their spread, and what else was seen."""
    lines = []
    for row in rows:
        for server, figure in by_row[row["name"]].items():
            lines.append([f"{GROUPS[row['group']]}: {row['title']}", SERVERS[server], *details(figure)])
    head = ["load", "who", "median", "least to most", "in a second", "p50", "p99"]
    return f"## All figures\n\n{table(head, lines)}"


def details(figure):
    """The cells of one line."""
    spread = ""
    if figure.value:
        spread = f"{quantity(figure.measure, figure.least)} to {quantity(figure.measure, figure.most)}"
    rate = f"{figure.per_second:,.0f}" if figure.per_second else ""
    times = [quantity("time", value) if value else "" for value in (figure.p50, figure.p99)]
    return [figure.text, spread, rate, *times]
