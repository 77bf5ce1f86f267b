// How a connection ends that the service takes leave of: nothing is lost that its client sent before it heard of that.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Http2Stream } from "../../src/http2/http2-stream.ts";
import {
  ack,
  type ErrorCode,
  endStream,
  errorCodes,
  frame,
  frameType,
  goawayFrame,
  largestWindow,
  readFrames,
  resetFrame,
  windowUpdate,
} from "../support/http2-frames.ts";
import { connectHeld, type HeldSocket, request, settle } from "./held-socket.ts";

const answer = (stream: Http2Stream) =>
  stream.answer({ headers: { ":status": "200" }, body: undefined, trailers: undefined });
const pong = frame(frameType.ping, 0, Buffer.alloc(8), ack);

const framesOf = ({ written }: HeldSocket) => readFrames(Buffer.concat(written));

/** What the client was told: the last stream that counts, and why. */
function farewells(socket: HeldSocket): [lastId: number, code: ErrorCode | undefined][] {
  return framesOf(socket)
    .filter(({ type }) => type === frameType.goaway)
    .map(({ payload }) => [payload.readUInt32BE(), errorCodes[payload.readUInt32BE(4)]]);
}

/** Streams that were answered, and those that were refused. */
function fatesOf(socket: HeldSocket) {
  const ids = (wanted: number) =>
    framesOf(socket)
      .filter(({ type }) => type === wanted)
      .map(({ streamId }) => streamId);
  return { answered: ids(frameType.headers), refused: ids(frameType.reset) };
}

test("requests that cross the farewell are served, later ones refused, and the connection ends", async () => {
  const { socket, connection } = connectHeld(answer);
  socket.push(request(1, endStream));
  await settle();
  connection.close();
  // They were on their way.
  socket.push(Buffer.concat([request(3, endStream), request(5, endStream)]));
  await settle();
  assert.equal(socket.writableEnded, false);
  socket.push(Buffer.concat([pong, request(7, endStream)]));
  await settle();
  assert.deepEqual(farewells(socket), [
    [largestWindow, "NO_ERROR"],
    [5, "NO_ERROR"],
  ]);
  assert.deepEqual(fatesOf(socket).answered, [1, 3, 5]);
  assert.equal(socket.writableFinished, true);
  socket.destroy();
});

test("what runs at the end of the farewell is answered, and what comes then is refused", async () => {
  const streams: Http2Stream[] = [];
  const { socket, connection } = connectHeld((stream) => streams.push(stream));
  socket.push(request(1, endStream));
  await settle();
  connection.close();
  socket.push(Buffer.concat([pong, request(3, endStream)]));
  await settle();
  assert.deepEqual(fatesOf(socket), { answered: [], refused: [3] });
  for (const stream of streams) answer(stream);
  await settle();
  assert.deepEqual(fatesOf(socket), { answered: [1], refused: [3] });
  assert.equal(socket.writableFinished, true);
  socket.destroy();
});

test("a client that answers no PING is not waited for", async () => {
  const { socket, connection } = connectHeld(answer);
  await settle();
  connection.close();
  for (let sweep = 0; sweep < 2; sweep += 1) connection.sweep(500);
  await settle();
  assert.deepEqual(farewells(socket), [
    [largestWindow, "NO_ERROR"],
    [0, "NO_ERROR"],
  ]);
  assert.equal(socket.writableFinished, true);
  socket.destroy();
});

test("a client that takes leave itself is let go at once", async () => {
  const { socket } = connectHeld(answer);
  socket.push(Buffer.concat([request(1, endStream), goawayFrame("NO_ERROR")]));
  await settle();
  assert.deepEqual(farewells(socket), [[1, "NO_ERROR"]]);
  assert.equal(socket.writableFinished, true);
  socket.destroy();
});

test("the last stream that counts never grows, whatever happens after (RFC 9113, 6.8)", async () => {
  const { socket, connection } = connectHeld(() => {});
  socket.push(request(1, endStream));
  await settle();
  connection.close();
  socket.push(Buffer.concat([pong, request(3, endStream), request(5, endStream), windowUpdate(0, 0)]));
  await settle();
  assert.deepEqual(farewells(socket).slice(1), [
    [1, "NO_ERROR"],
    [1, "PROTOCOL_ERROR"],
  ]);
  socket.destroy();
});

for (const [what, sent] of Object.entries({
  WINDOW_UPDATE: windowUpdate(2, 10),
  RST_STREAM: resetFrame(2, "CANCEL"),
})) {
  test(`${what} of a stream of the server, which begins none, ends the connection (RFC 9113, 5.1)`, async () => {
    const { socket } = connectHeld(answer);
    socket.push(Buffer.concat([request(3, endStream), sent]));
    await settle();
    assert.deepEqual(farewells(socket), [[3, "PROTOCOL_ERROR"]]);
    socket.destroy();
  });
}
