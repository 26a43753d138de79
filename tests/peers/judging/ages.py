"""Connections that end under load: grpc-go on either side, grpc-java's client in the long version.

Callers of every kind make calls for seconds while one connection after the other becomes too old, or one server after
the other drains. No call may be lost by that. Where the calls under way get less time than they take, streams are cut,
and the server has to count as many as the client.
"""

import re
import signal

from harness import END_SECONDS
from judging.installing import go_programs, java_classes
from judging.interop import JAVA, JAVA_PACKAGE, port_of

# How connections end, and whether streams are cut by that.
ENDS = {
    "an age of 400 ms": (["max_connection_age=400"], False),
    "an age of 400 ms and a grace of 100 ms": (["max_connection_age=400", "max_connection_age_grace=100"], True),
    "a server each 500 ms": (["handover=500"], False),
}
CUT_BY_DRAIN = (["handover=500", "drain_timeout=100"], True)
SECONDS = 2
CONNECTIONS = 4
SOAK = ["--soak_iterations=1500", "--soak_min_time_ms_between_rpcs=2", "--soak_max_failures=0", "--soak_request_size=1000",
        "--soak_response_size=1000", "--soak_per_iteration_max_acceptable_latency_ms=5000", "--soak_overall_timeout_seconds=60"]


def judge(bench):
    """All pairs."""
    peer = go_programs(bench.cache) / "peer"
    bench.judge("ages: grpc-go's client", lambda: go_client(bench, peer))
    bench.judge("ages: grpc-go's server", lambda: go_server(bench, peer))
    if bench.whole:
        bench.judge("ages: grpc-java's client", lambda: java_client(bench))


def go_client(bench, peer):
    """The project's server, whose count of lost calls is the client's."""
    for name, (settings, cut) in {**ENDS, "a server each 500 ms that drains for 100 ms": CUT_BY_DRAIN}.items():
        server = own_server(bench, f"ages-{name}", settings)
        printed = []

        def good(ended):
            printed.append(ended.stdout)
            return ended.returncode == 0

        asked = ["--seconds", SECONDS, "--connections", CONNECTIONS, *(["--cut"] if cut else [])]
        command = [peer, "ages", "--server", server.address, *asked]
        bench.command(name, command, good=good)
        if "handover" in settings[0]:
            counted = re.search(r"have cut (\d+) calls", ended_log(server))
            lost = re.search(r"(\d+) lost", printed[0] if printed else "")
            same = counted and lost and counted[1] == lost[1]
            bench.verdict(f"{name}: both sides count the same", same, f"the server: {counted}, the client: {lost}")


def go_server(bench, peer):
    """The project's client; what it prints counts."""
    client = [bench.paths["interop_client"], "--test_case", "ages", "--server_host", "127.0.0.1"]
    for name, (settings, cut) in ENDS.items():
        options = [f"--{setting.replace('_', '-')}ms" for setting in settings]
        server = bench.serve(f"ages-go-{name}".replace(" ", "-"), [peer, "serve-aged", *options])
        asked = ["--ages_seconds", SECONDS, "--ages_connections", CONNECTIONS, "--ages_cut", str(cut).lower()]
        bench.command(name, [*client, "--server_port", port_of(server), *asked])


def java_client(bench):
    """Small calls for three seconds or more."""
    java = [*JAVA, "-cp", java_classes(bench.cache), f"{JAVA_PACKAGE}.TestServiceClient", "--use_tls=false"]
    for name in "an age of 400 ms", "a server each 500 ms":
        server = own_server(bench, f"ages-java-{name}", ENDS[name][0])
        for okhttp in "false", "true":
            asked = ["--server_host=127.0.0.1", f"--server_port={port_of(server)}", "--test_case=rpc_soak", *SOAK]
            bench.command(f"{name}, {'OkHttp' if okhttp == 'true' else 'Netty'}", [*java, *asked, f"--use_okhttp={okhttp}"])


def own_server(bench, name, settings):
    """The project's server with these settings, which are milliseconds."""
    options = [f"--{setting.replace('=', '_ms=')}" for setting in settings]
    return bench.serve(name.replace(" ", "-"), [bench.paths["interop_server"], *options])


def ended_log(server):
    """Ends a server; what it has printed."""
    server.signalled = True
    server.process.send_signal(signal.SIGTERM)
    server.process.wait(END_SECONDS)
    return server.log.read_text(encoding="utf-8")
