"""Calls the example services through grpcio's synchronous interface and compares with `reference.py`."""

import argparse
import math
import threading
import time

import grpc
import hello_pb2
import hello_pb2_grpc
import helloworld_pb2
import helloworld_pb2_grpc
import position_pb2
import position_pb2_grpc
import route_guide_pb2
import route_guide_pb2_grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

import messages
import reference
from cases import Cases, equal, true, within
from messages import plain

LIMIT = 4 * 1024 * 1024
PATIENCE = 20
PLACE = (3.0, 4.0, 5.0)
AZIMUTH = (0.6, 0.8, 0.0)
MESSAGE_OPTIONS = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]
SERVICES = ["", "hello.HelloService", "helloworld.Greeter", "posXYZ.PositionService", "routeguide.RouteGuide"]


def failure(code, call):
    """Fails the case unless calling gives this status; returns the error."""
    try:
        call()
    except grpc.RpcError as error:
        equal(error.code(), code)
        return error
    raise AssertionError(f"expected {code}, the call succeeded")


def greeters(cases, channel):
    """hello.HelloService and helloworld.Greeter."""
    hello = hello_pb2_grpc.HelloServiceStub(channel)
    greeter = helloworld_pb2_grpc.GreeterStub(channel)
    with cases.case("HelloService/SayHello greets in Japanese"):
        reply = hello.SayHello(hello_pb2.HelloRequest(name="なんしー"), timeout=PATIENCE)
        equal(reply.message, reference.hello("なんしー"))
        equal(reply.message, "こんにちは, なんしー")
    with cases.case("Greeter/SayHello greets"):
        reply = greeter.SayHello(helloworld_pb2.HelloRequest(name="you"), timeout=PATIENCE)
        equal(reply.message, "Hello, you!")
    with cases.case("Greeter/SayHelloAgain greets again"):
        reply = greeter.SayHelloAgain(helloworld_pb2.HelloRequest(name="you"), timeout=PATIENCE)
        equal(reply.message, "Hello again, you!")
    for name in ["", "\t\r\n", "☺ 😈 ß", "x" * 100_000]:
        with cases.case(f"the greeters take the name {name[:12]!r} of {len(name)} characters"):
            reply = hello.SayHello(hello_pb2.HelloRequest(name=name), timeout=PATIENCE)
            equal(reply.message, reference.hello(name))
            reply = greeter.SayHello(helloworld_pb2.HelloRequest(name=name), timeout=PATIENCE)
            equal(reply.message, reference.greeting(name))
            reply = greeter.SayHelloAgain(helloworld_pb2.HelloRequest(name=name), timeout=PATIENCE)
            equal(reply.message, reference.second_greeting(name))
    with cases.case("with_call gives OK, and the call's metadata is no one else's"):
        reply, call = greeter.SayHello.with_call(
            helloworld_pb2.HelloRequest(name="you"), timeout=PATIENCE, metadata=[("x-id", "7"), ("x-id-bin", b"\0\xff")]
        )
        equal((reply.message, call.code(), call.details()), ("Hello, you!", grpc.StatusCode.OK, ""))
        true(all(not entry.key.startswith("x-id") for entry in call.trailing_metadata()), "no echo of the metadata")
    with cases.case("200 calls at once are each answered"):
        requests = [helloworld_pb2.HelloRequest(name=f"{n}") for n in range(200)]
        calls = [greeter.SayHello.future(request, timeout=PATIENCE) for request in requests]
        equal([call.result().message for call in calls], [f"Hello, {n}!" for n in range(200)])


def messages_of_any_size(cases, channel):
    """The limit of 4 MiB for a message that the server receives."""
    greeter = helloworld_pb2_grpc.GreeterStub(channel)
    # A name of n bytes makes a message of n + 5 bytes: the field's tag and a length of four bytes.
    with cases.case("a message of exactly 4 MiB is taken"):
        request = helloworld_pb2.HelloRequest(name="x" * (LIMIT - 5))
        equal(request.ByteSize(), LIMIT)
        equal(len(greeter.SayHello(request, timeout=PATIENCE).message), LIMIT - 5 + len("Hello, !"))
    with cases.case("a message of 4 MiB + 1 is RESOURCE_EXHAUSTED"):
        request = helloworld_pb2.HelloRequest(name="x" * (LIMIT - 4))
        equal(request.ByteSize(), LIMIT + 1)
        error = failure(grpc.StatusCode.RESOURCE_EXHAUSTED, lambda: greeter.SayHello(request, timeout=PATIENCE))
        true(str(LIMIT + 1) in error.details(), f"the size in {error.details()!r}")
    with cases.case("the connection lives on after the message that was too large"):
        equal(greeter.SayHello(helloworld_pb2.HelloRequest(name="you"), timeout=PATIENCE).message, "Hello, you!")
    with cases.case("a message of 4 MiB + 1 inside a stream is RESOURCE_EXHAUSTED"):
        note = route_guide_pb2.RouteNote(message="x" * (LIMIT - 4))
        equal(note.ByteSize(), LIMIT + 1)
        guide = route_guide_pb2_grpc.RouteGuideStub(channel)
        failure(grpc.StatusCode.RESOURCE_EXHAUSTED, lambda: list(guide.RouteChat(iter([note]), timeout=PATIENCE)))


