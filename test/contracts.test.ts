// The contracts as a partner reads them: every method has its route, everything is explained, nothing that a caller
// sends is unbounded. buf's own rules (lint, breaking) are steps of `npm test`.
import assert from "node:assert/strict";
import { globSync, readFileSync, writeFileSync } from "node:fs";
import { suite, test } from "node:test";
import {
  create,
  createFileRegistry,
  type DescEnum,
  type DescExtension,
  type DescField,
  type DescFile,
  type DescMessage,
  type DescMethod,
  type DescService,
  fromBinary,
  getOption,
  hasOption,
} from "@bufbuild/protobuf";
import { reflect } from "@bufbuild/protobuf/reflect";
import { FileDescriptorSetSchema, MethodOptions_IdempotencyLevel } from "@bufbuild/protobuf/wkt";
import { http } from "../src/gen/google/api/annotations_pb.ts";
import type { HttpRule } from "../src/gen/google/api/http_pb.ts";
import { validateMessage } from "../src/validation/validate-message.ts";
import { fromRoot, requireProgram } from "./tools/repository.ts";
import "./tools/vendor-protos.ts";

const image = requireProgram("buf", ["build", "--as-file-descriptor-set", "--output", "-"]);
const registry = createFileRegistry(fromBinary(FileDescriptorSetSchema, image));
const ours = globSync("**/*.proto", { cwd: fromRoot("proto") }).map((path) =>
  path.slice(0, -".proto".length),
);
const files = [...registry.files].filter(({ name }) => ours.includes(name));
const messages = files.flatMap((file) => file.messages.flatMap(withNested));
const services = files.flatMap((file) => file.services);
const methods = services.flatMap((service) => service.methods);

test("the contracts are all here", () => {
  assert.ok(ours.length > 0);
  assert.deepEqual(files.map(({ name }) => name).toSorted(), ours.toSorted());
});

test("packages are versioned, and files stand where their package says", () => {
  for (const { proto, name } of files) {
    assert.match(proto.package, /^[a-z_]+(?:\.[a-z_]+)*\.v[0-9]+$/);
    assert.equal(`${name}.proto`.slice(0, name.lastIndexOf("/")), proto.package.replaceAll(".", "/"));
  }
});

test("everything has a comment", () => {
  const bare = files.flatMap((file) => {
    const comments = commentsOf(file);
    return describable(file)
      .filter(([path]) => !comments.has(path.join(".")))
      .map(([, name]) => name);
  });
  assert.deepEqual(bare, []);
});

/** Methods that do not do the same when they are called again, and why. */
const notRepeatable = { "statutetudiant.session.v1.SessionService/SignIn": "a code works once" };

suite("every method", () => {
  for (const method of methods) {
    test(`${method.parent.typeName}/${method.name}`, () => {
      assert.ok(hasOption(method, http), "has a google.api.http rule");
      const repeatable = method.idempotency !== MethodOptions_IdempotencyLevel.IDEMPOTENCY_UNKNOWN;
      const once = `${method.parent.typeName}/${method.name}` in notRepeatable;
      assert.equal(repeatable, !once, "has an idempotency level");
      const reads = method.idempotency === MethodOptions_IdempotencyLevel.NO_SIDE_EFFECTS;
      const bindings = bindingsOf(method);
      assert.ok(
        bindings.some(({ verb }) => verb === "GET") === reads,
        "can be called with GET if and only if it has no side effects",
      );
    });
  }
});

test("no two routes answer the same requests", () => {
  const shapes = methods.flatMap((method) =>
    bindingsOf(method).map(({ verb, path }) => `${verb} ${path.replace(/\{[^}]*\}/g, "*")}`),
  );
  assert.deepEqual(
    shapes.filter((shape, index) => shapes.indexOf(shape) !== index),
    [],
  );
});

/** A changed path breaks partners, and `buf breaking` does not see it. UPDATE_GOLDEN=1 writes the file anew. */
test("routes are those that partners know", () => {
  const golden = fromRoot("test/golden/routes.txt");
  const lines = methods.flatMap((method) =>
    bindingsOf(method).map(
      ({ verb, path, body }) =>
        `${verb.padEnd(6)} ${path.padEnd(34)} body:${(body || "-").padEnd(2)} ${method.parent.typeName}/${method.name}\n`,
    ),
  );
  const wanted = lines.toSorted().join("");
  if (process.env["UPDATE_GOLDEN"] === "1") writeFileSync(golden, wanted);
  assert.equal(wanted, readFileSync(golden, "utf8"));
});

test("requests and answers are messages of ours", () => {
  for (const { input, output } of methods) {
    assert.ok(messages.includes(input) && messages.includes(output));
  }
});

