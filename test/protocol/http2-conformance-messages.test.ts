// HTTP messages in HTTP/2 (RFC 9113, 8; RFC 9110): which requests are none, and what reaches the service of the others.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type Field, indexed, literal, newest } from "../support/hpack.ts";
import {
  answer,
  goaway,
  type Http2Case,
  type Lane,
  malformed,
  type Outcome,
  onBothLanes,
  type Requests,
  reset,
  testCases,
} from "../support/http2-cases.ts";
import { onBothReaders, readEcho, readEchoOrRefusal } from "../support/http2-echo.ts";
import {
  dataFrame,
  defaultFrameSize,
  endHeaders,
  endStream,
  fields,
  frame,
  frameType,
  headersFrame,
  pad,
  padded,
  windowUpdate,
} from "../support/http2-frames.ts";
import { Http2Peer } from "../support/http2-peer.ts";

const block = (list: readonly Field[]) => Buffer.concat(list.map(([name, value]) => literal(name, value)));
const good = { ":method": "GET", ":scheme": "http", ":authority": "localhost", ":path": "/healthz" };
type Names = Readonly<Record<string, string | undefined>>;

/** A probe's fields, some of them changed, left out (undefined), or added behind them. */
function list(changes: Names = {}, ...more: readonly Field[]): readonly Field[] {
  const kept = Object.entries({ ...good, ...changes }).filter(
    (entry): entry is [string, string] => entry[1] !== undefined,
  );
  return [...kept, ...more];
}

function asked(name: string, list: readonly Field[], ...outcomes: readonly Outcome[]): Http2Case {
  return { name, send: () => [headersFrame(1, block(list))], outcomes };
}

const wrong = (name: string, list: readonly Field[]) => asked(name, list, ...malformed);

const fieldCases: readonly Http2Case[] = [
  ...["connection", "proxy-connection", "keep-alive", "transfer-encoding", "upgrade"].map((name) =>
    wrong(`${name} (8.2.2)`, list({}, [name, name === "transfer-encoding" ? "chunked" : "close"])),
  ),
  wrong("te: gzip (8.2.2)", list({}, ["te", "gzip"])),
  wrong("te: trailers, gzip (8.2.2)", list({}, ["te", "trailers, gzip"])),
  asked("te: trailers (8.2.2)", list({}, ["te", "trailers"]), answer()),
];

const pseudoCases: readonly Http2Case[] = [
  ...[":method", ":scheme", ":path"].flatMap((name) => [
    wrong(`no ${name} (8.3.1)`, list({ [name]: undefined })),
    wrong(`an empty ${name} (8.3.1)`, list({ [name]: "" })),
    wrong(`${name} twice (8.3)`, list({}, [name, good[name as keyof typeof good]])),
    wrong(`${name} behind a field (8.3)`, [
      ...list({ [name]: undefined }, ["x-a", "b"]),
      [name, good[name as keyof typeof good]],
    ]),
  ]),
  wrong(":authority twice (8.3)", list({}, [":authority", "localhost"])),
  wrong(
    ":authority behind a field (8.3)",
    list({ ":authority": undefined }, ["x-a", "b"], [":authority", "localhost"]),
  ),
  wrong("neither :authority nor host (8.3.1)", list({ ":authority": undefined })),
  asked(
    "host in the place of :authority (8.3.1)",
    list({ ":authority": undefined }, ["host", "localhost"]),
    answer(),
  ),
  asked("host that says the same as :authority (8.3.1)", list({}, ["host", "localhost"]), answer()),
  asked(
    "host that says something else (8.3.1: a server SHOULD refuse it; nghttp2 leaves it to the handler)",
    list({}, ["host", "example.org"]),
    ...[answer(), ...malformed],
  ),
  wrong("an unknown pseudo-header (8.3)", list({}, [":unknown", "a"])),
  wrong("a pseudo-header without a name (8.3)", list({}, [":", "a"])),
  wrong(":status in a request (8.3)", list({}, [":status", "200"])),
  wrong(
    ":protocol, which nobody has allowed (RFC 8441, 4)",
    list({ ":method": "CONNECT" }, [":protocol", "websocket"]),
  ),
  wrong("pseudo-headers in upper case (8.2)", list({ ":path": undefined }, [":Path", "/healthz"])),
  wrong("CONNECT with :scheme and :path (8.5)", list({ ":method": "CONNECT" })),
  wrong("CONNECT without :authority (8.5)", [[":method", "CONNECT"]]),
  asked(
    "CONNECT in order: we are no proxy (8.5)",
    [
      [":method", "CONNECT"],
      [":authority", "a.example:443"],
    ],
    ...malformed,
  ),
  asked("OPTIONS * (8.3.1)", list({ ":method": "OPTIONS", ":path": "*" }), answer("4xx")),
  wrong("GET * (8.3.1)", list({ ":path": "*" })),
  wrong("a path that does not begin with a slash (8.3.1)", list({ ":path": "healthz" })),
  wrong("a path with a space (RFC 9110, 4.1)", list({ ":path": "/health z" })),
  wrong("a path with NUL (8.2.1)", list({ ":path": "/healthz\0" })),
  wrong("a path with CR LF (8.2.1)", list({ ":path": "/healthz\r\nx: y" })),
  wrong("a method with a space (RFC 9110, 9.1)", list({ ":method": "GET x" })),
  wrong("a method with LF (8.2.1)", list({ ":method": "GET\n" })),
  asked("a method that nobody knows (RFC 9110, 9.1)", list({ ":method": "BREW" }), answer("4xx")),
  asked("a method in lower case is another one (RFC 9110, 9.1)", list({ ":method": "get" }), answer("4xx")),
  wrong("an authority with a space (8.3.1)", list({ ":authority": "local host" })),
  wrong("an authority with CR LF (8.2.1)", list({ ":authority": "localhost\r\nx: y" })),
  wrong("a scheme with a space (RFC 3986, 3.1)", list({ ":scheme": "ht tp" })),
  asked("HEADERS without a field", [], ...malformed),
  asked("a query, and percent-encoding (8.3.1)", list({ ":path": "/healthz?a=%20&b" }), answer()),
];

