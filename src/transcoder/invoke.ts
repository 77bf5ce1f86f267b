// Calls an implementation through interceptors, as Connect's own (private) invoke functions do.
import {
  create,
  type DescMessage,
  type DescMethod,
  type DescService,
  type Message,
} from "@bufbuild/protobuf";
import type {
  ContextValues,
  HandlerContext,
  Interceptor,
  StreamResponse,
  UnaryResponse,
} from "@connectrpc/connect";
import { type Awaitable, then } from "./awaitable.ts";
import type { CallContext } from "./call-context.ts";

/** An implementation as the router received it, its types erased. */
export type Implementation = (
  request: Message & AsyncIterable<Message>,
  context: HandlerContext,
) => Promise<Message> & AsyncIterable<Message>;

type AnyRequest = Parameters<ReturnType<Interceptor>>[0];
type AnyResponse = UnaryResponse | StreamResponse;

export interface Procedure {
  readonly method: DescMethod;
  readonly implementation: Implementation;
  readonly interceptors: readonly Interceptor[];
}

/** Calls a unary method. Without interceptors, one that answers at once is answered at once. */
export function invokeUnary(procedure: Procedure, context: CallContext, input: Message): Awaitable<Message> {
  const { method, implementation, interceptors } = procedure;
  if (interceptors.length > 0) return invokeIntercepted(procedure, context, input);
  const output: Awaitable<Message> = implementation(input as never, context);
  return then(output, (message) => normalize(method.output, message));
}

async function invokeIntercepted(
  procedure: Procedure,
  context: CallContext,
  input: Message,
): Promise<Message> {
  const { method, implementation } = procedure;
  const respond = async (request: AnyRequest) => {
    const output = await implementation(request.message as never, new InterceptedContext(context, request));
    return responseOf(context, false, normalize(method.output, output));
  };
  const response = await intercept(procedure, context, false, input, respond);
  copyHeaders(response.trailer, context.responseTrailer);
  return response.message as Message;
}

/** Calls a streaming method. Trailers are complete when the answer has ended. */
export async function* invokeStream(
  procedure: Procedure,
  context: CallContext,
  input: AsyncIterable<Message>,
): AsyncIterable<Message> {
  const { method, implementation } = procedure;
  const respond = async (request: AnyRequest) => {
    const merged = new InterceptedContext(context, request);
    const messages = request.message as AsyncIterable<Message>;
    const output =
      method.methodKind === "server_streaming"
        ? normalizeAll(method.output, implementation((await firstOf(messages)) as never, merged))
        : one(normalize(method.output, await implementation(messages as never, merged)));
    return responseOf(context, true, output);
  };
  const response = await intercept(procedure, context, true, input, respond);
  yield* response.message as AsyncIterable<Message>;
  copyHeaders(response.trailer, context.responseTrailer);
}

async function intercept(
  { method, interceptors }: Procedure,
  context: CallContext,
  stream: boolean,
  message: Message | AsyncIterable<Message>,
  respond: (request: AnyRequest) => Promise<AnyResponse>,
): Promise<AnyResponse> {
  let next = respond;
  for (const interceptor of interceptors.toReversed()) next = interceptor(next as never) as typeof next;
  // Getters of its own, so that an interceptor may copy the request with a spread.
  const request = {
    stream,
    message,
    method,
    service: method.parent,
    requestMethod: context.requestMethod,
    url: context.url,
    contextValues: context.values,
    get signal() {
      return context.signal;
    },
    get header() {
      return context.requestHeader;
    },
  };
  const response = await next(request as unknown as AnyRequest);
  copyHeaders(response.header, context.responseHeader);
  return response;
}

function responseOf(
  context: CallContext,
  stream: boolean,
  message: Message | AsyncIterable<Message>,
): AnyResponse {
  const { method, service, responseHeader, responseTrailer } = context;
  return {
    stream,
    service,
    method,
    message,
    header: responseHeader,
    trailer: responseTrailer,
  } as AnyResponse;
}

/** The context of a call with what the interceptors made of its request. */
class InterceptedContext implements HandlerContext {
  readonly service: DescService;
  readonly values: ContextValues;
  readonly #context: CallContext;
  readonly #request: AnyRequest;

  constructor(context: CallContext, request: AnyRequest) {
    this.service = request.service;
    this.values = request.contextValues;
    this.#context = context;
    this.#request = request;
  }

  get method(): DescMethod {
    return this.#context.method;
  }

  get requestMethod(): string {
    return this.#context.requestMethod;
  }

  get protocolName(): string {
    return this.#context.protocolName;
  }

  get url(): string {
    return this.#context.url;
  }

  get timeoutMs(): () => number | undefined {
    return this.#context.timeoutMs;
  }

  get requestHeader(): Headers {
    return this.#request.header;
  }

  get signal(): AbortSignal {
    return this.#request.signal;
  }

  get responseHeader(): Headers {
    return this.#context.responseHeader;
  }

  get responseTrailer(): Headers {
    return this.#context.responseTrailer;
  }
}

function copyHeaders(from: Headers, to: Headers): void {
  if (from === to) return;
  for (const name of [...to.keys()]) to.delete(name);
  for (const [name, value] of from) to.append(name, value);
}

function normalize(desc: DescMessage, message: Message): Message {
  return create(desc, message as never);
}

async function* normalizeAll(desc: DescMessage, messages: AsyncIterable<Message>): AsyncIterable<Message> {
  for await (const message of messages) yield normalize(desc, message);
}

async function* one(message: Message): AsyncIterable<Message> {
  yield message;
}

async function firstOf(messages: AsyncIterable<Message>): Promise<Message> {
  for await (const message of messages) return message;
  throw new Error("the stream of a method that takes one message is empty");
}
