import type { DescMethod, DescService } from "@bufbuild/protobuf";
import {
  Code,
  ConnectError,
  type ContextValues,
  createContextValues,
  type HandlerContext,
} from "@connectrpc/connect";
import type { RequestHeaders, TranscoderRequest } from "./exchange.ts";

/** Aborts a call that has ended. One reason for all: making an error captures a stack on every call. */
const completed = new ConnectError("the call has ended", Code.Canceled);

/** Monotonic milliseconds. */
export type Now = () => number;

/**
 * The HandlerContext of a call, with the semantics of Connect's `createHandlerContext`. What costs more than a field
 * (Headers, AbortController, timer) is made when it is first asked for: most methods never do.
 */
export class CallContext implements HandlerContext {
  readonly method: DescMethod;
  readonly service: DescService;
  readonly requestMethod: string;
  readonly protocolName = "rest";
  readonly timeoutMs: () => number | undefined;
  readonly #request: TranscoderRequest;
  readonly #shutdownSignal: AbortSignal | undefined;
  #values: ContextValues | undefined;
  #requestHeader: Headers | undefined;
  #responseHeader: Headers | undefined;
  #responseTrailer: Headers | undefined;
  #abort: AbortController | undefined;
  #timer: NodeJS.Timeout | undefined;
  #onAbort: (() => void) | undefined;
  #deadline: Promise<never> | undefined;

  constructor(
    method: DescMethod,
    request: TranscoderRequest,
    timeoutMs: number | undefined,
    shutdownSignal: AbortSignal | undefined,
    now: Now,
  ) {
    this.method = method;
    this.service = method.parent;
    this.requestMethod = request.httpMethod;
    this.#request = request;
    this.#shutdownSignal = shutdownSignal;
    this.#values = request.contextValues;
    if (timeoutMs === undefined) this.timeoutMs = noTimeout;
    else {
      const end = now() + timeoutMs;
      this.timeoutMs = () => end - now();
      this.#startDeadline(timeoutMs);
    }
  }

  get values(): ContextValues {
    this.#values ??= createContextValues();
    return this.#values;
  }

  get url(): string {
    const { headers, secure, target } = this.#request;
    if (!target.startsWith("/")) return target;
    return `${secure === true ? "https" : "http"}://${headers["host"] ?? headers[":authority"] ?? "localhost"}${target}`;
  }

  get requestHeader(): Headers {
    this.#requestHeader ??= headersOf(this.#request.headers);
    return this.#requestHeader;
  }

  get responseHeader(): Headers {
    this.#responseHeader ??= new Headers();
    return this.#responseHeader;
  }

  get responseTrailer(): Headers {
    this.#responseTrailer ??= new Headers();
    return this.#responseTrailer;
  }

  get signal(): AbortSignal {
    return this.#controller().signal;
  }

  /** The response headers and trailers, if anybody asked for them. */
  get writtenHeader(): Headers | undefined {
    return this.#responseHeader;
  }

  get writtenTrailer(): Headers | undefined {
    return this.#responseTrailer;
  }

  /** The signal, if anybody asked for it. */
  get usedSignal(): AbortSignal | undefined {
    return this.#abort?.signal;
  }

  /** Rejects when the deadline passes; undefined without one. */
  get deadline(): Promise<never> | undefined {
    return this.#deadline;
  }

  /** Ends the call: its signal aborts, its timer stops. */
  end(): void {
    clearTimeout(this.#timer);
    const abort = this.#abort;
    if (abort === undefined) return;
    if (this.#onAbort !== undefined) {
      this.#request.signal.removeEventListener("abort", this.#onAbort);
      this.#shutdownSignal?.removeEventListener("abort", this.#onAbort);
    }
    if (!abort.signal.aborted) abort.abort(completed);
  }

  #controller(): AbortController {
    if (this.#abort !== undefined) return this.#abort;
    const abort = new AbortController();
    this.#abort = abort;
    const sources = [this.#request.signal, this.#shutdownSignal];
    const onAbort = () => abort.abort(sources.find((source) => source?.aborted)?.reason);
    this.#onAbort = onAbort;
    if (sources.some((source) => source?.aborted)) onAbort();
    else for (const source of sources) source?.addEventListener("abort", onAbort);
    return abort;
  }

  #startDeadline(timeoutMs: number): void {
    const abort = this.#controller();
    this.#deadline = new Promise((_resolve, reject) => {
      this.#timer = setTimeout(() => {
        const error = new ConnectError("the deadline of the call has passed", Code.DeadlineExceeded);
        abort.abort(error);
        reject(error);
      }, timeoutMs);
    });
    // Nobody may be waiting when it passes.
    this.#deadline.catch(() => undefined);
  }
}

const noTimeout = () => undefined;

/** Node's headers as fetch Headers, without the pseudo-headers of HTTP/2. */
function headersOf(headers: RequestHeaders): Headers {
  const result = new Headers();
  for (const name in headers) {
    const value = headers[name];
    if (value === undefined || name.startsWith(":")) continue;
    if (typeof value === "string") result.set(name, value);
    else for (const item of value) result.append(name, item);
  }
  return result;
}
