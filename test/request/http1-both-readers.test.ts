// The lane of plain requests beside Node's server: whatever bytes come, both read the same requests and answer the same.
import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { after, before, test } from "node:test";
import { SeededRandom } from "../../src/referential/seeded-random.ts";
import { type Exchange, readBody, streamBody } from "../../src/request/exchange.ts";
import { Http1PlainExchange } from "../../src/request/http1-plain-exchange.ts";
import { readPlainRequest } from "../../src/request/http1-plain-request.ts";
import type { Reply } from "../../src/request/reply.ts";
import { type BothReaders, listenWithBoth } from "../support/both-readers.ts";
import { distortedRequest, goodRequest } from "../support/distorted-requests.ts";

const seed = 20_261_126;
let readers: BothReaders;
/** What the lane itself served. */
let servedPlain = 0;

before(async () => {
  readers = await listenWithBoth(echo);
});
after(() => readers[Symbol.asyncDispose]());

/** Answers with all that was read, in one of the ways of answering. */
async function echo(exchange: Exchange): Promise<void> {
  if (exchange instanceof Http1PlainExchange) servedPlain += 1;
  try {
    const received = Buffer.concat(
      exchange.target.includes("?")
        ? await collect(streamBody(exchange))
        : [await readBody(exchange, 1_000_000)],
    );
    const { method, target, headers, httpVersion } = exchange;
    const fields = Object.entries(headers).toSorted();
    const read = JSON.stringify({ method, target, fields, httpVersion, body: received.toString("latin1") });
    await exchange.send(answer(target, Buffer.from(read)));
  } catch {
    exchange.destroy();
  }
}

function answer(target: string, body: Buffer): Reply {
  const reply = { status: 200, headers: { "x-a": "b\tc", "set-cookie": ["a", "b"] }, body, error: undefined };
  const trailers = { "x-trailer": ["1", "2"] };
  if (target === "/stream") return { ...reply, body: pieces(body), trailers: () => trailers };
  if (target === "/trailers") return { ...reply, trailers };
  if (target === "/a%20b") return { ...reply, status: 204, body: undefined, trailers: undefined };
  return { ...reply, trailers: undefined };
}

async function collect(body: AsyncIterable<Uint8Array>): Promise<Uint8Array[]> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return chunks;
}

async function* pieces(body: Buffer): AsyncIterable<Uint8Array> {
  yield body.subarray(0, 10);
  yield body.subarray(10, 10);
  yield body.subarray(10);
}

/** All that comes back for bytes after which nothing follows; the order of headers and the date left out. */
async function ask(port: number, request: string): Promise<string> {
  const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
  let received = "";
  socket.on("data", (chunk: Buffer) => {
    received += chunk.toString("latin1");
  });
  socket.on("error", () => {});
  socket.setTimeout(60_000, () => socket.destroy(new Error("no end")));
  socket.once("end", () => socket.end());
  socket.end(request, "latin1");
  await once(socket, "close");
  return received.replace(/^(HTTP\/1\.1 .*)\r\n([\s\S]*?)\r\n\r\n/gm, (_, status: string, lines: string) => {
    const headers = lines.split("\r\n").map((line) => line.replace(/^[^:]*/, (name) => name.toLowerCase()));
    const kept = headers.filter((line) => !line.startsWith("date: "));
    return `${status}\n${kept.toSorted().join("\n")}\n\n`;
  });
}

async function compare(requests: readonly string[]): Promise<Map<string, number>> {
  const statuses = new Map<string, number>();
  const waiting = [...requests];
  const work = async () => {
    for (let request = waiting.pop(); request !== undefined; request = waiting.pop()) {
      const [own, reference] = await Promise.all([
        ask(readers.plain.port, request),
        ask(readers.node.port, request),
      ]);
      assert.equal(own, reference, JSON.stringify(request));
      const status = own.slice(9, 12);
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
    }
  };
  await Promise.all(Array.from({ length: 16 }, work));
  return statuses;
}

test("good requests are all served by the lane, as Node's server would", async () => {
  const random = new SeededRandom(seed);
  servedPlain = 0;
  const requests = Array.from({ length: 300 }, () => goodRequest(random));
  await compare(requests);
  assert.equal(servedPlain, requests.length);
});

test("4,000 distorted requests: both give the same answers", async () => {
  const random = new SeededRandom(seed + 1);
  const statuses = await compare(Array.from({ length: 4000 }, () => distortedRequest(random)));
  for (const status of ["200", "400"]) assert.ok((statuses.get(status) ?? 0) > 500, `${status}: too few`);
});

test("of 200,000 distorted requests, those that still are plain: Node reads the same one, and nothing more", async () => {
  const random = new SeededRandom(seed + 2);
  const accepted = new Set<string>();
  for (let count = 0; count < 200_000; count += 1) {
    const request = distortedRequest(random);
    if (readPlainRequest(Buffer.from(request, "latin1")) !== undefined) accepted.add(request);
  }
  assert.ok(accepted.size > 1000, `${accepted.size} are plain`);
  servedPlain = 0;
  const requests = [...accepted].slice(0, 3000);
  const statuses = await compare(requests);
  assert.equal(servedPlain, requests.length);
  assert.deepEqual(
    [...statuses.keys()].filter((status) => status !== "200" && status !== "204"),
    [],
  );
});
