import type { IncomingHttpHeaders } from "node:http2";
import { Readable } from "node:stream";
import type { Awaitable } from "../awaitable.ts";
import { errorCode } from "../http2/error-code.ts";
import type { Http2Stream } from "../http2/http2-stream.ts";
import type { Exchange } from "./exchange.ts";
import { httpDate } from "./http1-answer.ts";
import { isStream, type Reply, type ReplyHeaders } from "./reply.ts";
import { readTarget } from "./target-text.ts";

/** A request of HTTP/2 that our own reader read, and the place for its answer. */
export class Http2LeanExchange implements Exchange {
  readonly httpVersion = "2.0";
  readonly headers: IncomingHttpHeaders;
  readonly target: string;
  readonly peerAddress: string;
  readonly body: Uint8Array | undefined;
  readonly #stream: Http2Stream;
  streaming = false;
  #source: Readable | undefined;
  #abort: AbortController | undefined;

  constructor(stream: Http2Stream, peerAddress: string) {
    this.#stream = stream;
    this.headers = stream.head.request.headers;
    this.target = readTarget(this.headers[":path"] ?? "");
    this.peerAddress = peerAddress;
    this.body = stream.takeBody();
  }

  get method(): string {
    return this.headers[":method"] ?? "";
  }

  get source(): Readable | undefined {
    // What was taken as a whole, for those who read it as it comes.
    if (this.body !== undefined) this.#source ??= Readable.from([this.body]);
    else if (!this.#stream.isWithoutBody) this.#source ??= this.#stream.source;
    return this.#source;
  }

  get signal(): AbortSignal {
    if (this.#abort === undefined) {
      const abort = new AbortController();
      this.#abort = abort;
      if (this.gone) abort.abort();
      else this.#stream.onGone = () => abort.abort();
    }
    return this.#abort.signal;
  }

  get gone(): boolean {
    return this.#stream.isClosed && !this.#stream.isAnswered;
  }

  send({ status, headers, body, trailers }: Reply): Awaitable<void> {
    const stream = this.#stream;
    if (stream.isClosed || stream.isAnswering) return;
    const head = { ":status": String(status), ...headers, date: httpDate() };
    if (isStream(body)) return this.#sendPieces(head, body, trailers);
    const sent = this.method === "HEAD" && trailers === undefined ? undefined : body;
    stream.answer({ headers: head, body: sent, trailers: resolve(trailers) });
  }

  async #sendPieces(
    head: ReplyHeaders,
    body: AsyncIterable<Uint8Array>,
    trailers: Reply["trailers"],
  ): Promise<void> {
    this.#stream.begin(head);
    for await (const piece of body) {
      if (this.#stream.isClosed) return;
      await this.#stream.write(piece);
    }
    this.#stream.end(resolve(trailers));
  }

  destroy(reason?: "flood"): void {
    this.#stream.reset(reason === "flood" ? errorCode.enhanceYourCalm : errorCode.cancel);
  }
}

function resolve(trailers: Reply["trailers"]): ReplyHeaders | undefined {
  return typeof trailers === "function" ? trailers() : trailers;
}
