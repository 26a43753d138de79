"""A grpcio server with the example services, made from `reference.py`, and the service of `peer.proto`.

It stands in for `puregrpc serve` when the project's own client is tested, and when the test scripts themselves are.
"""

import argparse
import collections
import os
import signal
import sys
import threading
import time
from concurrent import futures

import grpc
import hello_pb2
import hello_pb2_grpc
import helloworld_pb2
import helloworld_pb2_grpc
import peer_pb2
import peer_pb2_grpc
import position_pb2
import position_pb2_grpc
import route_guide_pb2
import route_guide_pb2_grpc
from grpc_health.v1 import health, health_pb2, health_pb2_grpc

import messages
import reference
from messages import plain

FOREVER = 1e12  # seconds; grpcio tells a call without a deadline by a number beyond this


class Hello(hello_pb2_grpc.HelloServiceServicer):
    """hello.HelloService"""

    def SayHello(self, request, context):
        return hello_pb2.HelloReply(message=reference.hello(request.name))


class Greeter(helloworld_pb2_grpc.GreeterServicer):
    """helloworld.Greeter"""

    def SayHello(self, request, context):
        return helloworld_pb2.HelloReply(message=reference.greeting(request.name))

    def SayHelloAgain(self, request, context):
        return helloworld_pb2.HelloReply(message=reference.second_greeting(request.name))


class PositionService(position_pb2_grpc.PositionServiceServicer):
    """posXYZ.PositionService"""

    def __init__(self):
        self.start = time.monotonic()
        self.position = reference.Position()
        self.lock = threading.Lock()

    def PositionReq(self, request, context):
        with self.lock:
            place = self.position.at(time.monotonic() - self.start)
        return messages.position(place, "character position")

    def PositionPub(self, request, context):
        if not request.HasField("position"):
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, "the position is missing")
        with self.lock:
            taken = self.position.publish(plain(request), time.monotonic() - self.start)
        if not taken:
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, "the position is not finite")
        return position_pb2.Msg(status=0, msg="published")


class RouteGuide(route_guide_pb2_grpc.RouteGuideServicer):
    """routeguide.RouteGuide"""

    def __init__(self, data):
        self.data = data

    def GetFeature(self, request, context):
        return messages.feature(self.data.feature(plain(request)))

    def ListFeatures(self, request, context):
        for feature in self.data.within(plain(request.lo), plain(request.hi)):
            yield messages.feature(feature)

    def RecordRoute(self, request_iterator, context):
        start = time.monotonic()
        count, features, metres = self.data.summary([plain(point) for point in request_iterator])
        return route_guide_pb2.RouteSummary(
            point_count=count,
            feature_count=features,
            distance=metres,
            elapsed_time=int(time.monotonic() - start),
        )

    def RouteChat(self, request_iterator, context):
        chat = reference.Chat()
        for note in request_iterator:
            earlier = chat.note(plain(note.location), note.message)
            if earlier is None:
                context.abort(grpc.StatusCode.RESOURCE_EXHAUSTED, "too many notes")
            yield from map(messages.note, earlier)


class Peer(peer_pb2_grpc.PeerServicer):
    """peer.Peer"""

    def __init__(self):
        self.naps = collections.defaultdict(peer_pb2.NapCount)
        self.lock = threading.Lock()

    def Echo(self, request, context):
        compress(context)
        return_metadata(context)
        left = context.time_remaining() or FOREVER
        return peer_pb2.Payload(data=request.data, remaining_ms=int(left * 1000) if left < FOREVER else 0)

    def EchoStream(self, request_iterator, context):
        compress(context)
        return_metadata(context)
        for request in request_iterator:
            yield peer_pb2.Payload(data=request.data)

    def Fail(self, request, context):
        fail(context, request)
        return peer_pb2.Payload()

    def FailStream(self, request, context):
        for number in range(request.after):
            yield peer_pb2.Payload(data=bytes([number]))
        fail(context, request)

    def Sleep(self, request, context):
        self.nap(request.name, context).wait()
        return peer_pb2.Payload()

    def SleepStream(self, request, context):
        ended = self.nap(request.name, context)
        yield peer_pb2.Payload()
        ended.wait()

    def Naps(self, request, context):
        with self.lock:
            return self.naps[request.name]

    def nap(self, name, context):
        """Begins a nap; the event given is set when the call is cancelled or its time is over."""
        ended = threading.Event()

        def end():
            with self.lock:
                self.naps[name].cancelled += 1
            ended.set()

        with self.lock:
            self.naps[name].begun += 1
        if not context.add_callback(end):
            end()
        return ended


def return_metadata(context):
    """Sends the caller's own metadata back to it."""
    metadata = context.invocation_metadata()
    context.send_initial_metadata([entry for entry in metadata if entry[0].startswith("initial-")])
    context.set_trailing_metadata([entry for entry in metadata if entry[0].startswith("trailing-")])


def compress(context):
    """Compresses the answer as the caller has asked."""
    kinds = {"gzip": grpc.Compression.Gzip, "deflate": grpc.Compression.Deflate}
    kind = kinds.get(dict(context.invocation_metadata()).get("compress"))
    if kind:
        context.set_compression(kind)


def fail(context, failure):
    """Ends the call as the caller has asked."""
    if failure.details:
        context.set_trailing_metadata([("grpc-status-details-bin", failure.details)])
    code = next(code for code in grpc.StatusCode if code.value[0] == failure.code)
    if code is not grpc.StatusCode.OK:
        context.abort(code, failure.message)


def add_examples(server, states, data):
    """Adds the example services and their states."""
    hello_pb2_grpc.add_HelloServiceServicer_to_server(Hello(), server)
    helloworld_pb2_grpc.add_GreeterServicer_to_server(Greeter(), server)
    position_pb2_grpc.add_PositionServiceServicer_to_server(PositionService(), server)
    route_guide_pb2_grpc.add_RouteGuideServicer_to_server(RouteGuide(data), server)
    for name in ["hello.HelloService", "helloworld.Greeter", "posXYZ.PositionService", "routeguide.RouteGuide"]:
        states.set(name, health_pb2.HealthCheckResponse.SERVING)


def main():
    """Serves until SIGTERM."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--listen", default="127.0.0.1:0")
    parser.add_argument("--port-file", required=True)
    parser.add_argument("--route-db", help="the data base; without it the example services are not served")
    options = parser.parse_args()

    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda number, frame: stop.set())
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=1_100))
    peer_pb2_grpc.add_PeerServicer_to_server(Peer(), server)
    states = health.HealthServicer()
    health_pb2_grpc.add_HealthServicer_to_server(states, server)
    states.set("", health_pb2.HealthCheckResponse.SERVING)
    if options.route_db:
        add_examples(server, states, reference.RouteData.read(options.route_db))
    port = server.add_insecure_port(options.listen)
    server.start()
    with open(f"{options.port_file}.new", "w", encoding="ascii") as file:
        file.write(f"{options.listen.rpartition(':')[0]}:{port}\n")
    os.rename(f"{options.port_file}.new", options.port_file)

    stop.wait()
    states.enter_graceful_shutdown()
    server.stop(grace=5).wait()


if __name__ == "__main__":
    sys.exit(main())
