"""Statuses and metadata larger than grpcio takes, from `examples/peer_server.rs`: each costs its own call only.

grpcio's own server lets the client lose the code, so that this is no part of the control run.
"""

import argparse

import grpc
import peer_pb2
import peer_pb2_grpc

from cases import Cases, equal, true
from client import failure

PATIENCE = 60
SIZES = [1_000, 7_000, 10_000, 40_000, 140_000, 300_000, 1_000_000, 4_000_000]
TIMES = 5  # C core rejects at random what is larger than half its limit


def statuses(cases, stub, size):
    """A message and details of so many bytes, alone and behind a message."""
    asked = {
        "message": peer_pb2.Failure(code=5, message="ü" * (size // 2)),
        "details": peer_pb2.Failure(code=5, message="short", details=b"d" * size),
    }
    for what, fault in asked.items():
        with cases.case(f"a status with {what} of {size} bytes keeps its code"):
            for after in [0, 1] * TIMES:
                fault.after = after
                call = (lambda: list(stub.FailStream(fault, timeout=PATIENCE))) if after else (
                    lambda: stub.Fail(fault, timeout=PATIENCE)
                )
                error = failure(grpc.StatusCode.NOT_FOUND, call)
                text = error.details()
                if what == "details":
                    details = dict(error.trailing_metadata()).get("grpc-status-details-bin", b"")
                    equal((text, details), ("short", fault.details if size < 5_000 else details))
                    true(details in (b"", fault.details), "all of the details or nothing")
                elif size < 1_500:
                    equal(text, fault.message)
                else:
                    true(text.startswith("ü" * 500), "the beginning of the message")
                    true(text.endswith(f"… (cut from {size} bytes)"), "a mark where the message was cut")


def main():
    """Runs all cases beside twenty other calls on the same connection."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--server", required=True, help="HOST:PORT")
    options = parser.parse_args()
    cases = Cases("grpcio, large statuses")
    with grpc.insecure_channel(options.server, options=[("grpc.use_local_subchannel_pool", 1)]) as channel:
        stub = peer_pb2_grpc.PeerStub(channel)
        others = [stub.SleepStream(peer_pb2.Nap(name="beside"), timeout=10 * PATIENCE) for _ in range(20)]
        for other in others:
            next(other)
        for size in SIZES:
            statuses(cases, stub, size)
            if size > 300_000:
                continue  # beyond 430 kB on the wire the server closes the connection
            with cases.case(f"metadata of {size} bytes fails its own call"):
                metadata = [("trailing-large", "m" * size)]
                try:
                    stub.Echo(peer_pb2.Payload(), timeout=PATIENCE, metadata=metadata)
                except grpc.RpcError as error:
                    true(size > 7_000, "a success")
                    equal(error.code(), grpc.StatusCode.RESOURCE_EXHAUSTED)
        with cases.case("the other calls of the connection go on"):
            true(all(other.is_active() for other in others), "twenty calls under way")
            for other in others:
                other.cancel()
    cases.close()


if __name__ == "__main__":
    main()
