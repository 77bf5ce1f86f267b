// HTTP/2 on raw frames (RFC 9113, 5): what may be sent on a stream in each of its states, identifiers, many at a time.
import assert from "node:assert/strict";
import { test } from "node:test";
import { indexed, literal, newest, staticIndex } from "../support/hpack.ts";
import {
  answer,
  goaway,
  type Http2Case,
  ignored,
  type Lane,
  type Outcome,
  onBothLanes,
  type Requests,
  reset,
  testCases,
} from "../support/http2-cases.ts";
import {
  dataFrame,
  endHeaders,
  endStream,
  fields,
  frame,
  frameType,
  headersFrame,
  opening,
  resetFrame,
  windowUpdate,
} from "../support/http2-frames.ts";
import { Http2Peer } from "../support/http2-peer.ts";

const whole = ({ get }: Requests) => [headersFrame(1, get)];
const trailers = fields({ "x-trailer": "1" });

/** Whether a stream is closed can be forgotten: nghttp2 has, and reads over what comes on it. */
const closed: readonly Outcome[] = [reset("STREAM_CLOSED"), goaway("STREAM_CLOSED"), ignored];
const closedToHeaders: readonly Outcome[] = [goaway("PROTOCOL_ERROR"), ...closed];
const halfClosed: readonly Outcome[] = [reset("STREAM_CLOSED"), goaway("STREAM_CLOSED")];

const idleCases: readonly Http2Case[] = [
  ...[
    ["DATA on stream 0 (6.1)", dataFrame(0, "abc")],
    ["DATA on an idle stream (5.1)", dataFrame(1, "abc")],
    ["DATA on an idle stream that is the server's (5.1)", dataFrame(2, "abc")],
    ["HEADERS on stream 0 (6.2)", headersFrame(0, fields({ ":method": "GET" }))],
    ["WINDOW_UPDATE on an idle stream that is the server's (5.1)", windowUpdate(2, 1)],
    ["RST_STREAM on an idle stream that is the server's (5.1)", resetFrame(2, "CANCEL")],
  ].map(
    ([name, bytes]): Http2Case => ({
      ...{ name: String(name), send: () => [bytes as Uint8Array], outcomes: [goaway("PROTOCOL_ERROR")] },
    }),
  ),
  {
    name: "HEADERS on a stream of even number (5.1.1)",
    send: ({ get }) => [headersFrame(2, get)],
    outcomes: [goaway("PROTOCOL_ERROR")],
    stream: 2,
  },
  {
    name: "HEADERS on a stream whose number was passed over (5.1.1: PROTOCOL_ERROR; nghttp2 takes it as closed)",
    send: ({ get }) => [headersFrame(5, get), headersFrame(3, get)],
    outcomes: closedToHeaders,
    stream: 3,
  },
  {
    name: "RST_STREAM on a stream whose number was passed over: it is closed (5.1.1)",
    send: ({ get }) => [headersFrame(5, get), resetFrame(3, "CANCEL")],
    outcomes: [answer()],
    stream: 5,
  },
  {
    name: "WINDOW_UPDATE on a stream whose number was passed over: it is closed (5.1.1)",
    send: ({ get }) => [headersFrame(5, get), windowUpdate(3, 1)],
    outcomes: [answer()],
    stream: 5,
  },
];

/** The request has ended; its answer is still to come. */
const halfClosedCases: readonly Http2Case[] = [
  {
    name: "DATA behind END_STREAM of HEADERS (5.1: of the stream; nghttp2: of the connection)",
    send: ({ get }) => [headersFrame(1, get), dataFrame(1, "abc")],
    outcomes: halfClosed,
  },
  {
    name: "DATA behind END_STREAM of DATA (5.1: of the stream; nghttp2: of the connection)",
    send: ({ post, body }) => [
      ...[headersFrame(1, post, endHeaders), dataFrame(1, body, endStream), dataFrame(1, "", endStream)],
    ],
    outcomes: halfClosed,
  },
  {
    name: "HEADERS behind END_STREAM (5.1: of the stream; nghttp2: of the connection)",
    send: ({ get }) => [headersFrame(1, get), headersFrame(1, trailers)],
    outcomes: halfClosed,
  },
  {
    name: "HEADERS behind trailers (5.1: of the stream; nghttp2: of the connection)",
    send: ({ post, body }) => [
      ...[
        headersFrame(1, post, endHeaders),
        dataFrame(1, body),
        headersFrame(1, trailers),
        headersFrame(1, trailers),
      ],
    ],
    outcomes: halfClosed,
  },
  {
    name: "WINDOW_UPDATE and PRIORITY behind END_STREAM (5.1)",
    send: ({ get }) => [
      headersFrame(1, get),
      windowUpdate(1, 9),
      frame(frameType.priority, 1, Buffer.alloc(5)),
    ],
    outcomes: [answer()],
  },
];

