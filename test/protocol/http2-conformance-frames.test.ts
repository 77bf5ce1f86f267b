// HTTP/2 on raw frames (RFC 9113, 4 and 6): sizes, padding, types that nobody knows, and what each type may not be.
import assert from "node:assert/strict";
import { test } from "node:test";
import { literal } from "../support/hpack.ts";
import {
  answer,
  goaway,
  type Http2Case,
  ignored,
  type Lane,
  onBothLanes,
  type Requests,
  reset,
  testCases,
} from "../support/http2-cases.ts";
import {
  dataFrame,
  defaultFrameSize,
  type ErrorCode,
  endHeaders,
  endStream,
  frame,
  frameType,
  headersFrame,
  largestWindow,
  pad,
  padded,
  resetFrame,
  settingsFrame,
  uint32,
  windowUpdate,
  withPriority,
} from "../support/http2-frames.ts";
import { Http2Peer } from "../support/http2-peer.ts";

const all = endHeaders | endStream;
/** Its dependency and weight (RFC 7540, 6.3), which RFC 9113 reads over. */
const priority = (dependsOn: number) => Buffer.concat([uint32(dependsOn), Buffer.from([15])]);
const continuation = (streamId: number, block: Uint8Array, flags = 0) =>
  frame(frameType.continuation, streamId, block, flags);
const unknown = (streamId: number, length = 10) => frame(0xbb, streamId, Buffer.alloc(length, 7), 0xff);

/** A request that begins; the rest follows. */
const begun = ({ post }: Requests) => headersFrame(1, post, endHeaders);

function breaks(
  name: string,
  send: Uint8Array | Http2Case["send"],
  ...codes: readonly ErrorCode[]
): Http2Case {
  return {
    name,
    send: typeof send === "function" ? send : () => [send],
    outcomes: codes.map(goaway),
  };
}

function serves(name: string, send: Http2Case["send"]): Http2Case {
  return { name, send, outcomes: [answer()] };
}

const unknownCases: readonly Http2Case[] = [
  serves(
    "unknown frames on the connection, on an idle stream and on an open one are ignored (4.1, 5.5)",
    (requests) => [
      ...[unknown(0), unknown(99), begun(requests)],
      ...[unknown(1), dataFrame(1, requests.body.subarray(0, 5)), unknown(1, 0), unknown(0), unknown(2)],
      dataFrame(1, requests.body.subarray(5), endStream),
    ],
  ),
  serves("types of extensions that a client has no business with are ignored (5.5)", ({ get }) => [
    ...[0x0a, 0x0b, 0x0c, 0x0d, 0xff].map((type) => frame(type, 0, Buffer.alloc(16))),
    headersFrame(1, get),
  ]),
  serves("an unknown frame of the largest size (4.2)", ({ get }) => [
    unknown(0, defaultFrameSize),
    headersFrame(1, get),
  ]),
  breaks(
    "an unknown frame between HEADERS and CONTINUATION (5.5, 6.10)",
    ({ get }) => [
      ...[
        headersFrame(1, get.subarray(0, 9), endStream),
        unknown(1),
        continuation(1, get.subarray(9), endHeaders),
      ],
    ],
    "PROTOCOL_ERROR",
  ),
  serves("the reserved bit of a stream identifier is ignored (4.1)", ({ get }) => [
    frame(frameType.headers, 0x80000001, get, all),
  ]),
  serves("flags that HEADERS and DATA do not define are ignored (4.1)", ({ post, body }) => [
    headersFrame(1, post, endHeaders | 0xd2),
    dataFrame(1, body, endStream | 0xf6),
  ]),
];

