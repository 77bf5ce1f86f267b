// What a stranger may send: each request is refused in its own way and leaves exactly one line in the journal.
import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { gzipSync } from "node:zlib";
import Sqlite from "better-sqlite3";
import { eventually } from "../support/eventually.ts";
import { sendRaw, statusOf } from "../support/raw-http.ts";
import { type RunningService, startService } from "../support/service.ts";
import { unlimited } from "../support/whole-service.ts";

let service: RunningService;
let lines = 0;

before(async () => {
  service = await startService({
    environment: unlimited,
  });
});
after(() => service[Symbol.asyncDispose]());

interface Line {
  httpStatus: number;
  errorId: string;
}

/** All lines of the journal, oldest first, read beside the running service. */
function journal(): Line[] {
  const database = new Sqlite(join(service.dataDir, "journal.db"), { readonly: true });
  try {
    return database
      .prepare<[], Line>(
        "select http_status as httpStatus, error_id as errorId from journal_lines order by id",
      )
      .all();
  } finally {
    database.close();
  }
}

/** Sends one request and checks its status and that one line, no more and no less, tells of it. */
async function refused(
  send: () => Promise<number | undefined>,
  status: number,
  errorId: string,
): Promise<void> {
  const before = journal();
  assert.equal(await send(), status);
  await eventually(() => journal().length > before.length);
  const added = journal().slice(before.length);
  assert.equal(added.length, 1, JSON.stringify(added));
  assert.equal(added[0]?.errorId, errorId);
  assert.equal(added[0]?.httpStatus, status);
  lines += 1;
}

const lookupPath = "/statutetudiant.lookup.v1.LookupService/LookupByIne";
const restPath = "/v1/students:lookupByIne";

function post(path: string, body: string | Uint8Array, headers: Record<string, string> = {}) {
  return async () => {
    const response = await fetch(`${service.origin}${path}`, {
      method: "POST",
      headers: { authorization: `Bearer ${service.token}`, "content-type": "application/json", ...headers },
      body,
    });
    await response.arrayBuffer();
    return response.status;
  };
}

function get(path: string, headers: Record<string, string> = {}) {
  return async () => {
    const response = await fetch(`${service.origin}${path}`, { headers });
    await response.arrayBuffer();
    return response.status;
  };
}

function raw(text: string) {
  return async () => statusOf(await sendRaw(service.port, text));
}

const good = '{"ine":"951242368CR","recipient":"13002526500013"}';
const deep = `{"ine":${"[".repeat(200)}${"]".repeat(200)}}`;

