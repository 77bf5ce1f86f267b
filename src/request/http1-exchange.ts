import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Awaitable } from "../awaitable.ts";
import { connectionLimits } from "./connection-limits.ts";
import type { Exchange } from "./exchange.ts";
import { maxJoinedBytes, toLatin1 } from "./http1-answer.ts";
import { isStream, type Reply, type ReplyHeaders } from "./reply.ts";
import type { UntakenAnswers } from "./untaken-answers.ts";
import { untilWritable } from "./until-writable.ts";

/** Longest body that is read only to be thrown away, in bytes. */
const maxDiscardedBytes = 1_048_576;

export class Http1Exchange implements Exchange {
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #untaken: UntakenAnswers;
  streaming = false;
  #abort: AbortController | undefined;

  constructor(request: IncomingMessage, response: ServerResponse, untaken: UntakenAnswers) {
    this.#request = request;
    this.#response = response;
    this.#untaken = untaken;
  }

  get httpVersion(): "1.0" | "1.1" {
    return this.#request.httpVersion === "1.0" ? "1.0" : "1.1";
  }

  get method(): string {
    return this.#request.method ?? "";
  }

  get target(): string {
    return this.#request.url ?? "";
  }

  get headers(): IncomingMessage["headers"] {
    return this.#request.headers;
  }

  get peerAddress(): string {
    return this.#request.socket.remoteAddress ?? "";
  }

  get source(): IncomingMessage | undefined {
    const isChunked = this.#request.headers["transfer-encoding"] !== undefined;
    return isChunked || this.#declaredBytes > 0 ? this.#request : undefined;
  }

  get #declaredBytes(): number {
    return Number(this.#request.headers["content-length"] ?? 0);
  }

  get signal(): AbortSignal {
    if (this.#abort === undefined) {
      const abort = new AbortController();
      this.#abort = abort;
      if (this.gone) abort.abort();
      else this.#response.once("close", () => this.#onClose(abort));
    }
    return this.#abort.signal;
  }

  /** A close after the whole answer is no departure: nobody listens any more, and a reason costs time. */
  #onClose(abort: AbortController): void {
    if (!this.#response.writableFinished) abort.abort();
  }

  /** Whether a part of the request is still to come. */
  get isArriving(): boolean {
    return !this.#request.complete;
  }

  /** Whether the answer has begun. */
  get isAnswered(): boolean {
    return this.#response.headersSent;
  }

  get gone(): boolean {
    return this.#response.destroyed || this.#response.socket?.destroyed === true;
  }

  send(reply: Reply): Awaitable<void> {
    const response = this.#response;
    if (this.gone) return;
    // Node reads an unread body to its end and throws it away, so that the caller sees the answer and not a reset. A
    // huge one is not worth that.
    if (!this.#request.complete && this.#declaredBytes > maxDiscardedBytes) response.shouldKeepAlive = false;
    if (isStream(reply.body)) return this.#sendStream(reply, reply.body);
    const trailers = resolveTrailers(reply);
    if (trailers === undefined) {
      this.#tellLength(reply, reply.body?.byteLength ?? 0);
      response.writeHead(reply.status, reply.headers);
    } else {
      response.writeHead(reply.status, { ...reply.headers, trailer: Object.keys(trailers).join(", ") });
      response.flushHeaders();
      if (reply.body !== undefined) response.write(reply.body);
      response.addTrailers(trailers);
      this.#end();
      return;
    }
    this.#end(this.method === "HEAD" ? undefined : reply.body);
  }

  /** Ends the answer, with its body or what is left of it. */
  #end(body?: Uint8Array): void {
    const response = this.#response;
    if (body === undefined) response.end();
    else endWhole(response, body);
    // Node gives the peer all the time in the world to take it.
    if (response.socket?.writableNeedDrain === true) this.#limitTaking(response.socket);
  }

  #limitTaking(socket: Socket): void {
    const [address, bytes] = [this.peerAddress, socket.writableLength];
    if (!this.#untaken.enter(address, bytes)) {
      this.destroy();
      return;
    }
    const timer = setTimeout(() => this.destroy(), connectionLimits.streamTimeoutMs);
    // Node's server cuts a connection at this event, and sets another time once the answer is taken, if nobody waits.
    socket.setTimeout(connectionLimits.maxStalledMs);
    this.#response.prependOnceListener("finish", () => socket.setTimeout(connectionLimits.streamTimeoutMs));
    this.#response.once("close", () => {
      clearTimeout(timer);
      this.#untaken.leave(address, bytes);
    });
  }

  /** A 204 has no length (RFC 9110, 8.6); the answer to HEAD may tell the one that GET would have. */
  #tellLength({ status, headers }: Reply, length: number): void {
    const isTold = this.method === "HEAD" && headers["content-length"] !== undefined;
    if (status !== 204 && !isTold) headers["content-length"] = String(length);
  }

  async #sendStream(reply: Reply, body: AsyncIterable<Uint8Array>): Promise<void> {
    const response = this.#response;
    response.writeHead(reply.status, reply.headers);
    response.flushHeaders();
    for await (const chunk of body) {
      if (this.gone) break;
      if (!response.write(chunk)) await untilWritable(response);
    }
    const trailers = resolveTrailers(reply);
    if (trailers !== undefined) response.addTrailers(trailers as Record<string, string>);
    this.#end();
  }

  destroy(): void {
    this.#request.socket.destroy();
  }
}

/** Node joins headers and a text in one write. */
function endWhole(response: ServerResponse, body: Uint8Array): void {
  if (body.byteLength > maxJoinedBytes) response.end(body);
  else response.end(toLatin1(body), "latin1");
}

/** The trailers, once the body has ended. */
export function resolveTrailers(reply: Reply): ReplyHeaders | undefined {
  return typeof reply.trailers === "function" ? reply.trailers() : reply.trailers;
}
