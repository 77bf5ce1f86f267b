// Streams need no token, so that anybody could pile them up: there is an end to it, and everybody else is served.
import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:http2";
import { createConnection } from "node:net";
import { after, before, describe, it } from "node:test";
import { eventually } from "../support/eventually.ts";
import { type RunningService, startService } from "../support/service.ts";

let service: RunningService;

before(async () => {
  service = await startService();
});
after(() => service[Symbol.asyncDispose]());

describe("open streams", () => {
  it("are limited to 20 for an address and to 200 in all, and their places come back", async () => {
    const first = connectFrom(1);
    assert.deepEqual(count(await watchMany(first, 25)), { open: 20, refused: 5 });
    const others = Array.from({ length: 10 }, (_, index) => connectFrom(index + 2));
    const statuses = await Promise.all(others.map((session) => watchMany(session, 20)));
    assert.deepEqual(count(statuses.flat()), { open: 180, refused: 20 });
    assert.equal((await fetch(`${service.origin}/readyz`)).status, 200);
    const sessions = [first, ...others];
    const closed = Promise.all(sessions.map((session) => once(session, "close")));
    for (const session of sessions) session.destroy();
    await closed;
    const later = connectFrom(20);
    await eventually(async () => (await watchHealth(later)) === undefined);
    later.destroy();
  });
});

/** A session from an address of its own of the loopback network. */
function connectFrom(host: number): ReturnType<typeof connect> {
  return connect(service.origin, {
    createConnection: () =>
      createConnection({ port: service.port, host: "127.0.0.1", localAddress: `127.0.0.${host}` }),
  });
}

function watchMany(session: ReturnType<typeof connect>, number: number): Promise<(string | undefined)[]> {
  return Promise.all(Array.from({ length: number }, () => watchHealth(session)));
}

function count(statuses: readonly (string | undefined)[]): { open: number; refused: number } {
  return {
    open: statuses.filter((status) => status === undefined).length,
    refused: statuses.filter((status) => status === "8").length,
  };
}

/** Opens a health watch; gives its gRPC status when it is refused, undefined when it goes on. */
async function watchHealth(session: ReturnType<typeof connect>): Promise<string | undefined> {
  const stream = session.request({
    ":method": "POST",
    ":path": "/grpc.health.v1.Health/Watch",
    "content-type": "application/grpc",
    te: "trailers",
  });
  stream.on("error", () => {});
  stream.end(Buffer.alloc(5));
  const [headers] = (await once(stream, "response")) as [Record<string, string | undefined>];
  stream.resume();
  return headers["grpc-status"];
}