def unknown_methods(cases, channel):
    """Paths that lead nowhere."""
    paths = ["/helloworld.Greeter/SayGoodbye", "/helloworld.Nobody/SayHello", "/helloworld.greeter/SayHello"]
    for path in paths:
        with cases.case(f"{path} is UNIMPLEMENTED as a unary call and as a stream"):
            one = channel.unary_unary(path)
            failure(grpc.StatusCode.UNIMPLEMENTED, lambda: one(b"", timeout=PATIENCE))
            many = channel.stream_stream(path)
            failure(grpc.StatusCode.UNIMPLEMENTED, lambda: list(many(iter([b"", b""]), timeout=PATIENCE)))
    with cases.case("a request that is no protobuf message is INTERNAL"):
        raw = channel.unary_unary("/helloworld.Greeter/SayHello")
        failure(grpc.StatusCode.INTERNAL, lambda: raw(b"\x0a\xff", timeout=PATIENCE))


class Sample:
    """One PositionReq, with the times between which it was answered."""

    def __init__(self, stub):
        self.before = time.monotonic()
        self.reply = stub.PositionReq(position_pb2.Msg(status=0, msg="where"), timeout=PATIENCE)
        self.after = time.monotonic()
        self.place = plain(self.reply)


def position(cases, channel):
    """posXYZ.PositionService."""
    stub = position_pb2_grpc.PositionServiceStub(channel)
    with cases.case("PositionReq tells a point of the circle"):
        reply = Sample(stub).reply
        equal((reply.status, reply.msg), (0, "character position"))
        reference.steps_apart((1, 0, 0), plain(reply))
    with cases.case("the character goes round by 5 degrees every 100 ms"):
        samples = [Sample(stub)]
        while len(samples) < 6:
            sample = Sample(stub)
            if sample.place != samples[-1].place:
                samples.append(sample)
        for first, second in zip(samples, samples[1:]):
            steps = reference.steps_apart(first.place, second.place)
            fits = reference.could_be(steps, second.before - first.after, second.after - first.before)
            true(fits, f"another azimuth than {steps} steps after {second.after - first.before:.3f} s")
    published(cases, stub)
    for place in [None, (math.nan, 0, 0), (0, math.inf, 0), (0, 0, -math.inf)]:
        with cases.case(f"PositionPub of {place} is INVALID_ARGUMENT and moves nothing"):
            failure(grpc.StatusCode.INVALID_ARGUMENT, lambda: publish(stub, place))
            reference.steps_apart(AZIMUTH, Sample(stub).place)
    with cases.case("PositionPub of the start puts the character back"):
        equal(publish(stub, (1, 0, 0)).msg, "published")


def publish(stub, place):
    """Publishes a position."""
    return stub.PositionPub(messages.position(place, "here"), timeout=PATIENCE)


def published(cases, stub):
    """What PositionReq gives after PositionPub."""
    place = PLACE
    with cases.case("a published position is given exactly until the next tick"):
        for _ in range(50):  # the tick may fall between the two calls
            reply = publish(stub, place)
            equal((reply.status, reply.msg), (0, "published"))
            if Sample(stub).place == place:
                break
        else:
            raise AssertionError("the published position was never seen")
    with cases.case("from the next tick on the character walks from the published azimuth"):
        before = time.monotonic()
        publish(stub, place)
        after = time.monotonic()
        sample = Sample(stub)
        while sample.place == place:
            true(sample.before - after < 2, "a tick within 100 ms")
            sample = Sample(stub)
        steps = reference.steps_apart(AZIMUTH, sample.place)
        fits = reference.could_be(steps, sample.before - after, sample.after - before)
        true(fits, f"another place than {steps} steps on after {sample.after - before:.3f} s")
        true(steps != 0, "at least one step")


