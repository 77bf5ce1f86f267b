// HTTP/2 over TLS (RFC 9113, 3.2 and 3.4): what ALPN has chosen is what is spoken, however records cut the frames.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { makeCertificate } from "../support/certificate.ts";
import { Requests } from "../support/http2-cases.ts";
import {
  dataFrame,
  endHeaders,
  endStream,
  frame,
  frameType,
  headersFrame,
  opening,
  setting,
  settingsFrame,
  windowUpdate,
} from "../support/http2-frames.ts";
import { Http2Peer } from "../support/http2-peer.ts";
import { type RunningService, startService } from "../support/service.ts";
import { assertWhole, unlimited } from "../support/whole-service.ts";

const certificate = makeCertificate();

for (const LEAN_LANE of ["off", "on"]) {
  describe(`LEAN_LANE=${LEAN_LANE}`, () => {
    let service: RunningService;
    let requests: Requests;
    const dial = () => Http2Peer.dial(service.port, certificate.cert);
    before(async () => {
      const tls = { TLS_CERT: certificate.cert, TLS_KEY: certificate.key };
      service = await startService({ environment: { ...unlimited, ...tls, LEAN_LANE } });
      requests = new Requests(service.token);
    });
    after(() => service[Symbol.asyncDispose]());

    test("preface, SETTINGS and a request in records of one octet → 200", async () => {
      using peer = await dial();
      await peer.sendInOctets(Buffer.concat([opening, headersFrame(1, requests.get)]));
      assert.equal((await peer.untilAnswered(1)).status, 200);
    });

    test("preface, SETTINGS and 50 requests in one write → 200 each", async () => {
      using peer = await dial();
      const ids = Array.from({ length: 50 }, (_, index) => 1 + 2 * index);
      peer.send(opening, windowUpdate(0, 1_000_000), ...ids.map((id) => headersFrame(id, requests.get)));
      for (const id of ids) assert.equal((await peer.untilAnswered(id)).status, 200, `stream ${id}`);
    });

    test("frames that records cut anywhere: a body of 60,000 octets in records of 1,111 → 200", async () => {
      using peer = await dial();
      await peer.agree();
      const bytes = Buffer.concat([
        headersFrame(1, requests.post, endHeaders),
        ...Array.from({ length: 10 }, () => dataFrame(1, Buffer.alloc(6000, " "))),
        dataFrame(1, requests.body, endStream),
      ]);
      for (let start = 0; start < bytes.length; start += 1111) peer.send(bytes.subarray(start, start + 1111));
      assert.equal((await peer.untilAnswered(1)).status, 200);
    });

    test("a window of 0, then three octets at a time: the answer comes whole (6.9.1)", async () => {
      using peer = await dial();
      await peer.agree([setting.initialWindowSize, 0]);
      peer.send(headersFrame(1, requests.get));
      const answer = peer.answer(1);
      while (!answer.ended) {
        const { length } = answer.body;
        peer.send(windowUpdate(1, 3));
        await peer.until(() => answer.body.length > length || answer.ended, "three octets more");
      }
      assert.match(answer.body.toString(), /AUTORBB/);
    });

    for (const [name, bytes] of Object.entries({
      "a request of HTTP/1.1": Buffer.from("GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n"),
      "frames without a preface": Buffer.concat([settingsFrame(), headersFrame(1, Buffer.from([0x82]))]),
      "a preface with a wrong octet": Buffer.from(
        `PRI * HTTP/2.0\r\n\r\nSM\r\n\r\r${"\0".repeat(20)}`,
        "latin1",
      ),
    })) {
      test(`${name}, where ALPN has chosen h2 (3.4) → GOAWAY PROTOCOL_ERROR (Node: INTERNAL_ERROR), or the end alone`, async () => {
        using peer = await dial();
        peer.send(bytes);
        await peer.untilClosed();
        assert.ok([undefined, "PROTOCOL_ERROR", "INTERNAL_ERROR"].includes(peer.goaway), `${peer}`);
        assert.equal(peer.count(frameType.headers), 0);
      });
    }

    test("a connection error → GOAWAY, and the end (5.4.1); the next connection is served", async () => {
      using peer = await dial();
      await peer.agree();
      peer.send(frame(frameType.ping, 0, Buffer.alloc(1)));
      await peer.untilClosed();
      assert.equal(peer.goaway, "FRAME_SIZE_ERROR");
      using next = await dial();
      await next.agree();
      next.send(headersFrame(1, requests.get));
      assert.equal((await next.untilAnswered(1)).status, 200);
    });

    test("the service lives, its journal is whole", () =>
      assertWhole(service, async (url) => {
        using peer = await dial();
        await peer.agree();
        peer.send(headersFrame(1, requests.block("GET", new URL(String(url)).pathname)));
        return new Response(null, { status: (await peer.untilAnswered(1)).status });
      }));
  });
}
