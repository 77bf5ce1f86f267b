// What only shows when a client takes its answers at a moment of its choice.

import assert from "node:assert/strict";
import type { Socket } from "node:net";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { Http2Stream } from "../../src/http2/http2-stream.ts";
import { readBody } from "../../src/request/exchange.ts";
import { Http2LeanExchange } from "../../src/request/http2-lean-exchange.ts";
import { Http2LeanLane } from "../../src/request/http2-lean-lane.ts";
import { UntakenAnswers } from "../../src/request/untaken-answers.ts";
import {
  dataFrame,
  endStream,
  frame,
  frameType,
  opening,
  readFrames,
  setting,
  settingsFrame,
  windowUpdate,
} from "../support/http2-frames.ts";
import { rethrow } from "../support/rethrow.ts";
import { connectHeld, HeldSocket, request, settle } from "./held-socket.ts";

setFlagsFromString("--expose-gc");
const collectGarbage: () => void = runInNewContext("gc");

const hasGoneAway = (bytes: Buffer) => readFrames(bytes).some(({ type }) => type === frameType.goaway);

test("frames a byte short of the largest do not gather beyond what the socket takes", async () => {
  const whole = Buffer.alloc(2_000_000, "x");
  const answer = (stream: Http2Stream) =>
    stream.answer({ headers: { ":status": "200" }, body: whole, trailers: undefined });
  const { socket } = connectHeld(answer, settingsFrame([setting.initialWindowSize, 0]));
  socket.push(Buffer.concat([windowUpdate(0, 1_000_000_000), request(1, endStream)]));
  await settle();
  socket.isHeld = true;
  socket.push(Buffer.concat(Array.from({ length: 100 }, () => windowUpdate(1, 16_383))));
  await settle();
  assert.ok(socket.writableLength > 0);
  assert.ok(socket.writableLength < 100_000, `${socket.writableLength} bytes wait for the client`);
  socket.destroy();
});

test("WINDOW_UPDATEs that come after their answers have left are no flood", async () => {
  const answer = (stream: Http2Stream) =>
    stream.answer({ headers: { ":status": "200" }, body: Buffer.alloc(10), trailers: undefined });
  const { socket } = connectHeld(answer);
  for (let id = 1; id < 4000; id += 2) {
    socket.push(request(id, endStream));
    await settle();
    socket.push(windowUpdate(id, 10));
  }
  await settle();
  assert.equal(hasGoneAway(Buffer.concat(socket.written)), false);
  socket.destroy();
});

test("trailers that no client may get are refused before anything is sent", async () => {
  const streams: Http2Stream[] = [];
  const { socket } = connectHeld((stream) => streams.push(stream));
  socket.push(request(1, endStream));
  await settle();
  socket.isHeld = true;
  const trailers = { "x-bad": "a\nb" };
  const answer = { headers: { ":status": "200" }, body: Buffer.alloc(100_000), trailers };
  assert.throws(() => streams[0]?.answer(answer), TypeError);
  socket.letGo();
  await settle();
  assert.equal(hasGoneAway(Buffer.concat(socket.written)), false);
  socket.destroy();
});

test("a body that goes on after its answer is never taken for a whole one", async () => {
  const streams: Http2Stream[] = [];
  const { socket } = connectHeld((stream) => streams.push(stream));
  socket.push(Buffer.concat([request(1, 0), dataFrame(1, "the first half,")]));
  await settle();
  const [stream] = streams as [Http2Stream];
  const read = text(stream.source);
  await settle();
  stream.answer({ headers: { ":status": "504" }, body: undefined, trailers: undefined });
  socket.push(dataFrame(1, " the second", endStream));
  await assert.rejects(read);
  socket.destroy();
});

test("a client has time to take its last answer when the service goes", async () => {
  const streams: Http2Stream[] = [];
  const { socket, connection } = connectHeld((stream) => streams.push(stream));
  socket.push(request(1, endStream));
  await settle();
  socket.isHeld = true;
  connection.close();
  streams[0]?.answer({ headers: { ":status": "200" }, body: Buffer.alloc(10), trailers: undefined });
  for (let sweep = 0; sweep < 8; sweep += 1) connection.sweep(500);
  assert.equal(socket.destroyed, false, "cut after 4 s");
  socket.letGo();
  await settle();
  assert.equal(socket.writableFinished, true);
  for (let sweep = 0; sweep < 8; sweep += 1) connection.sweep(500);
  assert.equal(socket.destroyed, true, "a client that does not go is not waited for");
});

test("a burst of streams beyond the limit costs none of those within it", async () => {
  const streams: Http2Stream[] = [];
  const { socket } = connectHeld((stream) => streams.push(stream));
  const ids = Array.from({ length: 400 }, (_, index) => 2 * index + 1);
  socket.push(Buffer.concat(ids.map((id) => request(id, 0))));
  socket.push(Buffer.concat(ids.map((id) => dataFrame(id, "x", endStream))));
  await settle();
  assert.equal(streams.length, 100);
  assert.ok(streams.every(({ isClosed, hasArrived }) => !isClosed && hasArrived));
  socket.destroy();
});

