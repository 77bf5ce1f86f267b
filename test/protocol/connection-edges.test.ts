// What one connection may do at its edges: ask many things at once, stop sending, send garbage, take answers slowly.

import assert from "node:assert/strict";
import { once } from "node:events";
import { connect as connectHttp2, type IncomingHttpHeaders } from "node:http2";
import { connect, type Socket } from "node:net";
import { after, before, beforeEach, describe, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { connect as connectTls } from "node:tls";
import { connectionLimits } from "../../src/request/connection-limits.ts";
import { type Exchange, readBody } from "../../src/request/exchange.ts";
import { type Listener, listen } from "../../src/request/listener.ts";
import { bareListener } from "../support/bare-listener.ts";
import { makeCertificate } from "../support/certificate.ts";
import { eventually } from "../support/eventually.ts";
import { sendRaw, untilClosed } from "../support/raw-http.ts";
import { plainRefusals } from "../support/refusals.ts";

// No other limit ends what a client has to end here by itself.
Object.assign(connectionLimits, {
  helloTimeoutMs: 600_000,
  headersTimeoutMs: 600_000,
  idleTimeoutMs: 600_000,
});

let listener: Listener;
let secure: Listener;
const certificate = makeCertificate();
/** What the service would write into the journal of unreadable requests. */
let refused: string[] = [];
let running = 0;
let mostRunning = 0;
let open: Exchange[] = [];

const bare = (lean: boolean) =>
  bareListener({ lean, handle: serve, ...plainRefusals((code) => refused.push(code)) });

/** Answers with the target and the body, after the milliseconds that the target asks for. */
async function serve(exchange: Exchange): Promise<void> {
  running += 1;
  mostRunning = Math.max(mostRunning, running);
  open.push(exchange);
  try {
    const [, ms] = /[?]wait=([0-9]+)/.exec(exchange.target) ?? [];
    const received = Buffer.from(await readBody(exchange, 1_000_000)).toString();
    if (ms !== undefined) await pause(Number(ms), undefined, { ref: false });
    if (exchange.target === "/large") {
      exchange.streaming = true;
      await exchange.send({ status: 200, headers: {}, body: large(), ...noMore });
    } else {
      const body = Buffer.from(`<${exchange.target}${received}>`);
      await exchange.send({ status: 200, headers: {}, body, ...noMore });
    }
  } catch {
    exchange.destroy();
  } finally {
    running -= 1;
  }
}

const noMore = { trailers: undefined, error: undefined };

const large = async function* () {
  for (let index = 0; index < 100; index += 1) yield Buffer.alloc(100_000, 120);
};

const halfOpen = { allowHalfOpen: true };
const get = (path: string) => `GET ${path} HTTP/1.1\r\nhost: localhost\r\n\r\n`;
const has = (text: string) => (received: string) => received.includes(text);
const bodiesOf = (answer: string) => answer.match(/<[^>]*>/g) ?? [];

/** Sends, stops sending, and returns all that comes back. The server has to end the connection. */
async function sendAndStop(socket: Socket, text: string): Promise<string> {
  let received = "";
  let hangs = false;
  socket.on("data", (chunk: Buffer) => {
    received += chunk.toString("latin1");
  });
  socket.on("error", () => {});
  socket.setTimeout(30_000, () => {
    hangs = true;
    socket.destroy();
  });
  socket.end(text);
  await once(socket, "close");
  assert.ok(!hangs, "the connection stayed");
  return received;
}

async function askHttp2(headers: Record<string, string>): Promise<IncomingHttpHeaders> {
  const session = connectHttp2(`http://127.0.0.1:${listener.port}`, {
    maxSendHeaderBlockLength: 1_000_000,
    peerMaxHeaderListSize: 1_000_000,
  } as object);
  session.on("error", () => {});
  const stream = session.request(headers, { endStream: true });
  stream.resume();
  const [answer] = await once(stream, "response");
  session.destroy();
  return answer;
}

const pairs = (count: number) =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`x-${index}`, "y"]));

