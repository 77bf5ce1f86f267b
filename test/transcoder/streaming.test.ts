import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { Code, ConnectError } from "@connectrpc/connect";
import { type AnyMessage, get, post, serve, type TestMethod } from "./harness.ts";

const messages = (count: number, end?: unknown): TestMethod["answer"] =>
  async function* (_request, context) {
    context.responseHeader.set("x-head", "h");
    for (let index = 0; index < count; index++) yield { int32: index + 1 };
    context.responseTrailer.set("x-tail", "t");
    if (end !== undefined) throw end;
  };

const refusal = new ConnectError("no more", Code.ResourceExhausted);
const error = { error: { code: 8, message: "no more", details: [] } };

suite("13. Server streaming", () => {
  const stream = (count: number, end?: unknown) =>
    serve([{ rule: get("/v1"), kind: "server", answer: messages(count, end) as never }]);
  const one = { result: { int32: 1 } };
  const two = { result: { int32: 2 } };

  const rows: [accept: string | undefined, count: number, end: unknown, type: string, text: string][] = [
    [undefined, 2, undefined, "application/x-ndjson", lines(one, two)],
    ["*/*", 2, undefined, "application/x-ndjson", lines(one, two)],
    [undefined, 0, undefined, "application/x-ndjson", ""],
    [undefined, 2, refusal, "application/x-ndjson", lines(one, two, error)],
    ["application/x-ndjson", 1, refusal, "application/x-ndjson", lines(one, error)],
    ["application/json", 2, undefined, "application/json", JSON.stringify([one, two])],
    ["application/json", 0, undefined, "application/json", "[]"],
    ["application/json", 1, refusal, "application/json", JSON.stringify([one, error])],
    ["text/event-stream", 2, undefined, "text/event-stream", events(one, two)],
    ["text/event-stream", 1, refusal, "text/event-stream", events(one, error)],
    ["text/event-stream, application/json;q=0.5", 1, undefined, "text/event-stream", events(one)],
    ["text/*, application/json;q=0.5", 1, undefined, "text/event-stream", events(one)],
    ["application/json;q=0.1, */*;q=0.2", 1, undefined, "application/x-ndjson", lines(one)],
  ];
  for (const [accept, count, end, type, text] of rows) {
    test(`${accept}: ${count} messages${end === undefined ? "" : " and an error"} as ${type}`, async () => {
      const answer = await stream(count, end).call("GET /v1", { headers: { accept } });
      assert.equal(answer.status, 200);
      assert.equal(answer.headers["content-type"], type);
      assert.equal(answer.headers["vary"], "accept, accept-encoding");
      assert.equal(answer.headers["x-head"], count === 0 ? "h" : "h");
      assert.equal(answer.text, text);
      if (count > 0) assert.deepEqual(answer.response.trailers?.(), { "trailer-x-tail": "t" });
    });
  }

  test("a stream that fails before its first message is a plain HTTP error", async () => {
    const answer = await stream(0, refusal).call("GET /v1");
    assert.equal(answer.status, 429);
    assert.deepEqual(answer.json, error.error);
    assert.equal(answer.headers["x-head"], "h");
  });

  test("an unknown error in the middle keeps its text to itself", async () => {
    const answer = await stream(1, new Error("secret")).call("GET /v1");
    assert.equal(answer.text, lines(one, { error: { code: 13, message: "internal error", details: [] } }));
  });

  test("what is not offered gets the usual format", async () => {
    const answer = await stream(1).call("GET /v1", { headers: { accept: "text/html" } });
    assert.deepEqual([answer.status, answer.headers["content-type"]], [200, "application/x-ndjson"]);
  });

  test("HEAD of a stream has no body", async () => {
    const answer = await stream(2).call("HEAD /v1");
    assert.equal(answer.status, 200);
    assert.equal(answer.text, "");
  });

  test("response_body applies to each message", async () => {
    const rule = get("/v1", { responseBody: "int32" });
    const answer = await serve([{ rule, kind: "server", answer: messages(2) as never }]).call("GET /v1");
    assert.equal(answer.text, lines({ result: 1 }, { result: 2 }));
  });

  test("each message is released before the next one is asked for", async () => {
    let asked = 0;
    const answer: TestMethod["answer"] = async function* () {
      for (;;) {
        asked++;
        yield { int32: asked };
      }
    };
    const { transcoder } = serve([{ rule: get("/v1"), kind: "server", answer }]);
    const signal = new AbortController().signal;
    const response = await transcoder.handle({
      httpMethod: "GET",
      target: "/v1",
      headers: {},
      body: undefined,
      signal,
    });
    const chunks = (response.body as AsyncIterable<Uint8Array>)[Symbol.asyncIterator]();
    assert.equal(asked, 1);
    assert.equal(Buffer.from((await chunks.next()).value as Uint8Array).toString(), lines(one));
    assert.equal(asked, 1);
    await chunks.next();
    assert.equal(asked, 2);
    await chunks.return?.();
  });

  test("a method that cannot even clean up after its deadline harms nobody", async () => {
    const answer: TestMethod["answer"] = async function* (_request, { signal }) {
      try {
        await new Promise((resolve) => signal.addEventListener("abort", resolve));
        yield {};
      } finally {
        // biome-ignore lint/correctness/noUnsafeFinally: the very fault that is tested
        throw new Error("secret");
      }
    };
    const { call } = serve([{ rule: get("/v1"), kind: "server", answer }]);
    assert.equal((await call("GET /v1", { headers: { "x-server-timeout": "0.01" } })).status, 504);
    await new Promise((resolve) => setTimeout(resolve, 20));
  });

  test("a caller who leaves before the body is asked for ends the method", async () => {
    let ended = false;
    const answer: TestMethod["answer"] = async function* () {
      try {
        for (;;) yield {};
      } finally {
        ended = true;
      }
    };
    const { transcoder } = serve([{ rule: get("/v1"), kind: "server", answer }]);
    const { signal, abort } = abortable();
    await transcoder.handle({ httpMethod: "GET", target: "/v1", headers: {}, body: undefined, signal });
    abort();
    await new Promise(setImmediate);
    assert.equal(ended, true);
  });

  test("giving up the body ends the method", async () => {
    let ended = false;
    let aborted = false;
    const answer: TestMethod["answer"] = async function* (_request, context) {
      context.signal.addEventListener("abort", () => {
        aborted = true;
      });
      try {
        for (;;) yield {};
      } finally {
        ended = true;
      }
    };
    const { transcoder } = serve([{ rule: get("/v1"), kind: "server", answer }]);
    const signal = new AbortController().signal;
    const response = await transcoder.handle({
      httpMethod: "GET",
      target: "/v1",
      headers: {},
      body: undefined,
      signal,
    });
    for await (const _chunk of response.body as AsyncIterable<Uint8Array>) break;
    await new Promise(setImmediate);
    assert.deepEqual({ ended, aborted }, { ended: true, aborted: true });
  });
});

