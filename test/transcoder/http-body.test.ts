import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { type AnyMessage, get, post, problemOf, serve, type TestMethod } from "./harness.ts";

const raw = Uint8Array.of(0, 255, 123, 10);
const png = { "content-type": "image/png" };
type Body = { contentType: string; data: Uint8Array };

suite("14. google.api.HttpBody", () => {
  test("whole, both ways", async () => {
    const api = serve([{ rule: post("/v1", { body: "*" }), input: "HttpBody", output: "HttpBody" }]);
    const answer = await api.call("POST /v1", { headers: png, body: raw });
    assert.equal(answer.headers["content-type"], "image/png");
    assert.deepEqual(new Uint8Array(answer.bytes), raw);
  });

  test("as the body field, beside path and query", async () => {
    const rule = post("/v1/{name}", { body: "file", responseBody: "file" });
    const api = serve([{ rule, input: "Upload", output: "Upload" }]);
    const answer = await api.call("POST /v1/a", { headers: png, body: raw });
    assert.deepEqual(api.last()?.json, {
      name: "a",
      file: { contentType: "image/png", data: Buffer.from(raw).toString("base64") },
    });
    assert.equal(answer.headers["content-type"], "image/png");
    assert.deepEqual(new Uint8Array(answer.bytes), raw);
    assert.equal(problemOf(await api.call("POST /v1/a?file.data=eA", { body: raw })).field, "file.data");
  });

  const types: [type: string, sent: string | undefined][] = [
    ["text/csv; charset=utf-8", "text/csv; charset=utf-8"],
    ["", "application/octet-stream"],
    ["a\r\nx-evil: 1", undefined],
  ];
  for (const [contentType, sent] of types) {
    test(`an answer of type ${JSON.stringify(contentType)} is sent as ${sent}`, async () => {
      const answer = () => ({ contentType, data: raw });
      const api = serve([{ rule: get("/v1"), output: "HttpBody", answer }]);
      const response = await api.call("GET /v1", { headers: { accept: "text/html" } });
      assert.equal(response.status, sent === undefined ? 500 : 200);
      assert.equal(response.headers["content-type"], sent ?? "application/json");
    });
  }

  test("a response field that is not set is an empty body", async () => {
    const api = serve([
      { rule: get("/v1", { responseBody: "file" }), output: "Upload", answer: () => ({ name: "a" }) },
    ]);
    const answer = await api.call("GET /v1");
    assert.equal(answer.headers["content-type"], "application/octet-stream");
    assert.equal(answer.bytes.byteLength, 0);
  });

  test("an upload may be empty, and is bounded", async () => {
    const api = serve([{ rule: post("/v1", { body: "*" }), input: "HttpBody", output: "HttpBody" }], {
      readMaxBytes: 3,
    });
    assert.equal((await api.call("POST /v1")).status, 200);
    assert.equal((await api.call("POST /v1", { headers: png, body: raw })).status, 413);
  });

  test("a download in pieces takes the type of its first message", async () => {
    const answer: TestMethod["answer"] = async function* () {
      yield { contentType: "text/csv", data: Buffer.from("a,b\n") };
      yield { contentType: "image/png", data: Buffer.from("1,2\n") };
    };
    const api = serve([{ rule: get("/v1"), kind: "server", output: "HttpBody", answer }]);
    const response = await api.call("GET /v1", { headers: { accept: "application/json" } });
    assert.equal(response.headers["content-type"], "text/csv");
    assert.equal(response.text, "a,b\n1,2\n");
  });

  test("a download that fails in its middle breaks off", async () => {
    const answer: TestMethod["answer"] = async function* () {
      yield { contentType: "text/csv", data: Buffer.from("a,b\n") };
      throw new Error("secret");
    };
    const api = serve([{ rule: get("/v1"), kind: "server", output: "HttpBody", answer }]);
    await assert.rejects(api.call("GET /v1"));
  });

  test("a download that fails at once is a plain HTTP error", async () => {
    // biome-ignore lint/correctness/useYield: it fails before it gives anything
    const answer: TestMethod["answer"] = async function* () {
      throw new Error("secret");
    };
    const api = serve([{ rule: get("/v1"), kind: "server", output: "HttpBody", answer }]);
    assert.equal((await api.call("GET /v1")).status, 500);
  });

  test("an upload in pieces has its type in the first message only", async () => {
    const seen: unknown[] = [];
    const answer: TestMethod["answer"] = async (requests: AsyncIterable<AnyMessage>) => {
      for await (const { name, file } of requests) {
        const { contentType, data } = file as Body;
        seen.push([name, contentType, Buffer.from(data).toString()]);
      }
      return {};
    };
    const api = serve([
      { rule: post("/v1/{name}", { body: "file" }), kind: "client", input: "Upload", answer },
    ]);
    const body = (async function* () {
      yield Buffer.from("one");
      yield Buffer.from("two");
    })();
    await api.call("POST /v1/a", { headers: png, body });
    await api.call("POST /v1/b", { headers: png });
    assert.deepEqual(seen, [
      ["a", "image/png", "one"],
      ["a", "", "two"],
      ["b", "image/png", ""],
    ]);
  });
});
