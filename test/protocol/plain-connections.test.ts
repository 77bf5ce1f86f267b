// Connections of plain requests, and what makes them Node's: the same socket, no byte lost, no answer missing.

import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import { after, before, beforeEach, describe, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { connect as connectTls } from "node:tls";
import { type Exchange, readBody } from "../../src/request/exchange.ts";
import { Http1PlainExchange } from "../../src/request/http1-plain-exchange.ts";
import { Http1PlainLane } from "../../src/request/http1-plain-lane.ts";
import { type Listener, listen } from "../../src/request/listener.ts";
import { UntakenAnswers } from "../../src/request/untaken-answers.ts";
import { bareListener } from "../support/bare-listener.ts";
import { makeCertificate } from "../support/certificate.ts";
import { eventually } from "../support/eventually.ts";

const certificate = makeCertificate();
const large = Buffer.alloc(200_000, "x");
/** More than the kernel holds for both ends of a connection. */
const huge = Buffer.alloc(10_000_000, "x");
const longBodies: Readonly<Record<string, Buffer>> = { "/large": large, "/huge": huge };
const noMore = { trailers: undefined, error: undefined };
let listener: Listener;
let secure: Listener;
/** Who served each request: the lane, or Node. */
let served: string[] = [];
let exchanges: Exchange[] = [];
let failures: unknown[] = [];
/** What the answers to `?held` wait for. */
let held = Promise.withResolvers<void>();

const options = bareListener({ lean: true, handle: serve });

before(async () => {
  listener = await listen(options);
  secure = await listen({ ...options, tls: certificate });
});
beforeEach(() => {
  served = [];
  exchanges = [];
  failures = [];
  held = Promise.withResolvers<void>();
});
after(() => Promise.all([listener.close(0), secure.close(0)]));

/** Answers with target and body, when what it waits for is over: some milliseconds, or what the test holds. */
async function serve(exchange: Exchange): Promise<void> {
  served.push(exchange instanceof Http1PlainExchange ? "lane" : "node");
  exchanges.push(exchange);
  const [, wait] = /[?]wait=([0-9]+)/.exec(exchange.target) ?? [];
  if (exchange.target.startsWith("/watch")) exchange.streaming = true;
  try {
    const received = Buffer.from(await readBody(exchange, 1_000_000)).toString();
    if (wait !== undefined) await pause(Number(wait), undefined, { ref: false });
    if (exchange.target.endsWith("?held")) await held.promise;
    const headers = exchange.target === "/injected" ? { "x-a": "b\r\nx-c: d" } : {};
    const body = longBodies[exchange.target] ?? Buffer.from(`<${exchange.target}${received}>`);
    await exchange.send({ status: 200, headers, body, ...noMore });
  } catch (failure) {
    failures.push(failure);
    exchange.destroy();
  }
}

const get = (path: string, more = "") => `GET ${path} HTTP/1.1\r\nhost: localhost\r\n${more}\r\n`;
const post = (path: string, body: string) =>
  `POST ${path} HTTP/1.1\r\nhost: localhost\r\ncontent-length: ${body.length}\r\n\r\n${body}`;

interface Peer {
  readonly socket: Socket;
  readonly received: () => string;
  readonly bodies: () => string[];
}

function listenOn(socket: Socket): Peer {
  let received = "";
  socket.on("data", (chunk: Buffer) => {
    received += chunk.toString("latin1");
  });
  socket.on("error", () => {});
  return { socket, received: () => received, bodies: () => received.match(/<[^>]*>/g) ?? [] };
}

const dialClear = () =>
  connect({ port: listener.port, host: "127.0.0.1", allowHalfOpen: true, noDelay: true });
const dialSecure = () =>
  connectTls({ port: secure.port, ca: certificate.cert, host: "localhost", ALPNProtocols: ["http/1.1"] });

/** Sends requests, each when the one before is answered. */
async function askInTurn(peer: Peer, requests: readonly string[]): Promise<void> {
  for (const request of requests) {
    const answered = peer.bodies().length;
    peer.socket.write(request);
    await eventually(() => peer.bodies().length > answered);
  }
}

for (const [name, dial] of Object.entries({ cleartext: dialClear, "TLS (ALPN http/1.1)": dialSecure })) {
  describe(name, () => {
    test("one connection: plain requests by the lane, from the first other one on all by Node", async () => {
      const peer = listenOn(dial());
      await askInTurn(peer, [get("/1"), post("/2", "abc"), get("/3"), get("/4", "expect: x\r\n"), get("/5")]);
      assert.deepEqual(peer.bodies(), ["</1>", "</2abc>", "</3>", "</4>", "</5>"]);
      assert.deepEqual(served, ["lane", "lane", "lane", "node", "node"]);
      peer.socket.destroy();
    });

    test("a request in pieces goes to Node whole, from its first byte", async () => {
      const peer = listenOn(dial());
      await askInTurn(peer, [get("/1")]);
      const request = post("/2", "abcdef");
      for (const piece of [
        request.slice(0, 9),
        request.slice(9, 40),
        request.slice(40, -3),
        request.slice(-3),
      ]) {
        peer.socket.write(piece);
        await pause(20);
      }
      await eventually(() => peer.bodies().length === 2);
      assert.deepEqual(peer.bodies(), ["</1>", "</2abcdef>"]);
      assert.deepEqual(served, ["lane", "node"]);
      peer.socket.destroy();
    });

    test("what arrives while a request is served waits, and is answered after it, in order", async () => {
      const peer = listenOn(dial());
      peer.socket.write(get("/1?held"));
      await eventually(() => served.length === 1);
      for (const text of [get("/2"), post("/3", "abc"), get("/4").slice(0, 5)]) {
        peer.socket.write(text);
        await pause(10);
      }
      assert.deepEqual(served, ["lane"]);
      held.resolve();
      peer.socket.write(get("/4").slice(5));
      await eventually(() => peer.bodies().length === 4);
      assert.deepEqual(peer.bodies(), ["</1?held>", "</2>", "</3abc>", "</4>"]);
      assert.deepEqual(served, ["lane", "node", "node", "node"]);
      peer.socket.destroy();
    });

    test("a caller who wants the end of the connection gets it after the answer", async () => {
      const peer = listenOn(dial());
      peer.socket.write(get("/1", "connection: close\r\n"));
      await once(peer.socket, "end");
      peer.socket.destroy();
      assert.match(peer.received(), /\r\nconnection: close\r\n/);
      assert.doesNotMatch(peer.received(), /keep-alive/);
      assert.deepEqual(peer.bodies(), ["</1>"]);
      assert.deepEqual(served, ["lane"]);
    });
  });
}

test("whoever stops sending after a plain request gets its answer, and is let go", async () => {
  const peer = listenOn(dialClear());
  peer.socket.end(get("/1?wait=100"));
  await once(peer.socket, "close");
  assert.deepEqual(peer.bodies(), ["</1?wait=100>"]);
  assert.deepEqual(served, ["lane"]);
});

test("whoever stops sending leaves the stream that it asked for, before and after it began", async () => {
  const early = listenOn(dialClear());
  early.socket.end(get("/watch?wait=100000"));
  const late = listenOn(dialClear());
  late.socket.write(get("/watch?wait=100000"));
  await eventually(() => exchanges.length === 2);
  late.socket.end();
  await eventually(() => exchanges.every((exchange) => exchange.gone));
  assert.deepEqual(served, ["lane", "lane"]);
});

test("a peer that resets: its exchange sees it, its answer goes nowhere, others are served", async () => {
  const peer = listenOn(dialClear());
  peer.socket.write(get("/1?held"));
  await eventually(() => exchanges.length === 1);
  const { signal } = exchanges[0] ?? assert.fail();
  assert.equal(signal.aborted, false);
  peer.socket.resetAndDestroy();
  await eventually(() => signal.aborted && exchanges[0]?.gone === true);
  held.resolve();
  const next = listenOn(dialClear());
  await askInTurn(next, [get("/2")]);
  next.socket.destroy();
  assert.deepEqual(failures, []);
});

test("the signal of an answered request stays silent", async () => {
  const peer = listenOn(dialClear());
  peer.socket.write(get("/1?wait=50"));
  await eventually(() => exchanges.length === 1);
  const { signal } = exchanges[0] ?? assert.fail();
  await eventually(() => peer.bodies().length === 1);
  peer.socket.destroy();
  await pause(50);
  assert.equal(signal.aborted, false);
});

test("a peer that does not take its answers is not served on, until it does", async () => {
  const peer = listenOn(dialClear());
  await once(peer.socket, "connect");
  peer.socket.pause();
  const count = 100;
  for (let index = 0; index < count; index += 1) {
    peer.socket.write(get("/large"));
    await pause(5);
  }
  const soFar = served.length;
  assert.ok(soFar < count / 2, `${soFar} requests were served`);
  peer.socket.resume();
  const all = () => peer.received().length > count * large.length;
  await eventually(all);
  assert.equal(served.length, count);
  peer.socket.destroy();
});

async function listenFor(exchangeTimeoutMs: number): Promise<Listener & AsyncDisposable> {
  const own = await listen({ ...options, exchangeTimeoutMs });
  return { ...own, [Symbol.asyncDispose]: () => own.close(0) };
}

test("an exchange that takes too long is cut", async () => {
  await using hurried = await listenFor(300);
  const peer = listenOn(connect({ port: hurried.port, host: "127.0.0.1" }));
  peer.socket.write(get("/1?wait=100000"));
  await once(peer.socket, "end");
  peer.socket.destroy();
  assert.equal(peer.received(), "");
  assert.equal(exchanges[0]?.gone, true);
});

test("a header that would end its line is refused, and nothing is sent", async () => {
  const peer = listenOn(dialClear());
  peer.socket.write(get("/injected"));
  await once(peer.socket, "end");
  peer.socket.destroy();
  assert.equal(peer.received(), "");
  assert.ok(failures[0] instanceof TypeError);
  assert.doesNotMatch(failures[0].message, /d$/);
});

test("a second answer to one request is not sent", async () => {
  const peer = listenOn(dialClear());
  await askInTurn(peer, [get("/1")]);
  const reply = () => ({ status: 200, headers: {}, body: Buffer.from("<again>"), ...noMore });
  await exchanges[0]?.send(reply());
  await askInTurn(peer, [get("/2")]);
  assert.deepEqual(peer.bodies(), ["</1>", "</2>"]);
  peer.socket.destroy();
});

test("closing: what is under way is answered and ends its connection, what is idle ends at once", async () => {
  const closing = await listen(options);
  const dial = () => listenOn(connect({ port: closing.port, host: "127.0.0.1" }));
  const idle = dial();
  const busy = dial();
  await askInTurn(idle, [get("/1")]);
  busy.socket.write(get("/2?held"));
  await eventually(() => served.length === 2);
  const busyEnd = once(busy.socket, "close");
  const idleEnd = once(idle.socket, "close");
  const closed = closing.close(60_000);
  await idleEnd;
  assert.equal(busy.received(), "");
  held.resolve();
  await Promise.all([closed, busyEnd]);
  assert.deepEqual(busy.bodies(), ["</2?held>"]);
  assert.match(busy.received(), /\r\nconnection: close\r\n/);
});

describe("quiet connections", () => {
  let server: Server;
  const lane = new Http1PlainLane({
    run: (exchange) => void serve(exchange),
    handOver: (socket) => socket.destroy(),
    isClosing: () => false,
    untaken: new UntakenAnswers(() => false),
  });
  before(async () => {
    server = createServer((socket) => lane.take(socket)).listen(0, "127.0.0.1");
    await once(server, "listening");
  });
  after(() => server.close());

  const dial = async () => {
    const address = server.address();
    const peer = listenOn(connect(typeof address === "object" ? (address?.port ?? 0) : 0, "127.0.0.1"));
    await Promise.all([once(peer.socket, "connect"), once(server, "connection")]);
    return peer;
  };

  test("without a request are cut after 10 s", async () => {
    const peer = await dial();
    lane.sweep(9999);
    await pause(50);
    assert.equal(peer.socket.destroyed, false);
    lane.sweep(2);
    await once(peer.socket, "close");
  });

  test("after an answer are cut after 65 s, counted from the last one", async () => {
    const peer = await dial();
    await askInTurn(peer, [get("/1")]);
    assert.match(peer.received(), /\r\nkeep-alive: timeout=65\r\n/);
    lane.sweep(64_000);
    await askInTurn(peer, [get("/2")]);
    lane.sweep(64_999);
    await askInTurn(peer, [get("/3")]);
    lane.sweep(65_001);
    await once(peer.socket, "close");
  });

  test("with a request under way are not cut", async () => {
    const peer = await dial();
    peer.socket.write(get("/1?held"));
    await eventually(() => served.length === 1);
    lane.sweep(1_000_000);
    held.resolve();
    await eventually(() => peer.bodies().length === 1);
    peer.socket.destroy();
  });

  for (const [name, more] of Object.entries({ "that stay": "", "that end": "connection: close\r\n" })) {
    test(`${name}, with a long answer that is being taken, have ten minutes`, async () => {
      const peer = await dial();
      peer.socket.pause();
      peer.socket.write(get("/huge", more));
      await eventually(() => served.length === 1);
      lane.sweep(599_000);
      await pause(50);
      assert.equal(exchanges[0]?.gone, false);
      lane.sweep(2000);
      assert.equal(exchanges[0]?.gone, true);
      peer.socket.destroy();
    });
  }

  test("with a long answer are quiet from when it has been taken", async () => {
    const peer = await dial();
    peer.socket.pause();
    peer.socket.write(get("/huge"));
    await eventually(() => served.length === 1);
    lane.sweep(300_000);
    peer.socket.resume();
    await eventually(() => peer.received().length > huge.length);
    lane.sweep(64_000);
    await askInTurn(peer, [get("/2")]);
    peer.socket.destroy();
  });
});
