// Flow control of HTTP/2 (RFC 9113, 5.2 and 6.9) in both directions, streams that are given up, and the end of a service.
import assert from "node:assert/strict";
import { once } from "node:events";
import { describe, test } from "node:test";
import type { Exchange } from "../../src/request/exchange.ts";
import { listenWithBoth } from "../support/both-readers.ts";
import { eventually } from "../support/eventually.ts";
import {
  goaway,
  type Http2Case,
  type Lane,
  onBothLanes,
  Requests,
  testCases,
} from "../support/http2-cases.ts";
import { onBothReaders } from "../support/http2-echo.ts";
import {
  ack,
  dataFrame,
  defaultWindow,
  type ErrorCode,
  endHeaders,
  endStream,
  fields,
  frame,
  frameType,
  headersFrame,
  largestWindow,
  resetFrame,
  setting,
  settingsFrame,
  windowUpdate,
} from "../support/http2-frames.ts";
import { Http2Peer } from "../support/http2-peer.ts";
import { Uploads } from "../support/http2-upload.ts";
import { startService } from "../support/service.ts";
import { unlimited } from "../support/whole-service.ts";

const window = (size: number) => settingsFrame([setting.initialWindowSize, size]);

/** Waits until so much of a body has come, and sees that no more does. */
async function assertHeldAt(peer: Http2Peer, streamId: number, length: number): Promise<void> {
  const answer = peer.answer(streamId);
  await peer.until(() => answer.body.length >= length, `${length} octets on stream ${streamId}`);
  // What is on its way arrives before the second answer.
  for (const _ of [1, 2]) await peer.ping();
  assert.deepEqual([answer.body.length, answer.ended], [length, false]);
}

const windowCases: readonly Http2Case[] = [
  {
    name: "SETTINGS that bring the window of an open stream beyond 2^31-1 (6.9.2)",
    send: ({ post }) => [
      headersFrame(1, post, endHeaders),
      windowUpdate(1, largestWindow - defaultWindow),
      window(defaultWindow + 1),
    ],
    outcomes: [goaway("FLOW_CONTROL_ERROR")],
  },
];

function testAnswers(lane: Lane): void {
  test("an answer larger than the window of its stream waits for more (6.9.1)", async () => {
    using peer = await Http2Peer.open(lane.port, [setting.initialWindowSize, 10]);
    peer.send(headersFrame(1, lane.requests.get));
    await assertHeldAt(peer, 1, 10);
    peer.send(windowUpdate(1, 5));
    await assertHeldAt(peer, 1, 15);
    // Others are not held up by it; one window says nothing of another.
    peer.send(headersFrame(3, lane.requests.get), windowUpdate(0, 100_000), windowUpdate(3, 100_000));
    assert.equal((await peer.untilAnswered(3)).status, 200);
    assert.equal(peer.answer(1).body.length, 15);
    peer.send(windowUpdate(1, 100_000));
    const { status, body } = await peer.untilAnswered(1);
    assert.equal(status, 200);
    assert.deepEqual(JSON.parse(body.toString()), JSON.parse(peer.answer(3).body.toString()));
  });

  test("a window of 0, then an octet at a time: the answer comes whole (6.9.1, 6.9.2)", async () => {
    using peer = await Http2Peer.open(lane.port, [setting.initialWindowSize, 0]);
    peer.send(headersFrame(1, lane.requests.get));
    const answer = peer.answer(1);
    await peer.until(() => answer.status === 200, "HEADERS, which no window holds");
    await assertHeldAt(peer, 1, 0);
    while (!answer.ended) {
      const { length } = answer.body;
      peer.send(windowUpdate(1, 1));
      await peer.until(() => answer.body.length > length || answer.ended, "one octet more");
      assert.ok(answer.body.length <= length + 1, `${answer.body.length} octets for ${length + 1}`);
    }
    assert.ok(answer.body.toString().includes("AUTORBB"));
  });

  test("SETTINGS that shrink the window below 0, and back (6.9.2)", async () => {
    using peer = await Http2Peer.open(lane.port, [setting.initialWindowSize, 100]);
    peer.send(headersFrame(1, lane.requests.get));
    await assertHeldAt(peer, 1, 100);
    peer.send(window(0), windowUpdate(1, 100));
    await assertHeldAt(peer, 1, 100);
    peer.send(windowUpdate(1, 10));
    await assertHeldAt(peer, 1, 110);
    peer.send(window(50));
    await assertHeldAt(peer, 1, 160);
    peer.send(window(40), windowUpdate(1, 9));
    await assertHeldAt(peer, 1, 160);
    peer.send(windowUpdate(1, 2));
    await assertHeldAt(peer, 1, 161);
    peer.send(window(defaultWindow));
    assert.ok((await peer.untilAnswered(1)).body.toString().endsWith("}"));
  });

  test("SETTINGS that shrink the window of streams to come (6.9.2)", async () => {
    using peer = await Http2Peer.open(lane.port);
    peer.send(window(3), headersFrame(1, lane.requests.get));
    await assertHeldAt(peer, 1, 3);
    peer.send(window(0), headersFrame(3, lane.requests.get));
    await peer.until(() => peer.answer(3).status === 200, "HEADERS of stream 3");
    await assertHeldAt(peer, 3, 0);
    peer.send(window(10_000));
    for (const id of [1, 3]) assert.equal((await peer.untilAnswered(id)).status, 200);
  });

  test("HEAD needs no window (6.9)", async () => {
    using peer = await Http2Peer.open(lane.port, [setting.initialWindowSize, 0]);
    peer.send(headersFrame(1, lane.requests.block("HEAD", "/healthz")));
    assert.equal((await peer.untilAnswered(1)).status, 200);
  });

  test("a window that was opened before the answer began counts (6.9)", async () => {
    using peer = await Http2Peer.open(lane.port, [setting.initialWindowSize, 0]);
    const { post, body } = lane.requests;
    peer.send(headersFrame(1, post, endHeaders), windowUpdate(1, 7), dataFrame(1, body, endStream));
    await assertHeldAt(peer, 1, 7);
  });
}

