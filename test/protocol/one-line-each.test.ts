// Requests that Node would answer, or end, by itself: they too leave exactly one line in the journal.
import assert from "node:assert/strict";
import { connect as connectHttp2 } from "node:http2";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { eventually } from "../support/eventually.ts";
import { sendRaw, statusOf } from "../support/raw-http.ts";
import { type RunningService, startService } from "../support/service.ts";
import { assertWhole, type Line, readJournal, unlimited } from "../support/whole-service.ts";

let service: RunningService;
let known = 0;
before(async () => {
  service = await startService({ environment: unlimited });
});
after(() => service[Symbol.asyncDispose]());

/** The one line that came with what was just sent. */
async function oneLine(): Promise<Line> {
  let lines: Line[] = [];
  const isThere = async () => {
    lines = await readJournal({ file: join(service.dataDir, "journal.db") });
    return lines.length > known;
  };
  await eventually(isThere);
  const added = lines.slice(known);
  known = lines.length;
  assert.equal(added.length, 1, JSON.stringify(added));
  return added[0] ?? assert.fail("no line");
}

const post = (headers: string, body: string) =>
  `POST /v1/students:lookupByIne HTTP/1.1\r\nhost: x\r\nx-api-key: ${service.token}\r\n` +
  `connection: close\r\ncontent-type: application/json\r\n${headers}\r\n\r\n${body}`;

const chunk = `2710\r\n${" ".repeat(10_000)}\r\n`;

const table: readonly [name: string, text: () => string, status: number, journalled?: number][] = [
  ["CONNECT", () => "CONNECT example.org:443 HTTP/1.1\r\nhost: example.org:443\r\n\r\n", 404],
  ["an expectation that nobody knows", () => post("expect: tea\r\ncontent-length: 2", "{}"), 400],
  [
    "an upgrade to h2c",
    () => "GET /healthz HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: h2c\r\n\r\n",
    200,
  ],
  ["OPTIONS of everything", () => "OPTIONS * HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n", 404],
  ["HTTP/1.0 without Host", () => "GET /healthz HTTP/1.0\r\n\r\n", 200],
  ["chunks over the limit", () => post("transfer-encoding: chunked", `${chunk.repeat(10)}0\r\n\r\n`), 413],
  // The answer is Node's, the line that of a call whose request never arrived.
  ["a chunk that is none", () => post("transfer-encoding: chunked", "zz\r\n"), 400, 499],
];

for (const [name, text, status, journalled = status] of table) {
  test(`${name} → ${status}, one line`, async () => {
    const answer = await sendRaw(service.port, text());
    const line = await oneLine();
    assert.equal(statusOf(answer), status);
    assert.equal(line.httpStatus, journalled);
  });
}

test("three requests in one packet → three answers, three lines", async () => {
  const count = (text: string) => text.match(/HTTP\/1\.1 200/g)?.length ?? 0;
  const requests = "GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n".repeat(3);
  const answers = await sendRaw(service.port, requests, (received) => count(received) >= 3);
  assert.equal(count(answers), 3);
  const lines = await readJournal({ file: join(service.dataDir, "journal.db") });
  assert.equal(lines.length, known + 3);
  known = lines.length;
});

for (const [name, path, contentType] of [
  ["REST", "/v1/students:lookupByIne", "application/json"],
  ["Connect", "/statutetudiant.lookup.v1.LookupService/LookupByIne", "application/json"],
  ["gRPC", "/statutetudiant.lookup.v1.LookupService/LookupByIne", "application/grpc"],
] as const) {
  test(`${name} over HTTP/2: an endless body is refused at the limit, and the answer arrives`, async () => {
    const session = connectHttp2(service.origin);
    session.on("error", () => {});
    const stream = session.request({
      ":method": "POST",
      ":path": path,
      "content-type": contentType,
      "x-api-key": service.token,
    });
    stream.on("error", () => {});
    stream.resume();
    const answered = new Promise<unknown>((resolve) => {
      stream.once("response", (headers) => resolve(headers[":status"]));
      stream.once("close", () => resolve("closed"));
    });
    const closed = new Promise<void>((resolve) => stream.once("close", () => resolve()));
    const writing = setInterval(() => stream.writable && stream.write(Buffer.alloc(10_000, 32)), 5);
    assert.equal(await answered, contentType === "application/grpc" ? 200 : 413);
    // The rest is not read for ever.
    await closed;
    clearInterval(writing);
    session.destroy();
    assert.equal((await oneLine()).errorId, "request_too_large");
  });
}

test("the service lives, its journal is whole", () => assertWhole(service));