describe("a request that cannot be served", () => {
  const table: [
    name: string,
    send: () => () => Promise<number | undefined>,
    status: number,
    errorId: string,
  ][] = [
    ["an unknown path", () => get("/nowhere"), 404, "route_unknown"],
    [
      "an unknown method of HTTP",
      () => raw("DELETE /v1/token HTTP/1.1\r\nhost: x\r\n\r\n"),
      405,
      "method_not_allowed",
    ],
    ["a target of 2049 characters", () => get(`/v1/token?${"a".repeat(2040)}`), 414, "target_too_long"],
    ["no token", () => get("/v1/token"), 401, "token_missing"],
    ["a guessed token", () => get("/v1/token", { "x-api-key": "a".repeat(40) }), 401, "token_unknown"],
    ["a token in the URL", () => get("/v1/token?token=abcdefgh"), 400, "token_in_url"],
    ["a browser page", () => get("/v1/token", { origin: "https://example.org" }), 403, "browser_refused"],
    ["JSON that is none (REST)", () => post(restPath, "{"), 400, "unreadable_request"],
    ["JSON that is none (Connect)", () => post(lookupPath, "{"), 400, "unreadable_request"],
    [
      "JSON with a key twice (REST)",
      () => post(restPath, '{"ine":"1","ine":"2"}'),
      400,
      "unreadable_request",
    ],
    [
      "JSON with a key twice (Connect)",
      () => post(lookupPath, '{"ine":"1","ine":"2"}'),
      400,
      "unreadable_request",
    ],
    ["JSON that is too deep (REST)", () => post(restPath, deep), 400, "unreadable_request"],
    ["JSON that is too deep (Connect)", () => post(lookupPath, deep), 400, "unreadable_request"],
    ["__proto__ (REST)", () => post(restPath, '{"__proto__":{"ine":"1"}}'), 400, "invalid_request"],
    ["__proto__ (Connect)", () => post(lookupPath, '{"__proto__":{"ine":"1"}}'), 400, "invalid_request"],
    ["an unknown field", () => post(restPath, '{"name":"x"}'), 400, "invalid_request"],
    ["a number where text is due", () => post(restPath, '{"ine":12}'), 400, "invalid_request"],
    [
      "Protobuf that is none",
      () => post(lookupPath, new Uint8Array([0xff, 0xff, 0xff]), { "content-type": "application/proto" }),
      400,
      "unreadable_request",
    ],
    [
      "an envelope that promises 4 GiB",
      () =>
        post(lookupPath, new Uint8Array([0, 255, 255, 255, 255]), {
          "content-type": "application/grpc-web+proto",
        }),
      200,
      "request_too_large",
    ],
    [
      "a foreign media type",
      () => post(lookupPath, "ine=1", { "content-type": "text/plain" }),
      415,
      "media_type_unsupported",
    ],
    [
      "a body over the limit (REST)",
      () => post(restPath, " ".repeat(70_000) + good),
      413,
      "request_too_large",
    ],
    [
      "a body over the limit (Connect)",
      () => post(lookupPath, " ".repeat(70_000) + good),
      413,
      "request_too_large",
    ],
    [
      "a bomb of gzip (REST)",
      () => post(restPath, gzipSync(Buffer.alloc(50_000_000, 32)), { "content-encoding": "gzip" }),
      413,
      "request_too_large",
    ],
    [
      "a bomb of gzip (Connect)",
      () => post(lookupPath, gzipSync(Buffer.alloc(50_000_000, 32)), { "content-encoding": "gzip" }),
      413,
      "request_too_large",
    ],
    [
      "NUL in a parameter",
      () => post(restPath, good.replace("951242368CR", "95124\\u00002368")),
      400,
      "invalid_request",
    ],
    [
      "bad percent-encoding",
      () => get("/v1/students/%ff%fe?recipient=13002526500013", { "x-api-key": service.token }),
      400,
      "invalid_request",
    ],
    [
      "a bad deadline",
      () => post(lookupPath, good, { "connect-timeout-ms": "soon" }),
      400,
      "invalid_request",
    ],
    [
      "a deadline that is over",
      () => post(lookupPath, good, { "connect-timeout-ms": "0" }),
      504,
      "deadline_exceeded",
    ],
    ["no Host", () => raw("GET /v1/token HTTP/1.1\r\n\r\n"), 400, "unreadable_request"],
    [
      "two Hosts",
      () => raw("GET /v1/token HTTP/1.1\r\nhost: x\r\nhost: y\r\n\r\n"),
      400,
      "unreadable_request",
    ],
    [
      "two lengths",
      () => raw("POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n"),
      400,
      "unreadable_request",
    ],
    [
      "a length and chunks",
      () =>
        raw("POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 4\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n"),
      400,
      "unreadable_request",
    ],
    [
      "folded headers",
      () => raw("GET / HTTP/1.1\r\nhost: x\r\na: b\r\n c\r\n\r\n"),
      400,
      "unreadable_request",
    ],
    [
      "20 KB of headers",
      () => raw(`GET / HTTP/1.1\r\nhost: x\r\na: ${"b".repeat(20_000)}\r\n\r\n`),
      431,
      "headers_too_large",
    ],
    ["no HTTP at all", () => raw("\u0016\u0003\u0001 hello\r\n\r\n"), 400, "unreadable_request"],
  ];

  for (const [name, send, status, errorId] of table) {
    it(`${name} → ${status}, ${errorId}, one line`, () => refused(send(), status, errorId));
  }

  it("leaves a service that lives and a journal that is whole", async () => {
    assert.equal((await fetch(`${service.origin}/readyz`)).status, 200);
    assert.ok(lines > 0);
    const verified = await service.statut("journal", "verify");
    assert.equal(verified.code, 0, verified.stdout + verified.stderr);
    assert.doesNotMatch(service.log(), /"level":(50|60)/);
  });
});
