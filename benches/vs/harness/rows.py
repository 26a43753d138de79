"""What is measured: the servers, and the rows, each a load on one of them at a time."""

# The servers by the name of their binaries, `vs-NAME`, in the order of the tables.
SERVERS = {
    "tonic": "tonic",
    "puregrpc": "puregrpc",
    "rawh2": "raw h2",
    "connectrpc": "connectrpc",
    "volo": "volo",
}
CLIENTS = ["tonic", "puregrpc"]
TLS_SERVERS = ["tonic", "puregrpc"]
GRPC_SERVERS = ["tonic", "puregrpc", "connectrpc", "volo"]

# What a row compares: how the figure is called, and what it is the figure of.
MEASURES = {
    "server": "CPU time of the server",
    "client": "CPU time of the client",
    "time": "time that passes",
    "memory": "memory of the server",
    "p99": "99th percentile",
}

# Charts and chapters of the page.
GROUPS = {
    "unary": "Unary calls",
    "streams": "Streams of small messages",
    "messages": "Large messages",
    "clients": "Clients",
    "grpcio": "Called by grpcio",
    "tls": "TLS",
    "memory": "Memory",
    "mixed": "Light calls beside heavy ones",
}


def row(name, group, title, mode, cores=1, measure="server", per="call", **more):
    """A row: `mode` and `options` are those of vs-load, except for the modes `client`, `ends` and `grpcio`."""
    return {
        "name": name,
        "group": group,
        "title": title,
        "mode": mode,
        "cores": cores,
        "measure": measure,
        "per": per,
        "options": more.pop("options", {}),
        "servers": more.pop("servers", list(SERVERS)),
        **more,
    }


ROWS = [
    row("unary-10", "unary", "10 B, 64 at a time, one core", "unary", options={"streams": 64}),
    row("unary-10-mt", "unary", "10 B, 8 connections of 32, two cores", "unary", 2, options={"streams": 32, "conns": 8}),
    row("unary-1000", "unary", "1000 B, 64 at a time, one core", "unary", options={"size": 1000}, servers=GRPC_SERVERS),
    row(
        "unary-1000-mt", "unary", "1000 B, 8 connections of 32, two cores", "unary", 2,
        options={"streams": 32, "conns": 8, "size": 1000}, servers=GRPC_SERVERS,
    ),
    row("unary-alone", "unary", "10 B, one at a time, one core", "unary", options={"streams": 1}),
    row("server-10", "streams", "server stream, 10 B", "server-stream", per="message", servers=GRPC_SERVERS),
    row(
        "server-1000", "streams", "server stream, 1000 B", "server-stream", per="message",
        options={"size": 1000, "n": 50_000}, servers=GRPC_SERVERS,
    ),
    row(
        "client-10", "streams", "client stream, 10 B, many to a frame", "client-stream", per="message",
        options={"coalesce": 1}, servers=GRPC_SERVERS,
    ),
    row(
        "client-10-frames", "streams", "client stream, 10 B, a frame for each", "client-stream", per="message",
        servers=GRPC_SERVERS,
    ),
    row(
        "ping-pong", "streams", "ping-pong, 64 streams, one core", "ping-pong", per="message", options={"streams": 64},
        servers=GRPC_SERVERS,
    ),
    row(
        "ping-pong-mt", "streams", "ping-pong, 64 streams, two cores", "ping-pong", 2, per="message",
        options={"streams": 64}, servers=GRPC_SERVERS,
    ),
    row(
        "echo-64k", "messages", "echo of 64 KiB, 8 at a time", "echo", options={"size": 65_536, "streams": 8},
        servers=GRPC_SERVERS,
    ),
    row(
        "echo-1m", "messages", "echo of 1 MiB, one at a time", "echo", options={"size": 1_048_576, "streams": 1},
        servers=GRPC_SERVERS,
    ),
    row(
        "echo-16m", "messages", "echo of 16 MB, one at a time", "echo", least=0.5,
        options={"size": 16_000_000, "streams": 1}, servers=GRPC_SERVERS,
    ),
    row("client", "clients", "one connection, one core", "client", measure="client", servers=CLIENTS),
    row("client-mt", "clients", "one connection, two cores", "client", 2, measure="client", servers=CLIENTS),
    row(
        "client-mt-8", "clients", "8 connections, two cores", "client", 2, measure="client", connections=8, tasks=256,
        servers=CLIENTS,
    ),
    row(
        "both-ends", "clients", "both ends alike, 8 connections, two cores", "ends", 2, measure="time", connections=8,
        tasks=256, servers=CLIENTS,
    ),
    row("grpcio", "grpcio", "grpcio, 16 threads", "grpcio", tasks=16, least=0.5),
    row(
        "handshakes", "tls", "a connection with one call, 8 at a time", "connect", per="connection", tls=True,
        options={"conns": 8}, servers=TLS_SERVERS,
    ),
    row("unary-tls", "tls", "unary, 10 B, 64 at a time", "unary", tls=True, servers=TLS_SERVERS),
    row(
        "echo-1m-tls", "tls", "echo of 1 MiB, one at a time", "echo", tls=True,
        options={"size": 1_048_576, "streams": 1}, servers=TLS_SERVERS,
    ),
    row("idle", "memory", "an idle connection", "idle", measure="memory", per="connection", once=True),
    row("open", "memory", "an open stream", "open", measure="memory", per="stream", once=True, servers=GRPC_SERVERS),
    row(
        "mixed", "mixed", "a light call, 32 at a time, beside 4 heavy ones of 2 ms", "mixed", 2, measure="p99",
        least=0.5, options={"light": 32, "heavy": 4, "work": 2000}, servers=GRPC_SERVERS,
    ),
]

# What the README shows of them.
OVERVIEW = ["unary-10", "unary-10-mt", "unary-1000", "server-10", "client-10", "ping-pong", "echo-64k", "echo-1m"]
