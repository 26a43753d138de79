"""Pings the server more often than it allows, and as often as grpcio does by itself."""

import argparse
import queue

import grpc
import hello_pb2
import hello_pb2_grpc
import route_guide_pb2_grpc

import messages
import reference
from cases import Cases, equal, true
from messages import plain

PATIENCE = 20
OPTIONS = [
    ("grpc.use_local_subchannel_pool", 1),
    ("grpc.keepalive_time_ms", 200),
    ("grpc.keepalive_timeout_ms", 5_000),
    ("grpc.keepalive_permit_without_calls", 1),
    ("grpc.http2.max_pings_without_data", 0),
]


def pinging(cases, address):
    """A client that pings five times a second while nothing is said."""
    with grpc.insecure_channel(address, options=OPTIONS) as channel:
        requests = queue.SimpleQueue()
        chat = route_guide_pb2_grpc.RouteGuideStub(channel).RouteChat(iter(requests.get, None), timeout=PATIENCE)
        with cases.case("a client that pings too often is told so, and its call is UNAVAILABLE"):
            try:
                list(chat)
                raise AssertionError("the call went on")
            except grpc.RpcError as error:
                equal(error.code(), grpc.StatusCode.UNAVAILABLE)
                true("too_many_pings" in (error.details() + error.debug_error_string()).lower().replace(" ", "_"), error)
        requests.put(None)
        with cases.case("its next call has a new connection"):
            hello = hello_pb2_grpc.HelloServiceStub(channel)
            reply = hello.SayHello(hello_pb2.HelloRequest(name="you"), timeout=PATIENCE, wait_for_ready=True)
            equal(reply.message, reference.hello("you"))


def measuring(cases, address):
    """A client that pings to measure the way while much is received, which grpcio does by default."""
    with grpc.insecure_channel(address, options=[("grpc.use_local_subchannel_pool", 1)]) as channel:
        guide = route_guide_pb2_grpc.RouteGuideStub(channel)
        with cases.case("pings for received data are no fault"):
            note = messages.note(((7, 7), "x" * 100_000))
            replies = [plain(reply) for reply in guide.RouteChat(iter([note] * 30), timeout=PATIENCE)]
            true(len(replies) > 100, f"{len(replies)} replies")


def main():
    """Runs all cases."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--server", required=True, help="HOST:PORT")
    options = parser.parse_args()
    cases = Cases("keepalive")
    pinging(cases, options.server)
    measuring(cases, options.server)
    cases.close()


if __name__ == "__main__":
    main()