def features(cases, stub, data):
    """GetFeature and ListFeatures."""
    with cases.case("GetFeature finds the tutorial's known point and nothing at 0, 0"):
        known = stub.GetFeature(messages.point(reference.KNOWN_POINT), timeout=PATIENCE)
        equal(plain(known), (reference.KNOWN_NAME, reference.KNOWN_POINT))
        unknown = stub.GetFeature(messages.point((0, 0)), timeout=PATIENCE)
        equal(plain(unknown), ("", (0, 0)))
        true(unknown.HasField("location"), "the location although it is 0, 0")
    with cases.case("GetFeature finds every feature of the data base, and none beside it"):
        for name, point in data.features:
            equal(plain(stub.GetFeature(messages.point(point), timeout=PATIENCE)), (name, point))
            beside = (point[0] + 1, point[1])
            equal(plain(stub.GetFeature(messages.point(beside), timeout=PATIENCE)), data.feature(beside))
    low, high = reference.TUTORIAL_AREA
    areas = {
        "the tutorial's rectangle": (low, high),
        "swapped corners": (high, low),
        "the other two corners": ((low[0], high[1]), (high[0], low[1])),
        "the whole world": ((-900000000, -1800000000), (900000000, 1800000000)),
        "a single point": (reference.KNOWN_POINT, reference.KNOWN_POINT),
        "an empty place": ((0, 0), (1, 1)),
    }
    for what, area in areas.items():
        with cases.case(f"ListFeatures of {what} lists {len(data.within(*area))} features in order"):
            replies = stub.ListFeatures(messages.area(area), timeout=PATIENCE)
            equal([plain(feature) for feature in replies], data.within(*area))


def routes(cases, stub, data):
    """RecordRoute."""
    points = [point for _, point in data.features]
    ten = points[3:300:30]
    trips = {
        "ten points of the data base": ten,
        "no point": [],
        "one point twice": [ten[0], ten[0]],
        "points that are no features": [(1, 2), (-3, 4), (900000000, 0)],
        "every feature and back": points + points[::-1],
        "half-way round the earth": [(0, 0), (0, 1800000000)],
        "more metres than an int32 holds": [(900000000 * (-1) ** n, 0) for n in range(120)],
    }
    for what, trip in trips.items():
        with cases.case(f"RecordRoute over {what} gives {data.summary(trip)}"):
            summary = stub.RecordRoute(map(messages.point, trip), timeout=PATIENCE)
            equal((summary.point_count, summary.feature_count, summary.distance), data.summary(trip))
            within(summary.elapsed_time, 0, PATIENCE)
    with cases.case("RecordRoute tells the whole seconds since the call began"):
        def slowly():
            yield messages.point(ten[0])
            time.sleep(1.1)
            yield messages.point(ten[1])
        start = time.monotonic()
        summary = stub.RecordRoute(slowly(), timeout=PATIENCE)
        within(summary.elapsed_time, 1, math.floor(time.monotonic() - start))


def chats(cases, stub):
    """RouteChat."""
    with cases.case("RouteChat answers the tutorial's five notes"):
        replies = stub.RouteChat(map(messages.note, reference.TUTORIAL_NOTES), timeout=PATIENCE)
        equal([plain(reply) for reply in replies], reference.chat(reference.TUTORIAL_NOTES))
    with cases.case("RouteChat answers while the call is still being made"):
        notes, turn = reference.TUTORIAL_NOTES, threading.Semaphore(1)
        def in_turn():
            for note in notes:
                turn.acquire()
                yield messages.note(note)
                if not expected[note]:
                    turn.release()
        chat, expected = reference.Chat(), {}
        for note in notes:
            expected[note] = len(chat.note(*note))
        replies = []
        for reply in stub.RouteChat(in_turn(), timeout=PATIENCE):
            replies.append(plain(reply))
            turn.release()
        equal(replies, reference.chat(notes))
    with cases.case("RouteChat takes a missing location for 0, 0"):
        bare = route_guide_pb2.RouteNote(message="nowhere")
        replies = list(stub.RouteChat(iter([bare, messages.note(((0, 0), "at zero")), bare]), timeout=PATIENCE))
        equal([reply.message for reply in replies], ["nowhere", "nowhere", "at zero"])
        equal([plain(reply)[0] for reply in replies], [(0, 0)] * 3)
    with cases.case("two RouteChat calls hear nothing of each other"):
        notes = [messages.note(((5, 5), "mine"))]
        equal([list(stub.RouteChat(iter(notes), timeout=PATIENCE)) for _ in range(2)], [[], []])
    with cases.case("10,000 notes are taken, one more is RESOURCE_EXHAUSTED"):
        notes = [messages.note(((n, n), "")) for n in range(reference.MAX_NOTES + 1)]
        equal(list(stub.RouteChat(iter(notes[:-1]), timeout=PATIENCE)), [])
        failure(grpc.StatusCode.RESOURCE_EXHAUSTED, lambda: list(stub.RouteChat(iter(notes), timeout=PATIENCE)))
    with cases.case("notes of 3 MiB are taken, of 5 MiB they are RESOURCE_EXHAUSTED"):
        notes = [messages.note(((n, n), "x" * 2**20)) for n in range(5)]
        equal(list(stub.RouteChat(iter(notes[:3]), timeout=PATIENCE)), [])
        failure(grpc.StatusCode.RESOURCE_EXHAUSTED, lambda: list(stub.RouteChat(iter(notes), timeout=PATIENCE)))
    with cases.case("a long conversation comes back complete and in order"):
        notes = [((n % 7, 0), f"note {n}") for n in range(300)]
        replies = stub.RouteChat(map(messages.note, notes), timeout=PATIENCE)
        equal([plain(reply) for reply in replies], reference.chat(notes))