/** Of the service: larger than the windows of the default by far. */
const maxBody = 1_000_000;
/** JSON after so many blanks. */
const blanksAnd = (body: Buffer, length: number) => Buffer.concat([Buffer.alloc(length, " "), body]);

function testBodies(lane: Lane): void {
  test("a body of 300,000 octets in frames of 1,000: windows are given back (6.9)", async () => {
    using peer = await Http2Peer.open(lane.port);
    const { post, body } = lane.requests;
    peer.send(headersFrame(1, post, endHeaders));
    await new Uploads(peer).send(1, blanksAnd(body, 300_000), { frameSize: 1000 });
    assert.equal((await peer.untilAnswered(1)).status, 200);
  });

  test("padding counts, and is given back: 800 octets, each with 255 of it (6.9.1)", async () => {
    using peer = await Http2Peer.open(lane.port);
    const { post, body } = lane.requests;
    peer.send(headersFrame(1, post, endHeaders));
    await new Uploads(peer).send(1, blanksAnd(body, 750), { frameSize: 1, padding: 255 });
    assert.equal((await peer.untilAnswered(1)).status, 200);
  });

  test("bodies of three streams in turn, 200,000 octets each (5.2.1)", async () => {
    using peer = await Http2Peer.open(lane.port);
    const { post, body } = lane.requests;
    const ids = [1, 3, 5];
    peer.send(...ids.map((id) => headersFrame(id, post, endHeaders)));
    const uploads = new Uploads(peer);
    await Promise.all(ids.map((id) => uploads.send(id, blanksAnd(body, 200_000), { frameSize: 7000 })));
    for (const id of ids) assert.equal((await peer.untilAnswered(id)).status, 200);
  });

  const unread: Readonly<
    Record<string, (requests: Requests) => readonly [Buffer, UploadOptionsOf, ErrorCode?]>
  > = {
    "that nobody reads": ({ block, authorization }) => [block("POST", "/nowhere", { authorization }), {}],
    "that the client gives up": ({ post }) => [post, { ends: false }, "CANCEL"],
    "of malformed requests": ({ post }) => [Buffer.concat([post, fields({ connection: "close" })]), {}],
  };
  for (const [name, kind] of Object.entries(unread)) {
    test(`bodies ${name} give the connection's window back (6.9)`, async () => {
      using peer = await Http2Peer.open(lane.port);
      const uploads = new Uploads(peer);
      const [block, options, code] = kind(lane.requests);
      for (let id = 1; id < 20; id += 2) {
        peer.send(headersFrame(id, block, endHeaders));
        await uploads.send(id, Buffer.alloc(30_000, " "), options);
        if (code !== undefined) peer.send(resetFrame(id, code));
        else await peer.untilOver(id);
      }
      const { post, body } = lane.requests;
      peer.send(headersFrame(21, post, endHeaders));
      await uploads.send(21, blanksAnd(body, 60_000));
      assert.equal((await peer.untilAnswered(21)).status, 200);
    });
  }

  test("a body larger than the service takes: 413, and the connection goes on (8.1)", async () => {
    using peer = await Http2Peer.open(lane.port);
    const uploads = new Uploads(peer);
    const answer = peer.answer(1);
    peer.send(headersFrame(1, lane.requests.post, endHeaders));
    const isEnough = () => answer.ended;
    await uploads.send(1, Buffer.alloc(2 * maxBody, " "), { ends: false, isEnough });
    assert.equal((await peer.untilAnswered(1)).status, 413);
    peer.send(resetFrame(1, "NO_ERROR"), headersFrame(3, lane.requests.get));
    assert.equal((await peer.untilAnswered(3)).status, 200);
  });
}

