// Calls the example services and the service of peer.proto from Node's @grpc/grpc-js.
//
// node client.mjs MODULES PROTOS SERVER ROUTE_DB PEER_SERVER
//   MODULES: the folder that holds node_modules;  PROTOS: the folder of the .proto files
//   SERVER and PEER_SERVER: HOST:PORT;  ROUTE_DB: the data base that SERVER uses

import { deepStrictEqual as equal, ok } from "node:assert";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

const [modules, protos, server, routeDb, peerServer] = process.argv.slice(2);
const require = createRequire(join(modules, "node_modules", "-"));
const grpc = require("@grpc/grpc-js");
const loader = require("@grpc/proto-loader");

const files = ["hello.proto", "helloworld.proto", "position.proto", "route_guide.proto", "peer.proto"];
const options = { keepCase: true, longs: Number, defaults: true, includeDirs: [protos] };
const types = grpc.loadPackageDefinition(loader.loadSync(files, options));
const { CANCELLED, DEADLINE_EXCEEDED, INVALID_ARGUMENT, NOT_FOUND, OK } = grpc.status;
const { RESOURCE_EXHAUSTED, UNIMPLEMENTED } = grpc.status;

const credentials = grpc.credentials.createInsecure();
const channelOptions = { "grpc.max_receive_message_length": -1 };
const hello = new types.hello.HelloService(server, credentials);
const greeter = new types.helloworld.Greeter(server, credentials, channelOptions);
const position = new types.posXYZ.PositionService(server, credentials);
const guide = new types.routeguide.RouteGuide(server, credentials);
const peer = new types.peer.Peer(peerServer, credentials);

const deadline = (seconds = 20) => ({ deadline: Date.now() + seconds * 1000 });
const data = JSON.parse(readFileSync(routeDb, "utf8"));
const limit = 4 * 1024 * 1024;

let passed = 0;
let failed = 0;

/** Runs one case, which fails when it throws. */
async function test(name, body) {
  try {
    await body();
    passed += 1;
    console.log(`ok     Node: ${name}`);
  } catch (error) {
    failed += 1;
    console.log(`FAILED Node: ${name}\n      ${String(error.stack ?? error).replaceAll("\n", "\n      ")}`);
  }
}

/** A unary call: its answer, or the error thrown; what came around it is put into `seen`. */
function unary(client, method, request, { metadata = new grpc.Metadata(), callOptions = deadline(), seen = {} } = {}) {
  return new Promise((resolve, reject) => {
    const answer = (error, reply) => (error ? reject(error) : resolve(reply));
    const call = client[method](request, metadata, callOptions, answer);
    call.on("metadata", (initial) => (seen.initial = initial));
    call.on("status", (status) => (seen.status = status));
    seen.call = call;
  });
}

/** Everything a stream of answers brings; `onReply` is called for each. */
function collect(call, onReply = () => {}) {
  return new Promise((resolve) => {
    const end = { replies: [], initial: undefined };
    call.on("metadata", (initial) => (end.initial = initial));
    call.on("data", (reply) => {
      end.replies.push(reply);
      onReply(reply, end.replies);
    });
    call.on("error", () => {}); // the status says it as well
    call.on("status", (status) => resolve({ ...end, status }));
  });
}

/** A client-streaming call over the requests. */
function record(points, callOptions = deadline()) {
  return new Promise((resolve, reject) => {
    const call = guide.RecordRoute(callOptions, (error, reply) => (error ? reject(error) : resolve(reply)));
    points.forEach((point) => call.write(point));
    if (points.length > 0) call.end();
  });
}

/** Fails unless the promise is rejected with this status; gives the error. */
async function failure(code, promise) {
  const error = await promise.then(
    (reply) => ok(false, `expected status ${code}, got ${JSON.stringify(reply)?.slice(0, 200)}`),
    (error) => error,
  );
  equal(error.code, code, error.message);
  return error;
}

const note = (latitude, longitude, message) => ({ location: { latitude, longitude }, message });
const tutorialNotes = [
  note(0, 0, "First message"),
  note(0, 1, "Second message"),
  note(1, 0, "Third message"),
  note(0, 0, "Fourth message"),
  note(1, 0, "Fifth message"),
];
const tutorialArea = {
  lo: { latitude: 400000000, longitude: -750000000 },
  hi: { latitude: 420000000, longitude: -730000000 },
};

/** The metres between two points over the sphere. */
function distance(from, to) {
  const degrees = [from.latitude, from.longitude, to.latitude, to.longitude];
  const [lat1, lon1, lat2, lon2] = degrees.map((e7) => (e7 / 1e7 / 180) * Math.PI);
  const share = Math.sin((lat2 - lat1) / 2) ** 2 + Math.cos(lat1) * Math.cos(lat2) * Math.sin((lon2 - lon1) / 2) ** 2;
  return 2 * 6371000 * Math.atan2(Math.sqrt(share), Math.sqrt(1 - share));
}

