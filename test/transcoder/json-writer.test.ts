import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { create, type DescMessage, type JsonWriteOptions, type Message, toJson } from "@bufbuild/protobuf";
import { StatusSchema } from "../../src/gen/google/rpc/status_pb.ts";
import { StudentStatusSchema } from "../../src/gen/particulier/v3/student_status_pb.ts";
import {
  LookupByIdentityRequestSchema,
  LookupByIneRequestSchema,
  LookupByIneResponseSchema,
} from "../../src/gen/statutetudiant/lookup/v1/lookup_pb.ts";
import { createJsonWriter } from "../../src/transcoder/json-writer.ts";

const strings = ["", "0", "é", '"\\/', "\n\u0000\u2028", "\ud83d\ude00", "\ud800", "__proto__"];

function assertEqual<Desc extends DescMessage>(
  desc: Desc,
  message: Message,
  options: Partial<JsonWriteOptions> = {},
): void {
  const written = createJsonWriter(desc, options)(message);
  assert.equal(written, JSON.stringify(toJson(desc, message as never, options)));
}

describe("the JSON writer gives what protobuf-es gives", () => {
  it("for texts of every kind, with explicit and implicit presence", () => {
    for (const text of strings) {
      const given = { ine: text, recipient: text, agent: text };
      assertEqual(LookupByIneRequestSchema, create(LookupByIneRequestSchema, given));
      assertEqual(LookupByIneRequestSchema, create(LookupByIneRequestSchema, given), {
        useProtoFieldName: true,
      });
    }
    assertEqual(LookupByIneRequestSchema, create(LookupByIneRequestSchema));
  });

  it("for messages in messages, lists and booleans", () => {
    for (const text of strings) {
      for (const registered of [true, false, undefined]) {
        const admission = { startDate: text, registered, institution: { uai: text }, regime: {} };
        const student = { identity: { givenNames: [text, text] }, admissions: [admission, {}] };
        for (const options of [{}, { useProtoFieldName: true }, { alwaysEmitImplicit: true }]) {
          const message = create(LookupByIneResponseSchema, { student });
          assertEqual(LookupByIneResponseSchema, message, options);
        }
      }
    }
    assertEqual(LookupByIneResponseSchema, create(LookupByIneResponseSchema));
    assertEqual(LookupByIneResponseSchema, create(LookupByIneResponseSchema, { student: {} }));
  });

  it("for what it leaves to protobuf-es: enums, numbers, Any, unknown fields", () => {
    assertEqual(
      LookupByIdentityRequestSchema,
      create(LookupByIdentityRequestSchema, { sex: 2, birthName: "A" }),
    );
    assertEqual(StatusSchema, create(StatusSchema, { code: 5, message: "é", details: [] }));
    assertEqual(StudentStatusSchema, create(StudentStatusSchema, { admissions: [{ estInscrit: true }] }));
    const message = create(LookupByIneRequestSchema, { ine: "1" });
    message.$unknown = [{ no: 99, wireType: 0, data: new Uint8Array([1]) }];
    assertEqual(LookupByIneRequestSchema, message);
  });

  it("in refusing values that are not of their field's type, and messages of another one", () => {
    const write = createJsonWriter(LookupByIneRequestSchema, {});
    assert.throws(() => write({ ...create(LookupByIneRequestSchema), ine: 1 } as never));
    assert.throws(() => write(create(StatusSchema) as never));
  });
});
