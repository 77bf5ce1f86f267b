// A stranger's flood must not take the journal, the log or the port from those who may call.
import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { after, before, describe, it } from "node:test";
import { eventually } from "../support/eventually.ts";
import { type RunningService, startService } from "../support/service.ts";

let service: RunningService;

before(async () => {
  service = await startService({ environment: { QUEUE_MAX_WAIT_MS: "5000" } });
  // V8 compiles the path while it is first walked.
  for (let call = 0; call < 30; call += 1) await lookUp();
});
after(() => service[Symbol.asyncDispose]());

async function lookUp(): Promise<number> {
  const response = await fetch(`${service.origin}/v1/students/951242368CR?recipient=13002526500013`, {
    headers: { authorization: `Bearer ${service.token}` },
    signal: AbortSignal.timeout(60_000),
  });
  await response.arrayBuffer();
  return response.status;
}

/** Writes requests without waiting for their answers, on several connections, until it is told to stop. */
async function flood(request: string, connections: number): Promise<() => Promise<void>> {
  const sockets: Socket[] = [];
  const open = async () => {
    const socket = connect(service.port, "127.0.0.1");
    socket.on("error", () => {});
    socket.on("data", () => {});
    await once(socket, "connect");
    sockets.push(socket);
  };
  for (let index = 0; index < connections; index += 1) await open();
  const bytes = request.repeat(50);
  const timer = setInterval(() => {
    for (const socket of sockets) if (socket.writable && socket.writableLength < 100_000) socket.write(bytes);
  }, 20);
  return async () => {
    clearInterval(timer);
    for (const socket of sockets) socket.destroy();
  };
}

describe("a stranger's flood", () => {
  for (const [name, request] of [
    ["of probes", "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"],
    ["of unknown paths", "GET /nowhere HTTP/1.1\r\nHost: x\r\n\r\n"],
    ["of guessed tokens", `GET /v1/token HTTP/1.1\r\nHost: x\r\nX-API-Key: ${"a".repeat(40)}\r\n\r\n`],
  ] as const) {
    it(`${name} on 20 connections leaves lookups answered and the log quiet`, async () => {
      const logged = service.log().length;
      const startedAt = performance.now();
      const stop = await flood(request, 20);
      const statuses: number[] = [];
      for (let call = 0; call < 10; call += 1) {
        statuses.push(await lookUp());
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
      await stop();
      assert.deepEqual(new Set(statuses), new Set([200]), String(statuses));
      const seconds = (performance.now() - startedAt) / 1000;
      const characters = service.log().length - logged;
      assert.ok(
        characters < 20_000 * Math.max(1, seconds),
        `${characters} characters logged in ${seconds} s`,
      );
    });
  }

  it("leaves a service that lives and a journal that is whole", async () => {
    await eventually(async () => (await fetch(`${service.origin}/readyz`)).status === 200);
    assert.equal((await service.statut("journal", "verify")).code, 0);
  });
});
