// The Node handler on real servers, driven by real clients.
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, request as httpRequest, type IncomingHttpHeaders, type Server } from "node:http";
import * as http2 from "node:http2";
import { type AddressInfo, connect } from "node:net";
import { after, before, suite, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { brotliCompressSync, gunzipSync } from "node:zlib";
import { connectNodeAdapter } from "@connectrpc/connect-node";
import { type AnyMessage, get, post, serve, type TestMethod } from "./harness.ts";

let aborted = 0;
const endless: TestMethod["answer"] = async function* (_request, { signal }) {
  signal.addEventListener("abort", () => aborted++);
  for (;;) {
    yield { int32: 1 };
    await sleep(5, undefined, { signal });
  }
};
const counted: TestMethod["answer"] = async function* (_request, context) {
  for (let index = 1; index <= 3; index++) yield { int32: index };
  context.responseTrailer.set("x-tail", "t");
};
const broken: TestMethod["answer"] = async function* () {
  yield { contentType: "text/csv", data: Buffer.from("a,b\n") };
  throw new Error("secret");
};
const collected: TestMethod["answer"] = async (requests: AsyncIterable<AnyMessage>) => {
  const names: unknown[] = [];
  for await (const { text } of requests) names.push(text);
  return { names };
};
const addressed: TestMethod["answer"] = (_request, { url, responseHeader, responseTrailer }) => {
  responseHeader.append("set-cookie", "a=1");
  responseHeader.append("set-cookie", "b=2");
  responseTrailer.set("x-tail", "t");
  return { text: url };
};

const { transcoder } = serve(
  [
    get("/v1/{text}"),
    post("/v1/{text}", { body: "*" }),
    { rule: get("/stream/counted"), kind: "server", answer: counted },
    { rule: get("/stream/endless"), kind: "server", answer: endless },
    { rule: get("/stream/broken"), kind: "server", output: "HttpBody", answer: broken },
    { rule: post("/collect", { body: "*" }), kind: "client", answer: collected },
    { rule: get("/url"), answer: addressed },
  ],
  { readMaxBytes: 100_000 },
);

interface Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly trailers: IncomingHttpHeaders;
  readonly text: string;
  readonly bytes: Buffer;
}

interface Sent {
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string | Uint8Array;
}

type Send = (path: string, sent?: Sent) => Promise<Reply>;

/** The cases that hold over both versions of HTTP. */
function behaviour(send: Send): void {
  test("12. a unary call", async () => {
    const { status, headers, text } = await send("/v1/a%20b?int32=3");
    assert.deepEqual(
      [status, headers["content-type"], text],
      [200, "application/json", '{"int32":3,"text":"a b"}'],
    );
    assert.equal(headers["content-length"], String(text.length));
  });

  test("7. a body", async () => {
    const { status, text } = await send("/v1/a", { method: "POST", body: '{"names":["b"]}' });
    assert.deepEqual([status, text], [200, '{"text":"a","names":["b"]}']);
  });

  test("7. a body where there is none to be", async () => {
    assert.equal((await send("/v1/a", { method: "DELETE", body: "{}" })).status, 405);
    assert.equal((await send("/url", { method: "GET", body: "{}" })).status, 400);
  });

  test("12. HEAD has the headers of GET and no body", async () => {
    const { status, headers, bytes } = await send("/v1/a", { method: "HEAD" });
    assert.deepEqual([status, headers["content-length"], bytes.byteLength], [200, "12", 0]);
  });

  test("12. OPTIONS is 204 with Allow", async () => {
    const { status, headers, bytes } = await send("/v1/a", { method: "OPTIONS" });
    assert.deepEqual([status, headers["allow"], bytes.byteLength], [204, "GET, HEAD, OPTIONS, POST", 0]);
  });

  test("12. 404, 405 and 413 are JSON", async () => {
    for (const [path, sent, status] of [
      ["/nowhere", {}, 404],
      ["/v1/a", { method: "PATCH" }, 405],
      ["/v1/a", { method: "POST", body: "x".repeat(100_001) }, 413],
    ] as const) {
      const reply = await send(path, sent);
      assert.equal(reply.status, status);
      assert.equal(reply.headers["content-type"], "application/json");
      assert.equal(typeof JSON.parse(reply.text).message, "string");
    }
  });

  test("13. a stream, with its trailers", async () => {
    const { status, headers, text, trailers } = await send("/stream/counted");
    assert.deepEqual([status, headers["content-type"]], [200, "application/x-ndjson"]);
    assert.equal(text, '{"result":{"int32":1}}\n{"result":{"int32":2}}\n{"result":{"int32":3}}\n');
    assert.equal(trailers["trailer-x-tail"], "t");
  });

  test("13. a client stream", async () => {
    const { text } = await send("/collect", { method: "POST", body: '{"text":"a"}\n{"text":"b"}' });
    assert.equal(text, '{"names":["a","b"]}');
  });

  test("14. a raw stream that fails is cut", async () => {
    await assert.rejects(send("/stream/broken"));
  });

  test("16. headers, cookies and trailers", async () => {
    const { headers, text } = await send("/url");
    assert.match(text, /"http:\/\/127\.0\.0\.1:[0-9]+\/url"/);
    assert.deepEqual(headers["set-cookie"], ["a=1", "b=2"]);
    assert.equal(headers["trailer-x-tail"], "t");
  });

  test("17. compression both ways", async () => {
    const body = brotliCompressSync(JSON.stringify({ names: Array(500).fill("name") }));
    const sent = { method: "POST", body, headers: { "content-encoding": "br", "accept-encoding": "gzip" } };
    const { headers, bytes } = await send("/v1/a", sent);
    assert.equal(headers["content-encoding"], "gzip");
    assert.equal(headers["content-length"], String(bytes.byteLength));
    assert.equal(JSON.parse(gunzipSync(bytes).toString()).names.length, 500);
  });
}