for (const isRead of [false, true]) {
  test(`single bytes of a body ${isRead ? "that is read" : "that waits"} do not keep all that arrived with them`, async () => {
    const streams: Http2Stream[] = [];
    const { socket } = connectHeld((stream) => streams.push(stream));
    socket.push(Buffer.concat([request(1, 0), request(3, 0)]));
    await settle();
    const exchanges = streams.map((stream) => new Http2LeanExchange(stream, "192.0.2.1"));
    const [exchange, other] = exchanges as [Http2LeanExchange, Http2LeanExchange];
    other.source?.resume();
    const early = isRead ? readBody(exchange, 3000) : undefined;
    const arrived: WeakRef<ArrayBufferLike>[] = [];
    for (let index = 0; index < 30; index += 1) {
      // As a socket gives it: memory of its own.
      const chunk = Buffer.allocUnsafeSlow(16_019);
      chunk.set(Buffer.concat([dataFrame(1, String(index % 10)), dataFrame(3, Buffer.alloc(16_000))]));
      arrived.push(new WeakRef(chunk.buffer));
      socket.push(chunk);
      await settle();
    }
    collectGarbage();
    const kept = arrived.filter((memory) => memory.deref() !== undefined).length;
    assert.ok(kept <= 3, `${kept} of 30`);
    socket.push(dataFrame(1, "", endStream));
    const body = await (early ?? readBody(exchange, 3000));
    assert.equal(Buffer.from(body).toString(), "0123456789".repeat(3));
    socket.destroy();
  });
}

test("a byte of a frame whose rest does not come keeps nothing that arrived with it", async () => {
  const { socket } = connectHeld((stream) =>
    stream.answer({ headers: { ":status": "200" }, body: undefined, trailers: undefined }),
  );
  await settle();
  const send = () => {
    const first = request(1, 0);
    const bytes = Buffer.allocUnsafeSlow(first.byteLength + 16_009 + 1);
    // The beginning of one more DATA frame.
    bytes.set(Buffer.concat([first, dataFrame(1, Buffer.alloc(16_000)), Buffer.alloc(1)]));
    socket.push(bytes);
    return new WeakRef(bytes.buffer);
  };
  const arrived = send();
  await settle();
  collectGarbage();
  assert.ok(arrived.deref() === undefined);
  socket.destroy();
});

test("a table that a client empties and allows again in one frame is empty for us as well", async () => {
  const answer = (stream: Http2Stream) =>
    stream.answer({ headers: { ":status": "200", "x-a": "b" }, body: undefined, trailers: undefined });
  const { socket } = connectHeld(answer);
  socket.push(request(1, endStream));
  await settle();
  const emptied = settingsFrame([setting.headerTableSize, 0], [setting.headerTableSize, 4096]);
  socket.push(Buffer.concat([emptied, request(3, endStream)]));
  await settle();
  const written = Buffer.concat(socket.written);
  const blocks = readFrames(written).filter(({ type }) => type === frameType.headers);
  // Changes to 0 and to 4096 before the first field (RFC 7541, 4.2), and the field as text once more.
  assert.equal(blocks[1]?.payload.subarray(0, 4).toString("hex"), "203fe11f");
  assert.ok(blocks[1]?.payload.includes("x-a"));
  socket.destroy();
});

test("a body without a declared length that came with its request has the limit of every other", async () => {
  const streams: Http2Stream[] = [];
  const { socket } = connectHeld((stream) => streams.push(stream));
  socket.push(Buffer.concat([request(1, 0), dataFrame(1, "x".repeat(20), endStream)]));
  await settle();
  const exchange = new Http2LeanExchange(streams[0] as Http2Stream, "192.0.2.1");
  assert.throws(() => readBody(exchange, 19), { id: "request_too_large" });
  assert.equal((await readBody(exchange, 20)).byteLength, 20);
  socket.destroy();
});

test("a PING for each answer is no flood", async () => {
  const answer = (stream: Http2Stream) =>
    stream.answer({ headers: { ":status": "200" }, body: undefined, trailers: undefined });
  const { socket } = connectHeld(answer);
  for (let id = 1; id < 4000; id += 2) {
    socket.push(Buffer.concat([request(id, endStream), frame(frameType.ping, 0, Buffer.alloc(8))]));
    await settle();
  }
  assert.equal(hasGoneAway(Buffer.concat(socket.written)), false);
  socket.destroy();
});

test("a connection that says what it is when the service goes is told so at once", async () => {
  const unused = () => assert.fail("no request");
  const untaken = new UntakenAnswers(() => false);
  const lane = new Http2LeanLane({
    ...{ run: unused, refuseHeaders: unused, untaken, monotonic: () => 0, report: rethrow },
  });
  lane.close();
  const socket = new HeldSocket();
  lane.take(socket as unknown as Socket);
  socket.push(Buffer.concat([opening, request(1, endStream)]));
  await settle();
  assert.ok(hasGoneAway(Buffer.concat(socket.written)));
  assert.equal(socket.writableFinished, true);
  socket.destroy();
});

test("a client that broke a rule is not waited for, whether it takes the reason or not", async () => {
  const { socket, connection } = connectHeld(() => undefined);
  await settle();
  socket.isHeld = true;
  socket.push(windowUpdate(0, 0));
  await settle();
  for (let sweep = 0; sweep < 4; sweep += 1) connection.sweep(500);
  assert.equal(socket.destroyed, true);
});
