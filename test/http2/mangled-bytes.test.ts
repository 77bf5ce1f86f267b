// Whatever arrives: in pieces of any size it means the same, and mangled it ends a connection at most.
import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { test } from "node:test";
import { seededRandom } from "../guard/simulation.ts";
import { eventually } from "../support/eventually.ts";
import { endHeaders, fields, frame, frameType, opening } from "../support/http2-frames.ts";
import { type EchoServer, startEcho } from "./echo-server.ts";

const random = seededRandom(7541);
const below = (most: number) => Math.floor(random() * most);
const endStream = 0x1;
const windowUpdate = 8;

const head = fields({
  ":method": "POST",
  ":scheme": "http",
  ":authority": "a",
  ":path": "/whole",
  "x-a": "b",
});

/** Requests of all kinds, and what a client sends between them. */
function makeSession(): Buffer {
  const parts: Buffer[] = [opening];
  for (let id = 1; id < 20; id += 2) {
    const cut = below(head.byteLength);
    parts.push(
      random() < 0.5
        ? frame(frameType.headers, id, head, endHeaders)
        : Buffer.concat([
            frame(frameType.headers, id, head.subarray(0, cut)),
            frame(frameType.continuation, id, head.subarray(cut), endHeaders),
          ]),
      frame(frameType.data, id, Buffer.alloc(below(3000), "x")),
      frame(frameType.ping, 0, Buffer.alloc(8, id)),
      frame(windowUpdate, 0, Buffer.from([0, 0, 1, 0])),
      frame(frameType.data, id, Buffer.from("the end"), endStream),
    );
  }
  return Buffer.concat(parts);
}

/** Sends bytes in pieces, and ends; returns what came back. */
async function converse(server: EchoServer, bytes: Buffer, pieceBytes: number): Promise<Buffer> {
  const socket = connect({ port: server.port, host: "127.0.0.1", noDelay: true, allowHalfOpen: true });
  socket.on("error", () => {});
  const answers: Buffer[] = [];
  socket.on("data", (chunk: Buffer) => answers.push(chunk));
  const closed = new Promise((resolve) => socket.once("close", resolve));
  await Promise.race([once(socket, "connect"), closed]);
  for (let at = 0; at < bytes.byteLength && !socket.destroyed; at += pieceBytes) {
    socket.write(bytes.subarray(at, at + pieceBytes));
    if (pieceBytes < 100) await new Promise((resolve) => setImmediate(resolve));
  }
  // The last PING is answered once everything before it has been read.
  socket.write(frame(frameType.ping, 0, Buffer.from("the last")));
  await Promise.race([eventually(() => Buffer.concat(answers).includes("the last")), closed]);
  socket.destroy();
  await closed;
  return Buffer.concat(answers);
}

/** Frames by their type and stream; those of one stream keep their order. */
function summarize(bytes: Buffer): string[] {
  const frames: string[] = [];
  for (let at = 0; at + 9 <= bytes.byteLength; at += 9 + bytes.readUIntBE(at, 3)) {
    const length = bytes.readUIntBE(at, 3);
    frames.push(`${bytes.readUInt32BE(at + 5)} ${bytes[at + 3]} ${bytes[at + 4]} ${length}`);
  }
  return frames.sort();
}

test("in pieces of any size, the same answers", async () => {
  await using server = await startEcho();
  const session = makeSession();
  const whole = summarize(await converse(server, session, session.byteLength));
  assert.equal(whole.filter((line) => / 1 5 /.test(line)).length, 10, "ten answers, to their trailers");
  for (const pieceBytes of [1, 2, 7, 9, 10, 50, 1000, 5000]) {
    const answers = summarize(await converse(server, session, pieceBytes));
    assert.deepEqual(answers, whole, `pieces of ${pieceBytes}`);
  }
});

function mangle(session: Buffer): Buffer {
  const bytes = Buffer.from(session);
  for (let change = 0; change <= below(4); change += 1) {
    const at = opening.byteLength + below(bytes.byteLength - opening.byteLength);
    if (random() < 0.5) bytes[at] = below(256);
    else bytes.copy(bytes, at, below(bytes.byteLength));
  }
  return random() < 0.3 ? bytes.subarray(0, below(bytes.byteLength)) : bytes;
}

test("mangled in any way, it ends its own connection at most", async () => {
  await using server = await startEcho();
  const session = makeSession();
  for (let round = 0; round < 40; round += 1) {
    await Promise.all(
      Array.from({ length: 10 }, async () => {
        const socket = connect({ port: server.port, host: "127.0.0.1" });
        socket.on("error", () => {}).resume();
        const closed = new Promise((resolve) => socket.once("close", resolve));
        socket.end(mangle(session));
        await closed;
      }),
    );
  }
  await eventually(() => server.open.size === 0);
  const whole = summarize(await converse(server, session, session.byteLength));
  assert.equal(whole.filter((line) => / 1 5 /.test(line)).length, 10);
});
