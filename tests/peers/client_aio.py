"""Calls the example services through grpcio's asyncio interface and compares with `reference.py`."""

import argparse
import asyncio
import math
import time

import grpc
import hello_pb2
import hello_pb2_grpc
import helloworld_pb2
import helloworld_pb2_grpc
import position_pb2
import position_pb2_grpc
import route_guide_pb2_grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

import messages
import reference
from cases import Cases, equal, true, within
from messages import plain

PATIENCE = 20


async def failure(code, call):
    """Fails the case unless awaiting gives this status; returns the error."""
    try:
        await call
    except grpc.aio.AioRpcError as error:
        equal(error.code(), code)
        return error
    raise AssertionError(f"expected {code}, the call succeeded")


async def collect(replies, into):
    """Adds the messages of a stream to a list."""
    async for reply in replies:
        into.append(plain(reply))
    return into


async def greeters(cases, channel):
    """hello.HelloService and helloworld.Greeter."""
    hello = hello_pb2_grpc.HelloServiceStub(channel)
    greeter = helloworld_pb2_grpc.GreeterStub(channel)
    you = helloworld_pb2.HelloRequest(name="you")
    with cases.case("HelloService/SayHello greets in Japanese"):
        reply = await hello.SayHello(hello_pb2.HelloRequest(name="なんしー"), timeout=PATIENCE)
        equal(reply.message, "こんにちは, なんしー")
    with cases.case("Greeter/SayHello and /SayHelloAgain greet"):
        equal((await greeter.SayHello(you, timeout=PATIENCE)).message, "Hello, you!")
        equal((await greeter.SayHelloAgain(you, timeout=PATIENCE)).message, "Hello again, you!")
    with cases.case("500 calls at once are each answered"):
        requests = [helloworld_pb2.HelloRequest(name=f"{n}") for n in range(500)]
        replies = await asyncio.gather(*(greeter.SayHello(request, timeout=PATIENCE) for request in requests))
        equal([reply.message for reply in replies], [f"Hello, {n}!" for n in range(500)])
    with cases.case("every tenth of 500 calls is cancelled, the others are answered"):
        calls = [greeter.SayHello(you, timeout=PATIENCE) for _ in range(500)]
        true(all(call.cancel() for call in calls[::10]), "calls that can be cancelled")
        ends = await asyncio.gather(*calls, return_exceptions=True)
        ended = [end if isinstance(end, BaseException) else end.message for end in ends]
        equal({type(end) for end in ended[::10]}, {asyncio.CancelledError})
        del ended[::10]
        equal(set(ended), {"Hello, you!"})


async def position(cases, channel):
    """posXYZ.PositionService."""
    stub = position_pb2_grpc.PositionServiceStub(channel)
    with cases.case("PositionReq tells a point of the circle"):
        reply = await stub.PositionReq(position_pb2.Msg(), timeout=PATIENCE)
        equal((reply.status, reply.msg), (0, "character position"))
        reference.steps_apart((1, 0, 0), plain(reply))
    with cases.case("PositionPub moves the character, a position that is not finite does not"):
        reply = await stub.PositionPub(messages.position((0, 7, 7), "up"), timeout=PATIENCE)
        equal((reply.status, reply.msg), (0, "published"))
        bad = messages.position((0, math.nan, 0), "nowhere")
        await failure(grpc.StatusCode.INVALID_ARGUMENT, stub.PositionPub(bad, timeout=PATIENCE))
        place = (0, 7, 7)
        start = time.monotonic()
        while place == (0, 7, 7):
            true(time.monotonic() - start < 2, "a tick within 100 ms")
            place = plain(await stub.PositionReq(position_pb2.Msg(), timeout=PATIENCE))
        within(reference.steps_apart((0, 1, 0), place), 1, 20)
        await stub.PositionPub(messages.position((1, 0, 0), "back"), timeout=PATIENCE)


