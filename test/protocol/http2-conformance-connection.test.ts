// HTTP/2 on raw frames (RFC 9113): how a connection begins, what both sides agree on, how they ping, and how it ends.
import assert from "node:assert/strict";
import { test } from "node:test";
import { answer, goaway, type Http2Case, type Lane, onBothLanes, testCases } from "../support/http2-cases.ts";
import {
  ack,
  dataFrame,
  defaultFrameSize,
  endHeaders,
  frame,
  frameType,
  goawayFrame,
  headersFrame,
  largestWindow,
  opening,
  preface,
  setting,
  settingsFrame,
  uint32,
  windowUpdate,
} from "../support/http2-frames.ts";
import { Http2Peer } from "../support/http2-peer.ts";
import { sendRaw, untilClosed } from "../support/raw-http.ts";

const settings = (payload: Uint8Array, flags = 0, streamId = 0) =>
  frame(frameType.settings, streamId, payload, flags);
const ping = (payload: Uint8Array, flags = 0, streamId = 0) =>
  frame(frameType.ping, streamId, payload, flags);

/** A setting, and a request that it must not disturb. */
function accepted(name: string, ...values: readonly (readonly [number, number])[]): Http2Case {
  const send: Http2Case["send"] = ({ get }) => [settingsFrame(...values), headersFrame(1, get)];
  return { name: `SETTINGS, ${name}`, send, outcomes: [answer()] };
}

function refused(
  name: string,
  bytes: Uint8Array,
  code: Parameters<typeof goaway>[0],
  ...others: Http2Case["outcomes"]
): Http2Case {
  return { name, send: () => [bytes], outcomes: [goaway(code), ...others] };
}

