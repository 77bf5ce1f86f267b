// Streams need no token, so that anybody could pile them up: there is an end to it, and everybody else is served.
import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:http2";
import { after, before, describe, it } from "node:test";
import { type RunningService, startService } from "../support/service.ts";

let service: RunningService;

before(async () => {
  service = await startService();
});
after(() => service[Symbol.asyncDispose]());

describe("open streams", () => {
  it("are limited to 200, and their places come back", async () => {
    const sessions = [1, 2, 3].map(() => connect(service.origin));
    const open = () => sessions.flatMap((session) => Array.from({ length: 90 }, () => watchHealth(session)));
    const statuses = await Promise.all(open());
    assert.equal(statuses.filter((status) => status === undefined).length, 200);
    assert.equal(statuses.filter((status) => status === "8").length, 70);
    assert.equal((await fetch(`${service.origin}/readyz`)).status, 200);
    const closed = Promise.all(sessions.map((session) => once(session, "close")));
    for (const session of sessions) session.destroy();
    await closed;
    const later = connect(service.origin);
    await waitFor(async () => (await watchHealth(later)) === undefined);
    later.destroy();
  });
});

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

async function waitFor(holds: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 5000;
  while (!(await holds())) assert.ok(performance.now() < deadline, "no place came back");
}
