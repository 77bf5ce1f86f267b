// One client cannot hold the connections of everybody.
import assert from "node:assert/strict";
import { once } from "node:events";
import { request } from "node:http";
import { connect, type Socket } from "node:net";
import { describe, test } from "node:test";
import { connectionLimits } from "../../src/request/connection-limits.ts";
import { eventually } from "../support/eventually.ts";
import { type RunningService, startService } from "../support/service.ts";
import { assertWhole, bearer, lookupRoute } from "../support/whole-service.ts";

const { maxConnectionsOfAddress: limit } = connectionLimits;

interface Held {
  readonly sockets: Socket[];
  open(): number;
}

/** Opens connections from 127.0.0.1, and waits until each is open. */
async function open(port: number, count: number): Promise<Held> {
  const sockets = Array.from({ length: count }, () => connect(port, "127.0.0.1").on("error", () => {}));
  await Promise.all(sockets.map((socket) => once(socket, "connect")));
  return heldOf(sockets);
}

function heldOf(sockets: Socket[]): Held {
  return { sockets, open: () => sockets.filter((socket) => !socket.closed).length };
}

/** Opens connections that may stay for a minute, as those do that have got an answer; some at a time, as strangers may. */
async function hold(port: number, count: number): Promise<Held> {
  const sockets: Socket[] = [];
  while (sockets.length < count) {
    const some = (await open(port, Math.min(100, count - sockets.length))).sockets;
    for (const socket of some) socket.write("GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n");
    await Promise.all(some.map((socket) => once(socket, "data")));
    sockets.push(...some);
  }
  return heldOf(sockets);
}

function release({ sockets }: Held): void {
  for (const socket of sockets) socket.destroy();
}

/** The status of a lookup that comes from another address of this machine, or undefined: it was cut. */
function lookUpFrom(localAddress: string, { port, token }: RunningService): Promise<number | undefined> {
  return new Promise((resolve) => {
    const asked = request({
      port,
      host: "127.0.0.1",
      path: lookupRoute,
      headers: bearer(token),
      localAddress,
      agent: false,
    });
    asked.on("error", () => resolve(undefined));
    asked.on("response", (response) => resolve(response.resume().statusCode));
    asked.end();
  });
}

describe("connections of one address", () => {
  test(`beyond ${limit} are cut, others are served, and places come back`, async () => {
    await using service = await startService({});
    const held = await hold(service.port, limit);
    const more = await open(service.port, 20);
    await eventually(() => more.open() === 0);
    assert.equal(held.open(), limit);
    assert.equal(await lookUpFrom("127.0.0.1", service), undefined);
    assert.equal(await lookUpFrom("127.0.0.2", service), 200);
    release(held);
    await eventually(async () => (await lookUpFrom("127.0.0.1", service)) === 200);
    await assertWhole(service);
  });

  test("are not limited for a proxy that speaks for many", async () => {
    await using service = await startService({ environment: { TRUSTED_PROXIES: "127.0.0.0/8" } });
    const held = await hold(service.port, limit + 20);
    assert.equal(await lookUpFrom("127.0.0.1", service), 200);
    assert.equal(held.open(), limit + 20);
    release(held);
  });
});
