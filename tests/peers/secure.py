"""TLS and mutual TLS: grpcio calls the project's servers, and the project's client calls grpcio's."""

import argparse
import concurrent.futures
import contextlib
import pathlib
import subprocess

import grpc
import helloworld_pb2
import helloworld_pb2_grpc
import route_guide_pb2
import route_guide_pb2_grpc

from cases import Cases, equal, true

PATIENCE = 20
UNAVAILABLE = 64 + 14
EVERYWHERE = route_guide_pb2.Rectangle(
    lo=route_guide_pb2.Point(latitude=-900000000, longitude=-1800000000),
    hi=route_guide_pb2.Point(latitude=900000000, longitude=1800000000),
)


class Files:
    """What `puregrpc serve --tls-self-signed` has put into a folder."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)

    def read(self, name):
        """The content of a file."""
        return (self.folder / name).read_bytes()

    def client(self, certificate):
        """The credentials of a client, with a certificate or without."""
        pair = [self.read("client.key"), self.read("client.pem")] if certificate else [None, None]
        return grpc.ssl_channel_credentials(self.read("ca.pem"), *pair)

    def server(self, mutual):
        """The credentials of a server."""
        pair = (self.read("server.key"), self.read("server.pem"))
        roots = self.read("ca.pem") if mutual else None
        return grpc.ssl_server_credentials([pair], roots, require_client_auth=mutual)


class Greeter(helloworld_pb2_grpc.GreeterServicer):
    """The tutorial's server."""

    def SayHello(self, request, context):
        """Greets."""
        return helloworld_pb2.HelloReply(message=f"Hello, {request.name}!")

    def SayHelloAgain(self, request, context):
        """Greets again, and tells who is greeted."""
        names = context.auth_context().get("x509_common_name", [b"you"])
        return helloworld_pb2.HelloReply(message=f"Hello again, {names[0].decode()}!")


def greet(channel):
    """One greeting."""
    stub = helloworld_pb2_grpc.GreeterStub(channel)
    return stub.SayHello(helloworld_pb2.HelloRequest(name="you"), timeout=PATIENCE).message


def refused(channel):
    """Fails the case unless nobody answers."""
    try:
        message = greet(channel)
    except grpc.RpcError as error:
        equal(error.code(), grpc.StatusCode.UNAVAILABLE)
    else:
        raise AssertionError(f"expected to be refused, got {message!r}")


def calls(cases, files, plain, mutual):
    """grpcio's client against the project's servers."""
    with cases.case("grpcio calls over TLS"), grpc.secure_channel(plain, files.client(False)) as channel:
        equal(greet(channel), "Hello, you!")
        places = list(route_guide_pb2_grpc.RouteGuideStub(channel).ListFeatures(EVERYWHERE, timeout=PATIENCE))
        true(len(places) >= 100, f"100 places, not {len(places)}")
    with cases.case("grpcio sends a stream of 3 MB over TLS"), grpc.secure_channel(plain, files.client(False)) as channel:
        points = (route_guide_pb2.Point(latitude=1, longitude=place) for place in range(200_000))
        summary = route_guide_pb2_grpc.RouteGuideStub(channel).RecordRoute(points, timeout=120)
        equal(summary.point_count, 200_000)
    with cases.case("grpcio calls over mutual TLS"), grpc.secure_channel(mutual, files.client(True)) as channel:
        equal(greet(channel), "Hello, you!")
    with cases.case("without a certificate nobody gets in"), grpc.secure_channel(mutual, files.client(False)) as channel:
        refused(channel)
    untrusting = grpc.ssl_channel_credentials(None)
    with cases.case("a server that is not trusted is not called"), grpc.secure_channel(plain, untrusting) as channel:
        refused(channel)
    with cases.case("a server that speaks TLS takes no plaintext"), grpc.insecure_channel(plain) as channel:
        refused(channel)
    with cases.case("the server still answers"), grpc.secure_channel(mutual, files.client(True)) as channel:
        equal(greet(channel), "Hello, you!")


@contextlib.contextmanager
def serving(credentials):
    """grpcio's server on a free port."""
    server = grpc.server(concurrent.futures.ThreadPoolExecutor(4))
    helloworld_pb2_grpc.add_GreeterServicer_to_server(Greeter(), server)
    port = server.add_secure_port("localhost:0", credentials)
    server.start()
    try:
        yield port
    finally:
        server.stop(None).wait()


def own_client(cases, files, binary):
    """The project's client against grpcio's server."""

    def run(port, *options, scheme="https"):
        command = [binary, "client", "greeter", "--server", f"{scheme}://localhost:{port}", *map(str, options)]
        ended = subprocess.run(command, capture_output=True, encoding="utf-8", timeout=PATIENCE, check=False)
        return ended.returncode, ended.stdout + ended.stderr

    trust = ["--tls-ca", files.folder / "ca.pem"]
    identity = ["--tls-cert", files.folder / "client.pem", "--tls-key", files.folder / "client.key"]
    greeted = "Greeter client received: Hello, you!\nGreeter client received: Hello again, {}!\n"
    with serving(files.server(mutual=False)) as port:
        with cases.case("the project's client calls over TLS"):
            equal(run(port, *trust), (0, greeted.format("you")))
        for name, options, scheme in [
            ("a server that it does not trust", [], "https"),
            ("a server of another name", [*trust, "--tls-name", "example.org"], "https"),
            ("a server that speaks TLS without it", [], "http"),
        ]:
            with cases.case(f"the project's client refuses {name}"):
                status, output = run(port, *options, scheme=scheme)
                equal(status, UNAVAILABLE)
                print(f"       {output.strip()}", flush=True)
    with serving(files.server(mutual=True)) as port:
        with cases.case("the project's client calls over mutual TLS"):
            equal(run(port, *trust, *identity), (0, greeted.format("puregrpc client")))
        with cases.case("the project's client is refused without a certificate"):
            equal(run(port, *trust)[0], UNAVAILABLE)


def main():
    """Runs all cases."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--server", required=True, help="the project's server with TLS")
    parser.add_argument("--mutual", required=True, help="the same, with a client's certificate required")
    parser.add_argument("--folder", required=True, help="the folder with their certificates")
    parser.add_argument("--binary", required=True, help="the binary puregrpc")
    options = parser.parse_args()
    cases = Cases("TLS")
    files = Files(options.folder)
    calls(cases, files, options.server, options.mutual)
    own_client(cases, files, options.binary)
    cases.close()


if __name__ == "__main__":
    main()
