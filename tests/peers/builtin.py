"""Calls a server with the built-in data base and only two of the services: hello and route-guide."""

import argparse

import grpc
import hello_pb2
import hello_pb2_grpc
import helloworld_pb2
import helloworld_pb2_grpc
import route_guide_pb2_grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

import client
import messages
import reference
from cases import Cases, equal, true
from messages import plain

PATIENCE = 20
WORLD = ((-900000000, -1800000000), (900000000, 1800000000))


def main():
    """Runs all cases."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--server", required=True, help="HOST:PORT")
    parser.add_argument("--socket", required=True, help="the Unix socket that the server listens on, too")
    options = parser.parse_args()
    cases = Cases("built-in data base")
    with grpc.insecure_channel(options.server) as channel:
        guide = route_guide_pb2_grpc.RouteGuideStub(channel)
        with cases.case("the data base has 100 places or more, the tutorials' two and unnamed ones among them"):
            features = [plain(reply) for reply in guide.ListFeatures(messages.area(WORLD), timeout=PATIENCE)]
            true(len(features) >= 100, f"100 places, not {len(features)}")
            equal(len({point for _, point in features}), len(features))
            true((reference.KNOWN_NAME, reference.KNOWN_POINT) in features, reference.KNOWN_NAME)
            true((reference.OTHER_NAME, reference.OTHER_POINT) in features, reference.OTHER_NAME)
            true(any(not name for name, _ in features), "places without a name")
            client.features(cases, guide, reference.RouteData(features))
        with cases.case("hello is served, greeter is not"):
            hello = hello_pb2_grpc.HelloServiceStub(channel)
            equal(hello.SayHello(hello_pb2.HelloRequest(name="x"), timeout=PATIENCE).message, reference.hello("x"))
            greeter = helloworld_pb2_grpc.GreeterStub(channel)
            request = helloworld_pb2.HelloRequest()
            client.failure(grpc.StatusCode.UNIMPLEMENTED, lambda: greeter.SayHello(request, timeout=PATIENCE))
        with cases.case("health knows what is served and nothing else"):
            health = health_pb2_grpc.HealthStub(channel)
            served = health_pb2.HealthCheckRequest(service="hello.HelloService")
            equal(health.Check(served, timeout=PATIENCE).status, health_pb2.HealthCheckResponse.SERVING)
            unserved = health_pb2.HealthCheckRequest(service="helloworld.Greeter")
            client.failure(grpc.StatusCode.NOT_FOUND, lambda: health.Check(unserved, timeout=PATIENCE))
    sockets(cases, options.socket)
    cases.close()


def sockets(cases, path):
    """Calls over a Unix socket, whatever stands for the authority: by itself grpcio takes the path for it."""
    for authority in None, "localhost", "/var/tmp/csi.sock", "%2Fvar%2Frun%2Fx.sock", "passthrough:///x":
        given = [("grpc.default_authority", authority)] if authority else []
        alone = [("grpc.use_local_subchannel_pool", 1), *given]
        with cases.case(f"calls are served on a Unix socket, with the authority {authority or 'that grpcio makes'}"):
            with grpc.insecure_channel(f"unix:{path}", options=alone) as channel:
                hello = hello_pb2_grpc.HelloServiceStub(channel)
                for number in range(100):
                    request = hello_pb2.HelloRequest(name=str(number))
                    metadata = [("x-number", str(number))]
                    reply = hello.SayHello(request, timeout=PATIENCE, metadata=metadata)
                    equal(reply.message, reference.hello(str(number)))
                guide = route_guide_pb2_grpc.RouteGuideStub(channel)
                true(len(list(guide.ListFeatures(messages.area(WORLD), timeout=PATIENCE))) >= 100, "100 places")


if __name__ == "__main__":
    main()
