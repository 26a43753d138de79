"""Tools that people call servers with: grpcurl, grpc-health-probe and ghz, against the standalone server."""

import json

from harness import ROOT
from judging.installing import ghz, go_programs

PROTO = ["-import-path", ROOT / "proto", "-proto"]
# The whole of the sample's map.
EVERYWHERE = {"lo": {"latitude": 400000000, "longitude": -750000000}, "hi": {"latitude": 420000000, "longitude": -730000000}}


def judge(bench, plain, secure, tls):
    """Each without and with TLS; ghz in the long version only."""
    bench.judge("grpcurl", lambda: with_grpcurl(bench, plain, secure, tls))
    bench.judge("grpc-health-probe", lambda: with_health_probe(bench, plain, secure, tls))
    if bench.whole:
        bench.judge("ghz", lambda: with_ghz(bench, plain, secure, tls))


def with_grpcurl(bench, plain, secure, tls):
    """All four kinds of call."""
    program = go_programs(bench.cache) / "grpcurl"
    places = [("", ["-plaintext"], plain.address), (", TLS", ["-cacert", tls / "ca.pem"], localhost(secure))]
    for kind, options, address in places:

        def call(name, proto, messages, method, good, options=options, address=address, kind=kind):
            data = "\n".join(json.dumps(message) for message in messages)
            command = [program, *options, *PROTO, proto, "-d", data, address, method]
            bench.command(f"{name}{kind}", command, good=lambda ended: ended.returncode == 0 and good(objects(ended.stdout)))

        call("unary", "helloworld.proto", [{"name": "Ada"}], "helloworld.Greeter/SayHello",
             lambda replies: replies == [{"message": "Hello, Ada!"}])
        call("server stream", "route_guide.proto", [EVERYWHERE], "routeguide.RouteGuide/ListFeatures",
             lambda replies: len(replies) > 50 and all("location" in reply for reply in replies))
        points = [{"latitude": 407838351, "longitude": -746143763}, {"latitude": 408122808, "longitude": -743999179}]
        call("client stream", "route_guide.proto", points, "routeguide.RouteGuide/RecordRoute",
             lambda replies: len(replies) == 1 and (replies[0]["pointCount"], replies[0]["featureCount"]) == (2, 1))
        notes = [{"location": {"latitude": 1, "longitude": number}, "message": f"note {number}"} for number in (1, 2)]
        call("both ways", "route_guide.proto", [*notes, *notes], "routeguide.RouteGuide/RouteChat",
             lambda replies: [reply["message"] for reply in replies[-2:]] == ["note 1", "note 2"])
        name = {"name": "Ada"}
        command = [program, *options, *PROTO, "peer.proto", "-d", json.dumps(name), address, "peer.Peer/Sleep"]
        bench.command(f"a service that is not there{kind}", command,
                      good=lambda ended: ended.returncode == 64 + 12 and "Unimplemented" in ended.stdout)


def with_health_probe(bench, plain, secure, tls):
    """Serving, unknown, and the wrong kind of connection."""
    program = go_programs(bench.cache) / "grpc-health-probe"
    secured = ["-tls", "-tls-ca-cert", tls / "ca.pem", "-tls-server-name", "localhost"]
    for kind, options, server in (("", [], plain), (", TLS", secured, secure)):
        command = [program, "-addr", server.address, *options]
        bench.command(f"the server serves{kind}", command)
        bench.command(f"a service serves{kind}", [*command, "-service", "helloworld.Greeter"])
        bench.command(f"an unknown service is told as such{kind}", [*command, "-service", "nobody"],
                      good=lambda ended: ended.returncode != 0 and "NotFound" in ended.stdout)
    bench.command("no TLS where TLS is spoken is no connection", [program, "-addr", secure.address],
                  good=lambda ended: ended.returncode != 0)


def with_ghz(bench, plain, secure, tls):
    """Some thousand calls, none of which fails."""
    program = ghz(bench.cache)
    proto = ["--proto", ROOT / "proto/helloworld.proto", "--call", "helloworld.Greeter.SayHello"]
    load = ["--data", '{"name":"Ada"}', "--total", COUNT, "--concurrency", "50", "--connections", "5", "--format", "json"]

    def good(ended):
        return ended.returncode == 0 and json.loads(ended.stdout)["statusCodeDistribution"] == {"OK": COUNT}

    places = [("", ["--insecure"], plain.address), (", TLS", ["--cacert", tls / "ca.pem"], localhost(secure))]
    for kind, options, address in places:
        bench.command(f"{COUNT} calls{kind}", [program, *options, *proto, *load, address], good=good)


def objects(text):
    """The JSON objects that stand one behind the other."""
    decoder, found, rest = json.JSONDecoder(), [], text.strip()
    while rest:
        value, end = decoder.raw_decode(rest)
        found.append(value)
        rest = rest[end:].lstrip()
    return found


def localhost(server):
    """The address by name, as the certificate has it."""
    return f"localhost:{server.address.rsplit(':', 1)[1]}"


COUNT = 5_000
