// Callers that take their answers slowly, or not at all: the slow ones get everything, also when the service stops; the
// others are cut, whoever reads their requests.

import assert from "node:assert/strict";
import { once } from "node:events";
import { connect as connectHttp2 } from "node:http2";
import { connect, type Socket } from "node:net";
import { before, describe, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { connect as connectTls } from "node:tls";
import { connectionLimits } from "../../src/request/connection-limits.ts";
import type { Exchange } from "../../src/request/exchange.ts";
import { type Listener, type ListenerOptions, listen } from "../../src/request/listener.ts";
import { bareListener } from "../support/bare-listener.ts";
import { makeCertificate } from "../support/certificate.ts";
import { eventually } from "../support/eventually.ts";

// Nobody waits here as long as callers may take.
const idleMs = 2000;
/** For what is cut. What has to arrive, or to last, gets as long as a slow machine may need. */
const [streamMs, patientStreamMs] = [6000, 60_000];
Object.assign(connectionLimits, { idleTimeoutMs: idleMs });
const setStreamTimeout = (streamTimeoutMs: number) => () =>
  void Object.assign(connectionLimits, { streamTimeoutMs });

/** More than the kernel holds for both ends of a connection. */
const large = Buffer.alloc(10_000_000, "x");
const [slowly, tooSlowly] = [30, 200];
const noMore = { trailers: undefined, error: undefined };
const certificate = makeCertificate();

interface Server extends Listener, AsyncDisposable {
  /** All that it has served, or begun to. */
  readonly exchanges: readonly Exchange[];
}

async function open(lean: boolean, tls: ListenerOptions["tls"]): Promise<Server> {
  const exchanges: Exchange[] = [];
  const listener = await listen(
    bareListener({
      ...{ tls, lean, exchangeTimeoutMs: 2000 },
      async handle(exchange) {
        exchanges.push(exchange);
        const body = exchange.target === "/large" ? large : Buffer.from(`<${exchange.target}>`);
        await exchange.send({ status: 200, headers: {}, body, ...noMore });
      },
    }),
  );
  return { ...listener, exchanges, [Symbol.asyncDispose]: () => listener.close(0) };
}

const get = (path: string, more = "") => `GET ${path} HTTP/1.1\r\nhost: localhost\r\n${more}\r\n`;

interface Taker {
  /** Bytes that it has taken. */
  readonly taken: () => number;
  readonly text: () => string;
}

/** Takes some 64 KiB at a time, and none without a pause. */
function take(socket: Socket, everyMs: number | undefined): Taker {
  let taken = 0;
  let text = "";
  let free = 65_536;
  socket.on("data", (chunk: Buffer) => {
    taken += chunk.length;
    text = (text + chunk.toString("latin1")).slice(-100);
    free -= chunk.length;
    if (everyMs === undefined || free > 0) return;
    free = 65_536;
    socket.pause();
    setTimeout(() => socket.resume(), everyMs);
  });
  return { taken: () => taken, text: () => text };
}

/** When the connection of the latest exchange was cut, in milliseconds from now. */
const untilCut = ({ exchanges }: Server) => eventually(() => exchanges.at(-1)?.gone === true);

for (const lean of [true, false]) {
  for (const [name, tls] of Object.entries({ cleartext: undefined, TLS: certificate })) {
    const dial = async ({ port }: Listener): Promise<Socket> => {
      const socket =
        tls === undefined
          ? connect({ port, host: "127.0.0.1", noDelay: true })
          : connectTls({ port, ca: tls.cert, host: "localhost", ALPNProtocols: ["http/1.1"] });
      socket.on("error", () => {});
      await once(socket, tls === undefined ? "connect" : "secureConnect");
      return socket;
    };

    const reader = `${name}, ${lean ? "the lane" : "Node"}`;
    const ways = [
      ["to a connection that stays", ""],
      ["to the last request", "connection: close\r\n"],
    ] as const;

    describe(`${reader}: what is not taken`, { concurrency: true }, () => {
      before(setStreamTimeout(streamMs));

      for (const [what, more] of ways) {
        test(`an answer ${what} that nobody takes: the connection is cut`, async () => {
          await using server = await open(lean, tls);
          const socket = (await dial(server)).pause();
          socket.write(get("/large", more));
          const elapsedMs = await untilCut(server);
          assert.ok(elapsedMs > streamMs - 500, `${elapsedMs} ms`);
          socket.destroy();
        });
      }

      test("what is taken too slowly is cut in the end", async () => {
        await using server = await open(lean, tls);
        const socket = await dial(server);
        take(socket, tooSlowly);
        socket.write(get("/large"));
        const elapsedMs = await untilCut(server);
        assert.ok(elapsedMs > streamMs - 500, `${elapsedMs} ms`);
        socket.destroy();
      });

      test("short answers that nobody takes: the connection is cut", async () => {
        await using server = await open(lean, tls);
        const socket = (await dial(server)).pause();
        // Until one answer is held up by those before it.
        let asked = 0;
        do {
          asked = server.exchanges.length;
          socket.write(get(`/${"y".repeat(4000)}`).repeat(500));
          await pause(300);
        } while (server.exchanges.length > asked);
        await untilCut(server);
        socket.destroy();
      });

      test("the service stops: what nobody takes holds it up no longer than its grace", async () => {
        await using server = await open(lean, tls);
        const socket = (await dial(server)).pause();
        socket.write(get("/large"));
        await eventually(() => server.exchanges.length === 1);
        const startedAt = performance.now();
        await server.close(300);
        assert.ok(performance.now() - startedAt < streamMs - 500);
        assert.equal(server.exchanges[0]?.gone, true);
        socket.destroy();
      });
    });

    describe(`${reader}: what is taken slowly`, { concurrency: true }, () => {
      before(setStreamTimeout(patientStreamMs));

      for (const [what, more] of ways) {
        test(`an answer ${what} arrives whole`, async () => {
          await using server = await open(lean, tls);
          const socket = await dial(server);
          const { taken } = take(socket, slowly);
          socket.write(get("/large", more));
          const elapsedMs = await eventually(() => taken() > large.length);
          assert.ok(elapsedMs > idleMs, "it was not slow");
          socket.destroy();
        });
      }

      test("the service stops: an answer that is being taken arrives whole, idle connections end", async () => {
        await using server = await open(lean, tls);
        const [slow, idle] = [await dial(server), await dial(server)];
        const [taker, idler] = [take(slow, slowly), take(idle, undefined)];
        const ends = [slow, idle].map((socket) => once(socket, "close"));
        idle.write(get("/idle"));
        await eventually(() => idler.text().endsWith("</idle>"));
        slow.write(get("/large"));
        await eventually(() => taker.taken() > 0);
        await server.close(60_000);
        await Promise.all(ends);
        assert.ok(taker.taken() > large.length, `${taker.taken()} bytes arrived`);
      });
    });
  }
}

test("HTTP/2: answers that nobody takes, on a session kept busy with PINGs: it is cut", async () => {
  setStreamTimeout(streamMs)();
  await using server = await open(true, undefined);
  const session = connectHttp2(`http://127.0.0.1:${server.port}`, { settings: { initialWindowSize: 0 } });
  session.on("error", () => {});
  await once(session, "remoteSettings");
  const startedAt = performance.now();
  const streams = Array.from({ length: 100 }, () => session.request({ ":path": "/" }));
  for (const stream of streams) stream.on("error", () => {});
  const pinging = setInterval(() => !session.destroyed && session.ping(() => {}), 100);
  await eventually(() => server.exchanges.length === streams.length);
  await untilCut(server);
  // Not for its idleness: the PINGs keep it busy.
  const elapsedMs = performance.now() - startedAt;
  assert.ok(elapsedMs > streamMs - 500, `${elapsedMs} ms`);
  await eventually(() => server.exchanges.every((exchange) => exchange.gone));
  clearInterval(pinging);
  session.destroy();
});

test("HTTP/2: a session that lasts is not cut for its age", async () => {
  setStreamTimeout(streamMs)();
  // A machine that stalls between two requests makes no session idle.
  Object.assign(connectionLimits, { idleTimeoutMs: patientStreamMs });
  await using server = await open(true, undefined);
  const session = connectHttp2(`http://127.0.0.1:${server.port}`);
  const startedAt = performance.now();
  while (performance.now() - startedAt < 2.5 * streamMs) {
    const stream = session.request({ ":path": "/" });
    assert.equal(Buffer.concat(await stream.toArray()).toString(), "</>");
    await pause(100);
  }
  assert.equal(session.destroyed, false);
  session.destroy();
});