interface Upload {
  readonly length?: string | readonly string[];
  readonly data: (body: Buffer) => readonly Uint8Array[];
}

/** A lookup whose body and lengths are as they are told. */
function upload({ length = [], data }: Upload): Http2Case["send"] {
  return ({ post, body }) => [
    headersFrame(
      1,
      Buffer.concat([post, block([length].flat().map((value) => ["content-length", value]))]),
      endHeaders,
    ),
    ...data(body),
  ];
}

const inOne = (body: Buffer) => [dataFrame(1, body, endStream)];
/** Of `Requests.body`. */
const bodyLength = 50;

function sized(
  name: string,
  length: Upload["length"],
  outcomes: readonly Outcome[],
  data = inOne,
): Http2Case {
  return { name: `content-length ${name}`, send: upload({ ...(length && { length }), data }), outcomes };
}

const exceeded: readonly Outcome[] = [...malformed, goaway("PROTOCOL_ERROR"), goaway("INTERNAL_ERROR")];

const lengthCases: readonly Http2Case[] = [
  sized("of the body", `${bodyLength}`, [answer()]),
  sized("of a body in three pieces, padding not counted (8.1.1)", `${bodyLength}`, [answer()], (body) => [
    dataFrame(1, pad(body.subarray(0, 9), 20), padded),
    dataFrame(1, body.subarray(9, 10)),
    dataFrame(1, pad(body.subarray(10), 3), padded | endStream),
  ]),
  sized("of the body, with trailers behind it", `${bodyLength}`, [answer()], (body) => [
    ...[dataFrame(1, body), headersFrame(1, fields({ "x-a": "b" }))],
  ]),
  sized("with zeros before it (RFC 9110, 8.6)", `000${bodyLength}`, [answer(), ...malformed]),
  sized("one more than the body (8.1.1)", `${bodyLength + 1}`, malformed),
  sized(
    "one less than the body (8.1.1: of the stream; Node cuts the connection)",
    `${bodyLength - 1}`,
    exceeded,
  ),
  sized("one less than the body, in two frames (8.1.1)", `${bodyLength - 1}`, exceeded, (body) => [
    ...[dataFrame(1, body.subarray(0, -1)), dataFrame(1, body.subarray(-1), endStream)],
  ]),
  sized("more than the body, with trailers behind it (8.1.1)", "60", malformed, (body) => [
    ...[dataFrame(1, body), headersFrame(1, fields({ "x-a": "b" }))],
  ]),
  sized("more than the body, whose end is an empty frame (8.1.1)", "60", malformed, (body) => [
    ...[dataFrame(1, body), dataFrame(1, "", endStream)],
  ]),
  sized("0 with a body (8.1.1)", "0", exceeded),
  sized("below 0 (RFC 9110, 8.6)", "-1", malformed),
  sized("in words (RFC 9110, 8.6)", "fifty", malformed),
  sized("with a sign (RFC 9110, 8.6)", `+${bodyLength}`, malformed),
  sized("in hexadecimal (RFC 9110, 8.6)", "0x32", malformed),
  sized("of nothing (RFC 9110, 8.6; nghttp2 takes it for none)", "", [answer(), ...malformed]),
  sized("of 2^64 and the body (RFC 9110, 8.6)", "18446744073709551666", malformed),
  sized("twice, two values (RFC 9110, 8.6)", [`${bodyLength}`, "1"], malformed),
  sized(
    "twice, one value (RFC 9110, 8.6: may be taken)",
    [`${bodyLength}`, `${bodyLength}`],
    [answer(), ...malformed],
  ),
  sized("as a list of two values (RFC 9110, 8.6)", `${bodyLength}, 1`, malformed),
  asked(
    "content-length 5 of a request without a body (8.1.1)",
    list({}, ["content-length", "5"]),
    ...malformed,
  ),
  asked("content-length 0 of a request without a body", list({}, ["content-length", "0"]), answer()),
];

