import type { IncomingHttpHeaders } from "node:http";
import type { Socket } from "node:net";
import { Readable } from "node:stream";
import type { Awaitable } from "../awaitable.ts";
import type { Exchange } from "./exchange.ts";
import { maxJoinedBytes, toLatin1, writeChunk, writeHead, writeLastChunk } from "./http1-answer.ts";
import { resolveTrailers } from "./http1-exchange.ts";
import type { PlainRequest } from "./http1-plain-request.ts";
import { isStream, type Reply } from "./reply.ts";
import { untilWritable } from "./until-writable.ts";

const nothing = new Uint8Array(0);

/** The connection that the request came on. */
export interface PlainPlace {
  readonly socket: Socket;
  readonly peerAddress: string;
  /** The lines that tell whether the connection stays after the answer. */
  persistence(isLast: boolean): string;
  /** The exchange has become one that may last. */
  onStreaming(): void;
  /** The answer is written, to the last byte. */
  onAnswered(isLast: boolean): void;
}

/** A plain request, which is there as a whole, and the place for its answer. */
export class Http1PlainExchange implements Exchange {
  readonly httpVersion = "1.1";
  readonly method: string;
  readonly target: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Uint8Array | undefined;
  readonly #isLast: boolean;
  readonly #connection: PlainPlace;
  #streaming = false;
  #isSent = false;
  #source: Readable | undefined;
  #abort: AbortController | undefined;

  constructor(connection: PlainPlace, request: PlainRequest) {
    this.method = request.method;
    this.target = request.target;
    this.headers = request.headers;
    this.body = request.body;
    this.#isLast = request.isLast;
    this.#connection = connection;
  }

  get peerAddress(): string {
    return this.#connection.peerAddress;
  }

  get streaming(): boolean {
    return this.#streaming;
  }

  set streaming(streaming: boolean) {
    this.#streaming = streaming;
    this.#connection.onStreaming();
  }

  /** For those who read a body as it comes: made on first use. */
  get source(): Readable | undefined {
    if (this.body !== undefined) this.#source ??= Readable.from([this.body]);
    return this.#source;
  }

  get signal(): AbortSignal {
    if (this.#abort === undefined) {
      this.#abort = new AbortController();
      if (this.gone) this.#abort.abort();
    }
    return this.#abort.signal;
  }

  get gone(): boolean {
    return this.#connection.socket.destroyed;
  }

  /** The connection closed before the whole answer was written. */
  leave(): void {
    this.#abort?.abort();
  }

  send(reply: Reply): Awaitable<void> {
    // A second answer would be read as that of the next request.
    if (this.gone || this.#isSent) return;
    this.#isSent = true;
    if (isStream(reply.body) || reply.trailers !== undefined) return this.#sendChunked(reply);
    this.#sendWhole(reply, reply.body);
    this.#connection.onAnswered(this.#isLast || reply.headers["connection"] === "close");
  }

  #sendWhole({ status, headers }: Reply, body: Uint8Array = nothing): void {
    const { socket } = this.#connection;
    // A 204 has no length (RFC 9110, 8.6).
    if (status !== 204) headers["content-length"] = String(body.byteLength);
    const head = this.#writeHead(status, headers);
    if (status === 204 || status === 304) {
      socket.write(head, "latin1");
    } else if (body.byteLength <= maxJoinedBytes) {
      socket.write(head + toLatin1(body), "latin1");
    } else {
      socket.cork();
      socket.write(head, "latin1");
      socket.write(body);
      socket.uncork();
    }
  }

  /** The length of the answer is not known, or it has trailers, which only chunks can bear (RFC 9112, 7.1.2). */
  async #sendChunked(reply: Reply): Promise<void> {
    const { socket } = this.#connection;
    const { status, headers, body } = reply;
    const trailers = isStream(body) ? undefined : resolveTrailers(reply);
    headers["transfer-encoding"] = "chunked";
    if (trailers !== undefined) headers["trailer"] = Object.keys(trailers).join(", ");
    socket.write(this.#writeHead(status, headers), "latin1");
    for await (const chunk of isStream(body) ? body : [body ?? nothing]) {
      if (this.gone) return;
      if (!socket.write(writeChunk(chunk))) await untilWritable(socket);
    }
    if (this.gone) return;
    socket.write(writeLastChunk(trailers ?? resolveTrailers(reply) ?? {}), "latin1");
    this.#connection.onAnswered(this.#isLast || headers["connection"] === "close");
  }

  #writeHead(status: number, headers: Reply["headers"]): string {
    return writeHead(status, headers, this.#connection.persistence(this.#isLast));
  }

  destroy(): void {
    this.#connection.socket.destroy();
  }
}