const settingsCases: readonly Http2Case[] = [
  accepted("none at all (6.5)"),
  accepted("unknown identifiers are ignored (6.5.2)", [0, 1], [0xf0f0, 0xffffffff], [0x0a, 7]),
  accepted(
    "the same one twice: in order (6.5.3)",
    [setting.initialWindowSize, 0],
    [setting.initialWindowSize, 65_535],
  ),
  accepted("ENABLE_PUSH 0 (6.5.2)", [setting.enablePush, 0]),
  accepted("ENABLE_PUSH 1 (6.5.2)", [setting.enablePush, 1]),
  accepted("MAX_CONCURRENT_STREAMS 0 stops pushes only (5.1.2)", [setting.maxConcurrentStreams, 0]),
  accepted("MAX_FRAME_SIZE of the least (6.5.2)", [setting.maxFrameSize, defaultFrameSize]),
  accepted("MAX_FRAME_SIZE of the most (6.5.2)", [setting.maxFrameSize, 2 ** 24 - 1]),
  accepted("INITIAL_WINDOW_SIZE of the most (6.5.2)", [setting.initialWindowSize, largestWindow]),
  accepted("HEADER_TABLE_SIZE of the most (6.5.2)", [setting.headerTableSize, 0xffffffff]),
  accepted(
    "all that are defined, at once (6.5.1)",
    [1, 4096],
    [2, 0],
    [3, 100],
    [4, 65_535],
    [5, 16_384],
    [6, 65_536],
  ),
  {
    name: "SETTINGS, flags that are not defined are ignored (4.1)",
    send: ({ get }) => [settings(Buffer.alloc(0), 0xfe), headersFrame(1, get)],
    outcomes: [answer()],
  },
  {
    name: "SETTINGS between HEADERS and DATA of a request (6.5)",
    send: ({ post, body }) => [
      headersFrame(1, post, endHeaders),
      settingsFrame([4, 70_000]),
      dataFrame(1, body, 1),
    ],
    outcomes: [answer()],
  },
  {
    name: "SETTINGS, an acknowledgement of nothing: no rule of the RFC, nghttp2 refuses it",
    send: ({ get }) => [settings(Buffer.alloc(0), ack), headersFrame(1, get)],
    outcomes: [answer(), goaway("PROTOCOL_ERROR")],
  },
  refused(
    "SETTINGS, an acknowledgement with a payload (6.5)",
    settings(Buffer.alloc(6), ack),
    "FRAME_SIZE_ERROR",
  ),
  refused(
    "SETTINGS, an acknowledgement with one octet (6.5)",
    settings(Buffer.alloc(1), ack),
    "FRAME_SIZE_ERROR",
  ),
  refused("SETTINGS of 5 octets (6.5)", settings(Buffer.alloc(5)), "FRAME_SIZE_ERROR"),
  refused("SETTINGS of 7 octets (6.5)", settings(Buffer.from([0, 6, 0, 0, 1, 0, 0])), "FRAME_SIZE_ERROR"),
  refused("SETTINGS on a stream (6.5)", settings(Buffer.alloc(0), 0, 1), "PROTOCOL_ERROR"),
  refused(
    "SETTINGS, an acknowledgement on a stream (6.5)",
    settings(Buffer.alloc(0), ack, 1),
    "PROTOCOL_ERROR",
  ),
  refused("ENABLE_PUSH 2 (6.5.2)", settingsFrame([setting.enablePush, 2]), "PROTOCOL_ERROR"),
  refused(
    "ENABLE_PUSH of the most (6.5.2)",
    settingsFrame([setting.enablePush, 0xffffffff]),
    "PROTOCOL_ERROR",
  ),
  ...[2 ** 31, 2 ** 32 - 1].map((size) =>
    refused(
      `INITIAL_WINDOW_SIZE ${size} (6.5.2)`,
      settingsFrame([setting.initialWindowSize, size]),
      "FLOW_CONTROL_ERROR",
    ),
  ),
  ...[0, defaultFrameSize - 1, 2 ** 24, 2 ** 32 - 1].map((size) =>
    refused(`MAX_FRAME_SIZE ${size} (6.5.2)`, settingsFrame([setting.maxFrameSize, size]), "PROTOCOL_ERROR"),
  ),
  refused(
    "a wrong setting behind a right one (6.5.3)",
    settingsFrame([setting.enablePush, 0], [setting.enablePush, 3]),
    "PROTOCOL_ERROR",
  ),
];

const pingCases: readonly Http2Case[] = [
  refused("PING of 7 octets (6.7)", ping(Buffer.alloc(7)), "FRAME_SIZE_ERROR"),
  refused("PING of 9 octets (6.7)", ping(Buffer.alloc(9)), "FRAME_SIZE_ERROR"),
  refused("PING without octets (6.7)", ping(Buffer.alloc(0)), "FRAME_SIZE_ERROR"),
  refused("PING on a stream (6.7)", ping(Buffer.alloc(8), 0, 1), "PROTOCOL_ERROR"),
  refused("PING, an acknowledgement of 6 octets (6.7)", ping(Buffer.alloc(6), ack), "FRAME_SIZE_ERROR"),
  {
    name: "PING, an acknowledgement that nobody waits for (6.7: no reason for an error; Node cuts the connection)",
    send: ({ get }) => [ping(Buffer.from("whatever"), ack), headersFrame(1, get)],
    outcomes: [answer(), goaway("PROTOCOL_ERROR"), goaway("INTERNAL_ERROR")],
  },
];

const goawayCases: readonly Http2Case[] = [
  refused("GOAWAY on a stream (6.8)", frame(frameType.goaway, 1, Buffer.alloc(8)), "PROTOCOL_ERROR"),
  refused("GOAWAY of 7 octets (4.2)", frame(frameType.goaway, 0, Buffer.alloc(7)), "FRAME_SIZE_ERROR"),
  {
    name: "PUSH_PROMISE from a client (8.4)",
    send: ({ get }) => [
      headersFrame(1, get, endHeaders),
      frame(frameType.pushPromise, 1, Buffer.concat([uint32(2), get]), endHeaders),
    ],
    outcomes: [goaway("PROTOCOL_ERROR")],
  },
  refused(
    "PUSH_PROMISE on stream 0 (6.6)",
    frame(frameType.pushPromise, 0, uint32(2), endHeaders),
    "PROTOCOL_ERROR",
  ),
];