/** A lookup with its body, and a second header block behind that. */
function trailed(
  name: string,
  trailers: readonly Field[],
  outcomes: readonly Outcome[],
  flags?: number,
): Http2Case {
  const data = (body: Buffer) => [dataFrame(1, body), headersFrame(1, block(trailers), flags)];
  return { name, send: upload({ data }), outcomes };
}

const trailerCases: readonly Http2Case[] = [
  trailed("trailers (8.1)", [["x-checksum", "abc"]], [answer()]),
  trailed("trailers without a field (8.1)", [], [answer()]),
  ...[":path", ":status", ":unknown"].map((name) =>
    trailed(
      `${name} in trailers (8.3)`,
      [
        ["x-a", "b"],
        [name, "/"],
      ],
      malformed,
    ),
  ),
  trailed("connection in trailers (8.2.2)", [["connection", "close"]], malformed),
  trailed("HEADERS behind DATA, without END_STREAM (8.1)", [["x-a", "b"]], malformed, endHeaders),
  {
    name: "HEADERS behind HEADERS, without END_STREAM (8.1)",
    send: ({ post, body }) => [
      headersFrame(1, post, endHeaders),
      headersFrame(1, post, endHeaders),
      dataFrame(1, body, 1),
    ],
    outcomes: malformed,
  },
  {
    name: "trailers in two frames, with no body before them (8.1)",
    send: ({ get }) => [
      headersFrame(1, get, endHeaders),
      headersFrame(1, literal("x-a", "b"), endStream),
      frame(frameType.continuation, 1, literal("x-c", "d"), endHeaders),
    ],
    outcomes: [answer()],
  },
];

const many = (count: number): readonly Field[] =>
  Array.from({ length: count }, (_, index) => [`x-${index}`, "a"]);
/** The service answers 431 up to what it reads, and resets beyond. */
const tooLarge: readonly Outcome[] = [answer(431), reset("ENHANCE_YOUR_CALM")];

function large(name: string, outcomes: readonly Outcome[], ...more: readonly Buffer[]): Http2Case {
  const send: Http2Case["send"] = ({ probe }) => {
    const whole = Buffer.concat([probe, ...more]);
    const frames: Buffer[] = [];
    for (let start = 0; start < whole.length; start += defaultFrameSize) {
      const part = whole.subarray(start, start + defaultFrameSize);
      const last = start + defaultFrameSize >= whole.length ? endHeaders : 0;
      frames.push(
        start === 0 ? headersFrame(1, part, last | endStream) : frame(frameType.continuation, 1, part, last),
      );
    }
    return frames;
  };
  return { name, send, outcomes };
}