type UploadOptionsOf = NonNullable<Parameters<Uploads["send"]>[2]>;

function testDepartures(lane: Lane): void {
  test("a client that resets in the middle of an answer gets no more of it (5.4.2)", async () => {
    using peer = await Http2Peer.open(lane.port, [setting.initialWindowSize, 10]);
    peer.send(headersFrame(1, lane.requests.get));
    await assertHeldAt(peer, 1, 10);
    peer.send(resetFrame(1, "CANCEL"), windowUpdate(1, 1000), window(defaultWindow));
    await assertHeldAt(peer, 1, 10);
    peer.send(headersFrame(3, lane.requests.get));
    assert.equal((await peer.untilAnswered(3)).status, 200);
    assert.equal(peer.answer(1).body.length, 10);
  });

  for (const code of ["NO_ERROR", "CANCEL", "INTERNAL_ERROR", "REFUSED_STREAM"] as const) {
    test(`a client that resets with ${code} right behind HEADERS, and in the body (6.4)`, async () => {
      using peer = await Http2Peer.open(lane.port);
      const { get, post, body } = lane.requests;
      peer.send(headersFrame(1, get), resetFrame(1, code));
      peer.send(headersFrame(3, post, endHeaders), resetFrame(3, code));
      peer.send(headersFrame(5, post, endHeaders), dataFrame(5, body.subarray(0, 9)));
      await peer.ping();
      peer.send(resetFrame(5, code), headersFrame(7, get));
      assert.equal((await peer.untilAnswered(7)).status, 200);
      for (const id of [3, 5]) assert.equal(peer.answer(id).status, 0);
    });
  }

  test("a client that leaves with answers and bodies under way: others are served (5.4.1)", async () => {
    const { get, post } = lane.requests;
    for (const initial of [0, 10, defaultWindow]) {
      using peer = await Http2Peer.open(lane.port, [setting.initialWindowSize, initial]);
      peer.send(
        headersFrame(1, get),
        headersFrame(3, post, endHeaders),
        dataFrame(3, "{"),
        headersFrame(5, get),
      );
      if (initial < defaultWindow) await peer.until(() => peer.answer(1).status === 200, "HEADERS");
    }
    using next = await Http2Peer.open(lane.port);
    next.send(headersFrame(1, get));
    assert.equal((await next.untilAnswered(1)).status, 200);
  });
}

function testShutdown(LEAN_LANE: string): void {
  test(`LEAN_LANE=${LEAN_LANE}, SIGTERM: GOAWAY, and what runs still ends, its answer or its body late (6.8)`, async () => {
    await using service = await startService({ environment: { ...unlimited, LEAN_LANE } });
    const { get, post, body } = new Requests(service.token);
    using peer = await Http2Peer.open(service.port, [setting.initialWindowSize, 10]);
    using idle = await Http2Peer.open(service.port);
    peer.send(headersFrame(1, get), headersFrame(3, post, endHeaders), dataFrame(3, body.subarray(0, 9)));
    await assertHeldAt(peer, 1, 10);
    const exited = once(service.process, "exit");
    service.process.kill("SIGTERM");
    for (const one of [idle, peer]) {
      await one.until(() => one.goaway !== undefined, "GOAWAY");
      assert.equal(one.goaway, "NO_ERROR");
    }
    peer.send(dataFrame(3, body.subarray(9), endStream), window(defaultWindow));
    // Our reader takes leave in two steps: what crossed the first one is served.
    const served = LEAN_LANE === "on" ? [1, 3, 5] : [1, 3];
    if (peer.lastServed === largestWindow) peer.send(headersFrame(5, get));
    for (const id of served) assert.equal((await peer.untilAnswered(id)).status, 200);
    await Promise.all([peer.untilClosed(), idle.untilClosed()]);
    assert.equal(peer.goaway, "NO_ERROR");
    assert.deepEqual(await exited, [0, null]);
    const verified = await service.statut("journal", "verify");
    assert.equal(verified.code, 0, verified.stdout + verified.stderr);
  });
}