const sizeCases: readonly Http2Case[] = [
  serves("DATA of the largest size (4.2)", ({ post, body }) => [
    headersFrame(1, post, endHeaders),
    dataFrame(1, Buffer.concat([Buffer.alloc(defaultFrameSize - body.length, 32), body]), endStream),
  ]),
  {
    name: "DATA of one octet more than MAX_FRAME_SIZE (4.2: of the stream; nghttp2: of the connection)",
    send: (requests) => [begun(requests), dataFrame(1, Buffer.alloc(defaultFrameSize + 1, 32))],
    outcomes: [goaway("FRAME_SIZE_ERROR"), reset("FRAME_SIZE_ERROR")],
  },
  breaks(
    "HEADERS of one octet more than MAX_FRAME_SIZE (4.2)",
    ({ get }) => {
      const filler = literal("x-filler", "a".repeat(defaultFrameSize));
      return [headersFrame(1, Buffer.concat([get, filler]).subarray(0, defaultFrameSize + 1))];
    },
    "FRAME_SIZE_ERROR",
  ),
  {
    name: "CONTINUATION of one octet more than MAX_FRAME_SIZE (4.2; nghttp2 takes it, and the fields are too many)",
    send: ({ get }) => {
      const filler = literal("x-filler", "a".repeat(defaultFrameSize));
      const last = filler.subarray(0, -defaultFrameSize - 1);
      return [
        headersFrame(1, Buffer.concat([get, last]), endStream),
        continuation(1, filler.subarray(last.length), endHeaders),
      ];
    },
    outcomes: [goaway("FRAME_SIZE_ERROR"), answer(431)],
  },
  breaks(
    "SETTINGS of more than MAX_FRAME_SIZE (4.2)",
    settingsFrame(...Array.from({ length: 2731 }, () => [0xff00, 1] as const)),
    "FRAME_SIZE_ERROR",
  ),
  breaks(
    "a frame that announces 16 MB (4.2)",
    Buffer.from("ffffff000100000001", "hex"),
    "FRAME_SIZE_ERROR",
    "PROTOCOL_ERROR",
  ),
  breaks(
    "an unknown frame of more than MAX_FRAME_SIZE, on the connection (4.2)",
    unknown(0, defaultFrameSize + 1),
    "FRAME_SIZE_ERROR",
  ),
];

const paddingCases: readonly Http2Case[] = [
  serves("HEADERS and DATA with padding (6.1, 6.2)", ({ post, body }) => [
    headersFrame(1, pad(post, 200), endHeaders | padded),
    dataFrame(1, pad(body.subarray(0, 7), 255), padded),
    dataFrame(1, pad(body.subarray(7), 0), padded | endStream),
  ]),
  serves("DATA that is nothing but padding, and DATA that is nothing at all (6.1)", (requests) => [
    ...[
      begun(requests),
      dataFrame(1, pad(Buffer.alloc(0), 255), padded),
      dataFrame(1, ""),
      dataFrame(1, requests.body),
    ],
    dataFrame(1, pad(Buffer.alloc(0), 3), padded | endStream),
  ]),
  serves("HEADERS with padding and priority (6.2)", ({ get }) => [
    headersFrame(1, pad(Buffer.concat([priority(0), get]), 9), all | padded | withPriority),
  ]),
  serves("HEADERS whose fields are all in CONTINUATION, padding alone in it (6.2)", ({ get }) => [
    headersFrame(1, pad(Buffer.alloc(0), 5), endStream | padded),
    continuation(1, get, endHeaders),
  ]),
  breaks(
    "DATA, padding as long as the payload (6.1)",
    (requests) => [begun(requests), dataFrame(1, pad(Buffer.from("abc"), 4, 0), padded)],
    "PROTOCOL_ERROR",
  ),
  breaks(
    "DATA, padding far longer than the payload (6.1)",
    (requests) => [begun(requests), dataFrame(1, pad(Buffer.from("abc"), 255, 0), padded | endStream)],
    "PROTOCOL_ERROR",
  ),
  breaks(
    "DATA, PADDED without the length of it (6.1; 4.2: too small)",
    (requests) => [begun(requests), dataFrame(1, "", padded)],
    "PROTOCOL_ERROR",
    "FRAME_SIZE_ERROR",
  ),
  breaks(
    "HEADERS, padding longer than the rest (6.2)",
    ({ get }) => [headersFrame(1, pad(get, get.length + 1, 0), all | padded)],
    "PROTOCOL_ERROR",
  ),
  breaks(
    "HEADERS, padding that reaches into the priority (6.2; 4.2: too small)",
    () => [headersFrame(1, pad(priority(0), 3, 0), all | padded | withPriority)],
    "PROTOCOL_ERROR",
    "FRAME_SIZE_ERROR",
  ),
  breaks(
    "HEADERS, PADDED without the length of it (6.2; 4.2: too small)",
    headersFrame(1, Buffer.alloc(0), all | padded),
    "PROTOCOL_ERROR",
    "FRAME_SIZE_ERROR",
  ),
  breaks(
    "HEADERS, PRIORITY with four octets of it (4.2)",
    headersFrame(1, Buffer.alloc(4), all | withPriority),
    "FRAME_SIZE_ERROR",
    "PROTOCOL_ERROR",
  ),
];

