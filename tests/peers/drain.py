"""Ends the server with SIGTERM while calls are open, and watches how it drains."""

import argparse
import os
import queue
import signal

import grpc
import helloworld_pb2
import helloworld_pb2_grpc
import route_guide_pb2_grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

import messages
from cases import Cases, equal, true
from messages import plain

PATIENCE = 20


def main():
    """Runs all cases; the server is gone after them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--server", required=True, help="HOST:PORT")
    parser.add_argument("--pid", required=True, type=int, help="the server's process id")
    options = parser.parse_args()
    cases = Cases("drain")
    with grpc.insecure_channel(options.server) as channel:
        guide = route_guide_pb2_grpc.RouteGuideStub(channel)
        states = health_pb2.HealthCheckResponse
        watch = health_pb2_grpc.HealthStub(channel).Watch(health_pb2.HealthCheckRequest(), timeout=PATIENCE)
        with cases.case("the server is SERVING before it ends"):
            equal(next(watch).status, states.SERVING)
        requests = queue.SimpleQueue()
        chat = guide.RouteChat(iter(requests.get, None), timeout=PATIENCE)
        with cases.case("a stream is open"):
            requests.put(messages.note(((1, 1), "before")))
            requests.put(messages.note(((1, 1), "before")))
            equal(plain(next(chat)), ((1, 1), "before"))
        os.kill(options.pid, signal.SIGTERM)
        with cases.case("SIGTERM makes a watch tell NOT_SERVING"):
            equal(next(watch).status, states.NOT_SERVING)
        watch.cancel()
        with cases.case("the open stream goes on to its end"):
            requests.put(messages.note(((1, 1), "after")))
            equal([plain(next(chat))[1] for _ in range(2)], ["before", "before"])
            requests.put(None)
            equal(list(chat), [])
            equal(chat.code(), grpc.StatusCode.OK)
    with cases.case("no new call is taken once the server has drained"):
        with grpc.insecure_channel(options.server, options=[("grpc.use_local_subchannel_pool", 1)]) as channel:
            greeter = helloworld_pb2_grpc.GreeterStub(channel)
            codes = set()
            while grpc.StatusCode.UNAVAILABLE not in codes:
                true(codes <= {grpc.StatusCode.OK}, f"UNAVAILABLE, not {codes}")
                _, call = attempt(greeter)
                codes.add(call.code())
    cases.close()


def attempt(greeter):
    """One call with its status, whatever that is."""
    try:
        return greeter.SayHello.with_call(helloworld_pb2.HelloRequest(name="late"), timeout=PATIENCE)
    except grpc.RpcError as error:
        return None, error


if __name__ == "__main__":
    main()
