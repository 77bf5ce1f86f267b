// However requests follow each other and are cut into pieces on their way: both readers of HTTP/1.1 answer the same ones,
// in order, wherever a connection goes from the lane to Node's server.
import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { after, before, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { SeededRandom } from "../../src/referential/seeded-random.ts";
import { type Exchange, readBody } from "../../src/request/exchange.ts";
import { Http1PlainExchange } from "../../src/request/http1-plain-exchange.ts";
import { type BothReaders, listenWithBoth } from "../support/both-readers.ts";
import { distortedRequest, goodRequest } from "../support/distorted-requests.ts";

const seed = 20_261_127;
const sequences = 500;
let readers: BothReaders;
/** What the lane served, and what was served at all. */
let [byLane, byAll] = [0, 0];

before(async () => {
  readers = await listenWithBoth(echo);
});
after(() => readers[Symbol.asyncDispose]());

/** Answers with what was read, at once or a little later, when more has arrived. */
async function echo(exchange: Exchange): Promise<void> {
  byAll += 1;
  if (exchange instanceof Http1PlainExchange) byLane += 1;
  try {
    const body = Buffer.from(await readBody(exchange, 1_000_000)).toString("latin1");
    if (byAll % 3 === 0) await pause(byAll % 20);
    const { method, target, headers } = exchange;
    const read = JSON.stringify({ method, target, fields: Object.entries(headers).toSorted(), body });
    const reply = { status: 200, headers: {}, body: Buffer.from(read), trailers: undefined };
    await exchange.send({ ...reply, error: undefined });
  } catch {
    exchange.destroy();
  }
}

/** One to four requests, most of them good, in pieces that often end near the end of a request. */
function sequence(random: SeededRandom): string[] {
  const requests = Array.from({ length: 1 + random.below(4) }, () =>
    random.chance(0.2) ? distortedRequest(random) : goodRequest(random),
  );
  const pieces: string[] = [];
  let rest = "";
  for (const request of requests) {
    rest += request;
    if (random.chance(0.2)) continue;
    const length = random.chance(0.7) ? rest.length : 1 + random.below(rest.length);
    pieces.push(rest.slice(0, length));
    rest = rest.slice(length);
  }
  if (rest !== "") pieces.push(rest);
  return pieces;
}

/** All that comes back, without the dates; the order of headers does not matter. */
async function ask(port: number, pieces: readonly string[]): Promise<string> {
  const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true, noDelay: true });
  let received = "";
  socket.on("data", (chunk: Buffer) => {
    received += chunk.toString("latin1");
  });
  socket.on("error", () => {});
  socket.setTimeout(60_000, () => socket.destroy(new Error("no end")));
  socket.once("end", () => socket.end());
  for (const piece of pieces) {
    if (!socket.writable) break;
    socket.write(piece, "latin1");
    // Sometimes the answer is there before what follows.
    await pause(piece.length % 2 === 0 ? 1 : 30);
  }
  socket.end();
  if (!socket.closed) await once(socket, "close");
  return received.replace(
    /(HTTP\/1\.1 \d{3} .*)\r\n([\s\S]*?)\r\n\r\n/g,
    (_, status: string, lines: string) => {
      const headers = lines.toLowerCase().split("\r\n");
      const kept = headers.filter((line) => !line.startsWith("date: "));
      return `${status}\n${kept.toSorted().join("\n")}\n\n`;
    },
  );
}

/**
 * What comes last is up to time: whoever ends its side before an answer is not told that the bytes behind it were none of
 * HTTP, and the reset of a connection may overtake an answer. Two readers that differ do so each time.
 */
const attempts = 5;

async function assertSame(pieces: readonly string[]): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    const ports = [readers.plain.port, readers.node.port];
    const [own, reference] = await Promise.all(ports.map((port) => ask(port, pieces)));
    if (own === reference) return;
    if (attempt === attempts) assert.equal(own, reference, JSON.stringify(pieces));
  }
}

test(`${sequences} sequences of requests in pieces: both give the same answers`, async () => {
  const random = new SeededRandom(seed);
  const waiting = Array.from({ length: sequences }, () => sequence(random));
  const work = async () => {
    for (let pieces = waiting.pop(); pieces !== undefined; pieces = waiting.pop()) await assertSame(pieces);
  };
  await Promise.all(Array.from({ length: 16 }, work));
  // How many pieces arrive as one chunk is up to the machine.
  assert.ok(byLane > sequences / 25 && byAll > 3 * byLane, `${byLane} of ${byAll}`);
});