def ends_of_calls(cases, stub):
    """Deadlines and cancellation."""
    ended = threading.Event()

    def hanging(*requests):
        yield from requests
        ended.wait(PATIENCE)

    note = ((9, 9), "first")
    twice = [messages.note(note), messages.note(note)]
    with cases.case("a deadline ends a stream of requests with DEADLINE_EXCEEDED"):
        start = time.monotonic()
        points = hanging(messages.point((1, 1)))
        failure(grpc.StatusCode.DEADLINE_EXCEEDED, lambda: stub.RecordRoute(points, timeout=0.4))
        within(time.monotonic() - start, 0.35, 5)
    with cases.case("a deadline ends a stream both ways after the messages before it"):
        start = time.monotonic()
        call, replies = stub.RouteChat(hanging(*twice), timeout=0.4), []
        failure(grpc.StatusCode.DEADLINE_EXCEEDED, lambda: replies.extend(map(plain, call)))
        equal(replies, [note])
        within(time.monotonic() - start, 0.35, 5)
    with cases.case("a cancelled stream is CANCELLED, and the channel goes on"):
        call = stub.RouteChat(hanging(*twice), timeout=PATIENCE)
        equal(plain(next(call)), note)
        call.cancel()
        failure(grpc.StatusCode.CANCELLED, lambda: next(call))
        equal(plain(stub.GetFeature(messages.point((0, 0)), timeout=PATIENCE)), ("", (0, 0)))
    with cases.case("a stream of answers can be given up half-way, fifty times"):
        for _ in range(50):
            replies = stub.ListFeatures(messages.area(reference.TUTORIAL_AREA), timeout=PATIENCE)
            next(replies)
            replies.cancel()
        equal(plain(stub.GetFeature(messages.point((0, 0)), timeout=PATIENCE)), ("", (0, 0)))
    ended.set()


def health(cases, channel):
    """grpc.health.v1.Health."""
    stub = health_pb2_grpc.HealthStub(channel)
    states = health_pb2.HealthCheckResponse
    for name in SERVICES:
        with cases.case(f"Health/Check and /Watch tell SERVING for {name!r}"):
            request = health_pb2.HealthCheckRequest(service=name)
            equal(stub.Check(request, timeout=PATIENCE).status, states.SERVING)
            watch = stub.Watch(request, timeout=PATIENCE)
            equal(next(watch).status, states.SERVING)
            watch.cancel()
    with cases.case("Health/Check of an unknown service is NOT_FOUND"):
        request = health_pb2.HealthCheckRequest(service="nobody")
        failure(grpc.StatusCode.NOT_FOUND, lambda: stub.Check(request, timeout=PATIENCE))
    with cases.case("Health/Watch of an unknown service tells SERVICE_UNKNOWN once and stays open"):
        watch, seen = stub.Watch(health_pb2.HealthCheckRequest(service="nobody"), timeout=0.5), []
        failure(grpc.StatusCode.DEADLINE_EXCEEDED, lambda: seen.extend(reply.status for reply in watch))
        equal(seen, [states.SERVICE_UNKNOWN])


def main():
    """Runs all cases."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--server", required=True, help="HOST:PORT")
    parser.add_argument("--route-db", required=True)
    options = parser.parse_args()
    data = reference.RouteData.read(options.route_db)
    cases = Cases("grpcio")
    with grpc.insecure_channel(options.server, options=MESSAGE_OPTIONS) as channel:
        stub = route_guide_pb2_grpc.RouteGuideStub(channel)
        greeters(cases, channel)
        messages_of_any_size(cases, channel)
        unknown_methods(cases, channel)
        position(cases, channel)
        features(cases, stub, data)
        routes(cases, stub, data)
        chats(cases, stub)
        ends_of_calls(cases, stub)
        health(cases, channel)
    cases.close()


if __name__ == "__main__":
    main()
