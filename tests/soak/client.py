"""Calls the example services without end, as examples/soak_client.rs does, and prints the same lines."""

import argparse
import collections
import itertools
import json
import pathlib
import sys
import threading
import time

import grpc
import helloworld_pb2
import helloworld_pb2_grpc
import route_guide_pb2
import route_guide_pb2_grpc

DEADLINE = 5
REST = 0.002
TICK = 0.02
PLACES = pathlib.Path(__file__).resolve().parents[2] / "src/examples/places.json"
EVERYWHERE = route_guide_pb2.Rectangle(
    lo=route_guide_pb2.Point(latitude=-900_000_000, longitude=-1_800_000_000),
    hi=route_guide_pb2.Point(latitude=900_000_000, longitude=1_800_000_000),
)


class Wrong(Exception):
    """An answer that is not right."""


class Worker(threading.Thread):
    """Makes one call after the other."""

    def __init__(self, number, channel, features):
        super().__init__(daemon=True)
        self.number = number
        self.features = features
        self.greeter = helloworld_pb2_grpc.GreeterStub(channel)
        self.guide = route_guide_pb2_grpc.RouteGuideStub(channel)
        self.ok = 0
        self.begun = None
        self.failed = collections.Counter()
        self.wrong = None

    def run(self):
        kinds = itertools.cycle([self.greet, self.list, self.record, self.chat])
        for number, call in enumerate(kinds):
            self.begun = time.monotonic()
            try:
                call(f"{self.number}-{number}", number)
                self.ok += 1
            except grpc.RpcError as error:
                self.failed[f"{error.code().name}: {error.details()}"] += 1
            except Wrong as error:
                self.wrong = str(error)
            self.begun = None
            time.sleep(REST)

    def greet(self, name, _):
        reply = self.greeter.SayHello(helloworld_pb2.HelloRequest(name=name), timeout=DEADLINE)
        equal(reply.message, f"Hello, {name}!")

    def list(self, *_):
        equal(sum(1 for _ in self.guide.ListFeatures(EVERYWHERE, timeout=DEADLINE)), self.features)

    def record(self, _, number):
        count = 1 + number % 50
        points = (route_guide_pb2.Point() for _ in range(count))
        equal(self.guide.RecordRoute(points, timeout=DEADLINE).point_count, count)

    def chat(self, message, _):
        notes = (route_guide_pb2.RouteNote(message=message) for _ in range(3))
        replies = [reply.message for reply in self.guide.RouteChat(notes, timeout=DEADLINE)]
        equal(replies, [message] * 3)


def equal(got, expected):
    """Gives up on an answer that is not the expected one."""
    if got != expected:
        raise Wrong(f"{got!r}, expected {expected!r}")


def line(workers):
    """What has become of the calls."""
    now = time.monotonic()
    begun = [worker.begun for worker in workers]
    return json.dumps({
        "ok": [worker.ok for worker in workers],
        "failed": sum((worker.failed.copy() for worker in workers), collections.Counter()),
        "oldest": max((now - at for at in begun if at is not None), default=0),
        "wrong": next((worker.wrong for worker in workers if worker.wrong), None),
    })


def tell(workers):
    """Prints a line fifty times a second."""
    while True:
        print(line(workers), flush=True)
        time.sleep(TICK)


def main():
    """Calls until the standard input ends."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("address")
    parser.add_argument("workers", type=int)
    parser.add_argument("channels", type=int)
    options = parser.parse_args()
    # Else all channels of a process share one connection.
    alone = [("grpc.use_local_subchannel_pool", 1)]
    channels = [grpc.insecure_channel(options.address, options=alone) for _ in range(options.channels)]
    features = len(json.loads(PLACES.read_text(encoding="utf-8")))
    workers = [Worker(number, channels[number % len(channels)], features) for number in range(options.workers)]
    for worker in workers:
        worker.start()
    threading.Thread(target=tell, args=[workers], daemon=True).start()
    sys.stdin.read()


if __name__ == "__main__":
    main()
