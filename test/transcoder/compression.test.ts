import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { brotliCompressSync, brotliDecompressSync, gunzipSync, gzipSync } from "node:zlib";
import { get, post, serve } from "./harness.ts";

const big = "x".repeat(5000);

suite("17. Compression", () => {
  const { call, last } = serve(
    [get("/v1"), post("/v1", { body: "*" }), { rule: get("/s"), kind: "server" }],
    {
      readMaxBytes: 100_000,
    },
  );

  const out: [accept: string | undefined, coding: string | undefined][] = [
    [undefined, undefined],
    ["gzip", "gzip"],
    ["br", "br"],
    ["x-gzip", "gzip"],
    ["GZIP", "gzip"],
    ["gzip, br", "gzip"],
    ["gzip;q=0.5, br", "br"],
    ["gzip;q=0.5, br;q=0.4", "gzip"],
    ["gzip;q=0, br", "br"],
    ["gzip;q=0", undefined],
    ["*", "gzip"],
    ["*;q=0.5, gzip;q=0", "br"],
    ["identity", undefined],
    ["identity, gzip;q=0.5", undefined],
    ["gzip, identity;q=0.5", "gzip"],
    ["identity;q=0, br", "br"],
    ["*;q=0, br;q=0.1", "br"],
    ["deflate, zstd", undefined],
    ["", undefined],
  ];
  for (const [accept, coding] of out) {
    test(`Accept-Encoding ${accept} gives ${coding ?? "none"}`, async () => {
      const answer = await call(`GET /v1?text=${big}`, { headers: { "accept-encoding": accept } });
      assert.equal(answer.status, 200);
      assert.equal(answer.headers["content-encoding"], coding);
      assert.equal(answer.headers["vary"], "accept-encoding");
      const unpack = coding === "gzip" ? gunzipSync : coding === "br" ? brotliDecompressSync : Buffer.from;
      assert.deepEqual(JSON.parse(unpack(answer.bytes).toString()), { text: big });
    });
  }

  test("nothing acceptable is 406", async () => {
    for (const accept of ["identity;q=0", "*;q=0", "deflate, *;q=0"]) {
      assert.equal((await call("GET /v1", { headers: { "accept-encoding": accept } })).status, 406);
    }
  });

  test("a small answer is sent as it is, unless that is forbidden", async () => {
    const small = await call("GET /v1?text=a", { headers: { "accept-encoding": "gzip" } });
    assert.equal(small.headers["content-encoding"], undefined);
    assert.equal(small.headers["vary"], "accept-encoding");
    const forced = await call("GET /v1?text=a", { headers: { "accept-encoding": "gzip, identity;q=0" } });
    assert.equal(gunzipSync(forced.bytes).toString(), '{"text":"a"}');
  });

  test("compression can be switched off", async () => {
    const plain = serve([get("/v1")], { compressMinBytes: Number.POSITIVE_INFINITY });
    const answer = await plain.call(`GET /v1?text=${big}`, { headers: { "accept-encoding": "gzip" } });
    assert.equal(answer.headers["content-encoding"], undefined);
    assert.equal(answer.headers["vary"], undefined);
  });

  const json = Buffer.from('{"text":"a"}');
  const bodies: [coding: string, body: Uint8Array, status: number][] = [
    ["gzip", gzipSync(json), 200],
    ["x-gzip", gzipSync(json), 200],
    ["GZip", gzipSync(json), 200],
    ["br", brotliCompressSync(json), 200],
    ["identity", json, 200],
    ["", json, 200],
    ["gzip", json, 400],
    ["br", Buffer.from("not brotli at all"), 400],
    ["gzip", gzipSync(json).subarray(0, -6), 400],
    ["gzip", gzipSync(Buffer.alloc(100_000, " ")), 400],
    ["gzip", gzipSync(Buffer.alloc(100_001, " ")), 413],
    ["gzip", gzipSync(Buffer.alloc(50_000_000, " ")), 413],
    ["br", brotliCompressSync(Buffer.alloc(50_000_000, " ")), 413],
    ["identity", Buffer.alloc(100_001, " "), 413],
    ["gzip", Buffer.alloc(0), 200],
    ["deflate", json, 415],
    ["gzip, br", json, 415],
  ];
  for (const [coding, body, status] of bodies) {
    test(`Content-Encoding ${coding} with ${body.byteLength} bytes is ${status}`, async () => {
      const answer = await call("POST /v1", { headers: { "content-encoding": coding }, body });
      assert.equal(answer.status, status, answer.text);
      if (status === 200 && body.byteLength > 0) assert.deepEqual(last()?.json, { text: "a" });
    });
  }

  for (const [coding, unpack] of [
    ["gzip", gunzipSync],
    ["br", brotliDecompressSync],
  ] as const) {
    test(`a stream is compressed with ${coding}`, async () => {
      const answer = await call("GET /s?text=a", { headers: { "accept-encoding": coding } });
      assert.equal(answer.headers["content-encoding"], coding);
      assert.equal(unpack(answer.bytes).toString(), '{"result":{"text":"a"}}\n');
    });
  }

  test("a compressed client stream is read, and bounded by message", async () => {
    const streams = serve([{ rule: post("/v1", { body: "*" }), kind: "client" }], { readMaxBytes: 1000 });
    const send = (body: Uint8Array, coding: string) =>
      streams.call("POST /v1", { headers: { "content-encoding": coding }, body });
    const two = Buffer.from('{"text":"a"}{"text":"b"}');
    assert.equal((await send(gzipSync(two), "gzip")).status, 200);
    assert.equal((await send(brotliCompressSync(two), "br")).status, 200);
    assert.equal((await send(two, "gzip")).status, 400);
    assert.equal(
      (await send(gzipSync(Buffer.from(`{"text":"${"x".repeat(5_000_000)}"}`)), "gzip")).status,
      413,
    );
    assert.equal((await send(gzipSync(Buffer.alloc(5_000_000, " ")), "gzip")).status, 200);
    assert.equal((await send(gzipSync(Buffer.from('{"text":"a"}'.repeat(1000))), "gzip")).status, 200);
  });
});
