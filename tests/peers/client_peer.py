"""Calls the service of `peer.proto` through grpcio: metadata, statuses, deadlines and cancellation.

Runs against `examples/peer_server.rs`, and against `server.py` to test itself.
"""

import argparse
import time

import grpc
import peer_pb2
import peer_pb2_grpc

from cases import Cases, equal, true, within
from client import failure

PATIENCE = 20
EVERY_BYTE = bytes(range(256))
SPECIAL = "\t\ntest with whitespace\r\nand Unicode BMP ☺ and non-BMP 😈\t\n"
METADATA = [
    ("initial-text", "one"),
    ("initial-text", "two"),
    ("initial-bin", EVERY_BYTE),
    ("trailing-text", "a, b;c=d \"e\" ~"),
    ("trailing-empty-bin", b""),
    ("trailing-bin", b"\xab\xab\xab"),
    ("trailing-bin", b"\x00"),
    ("unseen", "stays with the server"),
]


def named(metadata, start):
    """The entries whose names begin so, as pairs in order."""
    return [(key, value) for key, value in metadata or () if key.startswith(start)]


def metadata(cases, stub):
    """Metadata in both directions."""
    with cases.case("a unary call brings its metadata back, -bin included"):
        reply, call = stub.Echo.with_call(peer_pb2.Payload(data=EVERY_BYTE), timeout=PATIENCE, metadata=METADATA)
        equal(reply.data, EVERY_BYTE)
        equal(named(call.initial_metadata(), "initial-"), named(METADATA, "initial-"))
        equal(sorted(named(call.trailing_metadata(), "trailing-")), sorted(named(METADATA, "trailing-")))
        equal(named([*call.initial_metadata(), *call.trailing_metadata()], "unseen"), [])
    with cases.case("the values of one name keep their order"):
        values = [("trailing-order", f"{n}") for n in range(20)]
        _, call = stub.Echo.with_call(peer_pb2.Payload(), timeout=PATIENCE, metadata=values)
        equal(named(call.trailing_metadata(), "trailing-"), values)
    with cases.case("a stream brings its metadata back, the initial part before any message"):
        requests = [peer_pb2.Payload(data=b"1"), peer_pb2.Payload(data=b"2")]
        call = stub.EchoStream(iter(requests), timeout=PATIENCE, metadata=METADATA)
        equal(named(call.initial_metadata(), "initial-"), named(METADATA, "initial-"))
        equal([reply.data for reply in call], [b"1", b"2"])
        equal(sorted(named(call.trailing_metadata(), "trailing-")), sorted(named(METADATA, "trailing-")))
    with cases.case("binary values of every length from 0 to 40 bytes survive"):
        for length in range(41):
            value = [("trailing-bin", EVERY_BYTE[-length:] if length else b"")]
            _, call = stub.Echo.with_call(peer_pb2.Payload(), timeout=PATIENCE, metadata=value)
            equal(named(call.trailing_metadata(), "trailing-"), value)


def stuck(cases, server):
    """Streams that send without end and take no answer, beside calls of 100 kB on the same channel."""
    def forever():
        while True:
            yield peer_pb2.Payload(data=bytes(10_000))

    for count in 1, 5, 100, 1_000:
        with cases.case(f"{count} streams whose answers nobody takes hold up no other call"):
            with grpc.insecure_channel(server) as channel:
                stub = peer_pb2_grpc.PeerStub(channel)
                calls = [stub.EchoStream(forever()) for _ in range(count)]
                for call in calls:
                    call.initial_metadata()
                for _ in range(5):
                    reply = stub.Echo(peer_pb2.Payload(data=bytes(100_000)), timeout=PATIENCE)
                    equal(len(reply.data), 100_000)
                equal(len(next(calls[0]).data), 10_000)
                for call in calls:
                    call.cancel()


