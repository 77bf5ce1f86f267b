// One call, straight down: negotiate, open the context, gate, read, invoke, write.
import type { JsonReadOptions, JsonWriteOptions, Message } from "@bufbuild/protobuf";
import type { HandlerContext } from "@connectrpc/connect";
import type { CompiledBinding } from "./binding.ts";
import { CallContext, type Now } from "./call-context.ts";
import { compress } from "./compression.ts";
import { readTimeoutMs } from "./deadline.ts";
import { type ErrorOptions, encodeError } from "./error-response.ts";
import type { ResponseHeaders, TranscoderResponse } from "./exchange.ts";
import { inTime } from "./in-time.ts";
import { invokeStream, invokeUnary, type Procedure } from "./invoke.ts";
import { acceptsIdentity, acceptsJson, chooseCoding } from "./negotiation.ts";
import { noBytes } from "./request-body.ts";
import { type MatchedRequest, readMessage, readMessages } from "./request-message.ts";
import { vary, writtenHeaders } from "./response-headers.ts";
import { checkedContentType, responseHttpBody, responseJson } from "./response-message.ts";
import { answerStream } from "./stream-answer.ts";
import { TranscodingError } from "./transcoding-error.ts";

/** A binding with all that serving it needs. */
export interface Route {
  readonly binding: CompiledBinding;
  readonly procedure: Procedure;
  readonly readMaxBytes: number;
  readonly maxTimeoutMs: number;
  readonly jsonOptions: Partial<JsonReadOptions & JsonWriteOptions>;
  readonly compressMinBytes: number;
  readonly shutdownSignal: AbortSignal | undefined;
  readonly requestGate: ((context: HandlerContext) => void | Promise<void>) | undefined;
  readonly now: Now;
  readonly errors: ErrorOptions;
}

export interface Call extends MatchedRequest {
  readonly route: Route;
}

/** Serves a call. Never rejects. */
export async function callBinding(call: Call): Promise<TranscoderResponse> {
  const { route, request, binding } = call;
  let context: CallContext | undefined;
  try {
    const timeoutMs = readTimeoutMs(request.headers, route.maxTimeoutMs);
    context = new CallContext(binding.method, request, timeoutMs, route.shutdownSignal, route.now);
    if (binding.method.methodKind === "server_streaming") return await answerStream(call, context);
    const response = await inTime(answerOnce(call, context), context);
    context.end();
    return response;
  } catch (error) {
    const response = { ...encodeError(error, request, context, route.errors), binding };
    context?.end();
    return response;
  }
}

async function answerOnce(call: Call, context: CallContext): Promise<TranscoderResponse> {
  const { route, request, binding } = call;
  if (!binding.rawResponse && !acceptsJson(request.headers["accept"])) {
    throw new TranscodingError("not_acceptable", "the answer is application/json");
  }
  if (route.requestGate !== undefined) await route.requestGate(context);
  const output =
    binding.method.methodKind === "unary"
      ? await invokeUnary(route.procedure, context, await readMessage(call, route))
      : await lastOf(invokeStream(route.procedure, context, readMessages(call, route)));
  return await writeMessage(call, context, output);
}

async function lastOf(messages: AsyncIterable<Message>): Promise<Message> {
  let last: Message | undefined;
  for await (const message of messages) last = message;
  if (last === undefined) throw new Error("a method that answers once gave nothing");
  return last;
}

async function writeMessage(call: Call, context: CallContext, message: Message): Promise<TranscoderResponse> {
  const { route, binding } = call;
  const headers = writtenHeaders(context);
  if (!binding.rawResponse) {
    headers["content-type"] = "application/json";
    return await writeBytes(
      call,
      headers,
      Buffer.from(JSON.stringify(responseJson(binding, message, route.jsonOptions))),
    );
  }
  const { contentType, data } = responseHttpBody(binding, message);
  headers["content-type"] = checkedContentType(contentType);
  return await writeBytes(call, headers, data);
}

async function writeBytes(
  call: Call,
  headers: ResponseHeaders,
  bytes: Uint8Array,
): Promise<TranscoderResponse> {
  const { route, request, binding } = call;
  let body = bytes;
  if (route.compressMinBytes !== Number.POSITIVE_INFINITY) {
    vary(headers, "accept-encoding");
    const acceptEncoding = request.headers["accept-encoding"];
    if (bytes.byteLength >= route.compressMinBytes || !acceptsIdentity(acceptEncoding)) {
      const coding = chooseCoding(acceptEncoding);
      if (coding !== "identity") headers["content-encoding"] = coding;
      body = await compress(bytes, coding);
    }
  }
  if (request.httpMethod !== "HEAD") return { status: 200, headers, body, binding };
  headers["content-length"] = String(body.byteLength);
  return { status: 200, headers, body: noBytes, binding };
}
