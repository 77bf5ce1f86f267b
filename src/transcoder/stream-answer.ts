// Server streaming: the first message decides between an HTTP error and a stream; later errors end the stream.
import type { Message } from "@bufbuild/protobuf";
import type { Call } from "./call-binding.ts";
import type { CallContext } from "./call-context.ts";
import { compressStream } from "./compression.ts";
import { statusJson, toSendableError } from "./error-status.ts";
import type { ResponseHeaders, TranscoderResponse } from "./exchange.ts";
import { inTime } from "./in-time.ts";
import { invokeStream } from "./invoke.ts";
import { chooseCoding } from "./negotiation.ts";
import { noBytes } from "./request-body.ts";
import { readMessage } from "./request-message.ts";
import { addHeaders, vary, writtenHeaders } from "./response-headers.ts";
import { checkedContentType, responseHttpBody, responseJson } from "./response-message.ts";
import { chooseStreamFormat, type StreamFormat } from "./stream-format.ts";

type Messages = AsyncIterator<Message>;
type First = IteratorResult<Message>;

/** Answers with a stream. Throws what goes wrong before its first message. */
export async function answerStream(call: Call, context: CallContext): Promise<TranscoderResponse> {
  const { route, request, binding } = call;
  const format = binding.rawResponse ? undefined : chooseStreamFormat(request.headers["accept"]);
  const coding =
    route.compressMinBytes === Number.POSITIVE_INFINITY
      ? "identity"
      : chooseCoding(request.headers["accept-encoding"]);
  if (route.requestGate !== undefined) await inTime(Promise.resolve(route.requestGate(context)), context);
  const messages = invokeStream(route.procedure, context, oneMessage(call))[Symbol.asyncIterator]();
  const release = releaseWhenLeft(call, context, messages);
  try {
    const first = await inTime(messages.next(), context);
    const headers = writtenHeaders(context);
    headers["content-type"] = format?.contentType ?? rawContentType(call, first);
    if (format !== undefined) vary(headers, "accept");
    vary(headers, "accept-encoding");
    if (coding !== "identity") headers["content-encoding"] = coding;
    if (request.httpMethod === "HEAD") {
      release();
      return { status: 200, headers, body: noBytes, binding };
    }
    const stream = { call, context, messages, first, release };
    const body = compressStream(format === undefined ? writeRaw(stream) : writeItems(stream, format), coding);
    return { status: 200, headers, body, trailers: () => trailersOf(context), binding };
  } catch (error) {
    release();
    throw error;
  }
}

/**
 * Gives the function that ends a stream, whichever way it ended. A caller who leaves ends it too, since nobody may ever
 * ask for the body of an answer then.
 */
function releaseWhenLeft(
  { request: { signal } }: Call,
  context: CallContext,
  messages: Messages,
): () => void {
  const release = () => {
    signal.removeEventListener("abort", release);
    giveUp(messages);
    context.end();
  };
  signal.addEventListener("abort", release);
  return release;
}

/** Lets the method clean up, when it comes to it; what goes wrong there concerns nobody any more. */
function giveUp(messages: Messages): void {
  messages.return?.().catch(() => undefined);
}

async function* oneMessage(call: Call): AsyncIterable<Message> {
  yield await readMessage(call, call.route);
}

function trailersOf(context: CallContext): ResponseHeaders {
  const trailers: ResponseHeaders = {};
  addHeaders(trailers, context.writtenTrailer, "trailer-");
  return trailers;
}

interface OpenStream {
  readonly call: Call;
  readonly context: CallContext;
  readonly messages: Messages;
  readonly first: First;
  readonly release: () => void;
}

async function* writeItems(
  { call: { route, binding }, context, messages, first, release }: OpenStream,
  format: StreamFormat,
): AsyncIterable<Uint8Array> {
  let count = 0;
  try {
    for (let next = first; next.done !== true; next = await inTime(messages.next(), context)) {
      const item = { result: responseJson(binding, next.value, route.jsonOptions) };
      yield Buffer.from(format.item(item, count === 0));
      count++;
    }
  } catch (reason) {
    const error = toSendableError(reason, context.usedSignal);
    yield Buffer.from(format.item({ error: statusJson(error, route.errors.registry) }, count === 0));
    count++;
  } finally {
    release();
  }
  const end = format.end(count === 0);
  if (end !== "") yield Buffer.from(end);
}

/** Raw bytes have no place for an error: it breaks the stream off. */
async function* writeRaw({ call, context, messages, first, release }: OpenStream): AsyncIterable<Uint8Array> {
  try {
    for (let next = first; next.done !== true; next = await inTime(messages.next(), context)) {
      const { data } = responseHttpBody(call.binding, next.value);
      if (data.byteLength > 0) yield data;
    }
  } finally {
    release();
  }
}

function rawContentType({ binding }: Call, first: First): string {
  return checkedContentType(first.done === true ? "" : responseHttpBody(binding, first.value).contentType);
}
