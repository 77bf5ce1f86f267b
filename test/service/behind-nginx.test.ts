// The service behind the proxy that docs/operations.md gives: every protocol passes, and the journal names the caller.
import assert from "node:assert/strict";
import { once } from "node:events";
import { type RequestOptions, request } from "node:https";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { Code, createClient, type Transport } from "@connectrpc/connect";
import {
  createConnectTransport,
  createGrpcTransport,
  createGrpcWebTransport,
} from "@connectrpc/connect-node";
import { credentials } from "@grpc/grpc-js";
import { Health, HealthCheckResponse_ServingStatus } from "../../src/gen/grpc/health/v1/health_pb.ts";
import { LookupService } from "../../src/gen/statutetudiant/lookup/v1/lookup_pb.ts";
import { makeCertificate } from "../support/certificate.ts";
import { callGrpcJs, clientsOf, failureOf, withToken } from "../support/clients.ts";
import { eventually } from "../support/eventually.ts";
import { type Nginx, startNginx } from "../support/nginx.ts";
import { type RunningService, startService } from "../support/service.ts";
import {
  assertWhole,
  bearer,
  ine,
  journalKeys,
  lookupRoute,
  readJournal,
  recipient,
  unlimited,
} from "../support/whole-service.ts";

const certificate = makeCertificate();
const ca = certificate.cert;
let service: RunningService;
let nginx: Nginx;
let origin: string;

before(async () => {
  service = await startService({
    environment: { ...unlimited, JOURNAL_KEYS: journalKeys, TRUSTED_PROXIES: "127.0.0.1/32" },
  });
  nginx = await startNginx(service.port, certificate);
  origin = `https://127.0.0.1:${nginx.port}`;
});
after(async () => {
  await nginx?.[Symbol.asyncDispose]();
  await service?.[Symbol.asyncDispose]();
});

interface Answer {
  readonly status: number | undefined;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: string;
}

async function send(path: string, options: RequestOptions = {}, body = ""): Promise<Answer> {
  const headers = { ...bearer(service.token), ...options.headers };
  const asked = request(origin + path, { ca, agent: false, ...options, headers });
  asked.end(body);
  const [response] = await once(asked, "response");
  const chunks: Buffer[] = await response.toArray();
  return {
    status: response.statusCode,
    headers: response.headers,
    body: Buffer.concat(chunks).toString(),
  };
}

const lineOf = async (requestId: unknown) => {
  const lines = await readJournal({ file: join(service.dataDir, "journal.db") });
  return lines.filter((line) => line.requestId === requestId);
};

test("REST: the answer, and one line that names the caller and not the proxy, whatever the caller wrote", async () => {
  const spoofed = { "x-forwarded-for": "192.0.2.1" };
  const { status, headers, body } = await send(lookupRoute, { localAddress: "127.0.0.9", headers: spoofed });
  assert.equal(status, 200, body);
  assert.match(body, /AUTORBB/);
  const lines = await lineOf(headers["x-request-id"]);
  assert.deepEqual(
    lines.map(({ clientAddress }) => clientAddress),
    ["127.0.0.9"],
  );
});

const transports: Record<string, (baseUrl: string) => Transport> = {
  gRPC: (baseUrl) => createGrpcTransport({ baseUrl, nodeOptions: { ca } }),
  "gRPC-Web over HTTP/1.1": (baseUrl) =>
    createGrpcWebTransport({ baseUrl, httpVersion: "1.1", nodeOptions: { ca } }),
  "gRPC-Web over HTTP/2": (baseUrl) =>
    createGrpcWebTransport({ baseUrl, httpVersion: "2", nodeOptions: { ca } }),
  "Connect over HTTP/1.1": (baseUrl) =>
    createConnectTransport({ baseUrl, httpVersion: "1.1", nodeOptions: { ca } }),
  "Connect over HTTP/2": (baseUrl) =>
    createConnectTransport({ baseUrl, httpVersion: "2", nodeOptions: { ca } }),
};

for (const [name, transport] of Object.entries(transports)) {
  test(`${name}: an answer, and an error with its details`, async () => {
    const { lookup } = clientsOf(transport(origin));
    const { student } = await lookup.lookupByIne({ ine, recipient }, withToken(service.token));
    assert.equal(student?.identity?.birthName, "AUTORBB");
    const failure = await failureOf(lookup.lookupByIne({ ine: "none", recipient }, withToken(service.token)));
    assert.equal(failure.code, Code.InvalidArgument);
    assert.ok(failure.details.length > 0);
  });
}

test("@grpc/grpc-js, as generated stubs call", async () => {
  const { student } = await callGrpcJs(
    nginx.port,
    LookupService.method.lookupByIne,
    { ine, recipient },
    service.token,
    { credentials: credentials.createSsl(Buffer.from(ca)) },
  );
  assert.equal(student?.identity?.birthName, "AUTORBB");
});

test("a stream of gRPC arrives message by message, while it lasts", async () => {
  const health = createClient(Health, createGrpcTransport({ baseUrl: origin, nodeOptions: { ca } }));
  const ending = new AbortController();
  const stream = health.watch({ service: "" }, { signal: ending.signal })[Symbol.asyncIterator]();
  const { value } = await stream.next();
  assert.equal(value?.status, HealthCheckResponse_ServingStatus.SERVING);
  ending.abort();
  await assert.rejects(stream.next());
});

test("a body over the service's limit is refused by the service, a huge one by the proxy", async () => {
  const post = { method: "POST", headers: { "content-type": "application/json" } };
  const over = await send("/v1/students:lookupByIne", post, JSON.stringify({ ine: "A".repeat(100_000) }));
  assert.equal(over.status, 413);
  assert.match(over.body, /REQUEST_TOO_LARGE/);
  const huge = await send("/v1/students:lookupByIne", post, "A".repeat(200_000));
  assert.equal(huge.status, 413);
  assert.doesNotMatch(huge.body, /REQUEST_TOO_LARGE/);
});

test("the service gone: 502, and answers again once it is back", async () => {
  await using own = await startService({ environment: { PORT: "0" } });
  await using proxy = await startNginx(own.port, certificate);
  const ask = () => send("/healthz", { port: proxy.port, host: "127.0.0.1" }).then(({ status }) => status);
  assert.equal(await ask(), 200);
  await own.stop();
  assert.equal(await ask(), 502);
  await using again = await startService({ dataDir: own.dataDir, environment: { PORT: String(own.port) } });
  await eventually(async () => (await ask()) === 200);
  await assertWhole(again);
});

test("the service lives, its journal is whole", () => assertWhole(service));
