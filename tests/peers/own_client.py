"""Runs the project's own clients against a server of another implementation and reads what they print."""

import argparse
import math
import os
import re
import signal
import socket
import subprocess

import reference
from cases import Cases, equal, true, within

PATIENCE = 60
EXIT_BASE = 64  # plus the status code
UNAVAILABLE, UNIMPLEMENTED, DEADLINE_EXCEEDED = 14, 12, 4


class Client:
    """The binary and the server it is to call."""

    def __init__(self, binary, server):
        self.binary = binary
        self.server = server

    def run(self, *arguments, server=None):
        """Runs `puregrpc client` to its end: its exit status and the lines it prints."""
        command = [self.binary, "client", *arguments, "--server", f"http://{server or self.server}"]
        ended = subprocess.run(command, capture_output=True, encoding="utf-8", timeout=PATIENCE, check=False)
        if ended.stderr.strip():
            print(f"       stderr of {' '.join(arguments)}: {ended.stderr.strip()}", flush=True)
        return ended.returncode, ended.stdout.splitlines()


def greeters(cases, client):
    """What the greeters' clients print."""
    with cases.case("client hello prints the greeting"):
        equal(client.run("hello"), (0, ["client received: こんにちは, なんしー"]))
    with cases.case("client greeter prints both greetings"):
        lines = [f"Greeter client received: {greeting}" for greeting in ["Hello, you!", "Hello again, you!"]]
        equal(client.run("greeter"), (0, lines))


def position(cases, client):
    """What the position client prints."""
    number = r"(-?[0-9.]+(?:e-?[0-9]+)?)"
    pattern = re.compile(rf"PositionRes 0, character position, x: ?{number}, y: ?{number}, z: ?{number}")
    with cases.case("client position --count 2 prints two positions, a second apart"):
        status, lines = client.run("position", "--count", "2")
        equal((status, len(lines)), (0, 2))
        places = []
        for line in lines:
            match = pattern.fullmatch(line)
            true(match, f"a position, not {line!r}")
            places.append([float(part) for part in match.groups()])
        for x, y, z in places:
            true(abs(math.hypot(x, y) - 1) < 1e-5 and z == 0, f"a point of the circle, not {x}, {y}, {z}")
        (x1, y1, _), (x2, y2, _) = places
        turned = math.degrees(math.atan2(y2, x2) - math.atan2(y1, x1)) % 360
        within(turned, 43, 90)  # 50 degrees a second; the machine may be slow
    with cases.case("client position goes on until it is interrupted"):
        command = [client.binary, "client", "position", "--server", f"http://{client.server}"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, encoding="utf-8") as process:
            true(pattern.fullmatch(process.stdout.readline().strip()), "a position")
            process.send_signal(signal.SIGINT)
            ends = (0, 128 + signal.SIGINT, -signal.SIGINT)
            true(process.wait(PATIENCE) in ends, f"an end, not {process.returncode}")


def route_guide(cases, client, data, data_file):
    """What the route guide's client prints."""
    status, lines = client.run("route-guide", "--route-db", data_file, "--pause", "120ms")
    with cases.case("client route-guide ends well"):
        equal(status, 0)
    with cases.case("client route-guide prints the known feature and the unknown one"):
        latitude, longitude = reference.KNOWN_POINT
        known = f"Feature called {reference.KNOWN_NAME} at {latitude}, {longitude}"
        equal(lines[1:3], [known, "Found no feature at 0, 0"])
    with cases.case("client route-guide prints every feature of the rectangle in order"):
        listed = [line for line in lines[3:] if line.startswith("Feature called")]
        features = data.within(*reference.TUTORIAL_AREA)
        equal(listed, [f"Feature called {name} at {at[0]}, {at[1]}" for name, at in features])
    with cases.case("client route-guide prints the summary of the ten points it has visited"):
        visits = [re.fullmatch(r"Visiting point (-?\d+), (-?\d+)", line) for line in lines]
        points = [tuple(map(int, visit.groups())) for visit in visits if visit]
        count, features, metres = data.summary(points)
        equal((count, features), (10, 10))
        trip = lines.index("Finished trip with 10 points")
        equal(lines[trip + 1 : trip + 3], ["Passed 10 features", f"Travelled {metres} meters"])
        true(re.fullmatch(r"It took [1-9]\d* seconds", lines[trip + 3]), f"a second or more, not {lines[trip + 3]!r}")
    with cases.case("client route-guide prints what the chat answers"):
        received = [line for line in lines if line.startswith("Received message")]
        replies = reference.chat(reference.TUTORIAL_NOTES)
        equal(received, [f"Received message {message} at {at[0]}, {at[1]}" for at, message in replies])


def failures(cases, client, bare_server):
    """Exit statuses for what goes wrong."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        silent = "127.0.0.1:%d" % listener.getsockname()[1]
        with cases.case("a server that never answers is DEADLINE_EXCEEDED: exit status 68"):
            equal(client.run("hello", "--timeout", "1s", server=silent)[0], EXIT_BASE + DEADLINE_EXCEEDED)
    with cases.case("a server that is not there is UNAVAILABLE: exit status 78"):
        equal(client.run("greeter", server=silent)[0], EXIT_BASE + UNAVAILABLE)
    with cases.case("a server without the service is UNIMPLEMENTED: exit status 76"):
        equal(client.run("hello", server=bare_server)[0], EXIT_BASE + UNIMPLEMENTED)


def main():
    """Runs all cases."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--binary", required=True, help="the binary puregrpc")
    parser.add_argument("--server", required=True, help="HOST:PORT of a server with every service")
    parser.add_argument("--bare-server", required=True, help="HOST:PORT of a server without the example services")
    parser.add_argument("--route-db", required=True)
    options = parser.parse_args()
    # A job in the background may have been told to ignore the signal, and the clients would inherit that.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    cases = Cases("own client")
    client = Client(os.path.abspath(options.binary), options.server)
    data = reference.RouteData.read(options.route_db)
    greeters(cases, client)
    position(cases, client)
    route_guide(cases, client, data, options.route_db)
    failures(cases, client, options.bare_server)
    cases.close()


if __name__ == "__main__":
    main()