const priorityFrame = (streamId: number, payload: Uint8Array) => frame(frameType.priority, streamId, payload);

const priorityCases: readonly Http2Case[] = [
  serves("PRIORITY of an idle stream, of one that runs, and of one that is over (5.3, 6.3)", (requests) => [
    ...[priorityFrame(1, priority(0)), priorityFrame(2, priority(0)), begun(requests)],
    ...[priorityFrame(1, priority(3)), dataFrame(1, requests.body, endStream), priorityFrame(1, priority(0))],
  ]),
  serves("HEADERS with priority (6.2)", ({ get }) => [
    headersFrame(1, Buffer.concat([priority(0x80000000), get]), all | withPriority),
  ]),
  {
    name: "HEADERS that depend on themselves (RFC 7540, 5.3.1: an error; RFC 9113, 5.3: read over)",
    send: ({ get }) => [headersFrame(1, Buffer.concat([priority(1), get]), all | withPriority)],
    outcomes: [answer(), reset("PROTOCOL_ERROR"), goaway("PROTOCOL_ERROR")],
  },
  {
    name: "PRIORITY that depends on itself (RFC 7540, 5.3.1: an error; RFC 9113, 5.3: read over)",
    send: (requests) => [
      begun(requests),
      priorityFrame(1, priority(1)),
      dataFrame(1, requests.body, endStream),
    ],
    outcomes: [answer(), reset("PROTOCOL_ERROR"), goaway("PROTOCOL_ERROR")],
  },
  ...[4, 6].map(
    (length): Http2Case => ({
      name: `PRIORITY of ${length} octets (6.3: of the stream; nghttp2: of the connection)`,
      send: (requests) => [begun(requests), priorityFrame(1, Buffer.alloc(length))],
      outcomes: [reset("FRAME_SIZE_ERROR"), goaway("FRAME_SIZE_ERROR")],
    }),
  ),
  {
    name: "PRIORITY on stream 0 (6.3; nghttp2 reads over it)",
    send: () => [priorityFrame(0, priority(1))],
    outcomes: [goaway("PROTOCOL_ERROR"), ignored],
  },
];

const resetCases: readonly Http2Case[] = [
  breaks("RST_STREAM on stream 0 (6.4)", resetFrame(0, "CANCEL"), "PROTOCOL_ERROR"),
  breaks("RST_STREAM on an idle stream (6.4)", resetFrame(1, "CANCEL"), "PROTOCOL_ERROR"),
  ...[0, 3, 5].map((length) =>
    breaks(
      `RST_STREAM of ${length} octets (6.4)`,
      (requests) => [begun(requests), frame(frameType.reset, 1, Buffer.alloc(length))],
      "FRAME_SIZE_ERROR",
    ),
  ),
  {
    name: "RST_STREAM with a code that nobody knows (7)",
    send: (requests) => [begun(requests), frame(frameType.reset, 1, uint32(0xfffffff0))],
    outcomes: [ignored],
  },
];

