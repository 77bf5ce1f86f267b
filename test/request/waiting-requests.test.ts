// Requests of HTTP/1.1 that wait for the answers before them: each is far larger than what it took to send.
import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { describe, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { connectionLimits } from "../../src/request/connection-limits.ts";
import { listen } from "../../src/request/listener.ts";
import { bareListener } from "../support/bare-listener.ts";
import { eventually } from "../support/eventually.ts";

Object.assign(connectionLimits, { maxWaitingOfAddress: 50 });
const proxy = "127.0.0.9";
const noMore = { body: undefined, trailers: undefined, error: undefined };

async function open(lean: boolean) {
  const held = Promise.withResolvers<void>();
  let begun = 0;
  const listener = await listen(
    bareListener({
      lean,
      isProxy: (address) => address === proxy,
      async handle(exchange) {
        begun += 1;
        await held.promise;
        await exchange.send({ status: 204, headers: {}, ...noMore });
      },
    }),
  );
  /** Sends so many requests at once; others wait behind the first one, or the connection is cut. */
  const pipeline = async (localAddress: string, count: number, fate: "stays" | "is cut" = "stays") => {
    const before = begun;
    const socket = connect({ port: listener.port, host: "127.0.0.1", localAddress });
    socket.on("error", () => {});
    let answers = 0;
    socket.on("data", (chunk: Buffer) => {
      answers += chunk.toString("latin1").split("HTTP/1.1 204").length - 1;
    });
    await once(socket, "connect");
    socket.write("GET / HTTP/1.1\r\nhost: x\r\n\r\n".repeat(count));
    await eventually(() => (fate === "stays" ? begun > before : socket.closed));
    // A connection that is to stay, and is cut, has time to show it.
    if (fate === "stays") await pause(100);
    return { socket, answers: () => answers };
  };
  return { pipeline, letGo: held.resolve, [Symbol.asyncDispose]: () => listener.close(0) };
}

const isOpen = ({ socket }: { readonly socket: Socket }) => !socket.closed;

for (const lean of [true, false]) {
  describe(lean ? "our reader first" : "Node's server", () => {
    test("those of an address are limited, and their places come back", async () => {
      await using server = await open(lean);
      const first = await server.pipeline("127.0.0.1", 41);
      await server.pipeline("127.0.0.1", 21, "is cut");
      assert.ok(isOpen(first));
      const other = await server.pipeline("127.0.0.2", 21);
      assert.ok(isOpen(other));
      // The places of what was cut are free again.
      const second = await server.pipeline("127.0.0.1", 11);
      assert.ok(isOpen(second));
      server.letGo();
      await eventually(() => first.answers() === 41 && other.answers() === 21 && second.answers() === 11);
      const last = await server.pipeline("127.0.0.1", 51);
      await eventually(() => last.answers() === 51);
      for (const { socket } of [first, other, second, last]) socket.destroy();
    });

    test("those of a proxy are not, but for each connection", async () => {
      await using server = await open(lean);
      const held = [await server.pipeline(proxy, 41), await server.pipeline(proxy, 41)];
      assert.deepEqual(held.map(isOpen), [true, true]);
      for (const { socket } of held) socket.destroy();
    });
  });
}