async function unaryCases() {
  await test("HelloService/SayHello greets in Japanese", async () => {
    equal((await unary(hello, "SayHello", { name: "なんしー" })).message, "こんにちは, なんしー");
  });
  await test("Greeter/SayHello and /SayHelloAgain greet", async () => {
    equal((await unary(greeter, "SayHello", { name: "you" })).message, "Hello, you!");
    equal((await unary(greeter, "SayHelloAgain", { name: "you" })).message, "Hello again, you!");
  });
  await test("PositionReq tells a point of the circle", async () => {
    const reply = await unary(position, "PositionReq", {});
    const { x, y, z } = reply.position;
    ok(Math.abs(Math.hypot(x, y) - 1) < 1e-5 && z === 0, `a point of the circle, not ${x}, ${y}, ${z}`);
    equal([reply.status, reply.msg], [0, "character position"]);
  });
  await test("PositionPub takes a position and refuses none", async () => {
    equal(await unary(position, "PositionPub", { position: { x: 1, y: 0, z: 0 } }), { status: 0, msg: "published" });
    await failure(INVALID_ARGUMENT, unary(position, "PositionPub", {}));
  });
  await test("GetFeature finds the tutorial's known point and nothing at 0, 0", async () => {
    const location = { latitude: 409146138, longitude: -746188906 };
    const name = "Berkshire Valley Management Area Trail, Jefferson, NJ, USA";
    equal(await unary(guide, "GetFeature", location), { name, location });
    const nowhere = { latitude: 0, longitude: 0 };
    equal(await unary(guide, "GetFeature", nowhere), { name: "", location: nowhere });
  });
  await test("200 calls at once are each answered", async () => {
    const names = Array.from({ length: 200 }, (_, n) => `${n}`);
    const replies = await Promise.all(names.map((name) => unary(greeter, "SayHello", { name })));
    equal(replies.map((reply) => reply.message), names.map((name) => `Hello, ${name}!`));
  });
  await test("a message of 4 MiB is taken, of 4 MiB + 1 it is RESOURCE_EXHAUSTED", async () => {
    const reply = await unary(greeter, "SayHello", { name: "x".repeat(limit - 5) });
    equal(reply.message.length, limit - 5 + "Hello, !".length);
    await failure(RESOURCE_EXHAUSTED, unary(greeter, "SayHello", { name: "x".repeat(limit - 4) }));
    equal((await unary(greeter, "SayHello", { name: "you" })).message, "Hello, you!");
  });
  await test("a method that is not there is UNIMPLEMENTED", async () => {
    const path = "/helloworld.Greeter/SayGoodbye";
    const raw = (bytes) => bytes;
    const asked = [path, raw, raw, Buffer.alloc(0), new grpc.Metadata(), deadline()];
    await failure(UNIMPLEMENTED, new Promise((resolve, reject) => {
      greeter.makeUnaryRequest(...asked, (error, reply) => (error ? reject(error) : resolve(reply)));
    }));
    equal((await collect(greeter.makeServerStreamRequest(...asked))).status.code, UNIMPLEMENTED);
  });
}

async function streamCases() {
  await test("ListFeatures lists the tutorial's rectangle in order", async () => {
    const { lo, hi } = tutorialArea;
    const inside = ({ location: { latitude, longitude } }) =>
      lo.latitude <= latitude && latitude <= hi.latitude && lo.longitude <= longitude && longitude <= hi.longitude;
    const { replies, status } = await collect(guide.ListFeatures(tutorialArea, deadline()));
    equal(status.code, OK, status.details);
    equal(replies, data.filter(inside).map(({ name, location }) => ({ name, location })));
  });
  await test("RecordRoute sums up ten points of the data base", async () => {
    const points = data.filter((_, n) => n % 29 === 3).slice(0, 10).map((feature) => feature.location);
    const metres = points.slice(1).reduce((sum, point, n) => sum + distance(points[n], point), 0);
    const summary = await record(points);
    equal([summary.point_count, summary.feature_count, summary.distance], [10, 10, Math.trunc(metres)]);
  });
  await test("RouteChat answers the tutorial's five notes", async () => {
    const call = guide.RouteChat(deadline());
    const end = collect(call);
    tutorialNotes.forEach((each) => call.write(each));
    call.end();
    const { replies, status } = await end;
    equal(status.code, OK, status.details);
    equal(replies, [tutorialNotes[0], tutorialNotes[2]]);
  });
  await test("RouteChat answers while the call is still being made", async () => {
    const call = guide.RouteChat(deadline());
    const end = collect(call, (_, replies) => {
      if (replies.length === 1) call.write(note(3, 3, "c"));
      if (replies.length === 3) call.end();
    });
    call.write(note(3, 3, "a"));
    call.write(note(3, 3, "b"));
    const { replies, status } = await end;
    equal(status.code, OK, status.details);
    equal(replies.map((reply) => reply.message), ["a", "a", "b"]);
  });
  await test("deadlines end each kind of stream with DEADLINE_EXCEEDED", async () => {
    await failure(DEADLINE_EXCEEDED, record([], deadline(0.3)));
    equal((await collect(guide.RouteChat(deadline(0.3)))).status.code, DEADLINE_EXCEEDED);
    const sleep = await collect(peer.SleepStream({ name: "node deadline" }, deadline(0.3)));
    equal([sleep.status.code, sleep.replies.length], [DEADLINE_EXCEEDED, 1]);
    await failure(DEADLINE_EXCEEDED, unary(peer, "Sleep", { name: "node deadline" }, { callOptions: deadline(0.3) }));
    await naps("node deadline", 2, 2);
  });
  await test("cancelling is CANCELLED and ends the handlers", async () => {
    const stream = peer.SleepStream({ name: "node cancel" }, deadline());
    const { status } = await collect(stream, () => stream.cancel());
    equal(status.code, CANCELLED);
    const seen = {};
    const sleep = unary(peer, "Sleep", { name: "node cancel" }, { seen });
    sleep.catch(() => {}); // it is looked at below
    await naps("node cancel", 2, 1);
    seen.call.cancel();
    await failure(CANCELLED, sleep);
    await naps("node cancel", 2, 2);
  });
}