const sizeCases: readonly Http2Case[] = [
  large("90 fields (10.5.1)", [answer()], block(many(90))),
  large("15,000 octets of fields (10.5.1)", [answer()], literal("x-a", "b".repeat(15_000))),
  large("150 fields (10.5.1)", [answer(431)], block(many(150))),
  large("1,500 fields (10.5.1)", tooLarge, block(many(1500))),
  large("20,000 octets of fields (10.5.1)", [answer(431)], literal("x-a", "b".repeat(20_000))),
  large("70,000 octets of fields (10.5.1)", tooLarge, ...Array(5).fill(literal("x-a", "b".repeat(14_000)))),
  large(
    "70,000 octets of one field (10.5.1), longer than nghttp2 decodes any string (RFC 7541, 7.4)",
    [...tooLarge, goaway("COMPRESSION_ERROR")],
    literal("x-a", "b".repeat(70_000)),
  ),
  large(
    "8 MB of fields in 6 KB: one field of the table 2,000 times (10.5.1)",
    [...tooLarge, goaway("ENHANCE_YOUR_CALM")],
    literal("x-a", "b".repeat(4000), "indexing"),
    Buffer.alloc(2000, indexed(newest)),
  ),
];

function testExchanges(lane: Lane): void {
  test("a request behind one whose fields were too many: the table is what it has to be (4.3)", async () => {
    using peer = await Http2Peer.open(lane.port);
    const head = ({ probe }: Requests) =>
      Buffer.concat([probe, literal("x-kept", "1", "indexing"), block(many(1500))]);
    const [first, rest] = [head(lane.requests).subarray(0, 9000), head(lane.requests).subarray(9000)];
    peer.send(headersFrame(1, first, endStream), frame(frameType.continuation, 1, rest, endHeaders));
    const probe = Buffer.concat([lane.requests.probe, indexed(newest)]);
    peer.send(headersFrame(3, probe));
    assert.equal((await peer.untilAnswered(3)).status, 200);
  });

  test("HEAD: an answer without a body (RFC 9110, 9.3.2)", async () => {
    using peer = await Http2Peer.open(lane.port);
    peer.send(headersFrame(1, lane.requests.block("HEAD", "/healthz")));
    const { status, body } = await peer.untilAnswered(1);
    assert.deepEqual([status, body.length], [200, 0]);
  });

  test("a GET with a body is answered, and the next request (RFC 9110, 9.3.1)", async () => {
    using peer = await Http2Peer.open(lane.port);
    const { probe, get } = lane.requests;
    peer.send(headersFrame(1, probe, endHeaders), dataFrame(1, "abc"), dataFrame(1, "def", endStream));
    peer.send(headersFrame(3, get));
    for (const id of [1, 3]) assert.equal((await peer.untilAnswered(id)).status, 200);
  });

  test("a body that nobody reads: the answer comes whole, whether the body ends or not (8.1)", async () => {
    using peer = await Http2Peer.open(lane.port);
    const post = lane.requests.block("POST", "/nowhere", { authorization: lane.requests.authorization });
    const part = dataFrame(1, Buffer.alloc(10_000));
    peer.send(headersFrame(1, post, endHeaders), part, part, part, dataFrame(1, "", endStream));
    assert.equal((await peer.untilAnswered(1)).status, 404);
    peer.send(headersFrame(3, post, endHeaders), dataFrame(3, Buffer.alloc(10_000)));
    assert.equal((await peer.untilAnswered(3)).status, 404);
    // The client is told to stop, without an error, and the stream does not stay open for ever.
    assert.equal(await peer.untilReset(3), "NO_ERROR");
    assert.equal(peer.answer(1).reset, undefined);
    peer.send(headersFrame(5, lane.requests.get));
    assert.equal((await peer.untilAnswered(5)).status, 200);
  });

  test("expect: 100-continue with its body at once → 200, behind 100 or not (RFC 9110, 10.1.1)", async () => {
    using peer = await Http2Peer.open(lane.port);
    const { post, body } = lane.requests;
    peer.send(headersFrame(1, Buffer.concat([post, fields({ expect: "100-continue" })]), endHeaders));
    peer.send(dataFrame(1, body, endStream));
    assert.equal((await peer.untilAnswered(1)).status, 200);
  });

  test("a refusal, an unknown path and an answer on one connection, each on its stream (8.1)", async () => {
    using peer = await Http2Peer.open(lane.port);
    const { block: blockOf, get, authorization } = lane.requests;
    peer.send(windowUpdate(0, 100_000), headersFrame(1, blockOf("GET", "/v1/token")));
    peer.send(headersFrame(3, blockOf("GET", "/nowhere", { authorization })), headersFrame(5, get));
    const statuses = [];
    for (const id of [1, 3, 5]) statuses.push((await peer.untilAnswered(id)).status);
    assert.deepEqual(statuses, [401, 404, 200]);
  });
}

