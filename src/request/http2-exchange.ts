import { constants, type IncomingHttpHeaders, type ServerHttp2Stream } from "node:http2";
import type { Awaitable } from "../awaitable.ts";
import type { AnswerRoom } from "../http2/held-answers.ts";
import { connectionLimits } from "./connection-limits.ts";
import type { Exchange } from "./exchange.ts";
import { isStream, type Reply } from "./reply.ts";
import { readTarget } from "./target-text.ts";
import { untilWritable } from "./until-writable.ts";

export class Http2Exchange implements Exchange {
  readonly httpVersion = "2.0";
  readonly headers: IncomingHttpHeaders;
  readonly target: string;
  readonly peerAddress: string;
  readonly #stream: ServerHttp2Stream;
  readonly #hasBody: boolean;
  readonly #room: AnswerRoom;
  streaming = false;
  #abort: AbortController | undefined;

  constructor(
    stream: ServerHttp2Stream,
    headers: IncomingHttpHeaders,
    flags: number,
    { peerAddress, room }: { readonly peerAddress: string; readonly room: AnswerRoom },
  ) {
    this.#stream = stream;
    this.headers = headers;
    this.target = readTarget(headers[":path"] ?? "");
    this.peerAddress = peerAddress;
    this.#room = room;
    this.#hasBody = (flags & constants.NGHTTP2_FLAG_END_STREAM) === 0;
  }

  get method(): string {
    return this.headers[":method"] ?? "";
  }

  get source(): ServerHttp2Stream | undefined {
    return this.#hasBody ? this.#stream : undefined;
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

  send(reply: Reply): Awaitable<void> {
    const stream = this.#stream;
    // Answering a stream that is gone crashes the process.
    if (this.gone || stream.headersSent) return;
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
      return this.#writeStream(reply.body);
    }
    const length = reply.body?.byteLength ?? 0;
    if ((length === 0 || this.method === "HEAD") && !waitForTrailers) {
      stream.respond(headers, { endStream: true });
    } else {
      stream.respond(headers, { waitForTrailers });
      if (reply.body === undefined) stream.end();
      else this.#end(reply.body);
    }
    this.#leaveBody();
  }

  /** Ends with a body for which its client has a limited time, and limited memory of ours. */
  #end(body: Uint8Array): void {
    const stream = this.#stream;
    if (!this.#room.enter(body.byteLength)) {
      stream.close(constants.NGHTTP2_ENHANCE_YOUR_CALM);
      return;
    }
    stream.once("close", () => this.#room.leave(body.byteLength));
    stream.setTimeout(connectionLimits.maxStalledMs, () => this.destroy());
    stream.end(body);
  }

  /**
   * A body that nobody reads would keep the stream open. A reset at once could overtake the answer: the rest is read
   * and thrown away for a while, as Node does over HTTP/1.1.
   */
  #leaveBody(): void {
    const stream = this.#stream;
    if (!this.#hasBody || stream.readableEnded) return;
    let discardedBytes = 0;
    const leave = () => stream.close(constants.NGHTTP2_NO_ERROR);
    const timer = setTimeout(leave, connectionLimits.maxDiscardedMs);
    stream.once("close", () => clearTimeout(timer));
    stream.on("data", (chunk: Buffer) => {
      discardedBytes += chunk.byteLength;
      if (discardedBytes > connectionLimits.maxDiscardedBytes) leave();
    });
  }

  async #writeStream(body: AsyncIterable<Uint8Array>): Promise<void> {
    const stream = this.#stream;
    for await (const chunk of body) {
      if (this.gone) break;
      if (!stream.write(chunk)) await untilWritable(stream);
    }
    if (!this.gone) stream.end();
  }

  destroy(reason?: "flood"): void {
    this.#stream.close(reason === "flood" ? constants.NGHTTP2_ENHANCE_YOUR_CALM : constants.NGHTTP2_CANCEL);
  }
}
