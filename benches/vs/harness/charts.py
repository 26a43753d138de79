"""Which charts there are, from the results."""

from . import svg
from .figures import digits, figures, reference
from .rows import GROUPS, MEASURES, OVERVIEW, SERVERS

NAMES = {server: (name, colour) for colour, (server, name) in enumerate(SERVERS.items())}


def charts(results):
    """The text of each chart by the name of its file."""
    drawn = {}
    for group, title in GROUPS.items():
        rows = [row for row in results["rows"] if row["group"] == group]
        if rows:
            drawn[f"{group}.svg"] = chart(title, rows, figures(results))
    rows = [row for name in OVERVIEW for row in results["rows"] if row["name"] == name]
    if rows:
        drawn["overview.svg"] = chart("CPU time of the server for each call or message", rows, figures(results), True)
    return drawn


def chart(title, rows, by_row, overview=False):
    """Bars for these rows, as ratios to tonic."""
    groups = []
    for row in rows:
        by_server = by_row[row["name"]]
        shown = {server: bar(server, by_server) for server in SERVERS if server in by_server}
        groups.append((label(row) if overview else row["title"], shown))
    shown = {server for _, bars in groups for server in bars}
    names = {server: name for server, name in NAMES.items() if server in shown}
    what = " or ".join(dict.fromkeys(MEASURES[row["measure"]] for row in rows))
    return svg.bars(title, f"{what[0].upper()}{what[1:]} as a ratio to tonic; less is better.", names, groups)


def label(row):
    """A row's title where its group is not told."""
    return f"unary, {row['title']}" if row["group"] == "unary" else row["title"]


def bar(server, by_server):
    """The length of a bar and what stands behind it."""
    figure = by_server[server]
    ratio = figure.ratio(reference(by_server))
    return (None, f"{SERVERS[server]} {figure.text}") if ratio is None else (ratio, f"{digits(ratio)} ({figure.text})")