/** Waits until the naps of one name are as expected. */
async function naps(name, begun, cancelled) {
  for (const end = Date.now() + 20_000; ; ) {
    const count = await unary(peer, "Naps", { name });
    if (count.begun === begun && count.cancelled === cancelled) return;
    ok(Date.now() < end, `expected ${begun} begun and ${cancelled} cancelled, got ${JSON.stringify(count)}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

async function metadataCases() {
  const bytes = Buffer.from(Array.from({ length: 256 }, (_, n) => n));
  const sent = new grpc.Metadata();
  sent.add("initial-text", "one");
  sent.add("initial-bin", bytes);
  sent.add("trailing-text", "a;b");
  sent.add("trailing-bin", Buffer.from([0xab, 0xab, 0xab]));
  sent.add("unseen", "stays with the server");

  const check = (initial, trailing) => {
    equal(initial.get("initial-text"), ["one"]);
    equal(initial.get("initial-bin"), [bytes]);
    equal(trailing.get("trailing-text"), ["a;b"]);
    equal(trailing.get("trailing-bin"), [Buffer.from([0xab, 0xab, 0xab])]);
    equal([...initial.get("unseen"), ...trailing.get("unseen")], []);
  };
  await test("a unary call brings its metadata back, -bin included", async () => {
    const seen = {};
    const reply = await unary(peer, "Echo", { data: bytes }, { metadata: sent, seen });
    equal(reply.data, bytes);
    await new Promise((resolve) => setImmediate(resolve)); // grpc-js tells the status after the answer
    check(seen.initial, seen.status.metadata);
  });
  await test("a stream brings its metadata back, -bin included", async () => {
    const call = peer.EchoStream(sent, deadline());
    const end = collect(call);
    call.write({ data: bytes });
    call.end();
    const { replies, initial, status } = await end;
    equal(replies.map((reply) => reply.data), [bytes]);
    check(initial, status.metadata);
  });
  await test("the handler sees the deadline", async () => {
    const { remaining_ms: left } = await unary(peer, "Echo", {}, { callOptions: deadline(30) });
    ok(25_000 < left && left <= 30_100, `about 30,000 ms, not ${left}`);
  });
  for (const message of ["こんにちは ☺ 😈", "\t\ntest with whitespace\r\nand 100 %", ""]) {
    await test(`a status keeps its message ${JSON.stringify(message)} and its details`, async () => {
      const asked = { code: NOT_FOUND, message, details: bytes, after: 2 };
      const error = await failure(NOT_FOUND, unary(peer, "Fail", asked));
      equal(error.details, message);
      equal(error.metadata.get("grpc-status-details-bin"), [bytes]);
      const { replies, status } = await collect(peer.FailStream(asked, deadline()));
      equal([replies.length, status.code, status.details], [2, NOT_FOUND, message]);
    });
  }
}

async function compressionCases() {
  const data = Buffer.alloc(100_000, "the same again, ");
  // The numbers of grpc-js for its algorithms.
  for (const [name, number] of [["deflate", 1], ["gzip", 2]]) {
    const client = new types.peer.Peer(peerServer, credentials, { "grpc.default_compression_algorithm": number });
    const metadata = new grpc.Metadata();
    metadata.set("compress", name);
    await test(`100,000 bytes go there and back by ${name}`, async () => {
      const seen = {};
      equal((await unary(client, "Echo", { data }, { metadata, seen })).data, data);
      await new Promise((resolve) => setImmediate(resolve)); // grpc-js tells the status after the answer
      // grpcio's own server cannot tell.
      ok(["true", undefined].includes(seen.status.metadata.get("was-compressed")[0]), "it was compressed");
    });
    await test(`a stream goes there and back by ${name}`, async () => {
      const call = client.EchoStream(metadata, deadline());
      const end = collect(call);
      const sent = [data, Buffer.alloc(0), data];
      sent.forEach((data) => call.write({ data }));
      call.end();
      equal((await end).replies.map((reply) => reply.data), sent);
    });
    client.close();
  }
}

await unaryCases();
await streamCases();
await metadataCases();
await compressionCases();
[hello, greeter, position, guide, peer].forEach((client) => client.close());
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
