import assert from "node:assert/strict";
import type { AddressInfo } from "node:net";
import { createServer, type Server, type Socket } from "node:net";
import { suite, type TestContext, test } from "node:test";
import { ServiceError } from "../../src/errors.ts";
import { createHttpExchange } from "../../src/france-connect/http-exchange.ts";
import { freePort } from "../support/free-port.ts";

interface RawServer {
  readonly url: string;
  readonly connections: () => number;
}

/** A server that does to each connection what the test says; the number of the connection counts from 1. */
async function rawServer(
  context: TestContext,
  serve: (socket: Socket, connection: number) => void,
  port = 0,
): Promise<RawServer> {
  let connections = 0;
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    connections += 1;
    const connection = connections;
    sockets.add(socket);
    socket.on("error", () => {});
    socket.once("data", () => serve(socket, connection));
  });
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  context.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    connections: () => connections,
  };
}

const head = "HTTP/1.1 200 OK\r\ncontent-type: Application/JSON; charset=utf-8\r\nconnection: close\r\n";
const whole = `${head}content-length: 2\r\n\r\n{}`;
/** Nothing is late unless a test is about it. */
const [patient, hurried] = [30_000, 1000];

async function ask(url: string, deadlineMs = patient) {
  return await createHttpExchange({ deadlineMs, maxBytes: 1000 })({
    url,
    method: "POST",
    headers: {},
    body: "token=secret-du-test",
  });
}

async function refusalOf(url: string, deadlineMs = patient): Promise<ServiceError> {
  const error = await ask(url, deadlineMs).then(
    () => assert.fail("it was answered"),
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof ServiceError);
  assert.doesNotMatch(String((error.cause as Error).message), /secret-du-test/);
  return error;
}

suite("an answer", () => {
  test("is given whole, with its media type", async (context) => {
    const { url } = await rawServer(context, (socket) => socket.end(whole));
    assert.deepEqual(await ask(url), { status: 200, mediaType: "application/json", body: "{}" });
  });

  test("of any status is an answer, and asked for once", async (context) => {
    const server = await rawServer(context, (socket) =>
      socket.end("HTTP/1.1 503 Down\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"),
    );
    assert.deepEqual(await ask(server.url), { status: 503, mediaType: "", body: "" });
    assert.equal(server.connections(), 1);
  });

  for (const [what, framing] of [
    ["declared", "content-length: 5000\r\n\r\n"],
    ["not declared", "\r\n"],
  ]) {
    test(`that is too large, ${what}, is unreadable`, async (context) => {
      const { url } = await rawServer(context, (socket) => socket.end(head + framing + "a".repeat(5000)));
      assert.equal((await refusalOf(url)).id, "france_connect_answer_unreadable");
    });
  }

  test("that sends us elsewhere is unreadable, and the other place is not asked", async (context) => {
    const elsewhere = await rawServer(context, (socket) => socket.end(whole));
    const { url } = await rawServer(context, (socket) =>
      socket.end(`HTTP/1.1 307 Elsewhere\r\nlocation: ${elsewhere.url}\r\ncontent-length: 0\r\n\r\n`),
    );
    assert.equal((await refusalOf(url)).id, "france_connect_answer_unreadable");
    assert.equal(elsewhere.connections(), 0);
  });
});

suite("time", () => {
  for (const [what, first] of [
    ["nothing at all", ""],
    ["the head only", `${head}content-length: 2\r\n\r\n`],
  ]) {
    test(`${what} in time is slow, and not asked for again`, async (context) => {
      const server = await rawServer(context, (socket) => socket.write(first as string));
      const startedAt = performance.now();
      const error = await refusalOf(server.url, hurried);
      assert.deepEqual([error.id, error.options.retryAfterMs], ["france_connect_slow", 5000]);
      const tookMs = performance.now() - startedAt;
      assert.ok(tookMs > hurried - 50 && tookMs < patient, `${tookMs} ms`);
      assert.equal(server.connections(), 1);
    });
  }

  test("a body that drips is slow", async (context) => {
    const { url } = await rawServer(context, (socket) => {
      socket.write(`${head}content-length: 900\r\n\r\n`);
      const timer = setInterval(() => socket.write("a"), 50);
      socket.once("close", () => clearInterval(timer));
    });
    assert.equal((await refusalOf(url, hurried)).id, "france_connect_slow");
  });
});

suite("nobody there", () => {
  test("is down, with the time to wait", async () => {
    const { id, options: told } = await refusalOf(`http://127.0.0.1:${await freePort()}/`);
    assert.deepEqual([id, told.retryAfterMs], ["france_connect_down", 5000]);
  });

  test("a connection that breaks before any answer is made once more", async (context) => {
    const server = await rawServer(context, (socket, connection) => {
      if (connection === 1) socket.destroy();
      else socket.end(whole);
    });
    assert.equal((await ask(server.url)).body, "{}");
    assert.equal(server.connections(), 2);
  });

  test("and once only", async (context) => {
    const server = await rawServer(context, (socket) => socket.destroy());
    assert.equal((await refusalOf(server.url)).id, "france_connect_down");
    assert.equal(server.connections(), 2);
  });

  test("a server that comes up meanwhile answers the second question", async (context) => {
    const port = await freePort();
    const answer = createHttpExchange({ deadlineMs: patient, maxBytes: 1000 })({
      url: `http://127.0.0.1:${port}/`,
      method: "GET",
      headers: {},
    });
    const server = await rawServer(context, (socket) => socket.end(whole), port);
    assert.equal((await answer).body, "{}");
    assert.equal(server.connections(), 1);
  });
});
