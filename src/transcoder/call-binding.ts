// One call, straight down: negotiate, open the context, gate, read, invoke, write.
import type { JsonReadOptions, JsonWriteOptions, Message } from "@bufbuild/protobuf";
import type { HandlerContext } from "@connectrpc/connect";
import { type Awaitable, then } from "./awaitable.ts";
import type { CompiledBinding } from "./binding.ts";
import { CallContext, type Now } from "./call-context.ts";
import { compress } from "./compression.ts";
import { readTimeoutMs } from "./deadline.ts";
import { type ErrorOptions, encodeError } from "./error-response.ts";
import type { ResponseHeaders, TranscoderResponse } from "./exchange.ts";
import { inTime } from "./in-time.ts";
import { invokeStream, invokeUnary, type Procedure } from "./invoke.ts";
import type { JsonWriter } from "./json-writer.ts";
import { acceptsIdentity, chooseCoding, refuseNoCoding } from "./negotiation.ts";
import { noBytes } from "./request-body.ts";
import { type MatchedRequest, readMessage, readMessages } from "./request-message.ts";
import { vary, writtenHeaders } from "./response-headers.ts";
import { checkedContentType, responseHttpBody, responseJson } from "./response-message.ts";
import { answerStream } from "./stream-answer.ts";

/** A binding with all that serving it needs. */
export interface Route {
  readonly binding: CompiledBinding;
  readonly procedure: Procedure;
  readonly readMaxBytes: number;
  readonly maxTimeoutMs: number;
  readonly jsonOptions: Partial<JsonReadOptions & JsonWriteOptions>;
  /** Writes an answer whole, under these options. */
  readonly writeJson: JsonWriter;
  readonly compressMinBytes: number;
  readonly shutdownSignal: AbortSignal | undefined;
  readonly requestGate: ((context: HandlerContext) => void | Promise<void>) | undefined;
  readonly now: Now;
  readonly errors: ErrorOptions;
}

export interface Call extends MatchedRequest {
  readonly route: Route;
}

/** Serves a call, at once when its method answers at once. Never rejects. */
export function callBinding(call: Call): Awaitable<TranscoderResponse> {
  const { route, request, binding } = call;
  let context: CallContext | undefined;
  const refuse = (error: unknown): TranscoderResponse => {
    const response = { ...encodeError(error, request, context, route.errors), binding };
    context?.end();
    return response;
  };
  try {
    const timeoutMs = readTimeoutMs(request.headers, route.maxTimeoutMs);
    const opened = new CallContext(binding.method, request, timeoutMs, route.shutdownSignal, route.now);
    context = opened;
    if (binding.method.methodKind === "server_streaming") return answerStream(call, opened).catch(refuse);
    const answer = answerOnce(call, opened);
    if (answer instanceof Promise) return inTime(answer, opened).then((late) => end(opened, late), refuse);
    return end(opened, answer);
  } catch (error) {
    return refuse(error);
  }
}

function end(context: CallContext, response: TranscoderResponse): TranscoderResponse {
  context.end();
  return response;
}

function answerOnce(call: Call, context: CallContext): Awaitable<TranscoderResponse> {
  const { route, request } = call;
  // Before the method: what it did could not be told any more.
  if (route.compressMinBytes !== Number.POSITIVE_INFINITY) refuseNoCoding(request.headers["accept-encoding"]);
  const opened = route.requestGate?.(context);
  const output = opened === undefined ? invoke(call, context) : opened.then(() => invoke(call, context));
  return then(output, (message) => writeMessage(call, context, message));
}

function invoke(call: Call, context: CallContext): Awaitable<Message> {
  const { route, binding } = call;
  if (binding.method.methodKind !== "unary") {
    return lastOf(invokeStream(route.procedure, context, readMessages(call, route)));
  }
  return then(readMessage(call, route), (input) => invokeUnary(route.procedure, context, input));
}

async function lastOf(messages: AsyncIterable<Message>): Promise<Message> {
  let last: Message | undefined;
  for await (const message of messages) last = message;
  if (last === undefined) throw new Error("a method that answers once gave nothing");
  return last;
}

function writeMessage(call: Call, context: CallContext, message: Message): Awaitable<TranscoderResponse> {
  const { route, binding } = call;
  const headers = writtenHeaders(context);
  if (!binding.rawResponse) {
    headers["content-type"] = "application/json";
    const json =
      binding.responseField === undefined
        ? route.writeJson(message)
        : JSON.stringify(responseJson(binding, message, route.jsonOptions));
    return writeBytes(call, headers, Buffer.from(json));
  }
  const { contentType, data } = responseHttpBody(binding, message);
  headers["content-type"] = checkedContentType(contentType);
  return writeBytes(call, headers, data);
}

function writeBytes(call: Call, headers: ResponseHeaders, bytes: Uint8Array): Awaitable<TranscoderResponse> {
  const { route, request } = call;
  if (route.compressMinBytes === Number.POSITIVE_INFINITY) return respond(call, headers, bytes);
  vary(headers, "accept-encoding");
  const acceptEncoding = request.headers["accept-encoding"];
  const isShort = bytes.byteLength < route.compressMinBytes;
  if (isShort && acceptsIdentity(acceptEncoding)) return respond(call, headers, bytes);
  const coding = chooseCoding(acceptEncoding);
  if (coding === "identity") return respond(call, headers, bytes);
  headers["content-encoding"] = coding;
  return compress(bytes, coding).then((body) => respond(call, headers, body));
}

function respond({ request, binding }: Call, headers: ResponseHeaders, body: Uint8Array): TranscoderResponse {
  if (request.httpMethod !== "HEAD") return { status: 200, headers, body, binding };
  headers["content-length"] = String(body.byteLength);
  return { status: 200, headers, body: noBytes, binding };
}