suite("13. Client streaming", () => {
  const collect: TestMethod["answer"] = async (requests: AsyncIterable<AnyMessage>) => {
    const names: unknown[] = [];
    for await (const request of requests) names.push(`${request["text"]}${request["int32"] || ""}`);
    return { names };
  };
  const { call } = serve([{ rule: post("/v1", { body: "*" }), kind: "client", answer: collect }], {
    readMaxBytes: 100,
  });

  const rows: [pieces: string[], expected: string[] | number][] = [
    [[], []],
    [[""], []],
    [["\n \n"], []],
    [['{"text":"a"}'], ["a"]],
    [['{"text":"a"}{"text":"b"}'], ["a", "b"]],
    [['{"text":"a"}\n{"text":"b"}\n'], ["a", "b"]],
    [['{"text":"a"}\r\n\r\n {"text":"b"}'], ["a", "b"]],
    [[...'{"text":"é}{\\"]"}\n{"text":"b"}'], ['é}{"]', "b"]],
    [
      ['{"text":"a', '"}{"te', 'xt":"b"}'],
      ["a", "b"],
    ],
    [['{"text":"a"},{"text":"b"}'], 400],
    [['[{"text":"a"}]'], 400],
    [['{"text":"a"}}'], 400],
    [['{"text":"a"'], 400],
    [["1"], 400],
    [['"a""b"'], 400],
    [['{"text":"a","text":"b"}'], 400],
    [['{"unknown":1}'], 400],
    [['{"text":"', ..."x".repeat(101)], 413],
    [[`{"text":"${"x".repeat(101)}"}`], 413],
    [Array(50).fill('{"text":"a"}'), Array(50).fill("a")],
  ];
  for (const [pieces, expected] of rows) {
    test(`${JSON.stringify(pieces.slice(0, 3).join("|").slice(0, 60))} gives ${typeof expected === "number" ? expected : expected.length}`, async () => {
      const bytes = pieces.map((piece) => Buffer.from(piece));
      const body = (async function* () {
        yield* bytes;
      })();
      const answer = await call("POST /v1", { body });
      if (typeof expected === "number") return assert.equal(answer.status, expected, answer.text);
      assert.equal(answer.status, 200, answer.text);
      assert.deepEqual((answer.json as { names?: string[] }).names ?? [], expected);
    });
  }

  test("bytes of one character may come apart", async () => {
    const bytes = Buffer.from('{"text":"€"}');
    const body = (async function* () {
      for (const byte of bytes) yield Uint8Array.of(byte);
    })();
    assert.deepEqual((await call("POST /v1", { body })).json, { names: ["€"] });
  });

  test("path and query bind to every message", async () => {
    const rule = post("/v1/{text}", { body: "book" });
    const sums: TestMethod["answer"] = async (requests: AsyncIterable<AnyMessage>) => {
      const names: string[] = [];
      for await (const { text, int32, book } of requests)
        names.push(`${text} ${int32} ${(book as { name: string }).name}`);
      return { names };
    };
    const api = serve([{ rule, kind: "client", answer: sums }]);
    const answer = await api.call("POST /v1/p?int32=7", { body: '{"name":"a"}{"name":"b"}' });
    assert.deepEqual(answer.json, { names: ["p 7 a", "p 7 b"] });
  });

  test("a method may answer before the stream has ended", async () => {
    const early: TestMethod["answer"] = async (requests: AsyncIterable<AnyMessage>) => {
      for await (const { text } of requests) return { text };
      return {};
    };
    const api = serve([{ rule: post("/v1", { body: "*" }), kind: "client", answer: early }]);
    const body = (async function* () {
      for (;;) yield Buffer.from('{"text":"a"}');
    })();
    assert.deepEqual((await api.call("POST /v1", { body })).json, { text: "a" });
  });

  test("a body that breaks off is a cancelled call", async () => {
    const body = (async function* () {
      yield Buffer.from('{"text":"a"}');
      throw new Error("ECONNRESET");
    })();
    const answer = await call("POST /v1", { body });
    assert.equal(answer.status, 499);
    assert.doesNotMatch(answer.text, /ECONNRESET/);
  });
});

function lines(...items: unknown[]): string {
  return items.map((item) => `${JSON.stringify(item)}\n`).join("");
}

function events(...items: unknown[]): string {
  return items.map((item) => `data: ${JSON.stringify(item)}\n\n`).join("");
}

function abortable(): { signal: AbortSignal; abort: () => void } {
  const controller = new AbortController();
  return { signal: controller.signal, abort: () => controller.abort() };
}
