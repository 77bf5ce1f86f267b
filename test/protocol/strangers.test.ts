// A stranger's flood must not take the journal, the log or the port from those who may call.
import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { after, before, describe, it } from "node:test";
import { eventually } from "../support/eventually.ts";
import { endHeaders, fields, frame, frameType, opening } from "../support/http2-frames.ts";
import { measuredTest } from "../support/measured-test.ts";
import { type RunningService, startService } from "../support/service.ts";

let service: RunningService;

before(async () => {
  service = await startService({ environment: { QUEUE_MAX_WAIT_MS: "5000" } });
  // V8 compiles the path while it is first walked.
  for (let call = 0; call < 30; call += 1) await lookUp();
});
after(() => service[Symbol.asyncDispose]());

/** The status of a lookup, and why it was refused. */
async function lookUp(): Promise<string> {
  const response = await fetch(`${service.origin}/v1/students/951242368CR?recipient=13002526500013`, {
    headers: { authorization: `Bearer ${service.token}` },
    signal: AbortSignal.timeout(60_000),
  });
  const text = await response.text();
  return response.status === 200 ? "200" : `${response.status} ${text}`;
}

/** What a flood has left behind is worked off: the next one begins beside a service that waits. */
async function untilCalm(): Promise<void> {
  await eventually(async () => (await lookUp()) === "200");
}

/** What one connection sends, piece by piece. */
type Pieces = () => Iterator<Uint8Array>;

/** Writes requests without waiting for their answers, on several connections, until it is told to stop. */
async function flood(pieces: Pieces, connections: number): Promise<() => Promise<void>> {
  const sockets: (readonly [Socket, Iterator<Uint8Array>])[] = [];
  const open = async () => {
    const socket = connect(service.port, "127.0.0.1");
    socket.on("error", () => {});
    socket.on("data", () => {});
    await once(socket, "connect");
    sockets.push([socket, pieces()]);
  };
  for (let index = 0; index < connections; index += 1) await open();
  const timer = setInterval(() => {
    for (const [socket, rest] of sockets) {
      if (socket.writable && socket.writableLength < 100_000) socket.write(rest.next().value);
    }
  }, 20);
  return async () => {
    clearInterval(timer);
    for (const [socket] of sockets) socket.destroy();
  };
}

function repeated(request: string): Pieces {
  return function* () {
    for (const bytes = Buffer.from(request.repeat(50)); ; ) yield bytes;
  };
}

/** Requests over HTTP/2 that are refused for their many headers, each of which is one byte: it stands in HPACK's table. */
function* manyHeaders(): Iterator<Uint8Array> {
  const endStream = 0x1;
  const acceptEncoding = 0x90;
  const pseudo = fields({ ":method": "GET", ":scheme": "http", ":authority": "x", ":path": "/" });
  const block = Buffer.concat([pseudo, Buffer.alloc(110, acceptEncoding)]);
  yield opening;
  for (let first = 1; ; first += 200) {
    const ids = Array.from({ length: 100 }, (_, index) => first + 2 * index);
    yield Buffer.concat(ids.map((id) => frame(frameType.headers, id, block, endHeaders | endStream)));
  }
}

describe("a stranger's flood", () => {
  for (const [name, pieces] of [
    ["of probes", repeated("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")],
    ["of unknown paths", repeated("GET /nowhere HTTP/1.1\r\nHost: x\r\n\r\n")],
    [
      "of guessed tokens",
      repeated(`GET /v1/token HTTP/1.1\r\nHost: x\r\nX-API-Key: ${"a".repeat(40)}\r\n\r\n`),
    ],
    ["of headers that are too many", manyHeaders],
  ] as const) {
    measuredTest(`${name} on 20 connections leaves lookups answered and the log quiet`, async () => {
      await untilCalm();
      const logged = service.log().length;
      const startedAt = performance.now();
      const stop = await flood(pieces, 20);
      const statuses: string[] = [];
      try {
        for (let call = 0; call < 10; call += 1) {
          statuses.push(await lookUp());
          await new Promise((resolve) => setTimeout(resolve, 100));
        }
      } finally {
        await stop();
      }
      assert.deepEqual(new Set(statuses), new Set(["200"]));
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
