// Answers that their client does not take: how much of them, and for how long.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { AnswerRoom } from "../../src/http2/held-answers.ts";
import type { Http2Stream } from "../../src/http2/http2-stream.ts";
import {
  type ErrorCode,
  endStream,
  errorCodes,
  frame,
  frameType,
  readFrames,
  resetFrame,
  setting,
  settingsFrame,
  windowUpdate,
} from "../support/http2-frames.ts";
import { echoLimits } from "./echo-server.ts";
import { connectHeld, type HeldSocket, request, settle } from "./held-socket.ts";

const { maxStalledMs } = echoLimits;
const bodyBytes = 10_000;
const answer = (stream: Http2Stream) =>
  stream.answer({ headers: { ":status": "200" }, body: Buffer.alloc(bodyBytes), trailers: undefined });
const noWindow = settingsFrame([setting.initialWindowSize, 0]);

/** Room for some answers, which knows how much is in it. */
class Room implements AnswerRoom {
  readonly #most: number;
  bytes = 0;

  constructor(answers: number) {
    this.#most = answers * bodyBytes;
  }

  enter(bytes: number): boolean {
    if (this.bytes + bytes > this.#most) return false;
    this.bytes += bytes;
    return true;
  }

  leave(bytes: number): void {
    this.bytes -= bytes;
  }
}

/** Streams that were reset, and why. */
function resetsOf({ written }: HeldSocket): [streamId: number, code: ErrorCode | undefined][] {
  return readFrames(Buffer.concat(written))
    .filter(({ type }) => type === frameType.reset)
    .map(({ streamId, payload }) => [streamId, errorCodes[payload.readUInt32BE()]]);
}

const ask = (...ids: readonly number[]) => Buffer.concat(ids.map((id) => request(id, endStream)));

test("beyond its room an answer is cut, and those before it wait on", async () => {
  const room = new Room(2);
  const { socket } = connectHeld(answer, noWindow, room);
  socket.push(ask(1, 3, 5, 7));
  await settle();
  assert.deepEqual(resetsOf(socket), [
    [5, "ENHANCE_YOUR_CALM"],
    [7, "ENHANCE_YOUR_CALM"],
  ]);
  assert.equal(room.bytes, 2 * bodyBytes);
  socket.push(windowUpdate(1, bodyBytes));
  await settle();
  assert.equal(room.bytes, bodyBytes);
  socket.push(Buffer.concat([ask(9), windowUpdate(9, 1)]));
  await settle();
  assert.equal(room.bytes, 2 * bodyBytes);
  socket.push(resetFrame(3, "CANCEL"));
  await settle();
  assert.equal(room.bytes, bodyBytes);
  socket.destroy();
  await settle();
  assert.equal(room.bytes, 0);
});

test("an answer that leaves at once takes no room", async () => {
  const room = new Room(0);
  const { socket } = connectHeld(answer, undefined, room);
  socket.push(ask(1, 3, 5));
  await settle();
  assert.deepEqual(resetsOf(socket), []);
  socket.destroy();
});

test("an answer of which its client takes nothing is cut, whatever else the client does", async () => {
  const room = new Room(10);
  const { socket, connection } = connectHeld(answer, noWindow, room);
  socket.push(ask(1, 3));
  await settle();
  for (let elapsedMs = 0; elapsedMs < 2 * maxStalledMs; elapsedMs += 500) {
    // The connection is not idle, and the other answer moves, by a byte a second.
    if (elapsedMs % 1000 === 0) socket.push(windowUpdate(3, 1));
    await settle();
    connection.sweep(500);
    if (elapsedMs < maxStalledMs - 500) assert.deepEqual(resetsOf(socket), []);
  }
  await settle();
  assert.deepEqual(resetsOf(socket), [[1, "CANCEL"]]);
  assert.equal(room.bytes, bodyBytes);
  socket.destroy();
});

test("an answer that waits for others, which move, is not cut: they share the connection's window", async () => {
  const large = (stream: Http2Stream) =>
    stream.answer({ headers: { ":status": "200" }, body: Buffer.alloc(70_000), trailers: undefined });
  const { socket, connection } = connectHeld(large, settingsFrame([setting.initialWindowSize, 1_000_000]));
  socket.push(ask(1, 3));
  await settle();
  for (let elapsedMs = 0; elapsedMs < 2 * maxStalledMs; elapsedMs += 500) {
    if (elapsedMs % 20_000 === 0) socket.push(windowUpdate(0, 1));
    await settle();
    connection.sweep(500);
  }
  await settle();
  assert.deepEqual(resetsOf(socket), []);
  // Nothing moves any more.
  for (let elapsedMs = 0; elapsedMs < 2 * maxStalledMs; elapsedMs += 500) {
    if (elapsedMs % 10_000 === 0) socket.push(frame(frameType.ping, 0, Buffer.alloc(8)));
    await settle();
    connection.sweep(500);
  }
  await settle();
  assert.deepEqual(
    resetsOf(socket).map(([id]) => id),
    [1, 3],
  );
  socket.destroy();
});

test("short answers of one turn do not gather beyond what the socket takes", async () => {
  const streams: Http2Stream[] = [];
  const { socket } = connectHeld((stream) => streams.push(stream));
  const ids = Array.from({ length: 100 }, (_, index) => 2 * index + 1);
  socket.push(Buffer.concat([windowUpdate(0, 1_000_000_000), ask(...ids)]));
  await settle();
  socket.isHeld = true;
  for (const stream of streams) answer(stream);
  await settle();
  assert.ok(socket.writableLength > 0);
  assert.ok(socket.writableLength < 200_000, `${socket.writableLength} bytes wait for the client`);
  socket.destroy();
});