onBothLanes(
  (lane) => {
    testCases(lane, windowCases);
    testAnswers(lane);
    testBodies(lane);
    testDepartures(lane);
  },
  { MAX_BODY_BYTES: String(maxBody) },
);
for (const lane of ["off", "on"]) testShutdown(lane);

/** Far more than the window of a connection; no two places of it look the same. */
const large = Buffer.from(
  Array.from({ length: 60_000 }, (_, index) => index.toString(36).padStart(4, "0")).join(""),
);
const noMore = { trailers: undefined, error: undefined };
/** What the answer to `/held` waits for, whose body is not read before. */
let held = Promise.withResolvers<void>();

async function serve(exchange: Exchange): Promise<void> {
  if (exchange.target === "/held") await held.promise;
  const streamed = (async function* () {
    for (let at = 0; at < large.length; at += 50_000) yield large.subarray(at, at + 50_000);
  })();
  exchange.streaming = exchange.target === "/streamed";
  await exchange.send({ status: 200, headers: {}, body: exchange.streaming ? streamed : large, ...noMore });
}

const request = (path: string, method = "GET") =>
  fields({ ":method": method, ":scheme": "http", ":authority": "localhost", ":path": path });

describe("answers that are larger than all windows", () => {
  onBothReaders((listener) => {
    for (const path of ["/", "/streamed"]) {
      test(`${path}: the connection's window holds it, whatever the stream's (6.9.1)`, async () => {
        using peer = await Http2Peer.open(listener().port, [setting.initialWindowSize, largestWindow]);
        peer.send(headersFrame(1, request(path)));
        await assertHeldAt(peer, 1, defaultWindow);
        // Settings say nothing of the connection's window (6.9.2).
        peer.send(window(0), window(largestWindow));
        await assertHeldAt(peer, 1, defaultWindow);
        for (let more = 1; more <= 20; more += 1) {
          peer.send(windowUpdate(0, 1));
          await assertHeldAt(peer, 1, defaultWindow + more);
        }
        peer.send(windowUpdate(0, large.length));
        assert.ok((await peer.untilAnswered(1)).body.equals(large));
      });

      test(`${path}: ten of them, with windows of the default given back piece by piece (5.2)`, async () => {
        using peer = await Http2Peer.open(listener().port);
        const ids = Array.from({ length: 10 }, (_, index) => 1 + 2 * index);
        peer.send(...ids.map((id) => headersFrame(id, request(path))));
        const taken = new Map(ids.map((id) => [id, 0]));
        while (!ids.every((id) => peer.answer(id).ended)) {
          const arrived = () => ids.filter((id) => peer.answer(id).body.length > (taken.get(id) ?? 0));
          await peer.until(
            () => arrived().length > 0 || ids.every((id) => peer.answer(id).ended),
            "more of any",
          );
          for (const id of arrived()) {
            const { body, ended } = peer.answer(id);
            const increment = body.length - (taken.get(id) ?? 0);
            taken.set(id, body.length);
            peer.send(windowUpdate(0, increment), ...(ended ? [] : [windowUpdate(id, increment)]));
          }
        }
        for (const id of ids) assert.ok(peer.answer(id).body.equals(large), `stream ${id}`);
      });
    }

    test("a stream without a window of its own leaves the connection's to others (5.2.1)", async () => {
      using peer = await Http2Peer.open(listener().port, [setting.initialWindowSize, 0]);
      peer.send(...[1, 3].map((id) => headersFrame(id, request("/"))));
      peer.send(windowUpdate(3, large.length), windowUpdate(0, large.length));
      assert.ok((await peer.untilAnswered(3)).body.equals(large));
      assert.equal(peer.answer(1).body.length, 0);
    });

    test("streams that are reset leave the connection's window to others (5.1, 6.9)", async () => {
      using peer = await Http2Peer.open(listener().port, [setting.initialWindowSize, largestWindow]);
      peer.send(headersFrame(1, request("/")), headersFrame(3, request("/streamed")));
      await peer.until(
        () => peer.answer(1).body.length + peer.answer(3).body.length === defaultWindow,
        "a full window",
      );
      peer.send(resetFrame(1, "CANCEL"), resetFrame(3, "CANCEL"), headersFrame(5, request("/")));
      await peer.until(() => peer.answer(5).status === 200, "HEADERS");
      peer.send(windowUpdate(0, large.length));
      assert.ok((await peer.untilAnswered(5)).body.equals(large));
    });
  }, serve);
});