const beginnings: Readonly<Record<string, Uint8Array>> = {
  "a PING": ping(Buffer.alloc(8)),
  HEADERS: headersFrame(1, Buffer.from([0x82])),
  WINDOW_UPDATE: windowUpdate(0, 1),
  "an unknown frame": frame(0xee, 0),
  "SETTINGS that are an acknowledgement": settings(Buffer.alloc(0), ack),
};

function testBeginnings(lane: Lane): void {
  for (const [name, first] of Object.entries(beginnings)) {
    test(`preface, then ${name} in the place of SETTINGS (3.4) → GOAWAY PROTOCOL_ERROR, or the end alone`, async () => {
      using peer = await Http2Peer.dial(lane.port);
      peer.send(preface, first, headersFrame(1, lane.requests.probe));
      await peer.untilClosed();
      assert.ok([undefined, "PROTOCOL_ERROR"].includes(peer.goaway), `${peer}`);
      assert.equal(peer.answer(1).status, 0);
    });
  }

  for (const [name, text] of Object.entries({
    "another version": "PRI * HTTP/2.1\r\n\r\nSM\r\n\r\n",
    "a wrong end": "PRI * HTTP/2.0\r\n\r\nSM\r\n\n\n",
    "one wrong octet": "PRI * HTTP/2.0\r\n\r\nXM\r\n\r\n",
  })) {
    test(`preface with ${name} (3.4) → what HTTP/1.1 says to it, or nothing, and the end`, async () => {
      const rest = Buffer.concat([settingsFrame(), headersFrame(1, lane.requests.probe)]);
      const received = await sendRaw(lane.port, Buffer.concat([Buffer.from(text), rest]), untilClosed);
      assert.match(received, /^(?:HTTP\/1\.1 [45][0-9]{2} |$)/);
    });
  }

  test("preface, SETTINGS and a request in pieces of one octet (3.4) → 200", async () => {
    using peer = await Http2Peer.dial(lane.port);
    await peer.sendInOctets(Buffer.concat([opening, headersFrame(1, lane.requests.get)]));
    assert.equal((await peer.untilAnswered(1)).status, 200);
  });

  test("a request that does not wait for the server's SETTINGS (3.4) → 200", async () => {
    using peer = await Http2Peer.dial(lane.port);
    peer.send(opening, headersFrame(1, lane.requests.get));
    assert.equal((await peer.untilAnswered(1)).status, 200);
  });

  test("nothing but the preface: the server's SETTINGS come first of all, in order (3.4, 6.5.2)", async () => {
    using peer = await Http2Peer.dial(lane.port);
    peer.send(opening);
    await peer.settled(1);
    const [first] = peer.frames;
    assert.deepEqual([first?.type, first?.flags, first?.streamId], [frameType.settings, 0, 0], `${peer}`);
    assert.equal((first?.payload.length ?? 1) % 6, 0);
  });

  test("a client that never acknowledges our SETTINGS is served (6.5.3 leaves the time to us) → 200", async () => {
    using peer = await Http2Peer.dial(lane.port);
    peer.send(opening);
    await peer.settled(1);
    for (const id of [1, 3, 5]) {
      peer.send(headersFrame(id, lane.requests.get));
      assert.equal((await peer.untilAnswered(id)).status, 200);
    }
  });
}

