// The reference lane: Connect's own handlers, which serve every method, stream and encoding.
import { Code, ConnectError } from "@connectrpc/connect";
import type { UniversalHandler, UniversalServerResponse } from "@connectrpc/connect/protocol";
import { codeToString, errorFromJsonBytes } from "@connectrpc/connect/protocol-connect";
import { findTrailerError } from "@connectrpc/connect/protocol-grpc";
import { trailerFlag, trailerParse } from "@connectrpc/connect/protocol-grpc-web";
import { serviceError } from "../errors.ts";
import type { Call } from "./call.ts";
import { refuseUnknownCompression } from "./compression.ts";
import { contextOf } from "./context-of.ts";
import { maxStreamMs, readTimeout } from "./deadline.ts";
import type { Exchange } from "./exchange.ts";
import { readBody, streamBody } from "./exchange.ts";
import type { Protocol } from "./protocol.ts";
import { readJson } from "./read-json.ts";
import type { Reply } from "./reply.ts";
import type { RouteOptions } from "./routes.ts";
import { toNodeHeaders, toWebHeaders } from "./web-headers.ts";

/** Envelope of gRPC and of Connect's streams: a flag byte and four bytes of length. */
const envelopeBytes = 5;

/** Calls Connect's handler and gives its answer back whole, but for streams. */
export async function callConnect(
  handler: UniversalHandler,
  protocol: Protocol,
  exchange: Exchange,
  call: Call,
  { maxBodyBytes, maxDeadlineMs }: Pick<RouteOptions, "maxBodyBytes" | "maxDeadlineMs">,
): Promise<Reply> {
  refuseUnknownCompression(protocol, exchange.headers);
  const unary = handler.method.methodKind === "unary";
  const header = withShortTimeout(exchange, unary ? maxDeadlineMs : maxStreamMs);
  const bytes = unary ? await readBody(exchange, maxBodyBytes + envelopeBytes) : undefined;
  if (bytes !== undefined && isPlainJson(exchange)) readJson(handler.method.input, bytes);
  const body = bytes === undefined ? streamBody(exchange) : once(bytes);
  const response = await handler({
    httpVersion: exchange.httpVersion,
    url: `http://localhost${exchange.target}`,
    method: exchange.method,
    header,
    body,
    signal: exchange.signal,
    contextValues: contextOf(call),
  });
  if (response.status === 415) throw serviceError("media_type_unsupported");
  if (response.status === 405) throw serviceError("method_not_allowed");
  const whole = unary && response.body !== undefined ? await collect(response.body) : response.body;
  const error = call.error ?? readError(response, whole, protocol);
  if (!call.reached && error !== undefined) throw unreadable(error);
  return {
    status: response.status,
    headers: toNodeHeaders(response.header),
    body: whole,
    trailers: response.trailer === undefined ? undefined : () => toNodeHeaders(response.trailer),
    error,
  };
}

/** Connect refuses a deadline that is too long: it is shortened, as on every lane. */
function withShortTimeout(exchange: Exchange, maxMs: number): Headers {
  const header = toWebHeaders(exchange.headers);
  const timeoutMs = readTimeout(exchange.headers, maxMs);
  if (timeoutMs === undefined) return header;
  if (header.has("grpc-timeout")) header.set("grpc-timeout", `${Math.ceil(timeoutMs)}m`);
  if (header.has("connect-timeout-ms")) header.set("connect-timeout-ms", String(Math.ceil(timeoutMs)));
  return header;
}

/**
 * What Connect refused before the method was called could not be read: it says `internal` to malformed Protobuf and
 * `resource_exhausted` to a message over the limit, which would count as our failure and as rate limiting.
 */
function unreadable(error: ConnectError): ConnectError {
  switch (error.code) {
    case Code.ResourceExhausted:
      return serviceError("request_too_large", { cause: error });
    case Code.Internal:
    case Code.InvalidArgument:
    case Code.Unknown:
      return serviceError("unreadable_request", { cause: error });
    // The compression that the query of a GET names.
    case Code.Unimplemented:
      return serviceError("compression_unsupported", { cause: error });
    default:
      return error;
  }
}

function readError(
  response: UniversalServerResponse,
  body: Uint8Array | AsyncIterable<Uint8Array> | undefined,
  protocol: Protocol,
): ConnectError | undefined {
  if (protocol === "grpc") return findTrailerError(response.trailer ?? new Headers());
  if (protocol === "grpc-web" && body instanceof Uint8Array) return findTrailerError(readWebTrailers(body));
  if (protocol === "connect" && response.status !== 200 && body instanceof Uint8Array) {
    const fallback = new ConnectError(`HTTP ${response.status}`, Code.Unknown);
    return errorFromJsonBytes(body, undefined, fallback);
  }
  return undefined;
}

/** The trailers of gRPC-Web stand in the last envelope of the body. */
function readWebTrailers(body: Uint8Array): Headers {
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
  let offset = 0;
  while (offset + envelopeBytes <= body.byteLength) {
    const end = offset + envelopeBytes + view.getUint32(offset + 1);
    if ((view.getUint8(offset) & trailerFlag) !== 0)
      return trailerParse(body.subarray(offset + envelopeBytes, end));
    offset = end;
  }
  return new Headers();
}

/** Name of a code as Connect writes it; `ok` for none. */
export function codeName(error: ConnectError | undefined): string {
  return error === undefined ? "ok" : codeToString(error.code);
}

/** Connect's own reader keeps the last of two equal keys and drops unknown ones: ours looks first. */
function isPlainJson({ method, headers }: Exchange): boolean {
  const isJson = headers["content-type"]?.startsWith("application/json") === true;
  return method === "POST" && isJson && headers["content-encoding"] === undefined;
}

async function* once(bytes?: Uint8Array): AsyncIterable<Uint8Array> {
  if (bytes !== undefined && bytes.byteLength > 0) yield bytes;
}

async function collect(body: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks);
}
