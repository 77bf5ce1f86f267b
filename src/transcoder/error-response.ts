import type { ConnectError } from "@connectrpc/connect";
import type { CallContext } from "./call-context.ts";
import { httpStatusOf, statusJson, toSendableError } from "./error-status.ts";
import type { EncodedError, ResponseHeaders, TranscoderRequest, TranscoderResponse } from "./exchange.ts";
import { noBytes } from "./request-body.ts";
import { addHeaders, writtenHeaders } from "./response-headers.ts";
import type { TranscoderOptions } from "./transcoder.ts";

export type ErrorOptions = Pick<TranscoderOptions, "encodeError" | "registry">;

/** The answer for anything that was thrown before something was released. */
export function encodeError(
  reason: unknown,
  request: TranscoderRequest,
  context: CallContext | undefined,
  options: ErrorOptions,
): TranscoderResponse {
  const error = toSendableError(reason, context?.usedSignal);
  const headers = context === undefined ? {} : writtenHeaders(context);
  addHeaders(headers, error.metadata);
  const own = encodeByHost(error, request, options);
  const text = own?.body ?? JSON.stringify(statusJson(error, options.registry));
  const body = typeof text === "string" ? Buffer.from(text) : text;
  Object.assign(headers, { "content-type": own?.contentType ?? "application/json" }, own?.headers);
  return finish(request, own?.status ?? httpStatusOf(error), headers, body, error);
}

/** A renderer that fails leaves the error to ours: an answer must come. */
function encodeByHost(
  error: ConnectError,
  request: TranscoderRequest,
  options: ErrorOptions,
): EncodedError | undefined {
  try {
    return options.encodeError?.(error, request);
  } catch {
    return undefined;
  }
}

function finish(
  request: TranscoderRequest,
  status: number,
  headers: ResponseHeaders,
  body: Uint8Array,
  error: ConnectError,
): TranscoderResponse {
  if (request.httpMethod !== "HEAD") return { status, headers, body, error };
  headers["content-length"] = String(body.byteLength);
  return { status, headers, body: noBytes, error };
}
