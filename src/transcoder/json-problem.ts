// Finds which field made fromJson refuse a value. fromJson names the field but not the way to it, and quotes the value;
// this walks the value once more, only after a refusal, and says neither more nor less than the path and the type.
import {
  type DescField,
  type DescMessage,
  fromJson,
  type JsonObject,
  type JsonReadOptions,
  type JsonValue,
  ScalarType,
} from "@bufbuild/protobuf";
import { isWrapperDesc } from "@bufbuild/protobuf/wkt";
import { fieldsByName } from "./field-path.ts";

interface JsonProblem {
  /** Path of the field in proto names, `""` for the whole. */
  readonly path: string;
  readonly description: string;
}

/** Finds the first problem of a value that `fromJson` refused. */
export function findJsonProblem(
  desc: DescMessage,
  json: JsonValue,
  options: Partial<JsonReadOptions>,
): JsonProblem {
  return inMessage(desc, json, "", options) ?? { path: "", description: `is not a valid ${desc.name}` };
}

function inMessage(
  desc: DescMessage,
  json: JsonValue,
  path: string,
  options: Partial<JsonReadOptions>,
): JsonProblem | undefined {
  if (hasOwnJsonForm(desc)) {
    return accepts(desc, json, options) ? undefined : { path, description: `must be ${nameOfMessage(desc)}` };
  }
  if (typeof json !== "object" || json === null || Array.isArray(json))
    return { path, description: "must be an object" };
  const fields = fieldsByName(desc);
  const seen = new Set<DescField>();
  const groups = new Map<string, DescField>();
  for (const [key, value] of Object.entries(json)) {
    const field = fields.get(key);
    if (field === undefined) {
      if (options.ignoreUnknownFields === true || key.startsWith("[")) continue;
      return { path: join(path, shorten(key)), description: "is not a field" };
    }
    const own = join(path, field.name);
    if (seen.has(field))
      return { path: own, description: "is given twice, under its proto name and its JSON name" };
    seen.add(field);
    const rival = field.oneof === undefined || value === null ? undefined : groups.get(field.oneof.name);
    if (rival !== undefined) return { path: own, description: `excludes ${rival.name}` };
    if (field.oneof !== undefined && value !== null) groups.set(field.oneof.name, field);
    const problem = inField(desc, field, key, value, own, options);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function inField(
  desc: DescMessage,
  field: DescField,
  key: string,
  json: JsonValue,
  path: string,
  options: Partial<JsonReadOptions>,
): JsonProblem | undefined {
  if (json === null) return undefined;
  if (field.fieldKind === "message") return inMessage(field.message, json, path, options);
  if (field.fieldKind === "list") {
    if (!Array.isArray(json)) return { path, description: "must be an array" };
    return first(json, (item, index) => inItem(desc, field, key, [item], item, `${path}[${index}]`, options));
  }
  if (field.fieldKind === "map") {
    if (typeof json !== "object" || Array.isArray(json)) return { path, description: "must be an object" };
    return first(Object.entries(json), ([name, item]) =>
      inItem(
        desc,
        field,
        key,
        Object.fromEntries([[name, item]]),
        item,
        `${path}["${shorten(name)}"]`,
        options,
      ),
    );
  }
  return acceptsField(desc, key, json, options)
    ? undefined
    : { path, description: `must be ${nameOfType(field)}` };
}

function inItem(
  desc: DescMessage,
  field: DescField,
  key: string,
  alone: JsonValue,
  item: JsonValue,
  path: string,
  options: Partial<JsonReadOptions>,
): JsonProblem | undefined {
  if (item === null && !acceptsField(desc, key, alone, options))
    return { path, description: "must not be null" };
  if (field.message !== undefined && item !== null) {
    const problem = inMessage(field.message, item, path, options);
    if (problem !== undefined || field.fieldKind === "list") return problem;
    return acceptsMapKey(desc, key, alone, options, field)
      ? undefined
      : { path, description: "has an invalid key" };
  }
  return acceptsField(desc, key, alone, options)
    ? undefined
    : { path, description: `must be ${nameOfType(field)}` };
}

function acceptsMapKey(
  desc: DescMessage,
  key: string,
  alone: JsonValue,
  options: Partial<JsonReadOptions>,
  field: DescField,
): boolean {
  // A string key is always good: no need to read its value again.
  if (field.fieldKind === "map" && field.mapKey === ScalarType.STRING) return true;
  return acceptsField(desc, key, alone, options);
}

function acceptsField(
  desc: DescMessage,
  key: string,
  json: JsonValue,
  options: Partial<JsonReadOptions>,
): boolean {
  return accepts(desc, Object.fromEntries([[key, json]]) as JsonObject, options);
}

function accepts(desc: DescMessage, json: JsonValue, options: Partial<JsonReadOptions>): boolean {
  try {
    fromJson(desc, json, options);
    return true;
  } catch {
    return false;
  }
}

function first<T>(
  items: readonly T[],
  check: (item: T, index: number) => JsonProblem | undefined,
): JsonProblem | undefined {
  for (const [index, item] of items.entries()) {
    const problem = check(item, index);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function hasOwnJsonForm(desc: DescMessage): boolean {
  return isWrapperDesc(desc) || Object.hasOwn(messageNames, desc.typeName);
}

const messageNames: Readonly<Record<string, string>> = {
  "google.protobuf.Any": "an object with a known @type",
  "google.protobuf.Timestamp": "an RFC 3339 date and time, such as 2026-01-31T09:30:00Z",
  "google.protobuf.Duration": "seconds with the suffix s, such as 1.5s",
  "google.protobuf.FieldMask": "field paths in lowerCamelCase separated by commas",
  "google.protobuf.Struct": "an object",
  "google.protobuf.Value": "a JSON value",
  "google.protobuf.ListValue": "an array",
};

function nameOfMessage(desc: DescMessage): string {
  const wrapped = isWrapperDesc(desc) ? desc.fields[0] : undefined;
  return wrapped === undefined ? (messageNames[desc.typeName] ?? "an object") : nameOfType(wrapped);
}

function nameOfType(field: DescField): string {
  if (field.message !== undefined) return nameOfMessage(field.message);
  if (field.enum !== undefined) return `a value of ${field.enum.name}, by name or number`;
  return field.scalar === undefined ? "valid" : scalarNames[field.scalar];
}

const scalarNames: Readonly<Record<ScalarType, string>> = {
  [ScalarType.DOUBLE]: "a number",
  [ScalarType.FLOAT]: "a number",
  [ScalarType.INT64]: "a 64-bit integer",
  [ScalarType.UINT64]: "an unsigned 64-bit integer",
  [ScalarType.INT32]: "a 32-bit integer",
  [ScalarType.FIXED64]: "an unsigned 64-bit integer",
  [ScalarType.FIXED32]: "an unsigned 32-bit integer",
  [ScalarType.BOOL]: "true or false",
  [ScalarType.STRING]: "a well-formed string",
  [ScalarType.BYTES]: "base64 text",
  [ScalarType.UINT32]: "an unsigned 32-bit integer",
  [ScalarType.SFIXED32]: "a 32-bit integer",
  [ScalarType.SFIXED64]: "a 64-bit integer",
  [ScalarType.SINT32]: "a 32-bit integer",
  [ScalarType.SINT64]: "a 64-bit integer",
};

function join(path: string, name: string): string {
  return path === "" ? name : `${path}.${name}`;
}

/** Names that the caller made up are cut, and stripped of what could break a line of a log. */
function shorten(name: string): string {
  const printable = name.replace(/[\p{C}\p{Zl}\p{Zp}"]/gu, "?");
  return printable.length > 60 ? `${printable.slice(0, 60)}…` : printable;
}