/** Of streams whose request and answer are over, or that were reset. */
const closedCases: readonly Http2Case[] = [
  {
    name: "DATA on a closed stream (5.1)",
    first: whole,
    send: () => [dataFrame(1, "abc")],
    outcomes: closed,
  },
  {
    name: "HEADERS on a closed stream (5.1, 5.1.1)",
    first: whole,
    send: ({ get }) => [headersFrame(1, get)],
    outcomes: closedToHeaders,
  },
  {
    name: "WINDOW_UPDATE, RST_STREAM and PRIORITY on a closed stream may be late (5.1)",
    first: whole,
    send: () => [windowUpdate(1, 9), resetFrame(1, "CANCEL"), frame(frameType.priority, 1, Buffer.alloc(5))],
    outcomes: [ignored],
  },
  {
    name: "DATA on a stream that the client has reset (5.1)",
    send: ({ post, body }) => [
      ...[headersFrame(1, post, endHeaders), resetFrame(1, "CANCEL"), dataFrame(1, body, endStream)],
    ],
    outcomes: closed,
  },
  {
    name: "HEADERS on a stream that the client has reset (5.1)",
    send: ({ post, get }) => [
      ...[headersFrame(1, post, endHeaders), resetFrame(1, "CANCEL"), headersFrame(1, get)],
    ],
    outcomes: closedToHeaders,
  },
  {
    name: "RST_STREAM twice (5.1)",
    send: ({ post }) => [
      ...[headersFrame(1, post, endHeaders), resetFrame(1, "CANCEL"), resetFrame(1, "NO_ERROR")],
    ],
    outcomes: [ignored],
  },
  {
    name: "what is still under way to a stream that the server has reset is ignored (5.1, 5.4.2)",
    send: ({ block, body }) => [
      headersFrame(1, block("POST", "/healthz", { connection: "close" }), endHeaders),
      ...[dataFrame(1, body), windowUpdate(1, 5), dataFrame(1, body), headersFrame(1, trailers)],
    ],
    outcomes: [reset("PROTOCOL_ERROR")],
  },
];

/** Inserts what the next request on the connection is made of. */
const inserts = ({ authorization }: Requests) =>
  Buffer.concat([
    literal(staticIndex.authority, "localhost", "indexing"),
    literal(staticIndex.authorization, authorization, "indexing"),
  ]);
const indexedGet = ({ get }: Requests) =>
  Buffer.concat([
    indexed(staticIndex.get),
    indexed(staticIndex.http),
    // The path, as the plain request has it.
    get.subarray(get.indexOf("\u0005:path") - 1, get.indexOf("\u000dauthorization") - 1),
    indexed(newest + 1),
    indexed(newest),
  ]);

const refusedBlocks: Readonly<Record<string, Http2Case["send"]>> = {
  "of a malformed request": (requests) => [
    headersFrame(1, Buffer.concat([fields({ te: "gzip" }), inserts(requests)])),
  ],
  "of trailers on a stream that was reset": (requests) => [
    headersFrame(1, requests.post, endHeaders),
    resetFrame(1, "CANCEL"),
    headersFrame(1, inserts(requests)),
  ],
};

const stateCases: readonly Http2Case[] = Object.entries(refusedBlocks).map(([name, send]) => ({
  name: `a header block ${name} fills the table like any other (4.3)`,
  send: (requests) => [...send(requests), headersFrame(3, indexedGet(requests))],
  outcomes: [answer(), goaway("STREAM_CLOSED")],
  stream: 3,
}));