suite("A Node handler over HTTP/1.1", () => {
  const server = createServer(transcoder.nodeHandler);
  before(() => listen(server));
  after(() => close(server));
  const send: Send = (path, { method = "GET", headers = {}, body } = {}) =>
    new Promise((resolve, reject) => {
      const length = body === undefined ? {} : { "content-length": Buffer.byteLength(body) };
      const request = httpRequest({
        port: portOf(server),
        host: "127.0.0.1",
        path,
        method,
        headers: { ...headers, ...length },
      });
      request.on("error", reject);
      request.on("response", (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("error", reject);
        response.on("end", () => {
          const bytes = Buffer.concat(chunks);
          const { statusCode: status = 0, headers, trailers } = response;
          resolve({ status, headers, trailers, bytes, text: bytes.toString() });
        });
      });
      request.end(body);
    });
  behaviour(send);

  test("16. a caller who leaves aborts the method", async () => {
    const before = aborted;
    const request = httpRequest({ port: portOf(server), host: "127.0.0.1", path: "/stream/endless" }).end();
    const [response] = await once(request, "response");
    await once(response, "data");
    request.on("error", () => undefined);
    request.destroy();
    await until(() => aborted > before);
  });

  test("a body that was refused unread is not taken for the next request", async () => {
    const socket = connect(portOf(server), "127.0.0.1");
    socket.write("POST /nowhere HTTP/1.1\r\nHost: a\r\nContent-Length: 30\r\n\r\n");
    const [head] = await once(socket, "data");
    assert.match(String(head), /^HTTP\/1\.1 404 /);
    assert.match(String(head), /connection: close/i);
    socket.destroy();
  });

  test("2. the raw target is matched, not what URL would make of it", async () => {
    const raw = (target: string) =>
      send(target).then(({ status, text }) => [status, status === 200 ? JSON.parse(text).text : ""]);
    assert.deepEqual(await raw("/v1/%2e%2e"), [200, ".."]);
    assert.deepEqual(await raw("//v1/a"), [404, ""]);
    assert.deepEqual(await raw("/v1/x/../a"), [404, ""]);
  });
});

suite("A Node handler over HTTP/2", () => {
  const server = http2.createServer(transcoder.nodeHandler);
  let session: http2.ClientHttp2Session;
  before(async () => {
    await listen(server as unknown as Server);
    session = http2.connect(`http://127.0.0.1:${portOf(server as unknown as Server)}`);
  });
  after(async () => {
    session.close();
    await close(server as unknown as Server);
  });
  const send: Send = (path, { method = "GET", headers = {}, body } = {}) =>
    new Promise((resolve, reject) => {
      const stream = session.request(
        { ":path": path, ":method": method, ...headers },
        { endStream: body === undefined },
      );
      const chunks: Buffer[] = [];
      let head: http2.IncomingHttpHeaders & http2.IncomingHttpStatusHeader = {};
      let trailers: IncomingHttpHeaders = {};
      stream.on("response", (received) => {
        head = received;
      });
      stream.on("trailers", (received) => {
        trailers = received;
      });
      stream.on("data", (chunk: Buffer) => chunks.push(chunk));
      stream.on("error", reject);
      stream.on("end", () => {
        const bytes = Buffer.concat(chunks);
        if (stream.rstCode === 0)
          resolve({ status: head[":status"] ?? 0, headers: head, trailers, bytes, text: bytes.toString() });
        else reject(new Error(`stream reset: ${stream.rstCode}`));
      });
      if (body !== undefined) stream.end(body);
    });
  behaviour(send);

  test("16. a caller who leaves aborts the method", async () => {
    const before = aborted;
    const stream = session.request({ ":path": "/stream/endless" });
    await once(stream, "data");
    stream.close(http2.constants.NGHTTP2_CANCEL);
    await until(() => aborted > before);
  });
});

suite("A Node handler behind others", () => {
  test("as the fallback of connectNodeAdapter", async () => {
    const server = createServer(
      connectNodeAdapter({ routes: () => undefined, fallback: transcoder.nodeHandler }),
    );
    await listen(server);
    try {
      const response = await fetch(`http://127.0.0.1:${portOf(server)}/v1/a`);
      assert.deepEqual(await response.json(), { text: "a" });
    } finally {
      await close(server);
    }
  });

  test("with next, what matches no path is passed on, and nothing else", async () => {
    const server = createServer((request, response) =>
      transcoder.nodeHandler(request, response, () => response.writeHead(418).end()),
    );
    await listen(server);
    try {
      const statuses = await Promise.all(
        ["/other", "/v1/a"].map(
          async (path) => (await fetch(`http://127.0.0.1:${portOf(server)}${path}`)).status,
        ),
      );
      const method = await fetch(`http://127.0.0.1:${portOf(server)}/v1/a`, { method: "DELETE" });
      assert.deepEqual([...statuses, method.status], [418, 200, 405]);
    } finally {
      await close(server);
    }
  });
});

async function listen(server: Server): Promise<void> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
}

async function close(server: Server): Promise<void> {
  server.close();
  server.closeAllConnections?.();
  await once(server, "close");
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}

async function until(condition: () => boolean): Promise<void> {
  for (let waited = 0; !condition(); waited += 5) {
    assert.ok(waited < 30_000, "it never happened");
    await sleep(5);
  }
}
