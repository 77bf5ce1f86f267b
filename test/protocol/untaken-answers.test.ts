// Answers that clients do not take, over both versions of HTTP and with both readers: how much of them an address may leave
// with us, and for how long.
import assert from "node:assert/strict";
import { once } from "node:events";
import { connect as connectHttp2 } from "node:http2";
import { connect, type Socket } from "node:net";
import type { Readable } from "node:stream";
import { beforeEach, describe, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { connectionLimits } from "../../src/request/connection-limits.ts";
import type { Exchange } from "../../src/request/exchange.ts";
import { type Listener, listen } from "../../src/request/listener.ts";
import { bareListener } from "../support/bare-listener.ts";
import { eventually } from "../support/eventually.ts";

/** More than the kernel holds for both ends of a connection. */
const large = Buffer.alloc(10_000_000, "x");
/** Far more than a machine stalls for between two portions of the slow, and less than those take together. */
const stalledMs = 3000;
/** Bytes that the slow take at a time. */
const portion = 250_000;
Object.assign(connectionLimits, {
  maxUntakenBytesOfAddress: 2.5 * large.byteLength,
  maxUntakenBytes: 4.5 * large.byteLength,
});
const setStalled = (maxStalledMs: number) => Object.assign(connectionLimits, { maxStalledMs });
/** Speaks for many. */
const proxy = "127.0.0.9";
const noMore = { trailers: undefined, error: undefined };

interface Server extends AsyncDisposable {
  readonly port: number;
  /** In the order in which they came. */
  readonly exchanges: readonly Exchange[];
}

async function open(lean: boolean): Promise<Server> {
  const exchanges: Exchange[] = [];
  const listener: Listener = await listen(
    bareListener({
      lean,
      isProxy: (address) => address === proxy,
      async handle(exchange) {
        exchanges.push(exchange);
        await exchange.send({ status: 200, headers: {}, body: large, ...noMore });
      },
    }),
  );
  return { port: listener.port, exchanges, [Symbol.asyncDispose]: () => listener.close(0) };
}

interface Asked {
  /** What comes, which nobody takes yet. */
  readonly answer: Readable;
  readonly socket: Socket;
}

const clients: Readonly<Record<string, (socket: Socket) => Asked>> = {
  "HTTP/1.1": (socket) => {
    socket.pause().write("GET / HTTP/1.1\r\nhost: x\r\n\r\n");
    return { answer: socket, socket };
  },
  // What is no request of one piece goes to Node's server.
  "HTTP/1.1 in chunks": (socket) => {
    socket.pause().write("POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n");
    return { answer: socket, socket };
  },
  "HTTP/2": (socket) => {
    const session = connectHttp2("http://localhost", { createConnection: () => socket });
    session.on("error", () => {});
    const stream = session.request({ ":path": "/" });
    stream.on("error", () => {});
    return { answer: stream, socket };
  },
};

for (const lean of [true, false]) {
  for (const [version, speak] of Object.entries(clients)) {
    /** Asks from an address, and waits until that was heard. */
    const ask = async (server: Server, localAddress: string): Promise<Asked> => {
      const heard = server.exchanges.length;
      const socket = connect({ port: server.port, host: "127.0.0.1", localAddress });
      socket.on("error", () => {});
      await once(socket, "connect");
      const asked = speak(socket);
      await eventually(() => server.exchanges.length > heard);
      return asked;
    };
    const gone = ({ exchanges }: Server) => exchanges.map((exchange) => exchange.gone);

    describe(`${version}, ${lean ? "our reader" : "Node's"}`, () => {
      beforeEach(() => setStalled(60_000));

      test("an address has its share of what may wait, and gets it back", async () => {
        await using server = await open(lean);
        const held = [await ask(server, "127.0.0.1"), await ask(server, "127.0.0.1")];
        await ask(server, "127.0.0.1");
        await eventually(() => server.exchanges[2]?.gone);
        held.push(await ask(server, "127.0.0.2"));
        await pause(100);
        assert.deepEqual(gone(server), [false, false, true, false]);
        held[0]?.socket.destroy();
        await eventually(() => server.exchanges[0]?.gone);
        held.push(await ask(server, "127.0.0.1"));
        await pause(100);
        assert.equal(server.exchanges[4]?.gone, false);
        for (const { socket } of held) socket.destroy();
      });

      test("a proxy has the share of all", async () => {
        await using server = await open(lean);
        const held: Asked[] = [];
        for (let count = 0; count < 5; count += 1) held.push(await ask(server, proxy));
        await eventually(() => server.exchanges[4]?.gone);
        assert.deepEqual(gone(server), [false, false, false, false, true]);
        for (const { socket } of held) socket.destroy();
      });

      test("what is not taken at all is cut, and what is taken slowly arrives", async () => {
        setStalled(stalledMs);
        await using server = await open(lean);
        const startedAt = performance.now();
        const [, slow] = [await ask(server, "127.0.0.1"), await ask(server, "127.0.0.1")];
        let taken = 0;
        let free = portion;
        slow.answer.on("data", (chunk: Buffer) => {
          taken += chunk.byteLength;
          free -= chunk.byteLength;
          if (free > 0) return;
          free = portion;
          slow.answer.pause();
          setTimeout(() => slow.answer.resume(), 100);
        });
        slow.answer.resume();
        await eventually(() => server.exchanges[0]?.gone);
        const elapsedMs = performance.now() - startedAt;
        assert.ok(elapsedMs > stalledMs - 500, `${elapsedMs} ms`);
        await eventually(() => taken >= large.byteLength);
        assert.ok(performance.now() - startedAt > stalledMs, "it was not slow");
        slow.socket.destroy();
      });
    });
  }
}
