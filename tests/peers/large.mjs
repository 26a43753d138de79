// Statuses larger than Node's HTTP/2 takes, from examples/peer_server.rs: each costs its own call only.
//
//   node large.mjs NODE_MODULES_FOLDER PROTO_FOLDER PEER_SERVER

import { ok } from "node:assert/strict";
import { createRequire } from "node:module";
import { join } from "node:path";

const [modules, protos, server] = process.argv.slice(2);
const require = createRequire(join(modules, "node_modules", "-"));
const grpc = require("@grpc/grpc-js");
const loader = require("@grpc/proto-loader");
const options = { keepCase: true, longs: Number, defaults: true, includeDirs: [protos] };
const types = grpc.loadPackageDefinition(loader.loadSync("peer.proto", options));
const peer = new types.peer.Peer(server, grpc.credentials.createInsecure());
const deadline = () => ({ deadline: Date.now() + 20_000 });

let passed = 0;
let failed = 0;

async function test(name, body) {
  try {
    await body();
    passed += 1;
    console.log(`ok     Node, large statuses: ${name}`);
  } catch (error) {
    failed += 1;
    console.log(`FAILED Node, large statuses: ${name}\n      ${String(error.stack ?? error).slice(0, 500)}`);
  }
}

/** The error of a call that must fail. */
const failure = (asked) =>
  new Promise((resolve, reject) =>
    asked.after
      ? peer.FailStream(asked, deadline()).on("data", () => {}).on("error", resolve)
      : peer.Fail(asked, deadline(), (error) => (error ? resolve(error) : reject(new Error("a success")))),
  );

let lost = 0;
const others = await Promise.all(
  Array.from({ length: 20 }, () => new Promise((resolve) => {
    const call = peer.SleepStream({ name: "beside node" }, { deadline: Date.now() + 200_000 });
    call.on("error", () => (lost += 1));
    call.once("data", () => resolve(call));
  })),
);
for (const size of [10_000, 20_000, 40_000, 60_000, 140_000, 300_000, 1_000_000, 4_000_000]) {
  await test(`a status with a message of ${size} bytes keeps its code`, async () => {
    for (const after of [0, 1]) {
      const { code, details } = await failure({ code: 5, message: "x".repeat(size), after });
      ok(code === 5, `code ${code}: ${details.slice(0, 200)}`);
      ok(details.length === size || details.endsWith(`… (cut from ${size} bytes)`), details.slice(-60));
    }
  });
  await test(`a status with details of ${size} bytes keeps its code`, async () => {
    for (const after of [0, 1]) {
      const asked = { code: 5, message: "short", details: Buffer.alloc(size, "d"), after };
      const { code, details } = await failure(asked);
      ok(code === 5 && details === "short", `code ${code}: ${details.slice(0, 200)}`);
    }
  });
}
await test("the other calls of the connection go on", async () => ok(lost === 0, `${lost} of 20 calls are lost`));
others.forEach((call) => call.cancel());
peer.close();
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed ? 1 : 0);
