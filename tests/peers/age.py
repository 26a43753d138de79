"""Calls a server that ends its connections every 400 ms: no call may be lost by that."""

import argparse
import concurrent.futures
import threading
import time

import grpc
import hello_pb2
import hello_pb2_grpc
import route_guide_pb2_grpc

import messages
import reference
from cases import Cases, equal, true

PATIENCE = 20
SECONDS = 4
CALLERS = 8


def unary(channel, end):
    """Calls one after the other until `end`; how many were answered."""
    hello = hello_pb2_grpc.HelloServiceStub(channel)
    count = 0
    while time.monotonic() < end:
        equal(hello.SayHello(hello_pb2.HelloRequest(name="x"), timeout=PATIENCE).message, reference.hello("x"))
        count += 1
    return count


def chat(channel, end):
    """One stream after the other, each longer than a connection lasts; how many messages came back."""
    guide = route_guide_pb2_grpc.RouteGuideStub(channel)
    came = 0
    while time.monotonic() < end:
        pace = threading.Event()

        def notes():
            for number in range(30):
                yield messages.note(((came, number), "x"))
                pace.wait(0.02)

        # A note is answered by those that came to its place before: by none here, until it comes twice.
        call = guide.RouteChat(notes(), timeout=PATIENCE)
        list(call)
        equal(call.code(), grpc.StatusCode.OK)
        came += 30
    return came


def main():
    """Runs all cases."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--server", required=True, help="HOST:PORT")
    options = parser.parse_args()
    cases = Cases("connections of 400 ms")
    for run in range(2):
        with cases.case(f"run {run + 1}: no call is lost, {CALLERS} callers and as many streams for {SECONDS} s"):
            with grpc.insecure_channel(options.server) as channel, concurrent.futures.ThreadPoolExecutor(2 * CALLERS) as pool:
                end = time.monotonic() + SECONDS
                calls = [pool.submit(work, channel, end) for work in (unary, chat) for _ in range(CALLERS)]
                counts = [call.result() for call in calls]
                true(min(counts) > 0, f"answers for every caller, not {counts}")
    cases.close()


if __name__ == "__main__":
    main()