async def route_guide(cases, stub, data):
    """routeguide.RouteGuide."""
    with cases.case("GetFeature finds the tutorial's known point and nothing at 0, 0"):
        known = await stub.GetFeature(messages.point(reference.KNOWN_POINT), timeout=PATIENCE)
        equal(plain(known), (reference.KNOWN_NAME, reference.KNOWN_POINT))
        equal(plain(await stub.GetFeature(messages.point((0, 0)), timeout=PATIENCE)), ("", (0, 0)))
    with cases.case("ListFeatures lists the tutorial's rectangle in order"):
        replies = stub.ListFeatures(messages.area(reference.TUTORIAL_AREA), timeout=PATIENCE)
        equal(await collect(replies, []), data.within(*reference.TUTORIAL_AREA))
        equal(await replies.code(), grpc.StatusCode.OK)
    points = [point for _, point in data.features][5:300:29]
    with cases.case("RecordRoute sums up a route given as an iterable"):
        summary = await stub.RecordRoute(map(messages.point, points), timeout=PATIENCE)
        equal((summary.point_count, summary.feature_count, summary.distance), data.summary(points))
    with cases.case("RecordRoute sums up a route written point by point"):
        call = stub.RecordRoute(timeout=PATIENCE)
        for point in points:
            await call.write(messages.point(point))
        await call.done_writing()
        summary = await call
        equal((summary.point_count, summary.feature_count, summary.distance), data.summary(points))
    with cases.case("RouteChat answers the tutorial's five notes"):
        replies = stub.RouteChat(map(messages.note, reference.TUTORIAL_NOTES), timeout=PATIENCE)
        equal(await collect(replies, []), reference.chat(reference.TUTORIAL_NOTES))
    with cases.case("RouteChat answers each note before the next is written"):
        call, chat = stub.RouteChat(timeout=PATIENCE), reference.Chat()
        for note in reference.TUTORIAL_NOTES:
            await call.write(messages.note(note))
            for earlier in chat.note(*note):
                equal(plain(await call.read()), earlier)
        await call.done_writing()
        equal(await call.read(), grpc.aio.EOF)
        equal(await call.code(), grpc.StatusCode.OK)
    with cases.case("fifty RouteChat calls at once stay apart"):
        chats = [[((n, m % 3), f"{n}.{m}") for m in range(20)] for n in range(50)]
        calls = [stub.RouteChat(map(messages.note, notes), timeout=PATIENCE) for notes in chats]
        replies = await asyncio.gather(*(collect(call, []) for call in calls))
        equal(replies, [reference.chat(notes) for notes in chats])


async def ends_of_calls(cases, stub):
    """Deadlines and cancellation."""
    note = ((9, 9), "first")

    async def two_notes(timeout):
        call = stub.RouteChat(timeout=timeout)
        await call.write(messages.note(note))
        await call.write(messages.note(note))
        return call

    with cases.case("a deadline ends a stream of requests with DEADLINE_EXCEEDED"):
        start = time.monotonic()
        call = stub.RecordRoute(timeout=0.4)
        await call.write(messages.point((1, 1)))
        await failure(grpc.StatusCode.DEADLINE_EXCEEDED, call)
        within(time.monotonic() - start, 0.35, 5)
    with cases.case("a deadline ends a stream both ways after the messages before it"):
        call, replies = await two_notes(0.4), []
        await failure(grpc.StatusCode.DEADLINE_EXCEEDED, collect(call, replies))
        equal(replies, [note])
    with cases.case("a cancelled stream is CANCELLED, and the channel goes on"):
        call = await two_notes(PATIENCE)
        equal(plain(await call.read()), note)
        true(call.cancel(), "a call that can be cancelled")
        equal(await call.code(), grpc.StatusCode.CANCELLED)
        equal(plain(await stub.GetFeature(messages.point((0, 0)), timeout=PATIENCE)), ("", (0, 0)))
    with cases.case("a task that is cancelled while it reads cancels its call"):
        call = await two_notes(PATIENCE)
        equal(plain(await call.read()), note)
        task = asyncio.create_task(call.read())
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        equal(await call.code(), grpc.StatusCode.CANCELLED)


async def health(cases, channel):
    """grpc.health.v1.Health."""
    stub = health_pb2_grpc.HealthStub(channel)
    states = health_pb2.HealthCheckResponse
    with cases.case("Health/Check and /Watch tell SERVING"):
        request = health_pb2.HealthCheckRequest(service="")
        equal((await stub.Check(request, timeout=PATIENCE)).status, states.SERVING)
        watch = stub.Watch(request, timeout=PATIENCE)
        equal((await watch.read()).status, states.SERVING)
        watch.cancel()
    with cases.case("Health/Check of an unknown service is NOT_FOUND"):
        request = health_pb2.HealthCheckRequest(service="nobody")
        await failure(grpc.StatusCode.NOT_FOUND, stub.Check(request, timeout=PATIENCE))
    with cases.case("fifty watches are open at once"):
        watches = [stub.Watch(health_pb2.HealthCheckRequest(service=""), timeout=PATIENCE) for _ in range(50)]
        replies = await asyncio.gather(*(watch.read() for watch in watches))
        equal({reply.status for reply in replies}, {states.SERVING})
        for watch in watches:
            watch.cancel()


async def main():
    """Runs all cases."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--server", required=True, help="HOST:PORT")
    parser.add_argument("--route-db", required=True)
    options = parser.parse_args()
    data = reference.RouteData.read(options.route_db)
    cases = Cases("grpcio, asyncio")
    async with grpc.aio.insecure_channel(options.server) as channel:
        stub = route_guide_pb2_grpc.RouteGuideStub(channel)
        await greeters(cases, channel)
        await position(cases, channel)
        await route_guide(cases, stub, data)
        await ends_of_calls(cases, stub)
        await health(cases, channel)
    cases.close()


if __name__ == "__main__":
    asyncio.run(main())
