// The short path of HTTP/2: our own reader and writer of frames, with the limits that Node's server has. `LEAN_LANE=off`
// gives every connection to Node's, the reference: the same suites run against both (decision 12).
import type { Socket } from "node:net";
import { Http2Connection, type Http2Limits } from "../http2/http2-connection.ts";
import type { Http2Stream } from "../http2/http2-stream.ts";
import { connectionLimits } from "./connection-limits.ts";
import type { Exchange } from "./exchange.ts";
import { Http2LeanExchange } from "./http2-lean-exchange.ts";
import type { UntakenAnswers } from "./untaken-answers.ts";

export interface Http2LeanLaneOptions {
  /** Serves one request. */
  readonly run: (exchange: Exchange) => void;
  /** Answers a request whose headers are more than is served. */
  readonly refuseHeaders: (exchange: Exchange) => void;
  readonly untaken: UntakenAnswers;
  readonly monotonic: () => number;
  /** Told of an error of ours, which has ended a connection. */
  readonly report: (error: unknown) => void;
}

export class Http2LeanLane {
  readonly #options: Http2LeanLaneOptions;
  readonly #connections = new Set<Http2Connection>();
  #isClosing = false;

  constructor(options: Http2LeanLaneOptions) {
    this.#options = options;
  }

  /** Connections that are open. */
  get size(): number {
    return this.#connections.size;
  }

  /** Takes a connection at its preface. */
  take(socket: Socket): void {
    const connection = new Http2Connection(socket, {
      limits: currentLimits(),
      room: this.#options.untaken.roomOf(socket.remoteAddress ?? ""),
      monotonic: this.#options.monotonic,
      onStream: (stream) => this.#serve(stream, connection.peerAddress),
      onClose: () => this.#connections.delete(connection),
      onError: this.#options.report,
    });
    this.#connections.add(connection);
    // It was accepted before, and said what it is only now.
    if (this.#isClosing) connection.leave();
    socket.resume();
  }

  #serve(stream: Http2Stream, peerAddress: string): void {
    const exchange = new Http2LeanExchange(stream, peerAddress);
    if (areTooLarge(stream)) this.#options.refuseHeaders(exchange);
    else this.#options.run(exchange);
  }

  /** Cuts what is quiet, or drips, for too long. Due every `periodMs`. */
  sweep(periodMs: number): void {
    for (const connection of this.#connections) connection.sweep(periodMs);
  }

  /** Cuts connections that hold a stream for longer than a whole period. */
  turn(): void {
    for (const connection of this.#connections) if (connection.turn()) connection.destroy();
  }

  /** Takes no further request; connections end as their streams do. */
  close(): void {
    this.#isClosing = true;
    for (const connection of this.#connections) connection.close();
  }

  destroy(): void {
    for (const connection of this.#connections) connection.destroy();
  }
}

/** The limits of HTTP/1.1. */
function areTooLarge({ head: { request } }: Http2Stream): boolean {
  return request.bytes > connectionLimits.maxHeaderBytes || request.pairs > connectionLimits.maxHeaderPairs;
}

function currentLimits(): Http2Limits {
  const limits = connectionLimits;
  return {
    maxConcurrentStreams: limits.maxStreamsPerConnection,
    maxHeaderPairs: limits.maxReadHeaderPairs,
    maxHeaderBytes: limits.maxReadHeaderBytes,
    resetBurst: limits.resetBurst,
    resetsPerSecond: limits.resetsPerSecond,
    pingBurst: limits.maxPings,
    pingsPerSecond: (limits.maxPings * 1000) / limits.pingPeriodMs,
    maxDiscardedBytes: limits.maxDiscardedBytes,
    maxDiscardedMs: limits.maxDiscardedMs,
    maxStalledMs: limits.maxStalledMs,
    headersTimeoutMs: limits.headersTimeoutMs,
    idleTimeoutMs: limits.idleTimeoutMs,
  };
}
