// What people type: curl over both HTTP versions, and buf's own client, which learns the contracts by reflection.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { after, before, describe, test } from "node:test";
import { promisify } from "node:util";
import { fromBinary } from "@bufbuild/protobuf";
import { FileDescriptorProtoSchema } from "@bufbuild/protobuf/wkt";
import { createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { Health, HealthCheckResponse_ServingStatus } from "../../src/gen/grpc/health/v1/health_pb.ts";
import { ServerReflection } from "../../src/gen/grpc/reflection/v1/reflection_pb.ts";
import { ServerReflection as ServerReflectionAlpha } from "../../src/gen/grpc/reflection/v1alpha/reflection_pb.ts";
import { type RunningService, startService } from "../support/service.ts";
import { assertWhole, ine, lookupRoute, recipient, unlimited } from "../support/whole-service.ts";
import { toolEnvironment } from "../tools/repository.ts";

const run = promisify(execFile);
let service: RunningService;

before(async () => {
  service = await startService({ environment: unlimited });
});
after(() => service[Symbol.asyncDispose]());

/** curl's output: headers in lower case, and the body. */
async function curl(...arguments_: string[]): Promise<{ status: number; headers: string; body: string }> {
  const { stdout } = await run("curl", ["-s", "-i", "--max-time", "5", ...arguments_]);
  const [headers = "", body = ""] = stdout.split(/\r\n\r\n/);
  return { status: Number(headers.split(" ")[1]), headers: headers.toLowerCase(), body };
}

const token = () => ["-H", `Authorization: Bearer ${service.token}`];
const lookup = JSON.stringify({ ine, recipient });
const json = ["-H", "Content-Type: application/json", "-d", lookup];
const lookupMethod = "statutetudiant.lookup.v1.LookupService/LookupByIne";

for (const [version, options] of Object.entries({
  "HTTP/1.1": ["--http1.1"],
  "HTTP/2 by prior knowledge": ["--http2-prior-knowledge"],
})) {
  describe(`curl over ${version}`, () => {
    const number = version.startsWith("HTTP/2") ? "http/2" : "http/1.1";

    test("REST by GET and by POST", async () => {
      const got = await curl(...options, ...token(), service.origin + lookupRoute);
      assert.equal(got.status, 200, got.body);
      assert.ok(got.headers.startsWith(number), got.headers);
      assert.equal(JSON.parse(got.body).student.identity.birthName, "AUTORBB");
      const posted = await curl(...options, ...token(), ...json, `${service.origin}/v1/students:lookupByIne`);
      assert.deepEqual(JSON.parse(posted.body), JSON.parse(got.body));
    });

    test("Connect", async () => {
      const { status, body } = await curl(
        ...options,
        ...token(),
        ...json,
        `${service.origin}/${lookupMethod}`,
      );
      assert.equal(status, 200, body);
      assert.equal(JSON.parse(body).student.identity.birthName, "AUTORBB");
    });

    test("HEAD has the headers of GET and no body", async () => {
      const got = await curl(...options, ...token(), `${service.origin}/v1/token`);
      const head = await curl(...options, ...token(), "--head", `${service.origin}/v1/token`);
      assert.equal(head.status, 200);
      assert.equal(head.body, "");
      const length = /^content-length: (\d+)/m.exec(head.headers)?.[1];
      assert.equal(Number(length), Buffer.byteLength(got.body));
    });

    test("OPTIONS tells the methods, and lets no other origin in", async () => {
      const asked = await curl(...options, "-X", "OPTIONS", `${service.origin}/v1/students:lookupByIdentity`);
      assert.equal(asked.status, 204);
      assert.match(asked.headers, /^allow: get, head, options, post\r?$/m);
      assert.doesNotMatch(asked.headers, /access-control|content-length/);
    });

    test("a body over the limit is refused whole, its length told or not", async () => {
      const long = ["-H", "Content-Type: application/json", "--data-binary", " ".repeat(70_000) + lookup];
      for (const told of [[], ["-H", "Transfer-Encoding: chunked"]]) {
        const path = `${service.origin}/v1/students:lookupByIne`;
        const { status, body } = await curl(...options, ...token(), ...long, ...told, path);
        assert.equal(status, 413, body);
        assert.match(body, /REQUEST_TOO_LARGE/);
      }
    });
  });
}

for (const protocol of ["grpc", "grpcweb", "connect"]) {
  test(`buf curl: ${protocol}, by reflection`, async () => {
    const { stdout } = await run(
      "buf",
      [
        ...["curl", "--http2-prior-knowledge", "--protocol", protocol, ...token()],
        ...["-d", lookup, `${service.origin}/${lookupMethod}`],
      ],
      { env: toolEnvironment() },
    );
    assert.equal(JSON.parse(stdout).student.identity.birthName, "AUTORBB");
  });
}

for (const [version, reflection] of Object.entries({
  v1: ServerReflection,
  v1alpha: ServerReflectionAlpha,
})) {
  test(`reflection ${version}: lists the services and gives the files of a method`, async () => {
    const client = createClient(
      reflection as typeof ServerReflection,
      createGrpcTransport({ baseUrl: service.origin }),
    );
    async function* questions() {
      yield { messageRequest: { case: "listServices" as const, value: "*" } };
      yield {
        messageRequest: { case: "fileContainingSymbol" as const, value: lookupMethod.replace("/", ".") },
      };
      yield { messageRequest: { case: "fileContainingSymbol" as const, value: "no.such.Service" } };
    }
    const answers = [];
    for await (const { messageResponse } of client.serverReflectionInfo(questions()))
      answers.push(messageResponse);
    const [list, files, unknown] = answers;
    assert.ok(list?.case === "listServicesResponse");
    const names = list.value.service.map(({ name }) => name);
    assert.ok(names.includes("statutetudiant.lookup.v1.LookupService"), names.join());
    assert.ok(names.includes(`grpc.reflection.${version}.ServerReflection`), names.join());
    assert.ok(files?.case === "fileDescriptorResponse");
    const protos = files.value.fileDescriptorProto.map((bytes) =>
      fromBinary(FileDescriptorProtoSchema, bytes),
    );
    assert.ok(protos.some(({ name }) => name === "statutetudiant/lookup/v1/lookup.proto"));
    assert.equal(unknown?.case, "errorResponse");
  });
}

test("grpc.health.v1 answers without a token", async () => {
  const health = createClient(Health, createGrpcTransport({ baseUrl: service.origin }));
  const { status } = await health.check({ service: "statutetudiant.lookup.v1.LookupService" });
  assert.equal(status, HealthCheckResponse_ServingStatus.SERVING);
});

test("the pasted examples of the demonstration work", async () => {
  const examples = service
    .printed()
    .split("\n\n")
    .filter((text) => /^ {2}curl /.test(text));
  assert.equal(examples.length, 4);
  for (const [index, example] of examples.entries()) {
    const { stdout } = await run("sh", ["-c", example]);
    // The last two are those of a FranceConnect user, whose identity is never answered.
    if (index < 2) assert.equal(JSON.parse(stdout).student.identity.birthName, "AUTORBB", stdout);
    else assert.match(stdout, /"admissions":\[\{/);
  }
});

test("the service lives, its journal is whole", () => assertWhole(service));