for (const lean of [true, false]) {
  describe(`lean lane ${lean ? "on" : "off"}`, () => {
    before(async () => {
      // Whoever is not awaited by a test is left behind.
      running = 0;
      listener = await listen(bare(lean));
      secure = await listen({ ...bare(lean), tls: certificate });
    });
    beforeEach(() => {
      refused = [];
      mostRunning = 0;
      open = [];
    });
    after(() => Promise.all([listener.close(0), secure.close(0)]));

    test("pipelined requests run one at a time, and each gets its answer, in order", async () => {
      const paths = Array.from({ length: 3000 }, (_, index) => `/${index}/${"x".repeat(40)}`);
      const answer = await sendRaw(listener.port, paths.map(get).join(""), has(`<${paths.at(-1)}>`));
      assert.deepEqual(
        bodiesOf(answer),
        paths.map((path) => `<${path}>`),
      );
      assert.equal(mostRunning, 1);
    });

    test("pipelined bodies arrive whole, and the connection serves on", async () => {
      const body = "b".repeat(150_000);
      const post = `POST /p HTTP/1.1\r\nhost: localhost\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
      const answer = await sendRaw(
        listener.port,
        get("/first?wait=50") + post + post + get("/last"),
        has("</last>"),
      );
      assert.deepEqual(bodiesOf(answer), ["</first?wait=50>", `</p${body}>`, `</p${body}>`, "</last>"]);
    });

    test("answers that nobody takes hold the requests behind them", async () => {
      const socket = connect(listener.port, "127.0.0.1");
      let answers = "";
      socket.on("data", (chunk: Buffer) => {
        answers += chunk.toString("latin1");
      });
      await once(socket, "connect");
      socket.pause();
      const body = "b".repeat(60_000);
      const post = `POST /p HTTP/1.1\r\nhost: localhost\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
      const count = 400;
      socket.write(post.repeat(count));
      await pause(500);
      const served = open.length;
      assert.ok(served < count, `${served} requests were served`);
      socket.resume();
      await eventually(() => open.length === count && bodiesOf(answers.slice(-100_000)).length > 0);
      await eventually(() => bodiesOf(answers).length === count);
      socket.destroy();
    });

    test("more tiny requests in one packet than anybody would send: the connection is cut, others are served", async () => {
      const answer = await sendRaw(listener.port, "GET / HTTP/1.1\r\n\r\n".repeat(3500), untilClosed);
      assert.ok(bodiesOf(answer).length <= 1);
      assert.ok(open.length <= 1, `${open.length} requests ran`);
      assert.deepEqual(bodiesOf(await sendRaw(listener.port, get("/next"), has("</next>"))), ["</next>"]);
    });

    test("CONNECT behind a request waits for its answer", async () => {
      const connectRequest = "CONNECT example.org:443 HTTP/1.1\r\nhost: example.org\r\n\r\n";
      const answer = await sendRaw(
        listener.port,
        get("/slow?wait=100") + connectRequest,
        has("<example.org:443>"),
      );
      assert.deepEqual(bodiesOf(answer), ["</slow?wait=100>", "<example.org:443>"]);
    });

    for (const [name, dial] of Object.entries({
      cleartext: () => connect({ port: listener.port, host: "127.0.0.1", ...halfOpen }),
      TLS: () => connectTls({ port: secure.port, ca: certificate.cert, host: "localhost", ...halfOpen }),
    })) {
      test(`a client that stops sending gets its answers, and the connection ends: ${name}`, async () => {
        const answer = await sendAndStop(dial(), get("/one?wait=100") + get("/two?wait=100"));
        assert.deepEqual(bodiesOf(answer), ["</one?wait=100>", "</two?wait=100>"]);
      });
    }

    for (const [name, text] of Object.entries({
      nothing: "",
      "the beginning of a preface": "PRI",
      "an answered request": get("/a"),
    })) {
      test(`a client that stops sending after ${name} is let go`, async () => {
        await sendAndStop(connect({ port: listener.port, host: "127.0.0.1", ...halfOpen }), text);
      });
    }

    test("a client that stops sending leaves the streams it listens to", async () => {
      const socket = connect({ port: listener.port, host: "127.0.0.1", ...halfOpen });
      socket.on("error", () => {});
      socket.write(get("/watch?wait=100000"));
      await eventually(() => open.length === 1);
      const exchange = open[0] ?? assert.fail();
      exchange.streaming = true;
      socket.end();
      await eventually(() => exchange.gone);
      socket.destroy();
    });

    for (const [name, text, status] of [
      ["CONNECT", "CONNECT example.org:443 HTTP/1.1\r\nhost: example.org\r\n\r\n", 200],
      ["unreadable input", "no HTTP at all\r\n\r\n", 400],
    ] as const) {
      test(`after ${name} a client that never closes and sends on is cut, with its answer`, async () => {
        const socket = connect({ port: listener.port, host: "127.0.0.1", ...halfOpen });
        let received = "";
        socket.on("data", (chunk: Buffer) => {
          received += chunk.toString("latin1");
        });
        socket.on("error", () => {});
        const closed = new Promise<boolean>((resolve) => socket.once("close", () => resolve(true)));
        socket.write(text);
        const sending = setInterval(() => socket.writable && socket.write("more\r\n\r\n".repeat(100)), 100);
        const cut = await Promise.race([closed, pause(60_000, false, { ref: false })]);
        clearInterval(sending);
        socket.destroy();
        assert.ok(cut, "the connection stayed");
        assert.match(received, new RegExp(`^HTTP/1\\.1 ${status} `));
        assert.equal(received.match(/HTTP\/1\.1/g)?.length, 1);
        assert.equal(refused.length, status === 400 ? 1 : 0);
      });
    }

    test("garbage behind a request does not replace its answer", async () => {
      const answer = await sendRaw(listener.port, `${get("/slow?wait=200")}garbage\r\n\r\n`, untilClosed);
      assert.match(answer, /^HTTP\/1\.1 200 [\s\S]*<\/slow\?wait=200>HTTP\/1\.1 400 /);
      assert.equal(refused.length, 1);
    });

    test("a malformed body behind a request does not replace its answer", async () => {
      const post = "POST /p HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n";
      const answer = await sendRaw(listener.port, get("/slow?wait=200") + post, untilClosed);
      assert.match(answer, /^HTTP\/1\.1 200 [\s\S]*<\/slow\?wait=200>HTTP\/1\.1 400 /);
      assert.equal(refused.length, 1);
      assert.equal(open.length, 1);
    });

    test("a full buffer leaves no listeners behind: HTTP/1.1 and HTTP/2", async () => {
      const warnings: string[] = [];
      const note = (warning: Error) => warnings.push(warning.name + warning.message);
      process.on("warning", note);
      const answer = await fetch(`http://127.0.0.1:${listener.port}/large`);
      assert.equal((await answer.arrayBuffer()).byteLength, 10_000_000);
      const session = connectHttp2(`http://127.0.0.1:${listener.port}`);
      const stream = session.request({ ":path": "/large" });
      let received = 0;
      for await (const chunk of stream) received += chunk.length;
      assert.equal(received, 10_000_000);
      session.close();
      await pause(50);
      process.off("warning", note);
      assert.deepEqual(warnings, []);
    });

    for (const [name, request] of [
      ["Host twice", "GET / HTTP/1.1\r\nhost: localhost\r\nHost: elsewhere\r\n\r\n"],
      [
        "chunks of HTTP/1.0",
        "POST / HTTP/1.0\r\nconnection: keep-alive\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
      ],
      [
        "a coding besides chunks",
        "POST / HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
      ],
    ] as const) {
      test(`HTTP/1.1: ${name} → 400, one line, and the end of the connection`, async () => {
        const answer = await sendRaw(listener.port, request + get("/next"), untilClosed);
        assert.match(answer, /^HTTP\/1\.1 400 /);
        assert.equal(answer.match(/HTTP\/1\.1 /g)?.length, 1);
        assert.equal(refused.length, 1);
        assert.equal(open.length, 0);
      });
    }

    test("behind a request to upgrade nothing is read: its answer ends the connection", async () => {
      const upgrade = "GET /first HTTP/1.1\r\nhost: localhost\r\nconnection: upgrade\r\nupgrade: h2c\r\n\r\n";
      const answer = await sendRaw(listener.port, upgrade + get("/next"), untilClosed);
      assert.match(answer, /\r\nconnection: close\r\n/i);
      assert.deepEqual(bodiesOf(answer), ["</first>"]);
    });

    for (const [name, headers] of Object.entries({
      "a path of 20 KB": { ":path": `/${"a".repeat(20_000)}` },
      "headers of 20 KB": { "x-a": "b".repeat(20_000) },
      "150 headers": pairs(150),
      "900 headers": pairs(900),
    })) {
      test(`HTTP/2: ${name} → 431, one line, as over HTTP/1.1`, async () => {
        assert.equal((await askHttp2(headers))[":status"], 431);
        assert.deepEqual(refused, ["HPE_HEADER_OVERFLOW"]);
        assert.equal(open.length, 0);
      });
    }

    test("HTTP/2: 90 headers, and a path of 10 KB, are served", async () => {
      assert.equal((await askHttp2({ ...pairs(90), ":path": `/${"a".repeat(10_000)}` }))[":status"], 200);
      assert.deepEqual(refused, []);
    });
  });
}
