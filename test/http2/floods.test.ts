// Frames that cost a client little and us more: what a client may need, and where a flood begins.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Http2Stream } from "../../src/http2/http2-stream.ts";
import {
  type ErrorCode,
  endStream,
  errorCodes,
  frameType,
  largestWindow,
  readFrames,
  setting,
  settingsFrame,
  windowUpdate,
} from "../support/http2-frames.ts";
import { connectHeld, type HeldSocket, request, settle } from "./held-socket.ts";

const answerOf = (bytes: number) => (stream: Http2Stream) =>
  stream.answer({ headers: { ":status": "200" }, body: Buffer.alloc(bytes), trailers: undefined });
const noWindow = settingsFrame([setting.initialWindowSize, 0]);
const many = (count: number, piece: (index: number) => Buffer) =>
  Buffer.concat(Array.from({ length: count }, (_, index) => piece(index)));
const ask = (count: number) => many(count, (index) => request(2 * index + 1, endStream));

function goneAway({ written }: HeldSocket): ErrorCode | undefined {
  const frame = readFrames(Buffer.concat(written)).find(({ type }) => type === frameType.goaway);
  return frame && errorCodes[frame.payload.readUInt32BE(4)];
}

const floods: Readonly<Record<string, Buffer>> = {
  "of the connection": many(5000, () => windowUpdate(0, 1)),
  "of a stream that waits": many(5000, () => windowUpdate(1, 1)),
  "of a stream that has ended": many(5000, () => windowUpdate(201, 1)),
};

for (const [what, flood] of Object.entries(floods)) {
  test(`WINDOW_UPDATEs ${what}, with 100 streams that wait: a flood of them ends the connection`, async () => {
    const { socket } = connectHeld(answerOf(1_000_000), noWindow);
    // The connection's window is used up: nothing can leave.
    socket.push(Buffer.concat([ask(100), windowUpdate(1, 70_000)]));
    await settle();
    socket.push(Buffer.concat([request(201, endStream), flood]));
    await settle();
    assert.equal(goneAway(socket), "ENHANCE_YOUR_CALM");
    socket.destroy();
  });
}

test("a client that lets single bytes out is a flood as well", async () => {
  const { socket } = connectHeld(answerOf(1_000_000), noWindow);
  socket.push(ask(1));
  for (let count = 0; count < 100; count += 1) {
    socket.push(many(50, () => windowUpdate(1, 1)));
    await settle();
  }
  assert.equal(goneAway(socket), "ENHANCE_YOUR_CALM");
  socket.destroy();
});

test("four WINDOW_UPDATEs for each frame of a long answer are none", async () => {
  const { socket } = connectHeld(answerOf(100_000_000));
  socket.push(ask(1));
  for (let count = 0; count < 3000; count += 1) {
    socket.push(Buffer.concat([windowUpdate(0, 10_000), windowUpdate(1, 5000), windowUpdate(1, 4000)]));
    socket.push(windowUpdate(1, 1000));
    await settle();
    socket.written.splice(0, socket.written.length - 1);
  }
  assert.equal(goneAway(socket), undefined);
  assert.equal(socket.writableEnded, false);
  socket.destroy();
});

test("as many WINDOW_UPDATEs as streams at the beginning, and one for each window, are none", async () => {
  const { socket } = connectHeld(answerOf(10));
  socket.push(windowUpdate(0, largestWindow - 65_535));
  for (let id = 1; id < 8000; id += 2) {
    socket.push(Buffer.concat([request(id, endStream), windowUpdate(id, 1000)]));
    await settle();
  }
  assert.equal(goneAway(socket), undefined);
  socket.destroy();
});

test("streams beyond the limit, again and again: the connection ends", async () => {
  const streams: Http2Stream[] = [];
  const { socket } = connectHeld((stream) => streams.push(stream));
  socket.push(ask(2000));
  await settle();
  assert.equal(streams.length, 100);
  assert.equal(goneAway(socket), "ENHANCE_YOUR_CALM");
  socket.destroy();
});

test("as many as 1,000 streams too many at once cost none of those within the limit", async () => {
  const streams: Http2Stream[] = [];
  const { socket } = connectHeld((stream) => streams.push(stream));
  socket.push(ask(1100));
  await settle();
  assert.equal(streams.filter(({ isClosed }) => !isClosed).length, 100);
  assert.equal(goneAway(socket), undefined);
  socket.destroy();
});

test("streams after GOAWAY, again and again: the connection ends", async () => {
  const { socket, connection } = connectHeld(() => {});
  socket.push(ask(1));
  await settle();
  connection.leave();
  socket.push(many(2000, (index) => request(2 * index + 3, endStream)));
  await settle();
  const codes = readFrames(Buffer.concat(socket.written))
    .filter(({ type }) => type === frameType.goaway)
    .map(({ payload }) => errorCodes[payload.readUInt32BE(4)]);
  assert.deepEqual(codes, ["NO_ERROR", "ENHANCE_YOUR_CALM"]);
  socket.destroy();
});