function testAgreements(lane: Lane): void {
  test("each SETTINGS is acknowledged once (6.5.3)", async () => {
    using peer = await Http2Peer.open(lane.port);
    peer.send(
      ...Array.from({ length: 20 }, (_, index) => settingsFrame([setting.maxConcurrentStreams, index])),
    );
    await peer.settled(21);
    await peer.ping();
    assert.equal(peer.count(frameType.settings, ack), 21);
  });

  test("PINGs are answered with their octets, in order, whatever their other flags (6.7)", async () => {
    using peer = await Http2Peer.open(lane.port);
    const payloads = Array.from({ length: 10 }, (_, index) => Buffer.from([255, 0, index, 1, 2, 3, 4, 5]));
    peer.send(...payloads.map((payload) => ping(payload, 0xfe)));
    await peer.until(() => peer.count(frameType.ping, ack) === 10, "10 answers");
    const answers = peer.frames.filter(({ type }) => type === frameType.ping);
    assert.deepEqual(
      answers.map(({ payload, streamId }) => [Buffer.from(payload), streamId]),
      payloads.map((payload) => [payload, 0]),
    );
  });

  test("PING in the middle of a request's body is answered before the request (6.7)", async () => {
    using peer = await Http2Peer.open(lane.port);
    peer.send(headersFrame(1, lane.requests.post, endHeaders));
    await peer.ping();
    assert.equal(peer.answer(1).ended, false);
    peer.send(dataFrame(1, lane.requests.body, 1));
    assert.equal((await peer.untilAnswered(1)).status, 200);
  });
}

function testEnds(lane: Lane): void {
  test("GOAWAY from the client: what it has asked for is answered (6.8)", async () => {
    using peer = await Http2Peer.open(lane.port);
    peer.send(headersFrame(1, lane.requests.post, endHeaders), goawayFrame("NO_ERROR", "good bye"));
    peer.send(dataFrame(1, lane.requests.body, 1));
    assert.equal((await peer.untilAnswered(1)).status, 200);
  });

  test("GOAWAY from the client on a quiet connection: it ends, without an error (6.8)", async () => {
    using peer = await Http2Peer.open(lane.port);
    peer.send(headersFrame(1, lane.requests.get));
    await peer.untilAnswered(1);
    peer.send(goawayFrame("NO_ERROR"));
    await peer.untilClosed();
    assert.ok([undefined, "NO_ERROR"].includes(peer.goaway), `${peer}`);
  });

  test("GOAWAY with an error, and one with a code that nobody knows: others are served (6.8, 7)", async () => {
    for (const code of [2, 0xfffffff0]) {
      using peer = await Http2Peer.open(lane.port);
      peer.send(frame(frameType.goaway, 0, Buffer.concat([uint32(0), uint32(code)])));
      using next = await Http2Peer.open(lane.port);
      next.send(headersFrame(1, lane.requests.get));
      assert.equal((await next.untilAnswered(1)).status, 200);
    }
  });

  test("a connection error names the last stream that was served (6.8)", async () => {
    using peer = await Http2Peer.open(lane.port);
    peer.send(headersFrame(7, lane.requests.get));
    await peer.untilAnswered(7);
    peer.send(ping(Buffer.alloc(1)));
    await peer.untilClosed();
    const last = peer.frames.findLast(({ type }) => type === frameType.goaway);
    assert.equal(last?.payload.readUInt32BE(), 7);
    assert.equal(last?.streamId, 0);
  });

  test("a client that closes in the middle of a frame (5.4.1): others are served", async () => {
    for (const bytes of [preface.subarray(0, 12), opening, headersFrame(1, lane.requests.get)]) {
      using peer = await Http2Peer.dial(lane.port);
      peer.send(bytes === opening ? opening.subarray(0, -3) : bytes);
    }
    using next = await Http2Peer.open(lane.port);
    next.send(headersFrame(1, lane.requests.get));
    assert.equal((await next.untilAnswered(1)).status, 200);
  });
}

onBothLanes((lane) => {
  testBeginnings(lane);
  testCases(lane, [...settingsCases, ...pingCases, ...goawayCases]);
  testAgreements(lane);
  testEnds(lane);
});
