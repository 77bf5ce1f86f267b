// A compression that the service does not read, and a service that it does not know: refused by rows of the table on
// every protocol of RPC, in French, with what would be accepted.
import assert from "node:assert/strict";
import { connect } from "node:http2";
import { after, before, suite, test } from "node:test";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { ConnectError, createClient } from "@connectrpc/connect";
import { ErrorInfoSchema } from "../../src/gen/google/rpc/error_details_pb.ts";
import { StatusSchema } from "../../src/gen/google/rpc/status_pb.ts";
import { Health } from "../../src/gen/grpc/health/v1/health_pb.ts";
import { LookupByIneRequestSchema } from "../../src/gen/statutetudiant/lookup/v1/lookup_pb.ts";
import { connectTransports } from "../support/clients.ts";
import { type RunningService, startService } from "../support/service.ts";
import { assertWhole, bearer, ine, recipient, unlimited } from "../support/whole-service.ts";

let service: RunningService;
before(async () => {
  service = await startService({ environment: unlimited });
});
after(() => service[Symbol.asyncDispose]());

const lookup = "/statutetudiant.lookup.v1.LookupService/LookupByIne";
const watch = "/grpc.health.v1.Health/Watch";
const sentence = /^Cette compression n'est pas acceptée/;

/** Sends an envelope of gRPC over HTTP/2, and gives the headers of the answer, which end it. */
async function callGrpc(path: string, headers: Record<string, string>): Promise<Record<string, string>> {
  const message = toBinary(LookupByIneRequestSchema, create(LookupByIneRequestSchema, { ine, recipient }));
  const prefix = Buffer.alloc(5);
  prefix.writeUInt32BE(message.byteLength, 1);
  const session = connect(service.origin);
  try {
    const stream = session.request({
      ...{ ":method": "POST", ":path": path, "content-type": "application/grpc+proto", te: "trailers" },
      ...{ ...bearer(service.token), ...headers },
    });
    const answered = Promise.withResolvers<Record<string, string>>();
    stream.on("response", (received) => answered.resolve(received as Record<string, string>));
    stream.on("error", answered.reject);
    stream.resume().end(Buffer.concat([prefix, message]));
    return await answered.promise;
  } finally {
    session.destroy();
  }
}

suite("gRPC", () => {
  for (const path of [lookup, watch]) {
    test(path, async () => {
      const headers = await callGrpc(path, { "grpc-encoding": "snappy" });
      assert.equal(headers["grpc-status"], "12");
      assert.equal(headers["grpc-accept-encoding"], "gzip,br");
      assert.match(decodeURIComponent(headers["grpc-message"] ?? ""), sentence);
      const status = fromBinary(
        StatusSchema,
        Buffer.from(headers["grpc-status-details-bin"] ?? "", "base64"),
      );
      const [info] = status.details.map(({ value }) => fromBinary(ErrorInfoSchema, value));
      assert.equal(info?.reason, "COMPRESSION_UNSUPPORTED");
    });
  }

  test("identity is none", async () => {
    const headers = await callGrpc(lookup, { "grpc-encoding": "identity" });
    assert.equal(headers["grpc-status"], undefined, "it is answered");
  });
});

test("gRPC-Web", async () => {
  const response = await fetch(service.origin + lookup, {
    method: "POST",
    headers: {
      ...bearer(service.token),
      "content-type": "application/grpc-web+proto",
      "grpc-encoding": "deflate",
    },
    body: new Uint8Array(5),
  });
  assert.equal(response.headers.get("grpc-status"), "12");
  assert.equal(response.headers.get("grpc-accept-encoding"), "gzip,br");
  assert.match(decodeURIComponent(response.headers.get("grpc-message") ?? ""), sentence);
});

suite("Connect", () => {
  const post = (path: string, headers: Record<string, string>, body: string | Uint8Array) =>
    fetch(service.origin + path, { method: "POST", headers: { ...bearer(service.token), ...headers }, body });

  test("unary", async () => {
    const headers = { "content-type": "application/json", "content-encoding": "zstd" };
    await assertRefused(await post(lookup, headers, "{}"));
  });

  test("GET", async () => {
    const message = encodeURIComponent(JSON.stringify({ ine, recipient }));
    const query = `?connect=v1&encoding=json&compression=zstd&message=${message}`;
    await assertRefused(await fetch(service.origin + lookup + query, { headers: bearer(service.token) }));
  });

  test("stream", async () => {
    const headers = { "content-type": "application/connect+json", "connect-content-encoding": "zstd" };
    const response = await post(watch, headers, Buffer.from([0, 0, 0, 0, 2, 0x7b, 0x7d]));
    assert.equal(response.headers.get("connect-accept-encoding"), "gzip,br");
    const { error } = JSON.parse(
      Buffer.from(await response.arrayBuffer())
        .subarray(5)
        .toString(),
    );
    assert.equal(error.code, "unimplemented");
    assert.match(error.message, sentence);
  });

  async function assertRefused(response: Response): Promise<void> {
    const { code, message, details } = (await response.json()) as {
      readonly code: string;
      readonly message: string;
      readonly details: readonly { readonly debug?: { readonly reason?: string } }[];
    };
    assert.deepEqual([response.status, code], [415, "unimplemented"]);
    assert.match(message, sentence);
    assert.equal(details[0]?.debug?.reason, "COMPRESSION_UNSUPPORTED");
  }
});

for (const [name, transport] of Object.entries(connectTransports("http://127.0.0.1"))) {
  test(`an unknown service is NOT_FOUND in the health check, over ${name}`, async () => {
    assert.ok(transport);
    const asked = connectTransports(service.origin)[name] as typeof transport;
    const refused = createClient(Health, asked).check({ service: "de.nulle.part" });
    const error = await refused.then(() => assert.fail("it answered"), ConnectError.from);
    assert.equal(error.findDetails(ErrorInfoSchema)[0]?.reason, "SERVICE_UNKNOWN");
    assert.match(error.rawMessage, /^Aucun service de ce nom/);
  });
}

test("the service is whole", () => assertWhole(service));
