// JSON → message, with errors that name the field.
import {
  type DescField,
  type DescMessage,
  fromJson,
  type JsonObject,
  type JsonReadOptions,
  type JsonValue,
  type Message,
} from "@bufbuild/protobuf";
import { isWrapperDesc } from "@bufbuild/protobuf/wkt";
import { fieldsByName } from "./field-path.ts";
import { findJsonProblem } from "./json-problem.ts";
import { LongInteger, type ParsedJson } from "./json-text.ts";
import { invalidBody } from "./transcoding-error.ts";

/** Makes a message from JSON. Throws `invalid_body` with the path of the field. */
export function messageFromJson(
  desc: DescMessage,
  json: ParsedJson,
  options: Partial<JsonReadOptions>,
): Message {
  const value = json.hasLongIntegers ? settleMessage(desc, json.value, options) : json.value;
  try {
    return fromJson(desc, value, options);
  } catch (cause) {
    const { path, description } = findJsonProblem(desc, value, options);
    throw invalidBody(path === "" ? undefined : path, description, cause);
  }
}

/** Makes a message of which JSON gives one field. */
export function messageFromFieldJson(
  desc: DescMessage,
  field: DescField,
  json: ParsedJson,
  options: Partial<JsonReadOptions>,
): Message {
  return messageFromJson(desc, { ...json, value: { [field.name]: json.value } }, options);
}

/**
 * Settles each long integer by the type of its field: text where fromJson keeps all digits of text (64-bit integers),
 * a number, rounded as JSON.parse would, everywhere else.
 */
function settleMessage(desc: DescMessage, json: JsonValue, options: Partial<JsonReadOptions>): JsonValue {
  if (json instanceof LongInteger)
    return isWrapperDesc(desc) ? settle(desc.fields[0], json, options) : Number(json.digits);
  if (typeof json !== "object" || json === null) return json;
  if (desc.typeName === "google.protobuf.Any") return settleAny(json, options);
  if (Array.isArray(json)) return json.map((item) => settle(undefined, item, options));
  const fields = fieldsByName(desc);
  return mapObject(json, (key, value) => settle(fields.get(key), value, options));
}

function settleAny(json: JsonValue, options: Partial<JsonReadOptions>): JsonValue {
  const typeUrl = (json as JsonObject)["@type"];
  const typeName = typeof typeUrl === "string" ? typeUrl.slice(typeUrl.lastIndexOf("/") + 1) : "";
  const desc = options.registry?.getMessage(typeName);
  if (desc === undefined) return settle(undefined, json, options);
  const settled = settleMessage(desc, json, options) as JsonObject;
  if (desc.typeName.startsWith("google.protobuf.") && Object.hasOwn(settled, "value")) {
    settled["value"] = settleMessage(desc, (json as JsonObject)["value"] as JsonValue, options);
  }
  return settled;
}

function settle(field: DescField | undefined, json: JsonValue, options: Partial<JsonReadOptions>): JsonValue {
  if (json instanceof LongInteger) return settleInteger(field, json, options);
  if (typeof json !== "object" || json === null) return json;
  if (field?.fieldKind === "map" && !Array.isArray(json)) {
    return mapObject(json, (_key, value) => settleItem(field, value, options));
  }
  if (Array.isArray(json)) return json.map((item) => settleItem(field, item, options));
  if (field?.message !== undefined) return settleMessage(field.message, json, options);
  return mapObject(json, (_key, value) => settle(undefined, value, options));
}

function settleItem(
  field: DescField | undefined,
  json: JsonValue,
  options: Partial<JsonReadOptions>,
): JsonValue {
  return field?.message === undefined
    ? settle(field, json, options)
    : settleMessage(field.message, json, options);
}

function settleInteger(
  field: DescField | undefined,
  json: LongInteger,
  options: Partial<JsonReadOptions>,
): JsonValue {
  if (field?.message !== undefined)
    return settleMessage(field.message, json as unknown as JsonValue, options);
  return field?.scalar !== undefined && longTypes.has(field.scalar) ? json.digits : Number(json.digits);
}

/** INT64, UINT64, FIXED64, SFIXED64 and SINT64 of `ScalarType`. */
const longTypes: ReadonlySet<number> = new Set([3, 4, 6, 16, 18]);

function mapObject(json: JsonObject, change: (key: string, value: JsonValue) => JsonValue): JsonObject {
  // fromEntries defines own properties, so that the key __proto__ stays a key.
  return Object.fromEntries(Object.entries(json).map(([key, value]) => [key, change(key, value)]));
}
