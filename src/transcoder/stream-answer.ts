// Server streaming: the first message decides between an HTTP error and a stream; later errors end the stream.
import type { Message } from "@bufbuild/protobuf";
import { type Call, inTime } from "./call-binding.ts";
import type { CallContext } from "./call-context.ts";
import { compressStream } from "./compression.ts";
import { statusJson, toSendableError } from "./error-status.ts";
import type { ResponseHeaders, TranscoderResponse } from "./exchange.ts";
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
  const first = await inTime(messages.next(), context).catch((reason: unknown) => {
    giveUp(messages);
    throw reason;
  });
  const headers = writtenHeaders(context);
  const body =
    format === undefined
      ? writeRaw(call, context, messages, first)
      : writeItems(call, context, format, messages, first);
  headers["content-type"] = format?.contentType ?? rawContentType(call, first);
  if (format !== undefined) vary(headers, "accept");
  vary(headers, "accept-encoding");
  if (coding !== "identity") headers["content-encoding"] = coding;
  if (request.httpMethod === "HEAD") {
    await messages.return?.();
    context.end();
    return { status: 200, headers, body: noBytes, binding };
  }
  return {
    status: 200,
    headers,
    body: compressStream(body, coding),
    trailers: () => trailersOf(context),
    binding,
  };
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

async function* writeItems(
  { route, binding }: Call,
  context: CallContext,
  format: StreamFormat,
  messages: Messages,
  first: First,
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
    context.end();
    giveUp(messages);
  }
  const end = format.end(count === 0);
  if (end !== "") yield Buffer.from(end);
}

/** Raw bytes have no place for an error: it breaks the stream off. */
async function* writeRaw(
  { binding }: Call,
  context: CallContext,
  messages: Messages,
  first: First,
): AsyncIterable<Uint8Array> {
  try {
    for (let next = first; next.done !== true; next = await inTime(messages.next(), context)) {
      const { data } = responseHttpBody(binding, next.value);
      if (data.byteLength > 0) yield data;
    }
  } finally {
    context.end();
    giveUp(messages);
  }
}

function rawContentType({ binding }: Call, first: First): string {
  return checkedContentType(first.done === true ? "" : responseHttpBody(binding, first.value).contentType);
}
