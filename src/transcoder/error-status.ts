// Errors → google.rpc.Status JSON.
import {
  create,
  type DescMessage,
  fromBinary,
  type JsonObject,
  type JsonValue,
  type Message,
  type Registry,
  toJson,
} from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import { httpStatusOfCode } from "./code-table.ts";
import { hasOwnJsonForm } from "./own-json-form.ts";
import { TranscodingError } from "./transcoding-error.ts";

/** HTTP status of an error: its own when it is the transcoder's, otherwise that of its code. */
export function httpStatusOf(error: ConnectError): number {
  return error instanceof TranscodingError ? error.httpStatus : (httpStatusOfCode[error.code] ?? 500);
}

/**
 * Anything that was thrown, as an error that can be sent. What is not a ConnectError keeps its text to itself, and so
 * does a ConnectError that only wraps such a thing (`ConnectError.from`).
 */
export function toSendableError(reason: unknown, signal: AbortSignal | undefined): ConnectError {
  if (reason instanceof ConnectError) {
    const wraps = reason.code === Code.Unknown && reason.cause !== undefined;
    return wraps
      ? new ConnectError("unknown error", Code.Unknown, reason.metadata, undefined, reason.cause)
      : reason;
  }
  if (signal?.aborted === true && isAbort(reason)) {
    if (signal.reason instanceof ConnectError) return signal.reason;
    return new ConnectError("the call was cancelled", Code.Canceled, undefined, undefined, reason);
  }
  return new ConnectError("internal error", Code.Internal, undefined, undefined, reason);
}

function isAbort(reason: unknown): boolean {
  return reason instanceof Error && (reason.name === "AbortError" || reason.name === "TimeoutError");
}

/** The google.rpc.Status of an error, as JSON. */
export function statusJson(error: ConnectError, registry: Registry | undefined): JsonObject {
  return {
    code: error.code,
    message: error.rawMessage,
    details: error.details.flatMap((detail) => detailJson(detail, registry) ?? []),
  };
}

type Detail = ConnectError["details"][number];

/** A detail that has no JSON, because its message is not valid, is left out: the error itself matters more. */
function detailJson(detail: Detail, registry: Registry | undefined): JsonObject | undefined {
  if ("desc" in detail) {
    try {
      return anyJson(detail.desc, create(detail.desc, detail.value), registry);
    } catch {
      return undefined;
    }
  }
  const desc = registry?.getMessage(detail.type);
  try {
    if (desc !== undefined) return anyJson(desc, fromBinary(desc, detail.value), registry);
  } catch {
    // A detail of another server that does not decode is passed on as bytes.
  }
  return { "@type": typeUrl(detail.type), value: Buffer.from(detail.value).toString("base64") };
}

function anyJson(desc: DescMessage, message: Message, registry: Registry | undefined): JsonObject {
  const json: JsonValue = toJson(desc, message, registry === undefined ? {} : { registry });
  const type = { "@type": typeUrl(desc.typeName) };
  return hasOwnJsonForm(desc) ? { ...type, value: json } : { ...type, ...(json as JsonObject) };
}

function typeUrl(typeName: string): string {
  return `type.googleapis.com/${typeName}`;
}
