import type { DescMethodUnary } from "@bufbuild/protobuf";
import type { ContextValues, HandlerContext } from "@connectrpc/connect";
import type { Call } from "./call.ts";
import { contextOf } from "./context-of.ts";
import { readTimeout } from "./deadline.ts";
import type { Exchange } from "./exchange.ts";
import type { ReplyHeaders } from "./reply.ts";
import { toWebHeaders } from "./web-headers.ts";

/** The context that a method sees. Its parts are made on first use: most calls never look at headers or at the signal. */
export class LeanContext implements HandlerContext {
  readonly method: DescMethodUnary;
  readonly protocolName: string;
  readonly requestMethod = "POST";
  readonly values: ContextValues;
  readonly #exchange: Exchange;
  #header: Headers | undefined;
  #responseHeader: Headers | undefined;
  #responseTrailer: Headers | undefined;

  constructor(method: DescMethodUnary, protocolName: string, exchange: Exchange, call: Call) {
    this.method = method;
    this.protocolName = protocolName;
    this.#exchange = exchange;
    this.values = contextOf(call);
  }

  get service() {
    return this.method.parent;
  }

  get url(): string {
    return `http://localhost${this.#exchange.target}`;
  }

  get signal(): AbortSignal {
    return this.#exchange.signal;
  }

  get requestHeader(): Headers {
    this.#header ??= toWebHeaders(this.#exchange.headers);
    return this.#header;
  }

  get responseHeader(): Headers {
    this.#responseHeader ??= new Headers();
    return this.#responseHeader;
  }

  get responseTrailer(): Headers {
    this.#responseTrailer ??= new Headers();
    return this.#responseTrailer;
  }

  timeoutMs(): number | undefined {
    return readTimeout(this.#exchange.headers, Number.POSITIVE_INFINITY);
  }

  responseHeaders(): ReplyHeaders {
    return this.#responseHeader === undefined ? {} : Object.fromEntries(this.#responseHeader);
  }

  responseTrailers(prefix: string): ReplyHeaders {
    if (this.#responseTrailer === undefined) return {};
    return Object.fromEntries([...this.#responseTrailer].map(([name, value]) => [`${prefix}${name}`, value]));
  }
}
