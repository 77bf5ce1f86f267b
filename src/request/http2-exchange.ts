import { once } from "node:events";
import { constants, type IncomingHttpHeaders, type ServerHttp2Stream } from "node:http2";
import type { Exchange } from "./exchange.ts";
import { isStream, type Reply } from "./reply.ts";

export class Http2Exchange implements Exchange {
  readonly httpVersion = "2.0";
  readonly headers: IncomingHttpHeaders;
  readonly #stream: ServerHttp2Stream;
  readonly #hasBody: boolean;
  streaming = false;
  #abort: AbortController | undefined;

  constructor(stream: ServerHttp2Stream, headers: IncomingHttpHeaders, flags: number) {
    this.#stream = stream;
    this.headers = headers;
    this.#hasBody = (flags & constants.NGHTTP2_FLAG_END_STREAM) === 0;
  }

  get method(): string {
    return this.headers[":method"] ?? "";
  }

  get target(): string {
    return this.headers[":path"] ?? "";
  }

  get peerAddress(): string {
    return this.#stream.session?.socket?.remoteAddress ?? "";
  }

  get body(): AsyncIterable<Uint8Array> | undefined {
    // Whoever stops reading still has to answer: the default would destroy the stream.
    return this.#hasBody ? this.#stream.iterator({ destroyOnReturn: false }) : undefined;
  }

  get signal(): AbortSignal {
    if (this.#abort === undefined) {
      const abort = new AbortController();
      this.#abort = abort;
      if (this.gone) abort.abort();
      else this.#stream.once("close", () => this.#onClose(abort));
    }
    return this.#abort.signal;
  }

  /** A close after the whole answer is no departure. */
  #onClose(abort: AbortController): void {
    if (this.#stream.aborted || !this.#stream.writableFinished) abort.abort();
  }

  get gone(): boolean {
    return this.#stream.destroyed || this.#stream.aborted;
  }

  async send(reply: Reply): Promise<number> {
    const stream = this.#stream;
    // Answering a stream that is gone crashes the process.
    if (this.gone || stream.headersSent) return 0;
    const waitForTrailers = reply.trailers !== undefined;
    const headers = { ":status": reply.status, ...reply.headers };
    if (waitForTrailers) {
      stream.once("wantTrailers", () => {
        const { trailers } = reply;
        if (!this.gone) stream.sendTrailers((typeof trailers === "function" ? trailers() : trailers) ?? {});
      });
    }
    if (isStream(reply.body)) {
      stream.respond(headers, { waitForTrailers });
      return await this.#writeStream(reply.body);
    }
    const length = reply.body?.byteLength ?? 0;
    if ((length === 0 || this.method === "HEAD") && !waitForTrailers) {
      stream.respond(headers, { endStream: true });
    } else {
      stream.respond(headers, { waitForTrailers });
      if (reply.body === undefined) stream.end();
      else stream.end(reply.body);
    }
    this.#leaveBody();
    return length;
  }

  /** A body that nobody reads would keep the stream open. */
  #leaveBody(): void {
    const stream = this.#stream;
    if (!this.#hasBody || stream.readableEnded) return;
    stream.once("finish", () => stream.close(constants.NGHTTP2_NO_ERROR));
  }

  async #writeStream(body: AsyncIterable<Uint8Array>): Promise<number> {
    const stream = this.#stream;
    let length = 0;
    for await (const chunk of body) {
      if (this.gone) break;
      length += chunk.byteLength;
      if (!stream.write(chunk)) await Promise.race([once(stream, "drain"), once(stream, "close")]);
    }
    if (!this.gone) stream.end();
    return length;
  }

  destroy(): void {
    this.#stream.close(constants.NGHTTP2_CANCEL);
  }
}
