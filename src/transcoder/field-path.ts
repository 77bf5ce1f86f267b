// Fields of a message by path: finding them by name, and setting them.
import { create, type DescField, type DescMessage, type Message } from "@bufbuild/protobuf";
import { type TextReader, textReaderOf } from "./field-text.ts";

type MessageField = DescField & { fieldKind: "message" };

/** A field that text can fill, reached through messages. */
export interface FieldTarget {
  /** Proto names joined by dots. */
  readonly path: string;
  readonly field: DescField;
  readonly repeated: boolean;
  /** Path of the oneof that holds the field, if any. */
  readonly oneof: string | undefined;
  readonly read: TextReader;
  /** Sets the field, or appends to it when it is repeated. */
  readonly put: (message: Message, value: unknown) => void;
}

/** Why a path leads to no such field. */
export class FieldPathError extends Error {
  /** Whether the path names no field at all, as opposed to one of a type that text cannot fill. */
  readonly unknown: boolean;

  constructor(message: string, unknown: boolean) {
    super(message);
    this.unknown = unknown;
  }
}

/** Names → fields of a message, under their proto and JSON names. */
export function fieldsByName(message: DescMessage): ReadonlyMap<string, DescField> {
  let fields = fieldMaps.get(message);
  if (fields === undefined) {
    fields = new Map([
      ...message.fields.map((field) => [field.jsonName, field] as const),
      ...message.fields.map((field) => [field.name, field] as const),
    ]);
    fieldMaps.set(message, fields);
  }
  return fields;
}

const fieldMaps = new WeakMap<DescMessage, Map<string, DescField>>();

/** Deepest path that a request may name; messages may contain themselves. */
const maxDepth = 32;

/** Finds the target of a path. Throws `FieldPathError` when there is none. */
export function resolveFieldPath(message: DescMessage, names: readonly string[]): FieldTarget {
  if (names.length > maxDepth) throw new FieldPathError("is nested too deeply", true);
  const parents: MessageField[] = [];
  let desc = message;
  for (const name of names.slice(0, -1)) {
    const field = fieldsByName(desc).get(name);
    if (field === undefined) throw new FieldPathError("is not a field", true);
    if (field.fieldKind !== "message" || textReaderOf(field) !== undefined || isOpaque(field.message)) {
      throw new FieldPathError("leads through a field that is not a plain message", true);
    }
    parents.push(field as MessageField);
    desc = field.message;
  }
  const field = fieldsByName(desc).get(names.at(-1) ?? "");
  if (field === undefined) throw new FieldPathError("is not a field", true);
  return targetOf(parents, field);
}

function targetOf(parents: readonly MessageField[], field: DescField): FieldTarget {
  const read = textReaderOf(field);
  if (read === undefined)
    throw new FieldPathError("cannot be given as text: it is a map or a message", false);
  const prefix = parents.map((parent) => `${parent.name}.`).join("");
  return {
    path: prefix + field.name,
    field,
    repeated: field.fieldKind === "list",
    oneof: field.oneof === undefined ? undefined : prefix + field.oneof.name,
    read,
    put: compilePut(parents, field),
  };
}

/** Types whose fields are their own business: their JSON form is not that of their fields. */
function isOpaque(message: DescMessage): boolean {
  return /^google\.protobuf\.(Any|Struct|Value|ListValue)$/.test(message.typeName);
}

type Fields = Record<string, unknown>;

function compilePut(parents: readonly MessageField[], field: DescField): FieldTarget["put"] {
  const set = compileSet(field);
  if (parents.length === 0) return (message, value) => set(message as unknown as Fields, value);
  const open = parents.map(compileOpen);
  return (message, value) => {
    let target = message as unknown as Fields;
    for (const step of open) target = step(target);
    set(target, value);
  };
}

function compileSet(field: DescField): (target: Fields, value: unknown) => void {
  const { localName } = field;
  if (field.fieldKind === "list") return (target, value) => (target[localName] as unknown[]).push(value);
  if (field.oneof === undefined) {
    return (target, value) => {
      target[localName] = value;
    };
  }
  const oneof = field.oneof.localName;
  return (target, value) => {
    target[oneof] = { case: localName, value };
  };
}

/** Gives the message of a field, which it makes when it is not there. */
function compileOpen(field: MessageField): (target: Fields) => Fields {
  const { localName, message } = field;
  if (field.oneof === undefined) {
    return (target) => {
      target[localName] ??= create(message);
      return target[localName] as Fields;
    };
  }
  const oneof = field.oneof.localName;
  return (target) => {
    const group = target[oneof] as { case: string | undefined; value?: unknown };
    if (group.case === localName) return group.value as Fields;
    const value = create(message);
    target[oneof] = { case: localName, value };
    return value as unknown as Fields;
  };
}
