// The short path of plain HTTP/1.1 requests: GET and POST that are there as a whole. It gives the answers that Node's
// server gives, with the same limits, and none of its streams and timers, which take a third of what a call costs.
// Everything else takes Node's server, the reference: the same suites run against both.
import type { Socket } from "node:net";
import type { Exchange } from "./exchange.ts";
import { Http1PlainConnection } from "./http1-plain-connection.ts";
import type { UntakenAnswers } from "./untaken-answers.ts";

export interface Http1PlainLaneOptions {
  /** Serves one request. */
  readonly run: (exchange: Exchange) => void;
  /** Takes a connection that is not plain any more; its bytes stand in the socket, which is paused. */
  readonly handOver: (socket: Socket) => void;
  readonly isClosing: () => boolean;
  readonly untaken: UntakenAnswers;
}

export class Http1PlainLane {
  readonly run: Http1PlainLaneOptions["run"];
  readonly handOver: Http1PlainLaneOptions["handOver"];
  readonly isClosing: Http1PlainLaneOptions["isClosing"];
  readonly untaken: Http1PlainLaneOptions["untaken"];
  readonly #connections = new Set<Http1PlainConnection>();

  constructor({ run, handOver, isClosing, untaken }: Http1PlainLaneOptions) {
    this.run = run;
    this.handOver = handOver;
    this.isClosing = isClosing;
    this.untaken = untaken;
  }

  /** Takes a connection at the beginning of a message. */
  take(socket: Socket): void {
    this.#connections.add(new Http1PlainConnection(socket, this));
  }

  forget(connection: Http1PlainConnection): void {
    this.#connections.delete(connection);
  }

  /** Cuts the connections that are quiet for too long. Due every `periodMs`. */
  sweep(periodMs: number): void {
    for (const connection of this.#connections) connection.sweep(periodMs);
  }

  /** Ends the connections that wait for a request. */
  closeIdleConnections(): void {
    for (const connection of this.#connections) connection.closeIfIdle();
  }
}