const windowCases: readonly Http2Case[] = [
  breaks("WINDOW_UPDATE by 0 on the connection (6.9)", windowUpdate(0, 0), "PROTOCOL_ERROR"),
  {
    name: "WINDOW_UPDATE by 0 on a stream (6.9: of the stream; nghttp2: of the connection)",
    send: (requests) => [begun(requests), windowUpdate(1, 0)],
    outcomes: [reset("PROTOCOL_ERROR"), goaway("PROTOCOL_ERROR")],
  },
  breaks("WINDOW_UPDATE by 0 with the reserved bit (6.9)", windowUpdate(0, 0x80000000), "PROTOCOL_ERROR"),
  serves("WINDOW_UPDATE with the reserved bit (6.9)", ({ get }) => [
    windowUpdate(0, 0x80000001),
    headersFrame(1, get),
  ]),
  breaks("WINDOW_UPDATE on an idle stream (5.1)", windowUpdate(1, 1), "PROTOCOL_ERROR"),
  ...[0, 3, 5].flatMap((length) => [
    breaks(
      `WINDOW_UPDATE of ${length} octets (6.9)`,
      frame(frameType.windowUpdate, 0, Buffer.alloc(length, 1)),
      "FRAME_SIZE_ERROR",
    ),
    breaks(
      `WINDOW_UPDATE of ${length} octets on a stream (6.9)`,
      (requests) => [begun(requests), frame(frameType.windowUpdate, 1, Buffer.alloc(length, 1))],
      "FRAME_SIZE_ERROR",
    ),
  ]),
  breaks(
    "a connection's window beyond 2^31-1 (6.9.1)",
    Buffer.concat([windowUpdate(0, largestWindow), windowUpdate(0, 1)]),
    "FLOW_CONTROL_ERROR",
  ),
  {
    name: "a stream's window beyond 2^31-1 (6.9.1)",
    send: (requests) => [begun(requests), windowUpdate(1, largestWindow)],
    outcomes: [reset("FLOW_CONTROL_ERROR"), goaway("FLOW_CONTROL_ERROR")],
  },
];

/** What comes between the parts of a header block. */
const between: Readonly<Record<string, (requests: Requests) => Uint8Array>> = {
  "DATA of the same stream": ({ body }) => dataFrame(1, body),
  "HEADERS of another stream": ({ get }) => headersFrame(3, get),
  "HEADERS of the same stream": ({ get }) => headersFrame(1, get),
  PRIORITY: () => priorityFrame(1, priority(0)),
  RST_STREAM: () => resetFrame(1, "CANCEL"),
  SETTINGS: () => settingsFrame(),
  PING: () => frame(frameType.ping, 0, Buffer.alloc(8)),
  GOAWAY: () => frame(frameType.goaway, 0, Buffer.alloc(8)),
  WINDOW_UPDATE: () => windowUpdate(0, 1),
  "CONTINUATION of another stream": ({ get }) => continuation(3, get.subarray(9), endHeaders),
  "CONTINUATION of stream 0": ({ get }) => continuation(0, get.subarray(9), endHeaders),
};

const continuationCases: readonly Http2Case[] = [
  breaks(
    "CONTINUATION without HEADERS (6.10)",
    ({ get }) => [continuation(1, get, endHeaders)],
    "PROTOCOL_ERROR",
  ),
  breaks(
    "CONTINUATION on stream 0 (6.10)",
    ({ get }) => [continuation(0, get, endHeaders)],
    "PROTOCOL_ERROR",
  ),
  breaks(
    "CONTINUATION behind HEADERS that are whole (6.10)",
    ({ post }) => [headersFrame(1, post, endHeaders), continuation(1, literal("x-a", "b"), endHeaders)],
    "PROTOCOL_ERROR",
  ),
  breaks(
    "CONTINUATION behind a CONTINUATION that ends the block (6.10)",
    ({ post }) => [
      headersFrame(1, post.subarray(0, 9), 0),
      continuation(1, post.subarray(9), endHeaders),
      continuation(1, literal("x-a", "b"), endHeaders),
    ],
    "PROTOCOL_ERROR",
  ),
  breaks(
    "CONTINUATION behind DATA (6.10)",
    (requests) => [
      ...[begun(requests), dataFrame(1, requests.body), continuation(1, literal("x-a", "b"), endHeaders)],
    ],
    "PROTOCOL_ERROR",
  ),
  ...Object.entries(between).map(([name, frameOf]) =>
    breaks(
      `${name} between HEADERS and CONTINUATION (4.3, 6.10)`,
      (requests) => [
        ...[headersFrame(1, requests.get.subarray(0, 9), endStream), frameOf(requests)],
        continuation(1, requests.get.subarray(9), endHeaders),
      ],
      "PROTOCOL_ERROR",
    ),
  ),
  serves("HEADERS, then seven CONTINUATION, some of them empty (6.10)", ({ get }) => [
    headersFrame(1, Buffer.alloc(0), endStream),
    ...[0, 10, 10, 20, 30, 31].map((start, index, starts) =>
      continuation(1, get.subarray(start, starts[index + 1] ?? 40)),
    ),
    continuation(1, get.subarray(40), endHeaders),
  ]),
  serves(
    "END_STREAM of HEADERS is kept, and is none of CONTINUATION's flags (6.2, 6.10)",
    ({ post, body }) => [
      headersFrame(1, post.subarray(0, 20), 0),
      continuation(1, post.subarray(20), endHeaders | endStream),
      dataFrame(1, body, endStream),
    ],
  ),
];

