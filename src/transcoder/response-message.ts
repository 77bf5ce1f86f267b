// Response message → JSON text or raw bytes.
import {
  type DescField,
  type JsonValue,
  type JsonWriteOptions,
  type Message,
  ScalarType,
  toJson,
} from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import type { HttpBody } from "../gen/google/api/httpbody_pb.ts";
import type { CompiledBinding } from "./binding.ts";

/** The JSON that a message is on the wire: the whole, or the field that `response_body` names. */
export function responseJson(
  binding: CompiledBinding,
  message: Message,
  options: Partial<JsonWriteOptions>,
): JsonValue {
  const { method, responseField } = binding;
  const json = toJson(method.output, message, options);
  if (responseField === undefined) return json;
  const name = options.useProtoFieldName === true ? responseField.name : responseField.jsonName;
  const fields = json as Record<string, JsonValue>;
  return Object.hasOwn(fields, name) ? (fields[name] as JsonValue) : absentJson(responseField, options);
}

/** What stands for a field that JSON leaves out: its default, or null when it can be absent. */
function absentJson(field: DescField, options: Partial<JsonWriteOptions>): JsonValue {
  if (field.fieldKind === "list") return [];
  if (field.fieldKind === "map") return {};
  if (field.fieldKind === "message" || field.oneof !== undefined || field.presence !== implicitPresence)
    return null;
  if (field.fieldKind === "enum") {
    const first = field.enum.values[0];
    return options.enumAsInteger === true ? (first?.number ?? 0) : (first?.jsonName ?? null);
  }
  return zeroJson(field.scalar);
}

/** `IMPLICIT` of google.protobuf.FeatureSet.FieldPresence. */
const implicitPresence = 2;

function zeroJson(type: ScalarType): JsonValue {
  switch (type) {
    case ScalarType.STRING:
    case ScalarType.BYTES:
      return "";
    case ScalarType.BOOL:
      return false;
    case ScalarType.INT64:
    case ScalarType.UINT64:
    case ScalarType.SINT64:
    case ScalarType.FIXED64:
    case ScalarType.SFIXED64:
      return "0";
    default:
      return 0;
  }
}

/** The google.api.HttpBody of an answer; an empty one when its field is not set. */
export function responseHttpBody(
  { responseField }: CompiledBinding,
  message: Message,
): Pick<HttpBody, "contentType" | "data"> {
  if (responseField === undefined) return message as HttpBody;
  const fields = message as unknown as Record<string, unknown>;
  const { oneof, localName } = responseField;
  if (oneof === undefined) return (fields[localName] as HttpBody | undefined) ?? emptyHttpBody;
  const group = fields[oneof.localName] as { case?: string; value?: unknown };
  return group.case === localName ? (group.value as HttpBody) : emptyHttpBody;
}

const emptyHttpBody = { contentType: "", data: new Uint8Array(0) };

/** A content type that a method chose; one that would break the header is the method's fault. */
export function checkedContentType(contentType: string): string {
  if (contentType === "") return "application/octet-stream";
  if (/^[\t\x20-\x7e]+$/.test(contentType)) return contentType;
  throw new ConnectError(
    "internal error",
    Code.Internal,
    undefined,
    undefined,
    new Error("HttpBody with a bad content type"),
  );
}
