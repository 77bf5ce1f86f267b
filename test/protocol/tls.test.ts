// TLS with ALPN on the one port: every protocol over the HTTP version that the handshake chose, and nothing in clear.
import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:http2";
import { request } from "node:https";
import { after, before, test } from "node:test";
import { connect as connectTls } from "node:tls";
import { Code, type Transport } from "@connectrpc/connect";
import {
  createConnectTransport,
  createGrpcTransport,
  createGrpcWebTransport,
} from "@connectrpc/connect-node";
import { credentials } from "@grpc/grpc-js";
import { LookupService } from "../../src/gen/statutetudiant/lookup/v1/lookup_pb.ts";
import { makeCertificate } from "../support/certificate.ts";
import { callGrpcJs, clientsOf, withToken } from "../support/clients.ts";
import { sendRaw, untilClosed } from "../support/raw-http.ts";
import { type RunningService, startService } from "../support/service.ts";
import { assertWhole, bearer, ine, lookupRoute, recipient, unlimited } from "../support/whole-service.ts";

const certificate = makeCertificate();
const ca = certificate.cert;
let service: RunningService;

before(async () => {
  service = await startService({
    environment: { ...unlimited, TLS_CERT: certificate.cert, TLS_KEY: certificate.key },
  });
});
after(() => service[Symbol.asyncDispose]());

interface Answer {
  readonly status: number;
  readonly body: string;
}

async function getHttp1(path: string): Promise<Answer> {
  const asked = request(service.origin + path, { ca, headers: bearer(service.token) });
  asked.end();
  const [response] = await once(asked, "response");
  assert.equal(response.httpVersion, "1.1");
  const chunks: Buffer[] = await response.toArray();
  return { status: response.statusCode, body: Buffer.concat(chunks).toString() };
}

async function getHttp2(path: string): Promise<Answer> {
  const session = connect(service.origin, { ca });
  const stream = session.request({ ":path": path, ...bearer(service.token) });
  const [headers] = await once(stream, "response");
  const chunks: Buffer[] = await stream.toArray();
  assert.equal(session.alpnProtocol, "h2");
  session.close();
  return { status: headers[":status"], body: Buffer.concat(chunks).toString() };
}

for (const [name, get] of Object.entries({ "HTTP/1.1": getHttp1, "HTTP/2": getHttp2 })) {
  test(`REST over ${name}`, async () => {
    const { status, body } = await get(lookupRoute);
    assert.equal(status, 200, body);
    assert.match(body, /AUTORBB/);
  });
}

const transports: Record<string, (baseUrl: string) => Transport> = {
  gRPC: (baseUrl) => createGrpcTransport({ baseUrl, nodeOptions: { ca } }),
  "gRPC-Web over HTTP/1.1": (baseUrl) =>
    createGrpcWebTransport({ baseUrl, httpVersion: "1.1", nodeOptions: { ca } }),
  "Connect over HTTP/1.1": (baseUrl) =>
    createConnectTransport({ baseUrl, httpVersion: "1.1", nodeOptions: { ca } }),
  "Connect over HTTP/2": (baseUrl) =>
    createConnectTransport({ baseUrl, httpVersion: "2", nodeOptions: { ca } }),
};

for (const [name, transport] of Object.entries(transports)) {
  test(name, async () => {
    const { lookup } = clientsOf(transport(service.origin));
    const { student } = await lookup.lookupByIne({ ine, recipient }, withToken(service.token));
    assert.equal(student?.identity?.birthName, "AUTORBB");
  });
}

test("gRPC by @grpc/grpc-js, which checks the certificate", async () => {
  const method = LookupService.method.lookupByIne;
  const trusting = { host: "localhost", credentials: credentials.createSsl(Buffer.from(ca)) };
  const { student } = await callGrpcJs(service.port, method, { ine, recipient }, service.token, trusting);
  assert.equal(student?.identity?.birthName, "AUTORBB");
  const distrusting = { host: "localhost", credentials: credentials.createSsl(), deadlineMs: 20_000 };
  await assert.rejects(callGrpcJs(service.port, method, { ine, recipient }, service.token, distrusting), {
    code: Code.Unavailable,
  });
});

test("cleartext is refused, and so is an old version of TLS", async () => {
  assert.doesNotMatch(
    await sendRaw(service.port, "GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n", untilClosed),
    /HTTP/,
  );
  await assert.rejects(fetch(`http://127.0.0.1:${service.port}/healthz`));
  const old = connectTls({
    port: service.port,
    ca,
    minVersion: "TLSv1.1",
    maxVersion: "TLSv1.1",
    ciphers: "DEFAULT@SECLEVEL=0",
  });
  const [error] = await once(old, "error");
  assert.match(String(error), /alert protocol version|ECONNRESET/);
});

test("the service lives, its journal is whole", () =>
  assertWhole(service, async (url) => {
    const { status } = await getHttp1(new URL(String(url)).pathname);
    return new Response(null, { status });
  }));