/** Streams at a time; the service lets a connection have 100. */
const batch = 50;

function testSplits(lane: Lane): void {
  test("a header block split at every octet, in two frames and in two segments (4.3, 6.10) → 200 each", async () => {
    const { get } = lane.requests;
    using peer = await Http2Peer.open(lane.port);
    // Most answers fit into no window of 64 KB together.
    peer.send(windowUpdate(0, 10_000_000));
    for (let start = 0; start <= get.length; start += batch) {
      const cuts = Array.from(
        { length: Math.min(batch, get.length + 1 - start) },
        (_, index) => start + index,
      );
      for (const cut of cuts) {
        peer.send(headersFrame(1 + 2 * cut, get.subarray(0, cut), endStream));
        peer.send(continuation(1 + 2 * cut, get.subarray(cut), endHeaders));
      }
      for (const cut of cuts)
        assert.equal((await peer.untilAnswered(1 + 2 * cut)).status, 200, `cut at ${cut}`);
    }
  });

  test("a request in pieces of one octet, its header block in three frames (4.3) → 200", async () => {
    const { post, body } = lane.requests;
    using peer = await Http2Peer.open(lane.port);
    await peer.sendInOctets(
      Buffer.concat([
        headersFrame(1, post.subarray(0, 30), 0),
        continuation(1, post.subarray(30, 31)),
        continuation(1, post.subarray(31), endHeaders),
        dataFrame(1, pad(body.subarray(0, 3), 5), padded),
        dataFrame(1, body.subarray(3), endStream),
      ]),
    );
    assert.equal((await peer.untilAnswered(1)).status, 200);
  });

  test("a body in frames of one octet (6.1) → 200", async () => {
    const { post, body } = lane.requests;
    using peer = await Http2Peer.open(lane.port);
    const octets = Array.from(body, (octet) => dataFrame(1, Buffer.from([octet])));
    peer.send(headersFrame(1, post, endHeaders), ...octets, dataFrame(1, "", endStream));
    assert.equal((await peer.untilAnswered(1)).status, 200);
  });

  test("answers come in frames of 16,384 octets at most, and all of them arrive (4.2)", async () => {
    using peer = await Http2Peer.open(lane.port);
    peer.send(windowUpdate(0, 1_000_000), ...[1, 3, 5].map((id) => headersFrame(id, lane.requests.get)));
    for (const id of [1, 3, 5]) await peer.untilAnswered(id);
    const lengths = peer.frames.map(({ payload }) => payload.length);
    assert.ok(Math.max(...lengths) <= defaultFrameSize, `${Math.max(...lengths)} octets`);
  });
}

onBothLanes((lane) => {
  testCases(lane, [...unknownCases, ...sizeCases, ...paddingCases, ...priorityCases]);
  testCases(lane, [...resetCases, ...windowCases, ...continuationCases]);
  testSplits(lane);
});