function testMany(lane: Lane): void {
  test("preface, SETTINGS and 30 requests in one segment → 200 each (5.1.1)", async () => {
    const { get } = lane.requests;
    using peer = await Http2Peer.dial(lane.port);
    const ids = Array.from({ length: 30 }, (_, index) => 1 + 2 * index);
    peer.send(opening, windowUpdate(0, 1_000_000), ...ids.map((id) => headersFrame(id, get)));
    for (const id of ids) assert.equal((await peer.untilAnswered(id)).status, 200, `stream ${id}`);
  });

  test("bodies of 20 streams, octet by octet in turn → 200 each (5.1.2)", async () => {
    const { post, body } = lane.requests;
    using peer = await Http2Peer.open(lane.port);
    const ids = Array.from({ length: 20 }, (_, index) => 1 + 2 * index);
    peer.send(...ids.map((id) => headersFrame(id, post, endHeaders)));
    for (const [index, octet] of body.entries()) {
      const flags = index === body.length - 1 ? endStream : 0;
      peer.send(...ids.map((id) => dataFrame(id, Buffer.from([octet]), flags)));
    }
    for (const id of ids) assert.equal((await peer.untilAnswered(id)).status, 200, `stream ${id}`);
  });

  test("250 requests in turn on one connection, with gaps between their numbers → 200 each (5.1.1)", async () => {
    using peer = await Http2Peer.open(lane.port);
    peer.send(windowUpdate(0, 10_000_000));
    for (let id = 1; id < 250 * 6; id += 6) {
      peer.send(headersFrame(id, lane.requests.get));
      assert.equal((await peer.untilAnswered(id)).status, 200, `stream ${id}`);
    }
  });

  test("the stream of the highest number → 200; none comes after it (5.1.1)", async () => {
    using peer = await Http2Peer.open(lane.port);
    peer.send(headersFrame(2 ** 31 - 1, lane.requests.get));
    assert.equal((await peer.untilAnswered(2 ** 31 - 1)).status, 200);
    await peer.ping();
  });

  test("100 streams run at a time; of one more each is refused, or the connection (5.1.2)", async () => {
    const { post, body } = lane.requests;
    const ids = Array.from({ length: 100 }, (_, index) => 1 + 2 * index);
    using full = await Http2Peer.open(lane.port);
    full.send(windowUpdate(0, 1_000_000), ...ids.map((id) => headersFrame(id, post, endHeaders)));
    await full.ping();
    full.send(...ids.map((id) => dataFrame(id, body, endStream)));
    for (const id of ids) assert.equal((await full.untilAnswered(id)).status, 200, `stream ${id}`);
    // Their places have come back.
    full.send(headersFrame(201, lane.requests.get));
    assert.equal((await full.untilAnswered(201)).status, 200);

    using over = await Http2Peer.open(lane.port);
    over.send(...[...ids, 201].map((id) => headersFrame(id, post, endHeaders)));
    await over.until(() => over.closed || over.answer(201).reset !== undefined, "a refusal");
    const refusal = over.closed ? over.goaway : over.answer(201).reset;
    assert.ok(refusal === "PROTOCOL_ERROR" || (refusal === "REFUSED_STREAM" && !over.closed), `${over}`);
    if (over.closed) return;
    over.send(dataFrame(1, body, endStream));
    assert.equal((await over.untilAnswered(1)).status, 200);
  });

  test("a request of one stream waits for no other that is open (5.1.2)", async () => {
    const { post, body, get } = lane.requests;
    using peer = await Http2Peer.open(lane.port);
    peer.send(headersFrame(1, post, endHeaders), dataFrame(1, body.subarray(0, 4)), headersFrame(3, get));
    assert.equal((await peer.untilAnswered(3)).status, 200);
    assert.equal(peer.answer(1).status, 0);
    peer.send(headersFrame(5, get), dataFrame(1, body.subarray(4), endStream));
    for (const id of [1, 5]) assert.equal((await peer.untilAnswered(id)).status, 200);
  });

  test("150 streams that are reset at once give their places back (5.1.2)", async () => {
    const { post, get } = lane.requests;
    using peer = await Http2Peer.open(lane.port);
    for (let id = 1; id < 300; id += 2) {
      peer.send(headersFrame(id, post, endHeaders), resetFrame(id, "CANCEL"));
    }
    // Node's server forgets a stream some turns after its reset, and may refuse what comes before.
    let id = 301;
    do {
      id += 2;
      peer.send(headersFrame(id, get));
    } while ((await peer.untilOver(id)).reset !== undefined);
    assert.equal(peer.answer(id).status, 200);
  });
}

onBothLanes((lane) => {
  testCases(lane, [...idleCases, ...halfClosedCases, ...closedCases, ...stateCases]);
  testMany(lane);
});