onBothLanes((lane) => {
  test("the body that lengths are told of", () => assert.equal(lane.requests.body.length, bodyLength));
  testCases(lane, [...fieldCases, ...pseudoCases, ...lengthCases, ...trailerCases, ...sizeCases]);
  testExchanges(lane);
});

/** Names that are none (8.2.1; RFC 9110, 5.1). */
const badNames = [
  "",
  "X-Upper",
  "x-uppeR",
  "x a",
  " x",
  "x ",
  "x\0",
  "x\r",
  "x\n",
  "x\t",
  "x:y",
  "x\u007f",
  "x\u00e9",
  "x(y",
];
const badValues = ["a\0b", "a\rb", "a\nb", "a\r\nx-b: c", "\0", "\n", " a", "a ", "\ta", "a\t", " "];

describe("what reaches a handler", () => {
  onBothReaders((listener) => {
    for (const [name, value] of [
      ...badNames.map((bad) => [bad, "value"] as const),
      ...badValues.map((bad) => ["x-bad", bad] as const),
    ]) {
      test(`${JSON.stringify({ [name]: value })} (8.2.1) → RST_STREAM PROTOCOL_ERROR, 400, or without the field, as nghttp2 does`, async () => {
        using peer = await Http2Peer.open(listener().port);
        peer.send(headersFrame(1, block(list({}, [name, value], ["x-last", "1"]))));
        const echoed = readEchoOrRefusal(await peer.untilOver(1));
        peer.send(headersFrame(3, block(list())));
        assert.equal((await peer.untilAnswered(3)).status, 200);
        if (echoed === undefined) return;
        const names = Object.keys(echoed.headers).filter((header) => !header.startsWith(":"));
        assert.deepEqual(names, ["x-last"]);
      });
    }

    test("cookies in several fields are one (8.2.3)", async () => {
      using peer = await Http2Peer.open(listener().port);
      const crumbs: readonly Field[] = [
        ["cookie", "a=b"],
        ["x-between", "1"],
        ["cookie", "c=d; e=f"],
        ["cookie", "g"],
      ];
      peer.send(headersFrame(1, block(list({}, ...crumbs))));
      assert.equal(readEcho(await peer.untilAnswered(1)).headers["cookie"], "a=b; c=d; e=f; g");
    });

    test("a field in several lines is one list, in order (RFC 9110, 5.3)", async () => {
      using peer = await Http2Peer.open(listener().port);
      const lines: readonly Field[] = [
        ["x-list", "a"],
        ["accept", "text/html"],
        ["x-list", "b, c"],
        ["x-list", ""],
      ];
      peer.send(headersFrame(1, block(list({}, ...lines))));
      const { headers } = readEcho(await peer.untilAnswered(1));
      assert.deepEqual([headers["x-list"], headers["accept"]], ["a, b, c, ", "text/html"]);
    });

    test("method, path and body are what was sent, trailers no part of them (8.1)", async () => {
      using peer = await Http2Peer.open(listener().port);
      const path = "/a//../b%2f%00;c?d=e?f#g";
      peer.send(headersFrame(1, block(list({ ":method": "PATCH", ":path": path })), endHeaders));
      peer.send(
        dataFrame(1, Buffer.from("\0\xff", "latin1")),
        dataFrame(1, pad(Buffer.from("end"), 9), padded),
      );
      peer.send(headersFrame(1, block([["x-trailer", "1"]])));
      const { method, target, body, headers } = readEcho(await peer.untilAnswered(1));
      assert.deepEqual([method, target, body], ["PATCH", path, "\0\xffend"]);
      assert.equal(headers["x-trailer"], undefined);
    });

    test("values at their edges: empty, of one octet, with inner blanks, beyond ASCII (8.2.1)", async () => {
      using peer = await Http2Peer.open(listener().port);
      const values: readonly Field[] = [
        ["x-0", ""],
        ["x-1", "a"],
        ["x-2", "a \t b"],
        ["x-3", "\u00e9\u00ff"],
      ];
      peer.send(headersFrame(1, block(list({}, ...values))));
      const { headers } = readEcho(await peer.untilAnswered(1));
      for (const [name, value] of values) assert.equal(headers[name], value);
    });
  });
});