def compression(cases, stub, server):
    """Messages compressed in both directions, by call and by channel."""
    kinds = {"gzip": grpc.Compression.Gzip, "deflate": grpc.Compression.Deflate}
    text = b"the same again, " * 10_000
    for name, kind in kinds.items():
        for data in [b"", text, EVERY_BYTE * 16_000]:
            with cases.case(f"{len(data)} bytes go there and back by {name}"):
                asked = {"timeout": PATIENCE, "metadata": [("compress", name)]}
                reply, call = stub.Echo.with_call(peer_pb2.Payload(data=data), compression=kind, **asked)
                equal(reply.data, data)
                if data:
                    # grpcio's own server cannot tell.
                    true(dict(call.trailing_metadata()).get("was-compressed") in ("true", None), "it was compressed")
        with cases.case(f"a stream goes there and back by {name}"):
            sent = [text, b"", EVERY_BYTE, text]
            requests = (peer_pb2.Payload(data=data) for data in sent)
            asked = {"timeout": PATIENCE, "metadata": [("compress", name)], "compression": kind}
            equal([reply.data for reply in stub.EchoStream(requests, **asked)], sent)
        with cases.case(f"a channel compresses by {name}, and is answered as it is"):
            with grpc.insecure_channel(server, compression=kind) as channel:
                asked = {"timeout": PATIENCE, "metadata": [("compress", "identity")]}
                reply, call = peer_pb2_grpc.PeerStub(channel).Echo.with_call(peer_pb2.Payload(data=text), **asked)
            equal(reply.data, text)
            true(dict(call.trailing_metadata()).get("was-compressed") in ("true", None), "it was compressed")


def statuses(cases, stub):
    """Every code, any message, details."""
    codes = [code for code in grpc.StatusCode if code is not grpc.StatusCode.OK]
    for code in codes:
        with cases.case(f"a unary call and a stream fail with {code.name}"):
            message = f"it is {code.name}"
            asked = peer_pb2.Failure(code=code.value[0], message=message)
            equal(failure(code, lambda: stub.Fail(asked, timeout=PATIENCE)).details(), message)
            equal(failure(code, lambda: list(stub.FailStream(asked, timeout=PATIENCE))).details(), message)
    with cases.case("code 0 is a success"):
        stub.Fail(peer_pb2.Failure(message="unseen"), timeout=PATIENCE)
    for what, message in {
        "non-ASCII": "こんにちは, なんしー ☺ 😈",
        "whitespace": SPECIAL,
        "percent": "100 % of %41, %zz and %",
        "empty": "",
        "long": "ü" * 1000,
    }.items():
        with cases.case(f"a status keeps its {what} message"):
            asked = peer_pb2.Failure(code=2, message=message, after=1)
            equal(failure(grpc.StatusCode.UNKNOWN, lambda: stub.Fail(asked, timeout=PATIENCE)).details(), message)
            call = stub.FailStream(asked, timeout=PATIENCE)
            equal(failure(grpc.StatusCode.UNKNOWN, lambda: list(call)).details(), message)
    with cases.case("a status keeps the bytes of its details"):
        asked = peer_pb2.Failure(code=9, message="with details", details=EVERY_BYTE)
        error = failure(grpc.StatusCode.FAILED_PRECONDITION, lambda: stub.Fail(asked, timeout=PATIENCE))
        equal(dict(error.trailing_metadata())["grpc-status-details-bin"], EVERY_BYTE)
    with cases.case("the messages before a failure arrive"):
        seen, call = [], stub.FailStream(peer_pb2.Failure(code=15, message="lost", after=3), timeout=PATIENCE)
        error = failure(grpc.StatusCode.DATA_LOSS, lambda: seen.extend(reply.data for reply in call))
        equal((seen, error.details()), ([b"\0", b"\1", b"\2"], "lost"))


