import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { create, type DescMessage, fromBinary, type Message, toBinary } from "@bufbuild/protobuf";
import { ListValueSchema, StringValueSchema, ValueSchema } from "@bufbuild/protobuf/wkt";
import { StatusSchema } from "../../src/gen/google/rpc/status_pb.ts";
import {
  LookupByIdentityRequestSchema,
  LookupByIneRequestSchema,
  LookupByIneResponseSchema,
} from "../../src/gen/statutetudiant/lookup/v1/lookup_pb.ts";
import { createBinaryWriter } from "../../src/request/binary-writer.ts";

/** Around every length at which the length itself takes a byte more, or memory does not suffice. */
const lengths = [
  0, 1, 41, 42, 43, 63, 64, 124, 125, 126, 127, 128, 129, 16_380, 16_384, 65_531, 65_536, 200_000,
];
const letters = ["a", "é", "\u20ac", "\ud83d\ude00", "\ud800", "\u0000"];
const texts = letters.flatMap((letter) =>
  lengths.map((length) => letter.repeat(Math.ceil(length / letter.length))),
);

function assertEqual(desc: DescMessage, message: Message): void {
  for (const prefixBytes of [0, 5]) {
    const written = createBinaryWriter(desc, prefixBytes)(message);
    assert.ok(
      written.subarray(prefixBytes).equals(toBinary(desc, message)),
      `${prefixBytes} before ${desc.typeName}`,
    );
  }
}

describe("the binary writer gives what protobuf-es gives", () => {
  it("for texts of every length and kind, with explicit and implicit presence", () => {
    for (const text of texts) {
      const message = create(LookupByIneRequestSchema, { ine: text, recipient: "1", agent: text });
      assertEqual(LookupByIneRequestSchema, message);
    }
    assertEqual(LookupByIneRequestSchema, create(LookupByIneRequestSchema));
    assertEqual(LookupByIneRequestSchema, create(LookupByIneRequestSchema, { agent: "" }));
  });

  it("for messages in messages, lists and booleans", () => {
    for (const text of texts) {
      for (const registered of [true, false, undefined]) {
        const admission = { startDate: text, registered, institution: { uai: text }, regime: {} };
        const student = {
          identity: { givenNames: [text, "", text] },
          admissions: [admission, {}, admission],
        };
        assertEqual(LookupByIneResponseSchema, create(LookupByIneResponseSchema, { student }));
      }
    }
    assertEqual(LookupByIneResponseSchema, create(LookupByIneResponseSchema));
    assertEqual(LookupByIneResponseSchema, create(LookupByIneResponseSchema, { student: {} }));
  });

  it("for what it leaves to protobuf-es: enums, numbers, well-known types, unknown fields", () => {
    const identity = create(LookupByIdentityRequestSchema, { sex: 2, birthName: "A", givenNames: ["B"] });
    assertEqual(LookupByIdentityRequestSchema, identity);
    assertEqual(StatusSchema, create(StatusSchema, { code: 5, message: "é", details: [{ typeUrl: "x" }] }));
    assertEqual(StringValueSchema, create(StringValueSchema, { value: "é" }));
    const value = create(ValueSchema, { kind: { case: "stringValue", value: "é" } });
    assertEqual(ListValueSchema, create(ListValueSchema, { values: [value] }));
    const message = create(LookupByIneResponseSchema, { student: { identity: { birthName: "A" } } });
    const unknown = [{ no: 99, wireType: 0, data: new Uint8Array([1]) }];
    assert.ok(message.student?.identity);
    message.student.identity.$unknown = unknown;
    assertEqual(LookupByIneResponseSchema, message);
    message.$unknown = unknown;
    assertEqual(LookupByIneResponseSchema, message);
  });

  it("in refusing values that are not of their field's type, and messages of another one", () => {
    const write = createBinaryWriter(LookupByIneRequestSchema, 0);
    assert.throws(() => write({ ...create(LookupByIneRequestSchema), ine: 1 } as never));
    assert.throws(() => write(create(StatusSchema) as never));
  });
});

it("an answer is a copy: the next message does not change it, and a failed one leaves nothing", () => {
  const write = createBinaryWriter(LookupByIneRequestSchema, 0);
  const of = (ine: string) => create(LookupByIneRequestSchema, { ine });
  const first = write(of("first"));
  assert.throws(() => write({ ...of("x"), recipient: 1 } as never));
  const second = write(of("second"));
  assert.equal(fromBinary(LookupByIneRequestSchema, first).ine, "first");
  assert.equal(fromBinary(LookupByIneRequestSchema, second).ine, "second");
});
