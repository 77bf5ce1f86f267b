import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { Code, ConnectError } from "@connectrpc/connect";
import { get, post, serve, type TestMethod } from "./harness.ts";

type Answering = NonNullable<TestMethod["answer"]>;

suite("16. Headers and trailers", () => {
  test("request headers reach the method, pseudo-headers do not", async () => {
    let seen: [string, string][] = [];
    const answer: Answering = (_request, { requestHeader }) => {
      seen = [...requestHeader];
      return {};
    };
    const { call } = serve([{ rule: get("/v1"), answer }]);
    await call("GET /v1", { headers: { ":path": "/v1", "x-a": "1", "x-b": ["2", "3"], "x-c": undefined } });
    assert.deepEqual(seen, [
      ["x-a", "1"],
      ["x-b", "2, 3"],
    ]);
  });

  test("response headers and trailers pass, framing does not", async () => {
    const answer: Answering = (_request, { responseHeader, responseTrailer }) => {
      responseHeader.set("x-a", "1");
      responseHeader.append("set-cookie", "a=1");
      responseHeader.append("set-cookie", "b=2");
      responseHeader.set("vary", "x-a");
      responseHeader.set("content-type", "text/plain");
      for (const name of ["content-length", "content-encoding", "transfer-encoding", "connection"])
        responseHeader.set(name, "9");
      responseTrailer.set("X-Tail", "t");
      return {};
    };
    const { headers } = await serve([{ rule: get("/v1"), answer }]).call("GET /v1");
    assert.deepEqual(headers, {
      "x-a": "1",
      "set-cookie": ["a=1", "b=2"],
      vary: "x-a, accept-encoding",
      "content-type": "application/json",
      "trailer-x-tail": "t",
    });
  });

  test("headers that were set before an error are sent with it", async () => {
    const answer: Answering = (_request, { responseHeader, responseTrailer }) => {
      responseHeader.set("x-a", "1");
      responseTrailer.set("x-b", "2");
      throw new ConnectError("no", Code.NotFound);
    };
    const { status, headers } = await serve([{ rule: get("/v1"), answer }]).call("GET /v1");
    assert.deepEqual([status, headers["x-a"], headers["trailer-x-b"]], [404, "1", "2"]);
  });
});