describe("bodies beyond the window", () => {
  onBothReaders((listener) => {
    test("a body that nobody reads, far beyond its window (6.9) → FLOW_CONTROL_ERROR of the stream or the connection", async () => {
      held = Promise.withResolvers();
      using peer = await Http2Peer.open(listener().port);
      const part = dataFrame(1, Buffer.alloc(16_000));
      // Reading a part of it ahead, and giving that back, is the server's right.
      peer.send(headersFrame(1, request("/held", "POST"), endHeaders), ...Array(40).fill(part));
      const isRefused = () => peer.closed || peer.answer(1).reset !== undefined;
      await peer.until(isRefused, "a flow-control error");
      assert.equal(peer.closed ? peer.goaway : peer.answer(1).reset, "FLOW_CONTROL_ERROR", `${peer}`);
      held.resolve();
      if (peer.closed) return;
      peer.send(headersFrame(3, request("/"), endHeaders | endStream), windowUpdate(0, large.length));
      await peer.until(() => peer.answer(3).status === 200, "HEADERS");
    });

    test("a body as long as its window is no error, read or not (6.9.1)", async () => {
      held = Promise.withResolvers();
      using peer = await Http2Peer.open(listener().port, [setting.initialWindowSize, largestWindow]);
      const sizes = [16_384, 16_384, 16_384, 16_383];
      assert.equal(
        sizes.reduce((sum, size) => sum + size),
        defaultWindow,
      );
      peer.send(windowUpdate(0, large.length), headersFrame(1, request("/held", "POST"), endHeaders));
      peer.send(...sizes.map((size, index) => dataFrame(1, Buffer.alloc(size), index === 3 ? endStream : 0)));
      await peer.ping();
      assert.equal(peer.answer(1).reset, undefined);
      held.resolve();
      assert.equal((await peer.untilAnswered(1)).status, 200);
    });
  }, serve);
});

describe("the end of a listener (6.8)", () => {
  for (const reader of ["node", "plain"] as const) {
    test(`${reader}: GOAWAY tells what is still served; streams behind it are not begun`, async () => {
      held = Promise.withResolvers();
      const begun: string[] = [];
      await using readers = await listenWithBoth((exchange) => {
        begun.push(exchange.target);
        return serve(exchange);
      });
      using peer = await Http2Peer.open(readers[reader].port, [setting.initialWindowSize, largestWindow]);
      peer.send(windowUpdate(0, 10_000_000), headersFrame(1, request("/held")));
      await eventually(() => begun.length === 1);
      const closed = readers[reader].close(60_000);
      await peer.until(() => peer.lastServed === 1, "GOAWAY behind stream 1");
      peer.send(headersFrame(3, request("/late")), frame(frameType.ping, 0, Buffer.alloc(8)));
      held.resolve();
      assert.ok((await peer.untilAnswered(1)).body.equals(large));
      await peer.untilClosed();
      await closed;
      assert.equal(peer.goaway, "NO_ERROR");
      assert.deepEqual(begun, ["/held"]);
    });
  }

  test("what crosses the first GOAWAY is served; the second one, after the answer to PING, tells that", async () => {
    held = Promise.withResolvers();
    await using readers = await listenWithBoth(serve);
    using peer = await Http2Peer.open(readers.plain.port);
    peer.send(windowUpdate(0, 10_000_000));
    await peer.ping();
    const closed = readers.plain.close(60_000);
    await peer.until(() => peer.goaway !== undefined, "GOAWAY");
    assert.equal(peer.lastServed, largestWindow);
    const pong = frame(frameType.ping, 0, Buffer.alloc(8), ack);
    peer.send(headersFrame(1, request("/")), windowUpdate(1, large.length), pong);
    assert.ok((await peer.untilAnswered(1)).body.equals(large));
    await peer.untilClosed();
    await closed;
    assert.deepEqual([peer.lastServed, peer.goaway], [1, "NO_ERROR"]);
  });
});
