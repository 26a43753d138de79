"""Rounds of all rows, in which the servers take turns."""

from fnmatch import fnmatch

from . import processes
from .figures import fault
from .rows import ROWS

CLIENT_TASKS = 64
SECONDS = 0.5
QUICK_SECONDS = 0.1
QUICK_MESSAGES = 10

# What is kept of what a load prints.
KEPT = [
    "count", "seconds", "per_second", "server_cpu_ns", "client_cpu_ns", "load_cpu_ns", "p50_us", "p99_us", "bytes_each",
    "rss_kb", "heavy_per_second", "errors", "failures", "fails",
]


class Measuring:
    """One run: what is built, the cores, and how long."""

    def __init__(self, built, cores, rounds, quick=False, only="*", servers=None):
        self.built, self.cores, self.rounds, self.quick = built, cores, rounds, quick
        rows = [row for row in ROWS if any(fnmatch(row["name"], pattern) for pattern in only.split(","))]
        self.rows = [(row, chosen(row["servers"], servers)) for row in rows]

    def run(self, tell):
        """Measures; gives each row with its records by the servers."""
        records = {row["name"]: {server: [] for server in servers} for row, servers in self.rows}
        for number in range(self.rounds):
            for row, servers in self.rows:
                if row.get("once") and number > 0:
                    continue
                tell(f"round {number + 1} of {self.rounds}: {row['name']}")
                for server in servers:
                    record = self.record(row, server)
                    if fault(record):
                        tell(f"  {server}: {fault(record)}")
                    records[row["name"]][server].append({key: record[key] for key in KEPT if record.get(key)})
        keep = ("name", "group", "title", "mode", "cores", "measure", "per", "options")
        return [
            {**{key: row[key] for key in keep}, "records": records[row["name"]]} for row, servers in self.rows if servers
        ]

    def record(self, row, peer):
        """One row, once, with one server or client."""
        server_cores, load_cores = ({self.cores[0]}, {self.cores[1]}) if row["cores"] == 1 else (set(self.cores),) * 2
        # The clients are compared before the same server.
        server = "puregrpc" if row["mode"] == "client" else peer
        tls = self.built.server_tls if row.get("tls") else []
        with processes.Server(self.built.program(server), row["cores"], server_cores, tls) as running:
            return processes.output(self.load(row, peer, running), load_cores)

    def load(self, row, peer, server):
        """The command that loads a running server."""
        seconds = max(QUICK_SECONDS if self.quick else SECONDS, row.get("least", 0))
        tasks = row.get("tasks", CLIENT_TASKS)
        if row["mode"] in ("client", "ends"):
            client = self.built.program(f"{peer}-client")
            return [client, server.address, tasks, seconds, row.get("connections", 1), row["cores"]]
        if row["mode"] == "grpcio":
            return [*self.built.grpcio, server.address, tasks, seconds, server.pid]
        options = {"secs": seconds, "pid": server.pid, **row["options"]}
        if row.get("tls"):
            options |= {"tls": self.built.authority, "name": "localhost"}
        if self.quick and "n" in options:
            options["n"] = max(1, options["n"] // QUICK_MESSAGES)
        return [self.built.program("load"), server.address, row["mode"], *(f"{k}={v}" for k, v in options.items())]


def chosen(servers, names):
    """Those of the servers that were asked for."""
    return [server for server in servers if names is None or server in names]
