import assert from "node:assert/strict";
import { test } from "node:test";
import { create, createFileRegistry, type DescMessage, type Message, setExtension } from "@bufbuild/protobuf";
import {
  FieldDescriptorProto_Type,
  FieldOptionsSchema,
  FileDescriptorProtoSchema,
} from "@bufbuild/protobuf/wkt";
import * as rules from "@bufbuild/protovalidate/gen/buf/validate/validate_pb.js";
import { Code, ConnectError, createRouterTransport } from "@connectrpc/connect";
import { BadRequestSchema } from "../../src/gen/google/rpc/error_details_pb.ts";
import { Health } from "../../src/gen/grpc/health/v1/health_pb.ts";
import { LookupByIneRequestSchema, LookupService } from "../../src/gen/statutetudiant/lookup/v1/lookup_pb.ts";
import { decorateMethods } from "../../src/request/decorate-methods.ts";
import { refuseInvalid } from "../../src/validation/refuse-invalid.ts";
import { validateMessage } from "../../src/validation/validate-message.ts";

let calls = 0;
const transport = createRouterTransport((router) => {
  const { service } = decorateMethods(router, { refuseInvalid, report: () => {} });
  service(LookupService, {
    lookupByIne() {
      calls += 1;
      return {};
    },
  });
  service(Health, {
    async *watch() {
      calls += 1;
      yield { status: 1 };
    },
  });
});

const valid = { ine: "951242368CR", recipient: "13002526500013" };

function unary(init: object) {
  const { lookupByIne } = LookupService.method;
  return transport.unary(
    lookupByIne,
    undefined,
    undefined,
    undefined,
    create(LookupByIneRequestSchema, init),
  );
}

test("a valid request reaches the method", async () => {
  calls = 0;
  await unary(valid);
  assert.equal(calls, 1);
});

test("an invalid one is refused before the method, naming each field", async () => {
  calls = 0;
  const error = await unary({ ...valid, ine: "x", agent: "" }).catch((cause: unknown) => cause);
  assert.ok(error instanceof ConnectError);
  assert.equal(error.code, Code.InvalidArgument);
  const fields = error.findDetails(BadRequestSchema).flatMap(({ fieldViolations }) => fieldViolations);
  assert.deepEqual(
    fields.map(({ field, reason }) => [field, reason]),
    [
      ["ine", "string.ine"],
      ["agent", "string.min_len"],
    ],
  );
  assert.equal(calls, 0);
});

test("messages of a stream are checked as they arrive", async () => {
  calls = 0;
  const watch = async (service: string) => {
    const message = create(Health.method.watch.input, { service });
    const response = await transport.stream(
      Health.method.watch,
      undefined,
      undefined,
      undefined,
      once(message),
    );
    for await (const _ of response.message) return;
  };
  await watch("statutetudiant.lookup.v1.LookupService");
  assert.equal(calls, 1);
  await assert.rejects(watch("bad\0name"), /invalid_argument/);
  assert.equal(calls, 1);
});

async function* once<T>(value: T): AsyncIterable<T> {
  yield value;
}

test("rules that have no native form are left to CEL", () => {
  const schema = makeSchema();
  const broken = (init: Record<string, unknown>) =>
    validateMessage(schema, create(schema, init) as Message).map(({ field, rule }) => `${field}: ${rule}`);
  assert.deepEqual(broken({ limit: 5, mail: "a@example.org", name: "a" }), []);
  assert.deepEqual(broken({ limit: 11, mail: "nothing", name: "" }), [
    "limit: int32.lte",
    "mail: string.email",
    "name: required",
  ]);
});

/** A message whose fields have rules that quick checks do not know. */
function makeSchema(): DescMessage {
  const field = (
    name: string,
    number: number,
    type: FieldDescriptorProto_Type,
    value: Record<string, unknown>,
  ) => {
    const options = create(FieldOptionsSchema);
    setExtension(options, rules.field, create(rules.FieldRulesSchema, value));
    return { name, number, type, label: 1 as const, jsonName: name, options };
  };
  const file = create(FileDescriptorProtoSchema, {
    name: "test.proto",
    package: "test",
    syntax: "proto3",
    messageType: [
      {
        name: "Request",
        field: [
          field("limit", 1, FieldDescriptorProto_Type.INT32, {
            type: { case: "int32", value: { lessThan: { case: "lte", value: 10 } } },
          }),
          field("mail", 2, FieldDescriptorProto_Type.STRING, {
            type: { case: "string", value: { wellKnown: { case: "email", value: true } } },
          }),
          field("name", 3, FieldDescriptorProto_Type.STRING, { required: true }),
        ],
      },
    ],
  });
  const schema = createFileRegistry(file, () => undefined).getMessage("test.Request");
  assert.ok(schema);
  return schema;
}
