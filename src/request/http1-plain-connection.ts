import type { Socket } from "node:net";
import { connectionLimits } from "./connection-limits.ts";
import { Http1PlainExchange, type PlainPlace } from "./http1-plain-exchange.ts";
import type { Http1PlainLane } from "./http1-plain-lane.ts";
import { readPlainRequest } from "./http1-plain-request.ts";

const keepAlive = `connection: keep-alive\r\nkeep-alive: timeout=${connectionLimits.idleTimeoutMs / 1000}\r\n`;

/**
 * A connection as long as its requests are plain and come one at a time. With the first bytes that are anything else
 * it goes to Node's server, for good. Bytes that come too early stay in the socket, which is not read on.
 */
export class Http1PlainConnection implements PlainPlace {
  readonly socket: Socket;
  /** Asked once: the socket forgets it when it closes. */
  readonly peerAddress: string;
  readonly #lane: Http1PlainLane;
  #exchange: Http1PlainExchange | undefined;
  #hasServed = false;
  /** Whether the peer has ended its side. */
  #hasEnded = false;
  /** Whether the last answer is written. */
  #isOver = false;
  /** Time without an exchange, in milliseconds. */
  #quietMs = 0;
  /** Of an answer that its client does not take at once. */
  #untakenBytes = 0;

  constructor(socket: Socket, lane: Http1PlainLane) {
    this.socket = socket;
    this.peerAddress = socket.remoteAddress ?? "";
    this.#lane = lane;
    // Whoever stops sending after a request still gets the answer.
    socket.allowHalfOpen = true;
    socket.on("data", this.#onData).on("end", this.#onEnd).on("drain", this.#onDrain);
    socket.on("error", ignore).on("close", this.#onClose);
  }

  persistence(isLast: boolean): string {
    return isLast || this.#lane.isClosing() ? "connection: close\r\n" : keepAlive;
  }

  /** A stream that may say nothing for long would never tell that its listener has left. */
  onStreaming(): void {
    if (this.#hasEnded && this.#exchange?.streaming === true) this.socket.destroy();
  }

  onAnswered(isLast: boolean): void {
    this.#exchange = undefined;
    this.#hasServed = true;
    this.#quietMs = 0;
    this.#limitTaking();
    if (isLast || this.#hasEnded || this.#lane.isClosing()) this.#end();
    else this.#goOn();
  }

  /** Cuts the connection when it has been quiet for too long, now for `periodMs` more. */
  sweep(periodMs: number): void {
    if (this.#exchange !== undefined) return;
    this.#quietMs += periodMs;
    if (this.#quietMs > this.#allowedMs) this.socket.destroy();
  }

  closeIfIdle(): void {
    if (this.#exchange === undefined) this.#end();
  }

  get #allowedMs(): number {
    if (!this.#hasServed) return connectionLimits.headersTimeoutMs;
    // Somebody takes a long answer, slowly.
    return this.socket.writableLength > 0 ? connectionLimits.streamTimeoutMs : connectionLimits.idleTimeoutMs;
  }

  readonly #onData = (chunk: Buffer): void => {
    if (this.#isOver) return;
    const isBusy = this.#exchange !== undefined || this.socket.writableNeedDrain;
    const request = isBusy ? undefined : readPlainRequest(chunk);
    if (request !== undefined) {
      this.#exchange = new Http1PlainExchange(this, request);
      this.#lane.run(this.#exchange);
      return;
    }
    this.socket.pause();
    this.socket.unshift(chunk);
    if (!isBusy) this.#handOver();
  };

  readonly #onEnd = (): void => {
    this.#hasEnded = true;
    if (this.#exchange === undefined) this.#end();
    else this.onStreaming();
  };

  /** Node tells when nothing moves, also within one long write. */
  #limitTaking(): void {
    const { socket } = this;
    if (!socket.writableNeedDrain) return;
    const bytes = socket.writableLength;
    if (!this.#lane.untaken.enter(this.peerAddress, bytes)) {
      socket.destroy();
      return;
    }
    this.#untakenBytes = bytes;
    socket.setTimeout(connectionLimits.maxStalledMs, this.#onStalled);
  }

  #onTaken(): void {
    if (this.#untakenBytes === 0) return;
    this.#lane.untaken.leave(this.peerAddress, this.#untakenBytes);
    this.#untakenBytes = 0;
    this.socket.setTimeout(0, this.#onStalled);
  }

  readonly #onStalled = (): void => {
    this.socket.destroy();
  };

  readonly #onDrain = (): void => {
    this.#onTaken();
    // It was not quiet: it took its answer.
    this.#quietMs = 0;
    if (this.#exchange === undefined && !this.#isOver) this.#goOn();
  };

  readonly #onClose = (): void => {
    this.#lane.forget(this);
    this.#onTaken();
    this.#exchange?.leave();
  };

  /** Whoever sent on before the answer was there, or was taken, may send on: Node's server keeps the order. */
  #goOn(): void {
    const { socket } = this;
    if (socket.readableLength > 0 && !socket.writableNeedDrain) this.#handOver();
  }

  #handOver(): void {
    const { socket } = this;
    socket.off("data", this.#onData).off("end", this.#onEnd).off("drain", this.#onDrain);
    socket.off("close", this.#onClose);
    this.#lane.forget(this);
    socket.pause();
    this.#lane.handOver(socket);
    socket.off("error", ignore);
    socket.resume();
  }

  #end(): void {
    this.#isOver = true;
    // What still arrives is thrown away.
    this.socket.resume();
    this.socket.destroySoon();
  }
}

function ignore(): void {
  // The socket closes by itself after an error, and the exchange sees its caller as gone.
}