def await_naps(stub, name, begun, cancelled):
    """Waits until the naps of one name are as expected."""
    end = time.monotonic() + PATIENCE
    expected = (begun, cancelled)
    while True:
        naps = stub.Naps(peer_pb2.Nap(name=name), timeout=PATIENCE)
        if (naps.begun, naps.cancelled) == expected:
            return
        true(time.monotonic() < end, f"{expected} naps begun and cancelled, not {(naps.begun, naps.cancelled)}")
        time.sleep(0.01)


def deadlines(cases, stub):
    """Deadlines, seen from both sides."""
    with cases.case("the handler sees the deadline, and none where there is none"):
        within(stub.Echo(peer_pb2.Payload(), timeout=30).remaining_ms, 25_000, 30_100)
        within(stub.Echo(peer_pb2.Payload(), timeout=86_400 * 365).remaining_ms, 86_000_000 * 365, 86_500_000 * 365)
        equal(stub.Echo(peer_pb2.Payload()).remaining_ms, 0)
    with cases.case("a deadline ends a unary call on both sides"):
        start = time.monotonic()
        nap = peer_pb2.Nap(name="unary deadline")
        failure(grpc.StatusCode.DEADLINE_EXCEEDED, lambda: stub.Sleep(nap, timeout=0.3))
        within(time.monotonic() - start, 0.25, 5)
        await_naps(stub, nap.name, 1, 1)
    with cases.case("a deadline ends a stream of answers on both sides, after its first message"):
        nap, seen = peer_pb2.Nap(name="stream deadline"), []
        call = stub.SleepStream(nap, timeout=0.3)
        failure(grpc.StatusCode.DEADLINE_EXCEEDED, lambda: seen.extend(call))
        equal(len(seen), 1)
        await_naps(stub, nap.name, 1, 1)


def cancellation(cases, stub, server):
    """Cancellation, seen from both sides."""
    with cases.case("cancelling a unary call cancels its handler"):
        nap = peer_pb2.Nap(name="unary cancel")
        call = stub.Sleep.future(nap, timeout=PATIENCE)
        await_naps(stub, nap.name, 1, 0)
        true(call.cancel(), "a call that can be cancelled")
        equal(call.code(), grpc.StatusCode.CANCELLED)
        await_naps(stub, nap.name, 1, 1)
    with cases.case("cancelling a stream cancels its handler"):
        nap = peer_pb2.Nap(name="stream cancel")
        call = stub.SleepStream(nap, timeout=PATIENCE)
        equal(next(call).data, b"")
        call.cancel()
        failure(grpc.StatusCode.CANCELLED, lambda: next(call))
        await_naps(stub, nap.name, 1, 1)
    with cases.case("cancelling fifty calls cancels each handler once"):
        nap = peer_pb2.Nap(name="many")
        calls = [stub.SleepStream(nap, timeout=PATIENCE) for _ in range(50)]
        for call in calls:
            next(call)
        await_naps(stub, nap.name, 50, 0)
        for call in calls:
            call.cancel()
        await_naps(stub, nap.name, 50, 50)
    with cases.case("a connection that goes away cancels its handlers"):
        nap = peer_pb2.Nap(name="connection")
        # A pool of its own, so that closing this channel closes a connection.
        with grpc.insecure_channel(server, options=[("grpc.use_local_subchannel_pool", 1)]) as channel:
            call = peer_pb2_grpc.PeerStub(channel).SleepStream(nap, timeout=PATIENCE)
            next(call)
            await_naps(stub, nap.name, 1, 0)
        await_naps(stub, nap.name, 1, 1)


def main():
    """Runs all cases."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--server", required=True, help="HOST:PORT")
    parser.add_argument("--route-db", help="not used")
    options = parser.parse_args()
    cases = Cases("grpcio, peer service")
    with grpc.insecure_channel(options.server) as channel:
        stub = peer_pb2_grpc.PeerStub(channel)
        metadata(cases, stub)
        stuck(cases, options.server)
        compression(cases, stub, options.server)
        statuses(cases, stub)
        deadlines(cases, stub)
        cancellation(cases, stub, options.server)
    cases.close()


if __name__ == "__main__":
    main()
