// Turns an error into an answer in the words of the caller's protocol. Everything that is refused outside Connect's
// own handlers goes through here: a bad token, the guard, an unknown route, a journal that cannot write.
import { create, createRegistry, type JsonObject, toJson } from "@bufbuild/protobuf";
import { anyPack } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError } from "@connectrpc/connect";
import {
  codeToHttpStatus,
  endStreamFlag,
  endStreamToJson,
  errorToJsonBytes,
} from "@connectrpc/connect/protocol-connect";
import { setTrailerStatus } from "@connectrpc/connect/protocol-grpc";
import { ServiceError } from "../errors.ts";
import * as details from "../gen/google/rpc/error_details_pb.ts";
import { StatusSchema } from "../gen/google/rpc/status_pb.ts";
import type { Protocol } from "./protocol.ts";
import type { Reply, ReplyHeaders } from "./reply.ts";

/** Types that may stand in the details of an error. */
export const errorRegistry = createRegistry(details.file_google_rpc_error_details);

/** Renders an error for a protocol. `contentType` is that of the request, which gRPC repeats. */
export function renderError(protocol: Protocol, error: ConnectError, contentType: string | undefined): Reply {
  switch (protocol) {
    case "grpc":
    case "grpc-web":
      return reply(error, 200, { ...grpcStatus(error), "content-type": contentType ?? "application/grpc" });
    case "connect-stream":
      return reply(
        error,
        200,
        { "content-type": contentType ?? "application/connect+proto" },
        endStream(error),
      );
    case "connect":
      return reply(error, httpStatus(error), { "content-type": "application/json" }, connectBody(error));
    case "rest":
      return reply(error, httpStatus(error), { "content-type": "application/json" }, statusBody(error));
  }
}

/** HTTP status of an error: its row's, or the one that its code has in Connect. */
export function httpStatus(error: ConnectError): number {
  return error instanceof ServiceError ? error.row.http : codeToHttpStatus(error.code);
}

/** Body of a REST error: google.rpc.Status as JSON. */
export function statusBody(error: ConnectError): Uint8Array {
  const status = create(StatusSchema, {
    code: error.code,
    message: error.rawMessage,
    details: error.details.map((detail) =>
      "desc" in detail
        ? anyPack(detail.desc, create(detail.desc, detail.value))
        : { typeUrl: `type.googleapis.com/${detail.type}`, value: detail.value },
    ),
  });
  return Buffer.from(JSON.stringify(toJson(StatusSchema, status, { registry: errorRegistry }) as JsonObject));
}

/** Headers of an error: its own, and `Retry-After` in whole seconds when it says when to try again (RFC 9110, 10.2.3). */
export function replyHeaders(error: ConnectError): ReplyHeaders {
  const own = Object.fromEntries(error.metadata);
  const retryAfterMs = error instanceof ServiceError ? error.options.retryAfterMs : undefined;
  if (retryAfterMs === undefined) return own;
  return { ...own, "retry-after": String(Math.max(1, Math.ceil(retryAfterMs / 1000))) };
}

function reply(error: ConnectError, status: number, headers: ReplyHeaders, body?: Uint8Array): Reply {
  return { status, headers: { ...headers, ...replyHeaders(error) }, body, trailers: undefined, error };
}

/** A gRPC answer of headers only ("Trailers-Only" in the specification). */
function grpcStatus(error: ConnectError): ReplyHeaders {
  return Object.fromEntries(setTrailerStatus(new Headers(), error));
}

function connectBody(error: ConnectError): Uint8Array {
  return errorToJsonBytes(error, { registry: errorRegistry });
}

function endStream(error: ConnectError): Uint8Array {
  const json = Buffer.from(
    JSON.stringify(endStreamToJson(new Headers(), error, { registry: errorRegistry })),
  );
  const head = Buffer.alloc(5);
  head.writeUInt8(endStreamFlag, 0);
  head.writeUInt32BE(json.byteLength, 1);
  return Buffer.concat([head, json]);
}

/** The error that a caller may read: one of ours or of the framework; anything else is a bare `internal`. */
export function publicError(error: unknown, internal: (cause: unknown) => ConnectError): ConnectError {
  if (error instanceof ConnectError && error.code !== Code.Internal && error.code !== Code.Unknown)
    return error;
  return error instanceof ServiceError ? error : internal(error);
}
