import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { del, get, post, problemOf, put, serve } from "./harness.ts";

suite("12. HEAD, OPTIONS, 404, 405, 406, 413, 415, 400", () => {
  const rules = [
    get("/v1/{text}"),
    post("/v1/{text}", { body: "*" }),
    put("/v1/fixed"),
    del("/v1/{text=**}"),
    get("/v2/{text}:run"),
  ];
  const { call, last } = serve(rules, { readMaxBytes: 100 });
  const json = { "content-type": "application/json" };
  const type = (value: string) => ({ headers: { "content-type": value }, body: "{}" });
  const accept = (value: string) => ({ headers: { accept: value } });

  const statuses: [
    line: string,
    init: Parameters<typeof call>[1],
    status: number,
    headers: Record<string, string>,
  ][] = [
    ["GET /v1/a", {}, 200, { "content-type": "application/json", vary: "accept-encoding" }],
    ["HEAD /v1/a", {}, 200, { "content-type": "application/json", "content-length": "12" }],
    ["HEAD /v1/a?bad=1", {}, 400, { "content-type": "application/json" }],
    ["OPTIONS /v1/a", {}, 204, { allow: "DELETE, GET, HEAD, OPTIONS, POST" }],
    ["OPTIONS /v1/fixed", {}, 204, { allow: "DELETE, GET, HEAD, OPTIONS, POST, PUT" }],
    ["OPTIONS /v1/a/b", {}, 204, { allow: "DELETE, OPTIONS" }],
    ["PATCH /v1/fixed", {}, 405, { allow: "DELETE, GET, HEAD, OPTIONS, POST, PUT" }],
    ["GET /v1/a/b", {}, 405, { allow: "DELETE, OPTIONS" }],
    ["POST /v2/a:run", {}, 405, { allow: "GET, HEAD, OPTIONS" }],
    ["get /v1/a", {}, 405, {}],
    ["OPTIONS /v3", {}, 404, {}],
    ["GET /v3", {}, 404, {}],
    ["GET /", {}, 404, {}],
    ["POST /v1/a", type("text/plain"), 415, { accept: "application/json" }],
    ["POST /v1/a", type("application/x-www-form-urlencoded"), 415, {}],
    ["POST /v1/a", type("application/json; charset=iso-8859-1"), 415, {}],
    ["POST /v1/a", type("application/jsonp"), 415, {}],
    ["POST /v1/a", type("application/json"), 200, {}],
    ["POST /v1/a", type('Application/JSON ; Charset="UTF-8"'), 200, {}],
    ["POST /v1/a", type("application/merge-patch+json"), 200, {}],
    ["POST /v1/a", { body: "{}" }, 200, {}],
    ["POST /v1/a", { headers: { "content-type": "text/plain" } }, 200, {}],
    [
      "POST /v1/a",
      { headers: { "content-encoding": "zstd" }, body: "{}" },
      415,
      { "accept-encoding": "gzip, br" },
    ],
    ["POST /v1/a", { headers: { "content-encoding": "gzip, gzip" }, body: "{}" }, 415, {}],
    ["POST /v1/a", { headers: json, body: `{"int32":1${" ".repeat(91)}}` }, 413, {}],
    ["POST /v1/a", { headers: { "content-length": "101" }, body: pieces("{}") }, 413, {}],
    ["POST /v1/a", { body: pieces(..."x".repeat(101)) }, 413, {}],
    ["POST /v1/a", { body: pieces('{"int', '32":1}') }, 200, {}],
    ["GET /v1/a", { body: "x" }, 400, {}],
    ["GET /v1/a", { body: pieces("", "x") }, 400, {}],
    ["GET /v1/a", { body: pieces("", "") }, 200, {}],
    ["GET /v1/a", { headers: { "content-length": "1" }, body: pieces() }, 400, {}],
    ["GET /v1/a", accept("application/json"), 200, {}],
    ["GET /v1/a", accept("*/*"), 200, {}],
    ["GET /v1/a", accept("application/*;q=0.1"), 200, {}],
    ["GET /v1/a", accept("text/html, application/json;q=0.5"), 200, {}],
    ["GET /v1/a", accept("text/html, */*;q=0.1"), 200, {}],
    ["GET /v1/a", accept("application/json;charset=utf-8"), 200, {}],
    ["GET /v1/a", accept("APPLICATION/JSON"), 200, {}],
    ["GET /v1/a", accept("text/html"), 200, {}],
    ["GET /v1/a", accept("application/json;q=0"), 200, {}],
    ["GET /v1/a", accept("application/json;q=0, */*"), 200, {}],
    ["GET /v1/a", accept("application/*;q=0.000"), 200, {}],
    ["GET /v1/a", accept(""), 200, {}],
    ["GET /v1/a", { headers: { accept: ["text/html", "application/json"] } }, 200, {}],
    ["GET /v1/a?nope=1", {}, 400, {}],
  ];
  for (const [line, init, status, headers] of statuses) {
    test(`${line} ${JSON.stringify(init?.headers ?? {})} is ${status}`, async () => {
      const answer = await call(line, init);
      assert.equal(answer.status, status, answer.text);
      assert.deepEqual(
        Object.fromEntries(Object.keys(headers).map((name) => [name, answer.headers[name]])),
        headers,
      );
      if (line.startsWith("HEAD") || status === 204) return assert.equal(answer.bytes.byteLength, 0);
      assert.equal(answer.headers["content-type"], "application/json");
      if (status < 400) return assert.equal(answer.response.error, undefined);
      assert.equal(typeof problemOf(answer).message, "string");
      assert.equal((answer.json as { code: number }).code, answer.response.error?.code);
    });
  }

  test("HEAD runs the GET method", async () => {
    await call("HEAD /v1/xyz");
    assert.equal(last()?.message["text"], "xyz");
  });

  test("a refused call does not read its body", async () => {
    let read = false;
    const body = (async function* () {
      read = true;
      yield Buffer.from("{}");
    })();
    for (const [line, headers] of [
      ["POST /nowhere", {}],
      ["PATCH /v1/a", {}],
      ["POST /v1/a", { "accept-encoding": "*;q=0" }],
      ["POST /v1/a", { "grpc-timeout": "x" }],
      ["POST /v1/a", { "content-length": "1000" }],
      ["POST /v1/a", { "content-encoding": "zstd" }],
    ] as const) {
      assert.ok((await call(line, { headers, body })).status >= 400);
    }
    assert.equal(read, false);
  });

  test("match tells without calling", () => {
    const { transcoder } = serve(rules);
    const found = transcoder.match("GET", "/v1/a?x=y");
    assert.ok(found.kind === "found");
    assert.equal(found.binding.template, "/v1/{text}");
    assert.equal(found.binding.method.name, "M0");
    assert.deepEqual(found.binding.variables, ["text"]);
    assert.deepEqual(transcoder.match("GET", "/v3"), { kind: "none" });
    assert.deepEqual(transcoder.match("PATCH", "/v1/a/b"), { kind: "method", allow: ["DELETE", "OPTIONS"] });
  });
});

async function* pieces(...texts: string[]): AsyncIterable<Uint8Array> {
  for (const text of texts) yield Buffer.from(text);
}