suite("16. Deadlines", () => {
  /** Header, value, and the remaining time that the method sees: a number of milliseconds, nothing, or a status. */
  const rows: [headers: Record<string, string>, expected: number | undefined | "400"][] = [
    [{}, undefined],
    [{ "x-server-timeout": "10" }, 10_000],
    [{ "x-server-timeout": "2.5" }, 2500],
    [{ "x-server-timeout": ".5" }, 500],
    [{ "x-server-timeout": "1." }, 1000],
    [{ "x-server-timeout": "99999999999999999999" }, 60_000],
    [{ "x-server-timeout": "-1" }, "400"],
    [{ "x-server-timeout": "1s" }, "400"],
    [{ "x-server-timeout": "1e3" }, "400"],
    [{ "x-server-timeout": "NaN" }, "400"],
    [{ "x-server-timeout": "" }, "400"],
    [{ "x-server-timeout": "." }, "400"],
    [{ "x-server-timeout": "1, 2" }, "400"],
    [{ "grpc-timeout": "10S" }, 10_000],
    [{ "grpc-timeout": "500m" }, 500],
    [{ "grpc-timeout": "5000000u" }, 5000],
    [{ "grpc-timeout": "1M" }, 60_000],
    [{ "grpc-timeout": "99999999H" }, 60_000],
    [{ "grpc-timeout": "123456789S" }, "400"],
    [{ "grpc-timeout": "10" }, "400"],
    [{ "grpc-timeout": "10s" }, "400"],
    [{ "grpc-timeout": "-1S" }, "400"],
    [{ "grpc-timeout": "1.5S" }, "400"],
    [{ "grpc-timeout": "10S", "x-server-timeout": "3" }, 3000],
    [{ "grpc-timeout": "2S", "x-server-timeout": "3" }, 2000],
  ];
  for (const [headers, expected] of rows) {
    test(`${JSON.stringify(headers)} gives ${expected}`, async () => {
      let remaining: number | undefined;
      const answer: Answering = (_request, context) => {
        remaining = context.timeoutMs();
        return {};
      };
      const { call } = serve([{ rule: get("/v1"), answer }], { maxTimeoutMs: 60_000, now: () => 0 });
      const { status, text } = await call("GET /v1", { headers });
      if (expected === "400") return assert.equal(status, 400, text);
      assert.equal(status, 200, text);
      assert.equal(remaining, expected);
    });
  }

  test("a deadline that passes aborts the signal and answers 504, heeded or not", async () => {
    let reason: unknown;
    const deaf: Answering = async (_request, { signal }) => {
      signal.addEventListener("abort", () => {
        reason = signal.reason;
      });
      await sleep(60_000, undefined, { ref: false });
      return {};
    };
    const heeding: Answering = async (_request, { signal }) => {
      await sleep(60_000, undefined, { signal });
      return {};
    };
    const { call } = serve([
      { rule: get("/deaf"), answer: deaf },
      { rule: get("/heeding"), answer: heeding },
      { rule: get("/zero"), answer: heeding },
    ]);
    for (const path of ["/deaf", "/heeding"]) {
      const answer = await call(`GET ${path}`, { headers: { "x-server-timeout": "0.02" } });
      assert.equal(answer.status, 504);
      assert.equal((answer.json as { code: number }).code, Code.DeadlineExceeded);
    }
    assert.ok(reason instanceof ConnectError && reason.code === Code.DeadlineExceeded);
    assert.equal((await call("GET /zero", { headers: { "grpc-timeout": "0n" } })).status, 504);
  });

  test("a deadline ends a stream with an error", async () => {
    const answer: Answering = async function* () {
      yield { int32: 1 };
      await sleep(60_000, undefined, { ref: false });
    };
    const { call } = serve([{ rule: get("/v1"), kind: "server", answer }]);
    const { text } = await call("GET /v1", { headers: { "x-server-timeout": "1" } });
    assert.match(text, /^\{"result":\{"int32":1\}\}\n\{"error":\{"code":4,/);
  });

  test("a deadline also bounds the arrival of the body", async () => {
    const { call } = serve([post("/v1", { body: "*" })]);
    const body = (async function* () {
      yield Buffer.from("{");
      await sleep(60_000, undefined, { ref: false });
    })();
    assert.equal((await call("POST /v1", { body, headers: { "x-server-timeout": "0.02" } })).status, 504);
  });
});

suite("16. Signals", () => {
  const waiting: Answering = async (_request, { signal }) => {
    await sleep(5000, undefined, { signal });
    return {};
  };

  test("a caller who leaves aborts the method: 499", async () => {
    const abort = new AbortController();
    const pending = serve([{ rule: get("/v1"), answer: waiting }]).call("GET /v1", { signal: abort.signal });
    setImmediate(() => abort.abort());
    assert.equal((await pending).status, 499);
  });

  test("a shutdown aborts the method with its own reason", async () => {
    const shutdown = new AbortController();
    const pending = serve([{ rule: get("/v1"), answer: waiting }], { shutdownSignal: shutdown.signal }).call(
      "GET /v1",
    );
    setImmediate(() => shutdown.abort(new ConnectError("stopping", Code.Unavailable)));
    const answer = await pending;
    assert.deepEqual([answer.status, (answer.json as { message: string }).message], [503, "stopping"]);
  });

  test("the signal aborts when the call has ended", async () => {
    let signal: AbortSignal | undefined;
    const answer: Answering = (_request, context) => {
      signal = context.signal;
      return {};
    };
    await serve([{ rule: get("/v1"), answer }]).call("GET /v1");
    assert.equal(signal?.aborted, true);
  });

  test("a method that asks for no signal does not make the host's", async () => {
    const { transcoder } = serve([get("/v1")]);
    let made = false;
    const response = await transcoder.handle({
      httpMethod: "GET",
      target: "/v1",
      headers: {},
      body: undefined,
      get signal() {
        made = true;
        return new AbortController().signal;
      },
    });
    assert.deepEqual([response.status, made], [200, false]);
  });
});
