"""From what was printed in each round to what is shown: medians, spreads and ratios."""

from statistics import median

# What a measure reads of a record, and what makes it microseconds, or KiB.
READ = {
    "server": lambda record: record["server_cpu_ns"] / 1e3,
    "client": lambda record: record["client_cpu_ns"] / 1e3,
    "time": lambda record: 1e6 / record["per_second"],
    "memory": lambda record: record["bytes_each"] / 1024,
    "p99": lambda record: record["p99_us"],
}


class Figure:
    """What came of one row for one server."""

    def __init__(self, row, records):
        self.measure = row["measure"]
        good = [record for record in records if not fault(record)]
        self.fault = next(filter(None, map(fault, records)), None)
        values = sorted(READ[self.measure](record) for record in good)
        self.value = median(values) if values else None
        self.least, self.most = (values[0], values[-1]) if values else (None, None)
        self.per_second = middle(good, "per_second")
        self.p50, self.p99 = middle(good, "p50_us"), middle(good, "p99_us")

    @property
    def text(self):
        """The median with its unit, or what went wrong."""
        if self.value is None:
            return f"fails: {self.fault}" if self.fault else ""
        return quantity(self.measure, self.value)

    def ratio(self, other):
        """How it stands to another's, if both are there."""
        if other is None or not self.value or not other.value:
            return None
        return self.value / other.value


def fault(record):
    """Why a record does not count, in a few words; None if it does."""
    if record.get("fails"):
        return record["fails"]
    if record.get("errors"):
        failures = record.get("failures") or {}
        return next(iter(failures), f"{record['errors']} errors")
    return None


def middle(records, key):
    """The median of what has this key."""
    values = [record[key] for record in records if record.get(key)]
    return median(values) if values else None


def figures(results):
    """All figures: row name -> server -> Figure; rows in the order of the results."""
    return {
        row["name"]: {server: Figure(row, records) for server, records in row["records"].items()}
        for row in results["rows"]
    }


def reference(by_server):
    """What the others are compared with: tonic's figure, or ours where tonic has none."""
    for server in ("tonic", "puregrpc"):
        if server in by_server and by_server[server].value:
            return by_server[server]
    return None


def quantity(measure, value):
    """A value in its unit, with three digits."""
    if measure == "memory":
        return f"{digits(value)} KiB"
    for limit, unit, scale in ((1, "ns", 1e3), (1e3, "µs", 1), (1e6, "ms", 1e-3)):
        if value < limit:
            return f"{digits(value * scale)} {unit}"
    return f"{digits(value * 1e-6)} s"


def digits(value):
    """Three significant digits, without an exponent."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"