suite("what a caller sends is bounded", () => {
  const requests = new Set(methods.flatMap(({ input }) => withMembers(input)));
  for (const message of requests) {
    for (const field of message.fields) {
      if (isText(field))
        test(`length of ${message.name}.${field.name}`, () => refusesLongText(message, field));
      if (field.fieldKind === "list")
        test(`number of ${message.name}.${field.name}`, () => refusesLongList(message, field));
      test(`kind of ${message.name}.${field.name}`, () => {
        assert.notEqual(
          field.fieldKind,
          "map",
          "a map's keys have no bound here: this test must learn them first",
        );
      });
    }
  }
});

/** Of letters and of digits: a pattern that refuses one of them is no bound. */
function refusesLongText(desc: DescMessage, field: DescField): void {
  for (const character of ["a", "1"]) {
    const message = create(desc);
    const long = character.repeat(5000);
    if (field.fieldKind === "list") reflect(desc, message).get(field).add(long);
    else reflect(desc, message).set(field, long);
    assertRefused(desc, message, field);
  }
}

function refusesLongList(desc: DescMessage, field: DescField & { fieldKind: "list" }): void {
  const message = create(desc);
  const list = reflect(desc, message).get(field);
  const item = field.listKind === "message" ? reflect(field.message) : field.listKind === "enum" ? 1 : "a";
  for (let count = 0; count < 1000; count++) list.add(item);
  assertRefused(desc, message, field);
}

/** With the validation that serves the calls. */
function assertRefused(desc: DescMessage, message: ReturnType<typeof create>, field: DescField): void {
  const named = validateMessage(desc, message).map((violation) => violation.field.replace(/\[.*$/, ""));
  assert.ok(named.includes(field.name), `no rule bounds ${desc.typeName}.${field.name}`);
}

function isText(field: DescField): boolean {
  return (field.fieldKind === "scalar" || field.fieldKind === "list") && isTextType(field.scalar);
}

/** TYPE_STRING and TYPE_BYTES. */
function isTextType(scalar: number | undefined): boolean {
  return scalar === 9 || scalar === 12;
}

interface Binding {
  readonly verb: string;
  readonly path: string;
  readonly body: string;
}

function bindingsOf(method: DescMethod): Binding[] {
  const rule = getOption(method, http);
  return [rule, ...rule.additionalBindings].map(toBinding);
}

function toBinding({ pattern, body }: HttpRule): Binding {
  if (pattern.case === undefined) return { verb: "", path: "", body };
  if (pattern.case === "custom") return { verb: pattern.value.kind, path: pattern.value.path, body };
  return { verb: pattern.case.toUpperCase(), path: pattern.value, body };
}

function withNested(message: DescMessage): DescMessage[] {
  return [message, ...message.nestedMessages.flatMap(withNested)];
}

/** A message and those of ours that its fields hold. */
function withMembers(message: DescMessage, seen = new Set<DescMessage>()): DescMessage[] {
  if (seen.has(message) || !ours.includes(message.file.name)) return [];
  seen.add(message);
  return [
    message,
    ...message.fields.flatMap(({ message: member }) =>
      member === undefined ? [] : withMembers(member, seen),
    ),
  ];
}

/** Paths (see google.protobuf.SourceCodeInfo) of what has a leading or trailing comment. */
function commentsOf({ proto }: DescFile): Set<string> {
  const locations = proto.sourceCodeInfo?.location ?? [];
  return new Set(
    locations
      .filter(
        ({ leadingComments, trailingComments }) => `${leadingComments}${trailingComments}`.trim() !== "",
      )
      .map(({ path }) => path.join(".")),
  );
}

type Described = DescMessage | DescField | DescEnum | DescService | DescMethod | DescExtension;

/** Everything that wants a comment, with its path: field numbers of google.protobuf.FileDescriptorProto and below. */
function describable(file: DescFile): [path: number[], name: string][] {
  const list = (descs: readonly Described[], path: number[]) =>
    descs.map((desc, index): [number[], string] => [[...path, index], desc.toString()]);
  const inMessage = (message: DescMessage, path: number[]): [number[], string][] => [
    ...list(message.fields, [...path, 2]),
    ...list(message.nestedMessages, [...path, 3]),
    ...message.nestedMessages.flatMap((nested, index) => inMessage(nested, [...path, 3, index])),
    ...message.nestedEnums.flatMap((nested, index) => inEnum(nested, [...path, 4, index])),
  ];
  const inEnum = (desc: DescEnum, path: number[]): [number[], string][] => [
    [path, desc.toString()],
    ...desc.values.map((value, index): [number[], string] => [[...path, 2, index], value.toString()]),
  ];
  return [
    ...list(file.messages, [4]),
    ...file.messages.flatMap((message, index) => inMessage(message, [4, index])),
    ...file.enums.flatMap((desc, index) => inEnum(desc, [5, index])),
    ...list(file.services, [6]),
    ...file.services.flatMap((service, index) => list(service.methods, [6, index, 2])),
    ...list(file.extensions, [7]),
  ];
}
