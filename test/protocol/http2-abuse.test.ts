// Floods and delays: the one who sends them is cut, others are served meanwhile, memory stays flat.
import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { type ClientHttp2Session, connect as connectHttp2, constants } from "node:http2";
import { connect, type Socket } from "node:net";
import { after, before, describe, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { eventually } from "../support/eventually.ts";
import { endHeaders, fields, frame, frameType, opening, preface } from "../support/http2-frames.ts";
import { type RunningService, startService } from "../support/service.ts";
import { assertWhole, bearer, lookupRoute, unlimited } from "../support/whole-service.ts";

/** What one abuse may leave behind, in bytes: the garbage of a busy process included. */
const mostGrowth = 150 * 1024 * 1024;
/** Calls of others that one abuse may get refused, each of them retried with success. */
const mostRefusals = 8;
/** Five seconds beyond the longest deadline, an exchange is cut; a busy machine adds to it. */
const deadlineMs = 3000;
const cutWithinMs = deadlineMs + 5000 + 60_000;

let service: RunningService;

function residentBytes(): number {
  const [, pages = "0"] = readFileSync(`/proc/${service.process.pid}/statm`, "utf8").split(" ");
  return Number(pages) * 4096;
}

/** Does harm while another client calls: that one must be served throughout, and memory must stay. */
async function whileOthersAreServed(harm: () => Promise<void>): Promise<void> {
  const before = residentBytes();
  let done = false;
  let refused = 0;
  const serve = async () => {
    let served = 0;
    // While the loop is busy with the flood, a line may be late: the call is then refused, and tried again.
    for (let status = 0; !done || status !== 200; ) {
      const signal = AbortSignal.timeout(60_000);
      const answer = await fetch(service.origin + lookupRoute, {
        headers: bearer(service.token),
        signal,
      }).then(
        async (response) => ({ status: response.status, text: await response.text() }),
        // To a loop that was busy for seconds, a connection looks as if it had said nothing.
        (error) => ({ status: 0, text: String(error.cause?.code) }),
      );
      status = answer.status;
      if (status === 200) served += 1;
      else {
        assert.match(answer.text, /TRACE_UNAVAILABLE|SERVICE_SATURATED|UND_ERR_SOCKET|ECONNRESET/);
        refused += 1;
      }
      await pause(20);
    }
    return served;
  };
  const [served] = await Promise.all([
    serve(),
    harm().finally(() => {
      done = true;
    }),
  ]);
  assert.ok(served > 0 && refused <= mostRefusals, `${served} answers, ${refused} refusals`);
  const growth = residentBytes() - before;
  assert.ok(growth < mostGrowth, `memory grew by ${Math.round(growth / 1024 / 1024)} MB`);
  assert.equal(service.process.exitCode ?? service.process.signalCode, null, service.log());
}

async function openSocket(first: Uint8Array): Promise<Socket> {
  const socket = connect(service.port, "127.0.0.1");
  await once(socket, "connect");
  socket.on("error", () => {});
  socket.write(first);
  return socket;
}

/** A reset is an end like any other. */
function closeOf(socket: Socket): Promise<void> {
  return new Promise((resolve) => socket.once("close", () => resolve()));
}

/** Sends until the server cuts the connection; fails when it never does. */
async function floodUntilCut(
  first: Uint8Array,
  next: Uint8Array,
  mostBytes = 64 * 1024 * 1024,
): Promise<void> {
  const socket = await openSocket(first);
  const closed = closeOf(socket);
  // The answers of the server are not read: a flood's author would not either.
  for (let sent = 0; !socket.destroyed && sent < mostBytes; sent += next.byteLength) {
    if (socket.write(next)) await pause(0);
    else await Promise.race([new Promise((resolve) => socket.once("drain", resolve)), closed, pause(1000)]);
  }
  const cut = await Promise.race([closed.then(() => true), pause(60_000, false, { ref: false })]);
  socket.destroy();
  assert.ok(cut, "the connection was not cut");
}

const request = fields({
  ":method": "POST",
  ":scheme": "http",
  ":authority": "localhost",
  ":path": "/v1/students:lookupByIne",
});
const many = (piece: Buffer, times: number) => Buffer.concat(Array.from({ length: times }, () => piece));

const floods: Record<string, readonly [first: Buffer, next: Buffer]> = {
  PING: [opening, many(frame(frameType.ping, 0, Buffer.alloc(8)), 4000)],
  SETTINGS: [opening, many(frame(frameType.settings, 0), 4000)],
  "empty DATA": [
    Buffer.concat([opening, frame(frameType.headers, 1, request, endHeaders)]),
    many(frame(frameType.data, 1), 4000),
  ],
  CONTINUATION: [
    Buffer.concat([opening, frame(frameType.headers, 1, request)]),
    many(frame(frameType.continuation, 1, fields({ "x-a": "b".repeat(100) })), 500),
  ],
};

/** RST_STREAM and GOAWAY frames among received bytes. */
function countResets(bytes: Buffer): number {
  let count = 0;
  for (let at = 0; at + 9 <= bytes.byteLength; at += 9 + bytes.readUIntBE(at, 3)) {
    if (bytes[at + 3] === frameType.reset) count += 1;
  }
  return count;
}

async function close(session: ClientHttp2Session): Promise<void> {
  session.destroy();
  if (!session.closed) await once(session, "close");
}

for (const LEAN_LANE of ["on", "off"]) {
  describe(`abuse, LEAN_LANE=${LEAN_LANE}`, () => {
    before(async () => {
      const environment = { ...unlimited, MAX_DEADLINE_MS: String(deadlineMs), LEAN_LANE };
      service = await startService({ environment });
    });
    after(() => service[Symbol.asyncDispose]());

    test("rapid reset: 20,000 streams opened and reset at once", () =>
      whileOthersAreServed(async () => {
        const pairs = (from: number) =>
          Buffer.concat(
            Array.from({ length: 500 }, (_, index) => {
              const id = from + 2 * index;
              const reset = frame(frameType.reset, id, Buffer.from([0, 0, 0, constants.NGHTTP2_CANCEL]));
              return Buffer.concat([frame(frameType.headers, id, request, endHeaders), reset]);
            }),
          );
        for (let connection = 0; connection < 4; connection += 1) {
          const socket = await openSocket(opening);
          socket.resume();
          for (let batch = 0; batch < 10 && !socket.destroyed; batch += 1) {
            socket.write(pairs(1 + batch * 1000));
            await pause(5);
          }
          // The server cuts it before or after: no stream may stay.
          socket.end();
          await pause(50);
          socket.destroy();
        }
      }));

    test("a flood of WINDOW_UPDATE frames, which Node's server never cuts, takes nothing from others", () =>
      whileOthersAreServed(async () => {
        const socket = await openSocket(opening);
        const closed = closeOf(socket.resume());
        const updates = many(frame(frameType.windowUpdate, 0, Buffer.from([0, 0, 0, 1])), 4000);
        for (let batch = 0; batch < 500 && !socket.destroyed; batch += 1) {
          if (!socket.write(updates)) await Promise.race([once(socket, "drain").catch(() => {}), closed]);
          await pause(0);
        }
        if (LEAN_LANE === "on") await closed;
        socket.destroy();
      }));

    test("more streams than may be open, again and again, end the connection", () =>
      whileOthersAreServed(async () => {
        // Without an acknowledgement of the server's settings, each stream beyond may be a mistake.
        const socket = await openSocket(opening);
        const closed = closeOf(socket.resume());
        for (let batch = 0; batch < 100 && !socket.destroyed; batch += 1) {
          const ids = Array.from({ length: 1000 }, (_, index) => 1 + 2 * (batch * 1000 + index));
          socket.write(Buffer.concat(ids.map((id) => frame(frameType.headers, id, request, endHeaders))));
          await Promise.race([closed, pause(5)]);
        }
        await closed;
      }));

    for (const [name, [first, next]] of Object.entries(floods)) {
      test(`a flood of ${name} frames is cut`, () => whileOthersAreServed(() => floodUntilCut(first, next)));
    }

    test("5,000 idle streams: at most 100 of a connection run, and they end", () =>
      whileOthersAreServed(async () => {
        const session = connectHttp2(service.origin);
        session.on("error", () => {});
        await once(session, "remoteSettings");
        assert.equal(session.remoteSettings.maxConcurrentStreams, 100);
        const socket = await openSocket(opening);
        const chunks: Buffer[] = [];
        socket.on("data", (chunk: Buffer) => chunks.push(chunk));
        const authorized = Buffer.concat([request, fields({ "x-api-key": service.token })]);
        for (let batch = 0; batch < 10; batch += 1) {
          const opened = Array.from({ length: 500 }, (_, index) =>
            frame(frameType.headers, 1 + 2 * (batch * 500 + index), authorized, endHeaders),
          );
          socket.write(Buffer.concat(opened));
          await pause(10);
        }
        await eventually(() => socket.destroyed || countResets(Buffer.concat(chunks)) >= 4900);
        socket.destroy();
        await close(session);
      }));

    test("slow drips are cut at an absolute deadline: HTTP/2, HTTP/1.1, and half a preface", () =>
      whileOthersAreServed(async () => {
        const startedAt = performance.now();
        const session = connectHttp2(service.origin);
        session.on("error", () => {});
        const stream = session.request({
          ":method": "POST",
          ":path": "/v1/students:lookupByIne",
          "content-type": "application/json",
          ...bearer(service.token),
        });
        const cut: Record<string, number> = {};
        const note = (name: string) => () => {
          cut[name] ??= performance.now() - startedAt;
        };
        stream.on("error", () => {});
        stream.on("close", note("HTTP/2"));
        const http1 = await openSocket(
          Buffer.from(
            `POST /v1/students:lookupByIne HTTP/1.1\r\nhost: x\r\nx-api-key: ${service.token}\r\n` +
              "content-type: application/json\r\ncontent-length: 1000\r\n\r\n",
          ),
        );
        http1.on("close", note("HTTP/1.1")).resume();
        const half = await openSocket(preface.subarray(0, 2));
        half.on("close", note("preface")).resume();
        let drips = 2;
        while (Object.keys(cut).length < 3 && performance.now() - startedAt < cutWithinMs) {
          if (!stream.destroyed) stream.write(" ");
          if (!http1.destroyed) http1.write(" ");
          if (!half.destroyed && drips < preface.byteLength - 1)
            half.write(preface.subarray(drips, drips + 1));
          drips += 1;
          await pause(300);
        }
        assert.deepEqual(Object.keys(cut).sort(), ["HTTP/1.1", "HTTP/2", "preface"], JSON.stringify(cut));
        await close(session);
        http1.destroy();
        half.destroy();
      }));

    test("the service lives, its journal is whole", () => assertWhole(service));
  });
}
