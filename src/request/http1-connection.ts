import type { ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { AddressPlaces } from "./address-places.ts";
import type { Http1Exchange } from "./http1-exchange.ts";

/** Time for the peer to take the last answer and to close its side, in milliseconds. */
const farewellMs = 2000;
/**
 * Requests of a connection that may wait. Node reads 64 KiB at a time: no real request is so short that more of them
 * are in there, and each one waits in far more memory than it took to send.
 */
const maxWaiting = 1000;

interface Turn {
  readonly exchange: Http1Exchange | undefined;
  readonly response: ServerResponse | undefined;
  readonly start: () => void;
}

/**
 * The requests of one HTTP/1.1 connection run one after the other: a request starts once the answer before it has
 * left. Meanwhile the connection is not read.
 */
export class Http1Connection {
  readonly #socket: Socket;
  /** Asked once: the socket forgets it when it closes. */
  readonly #address: string;
  /** Of requests of an address that wait; undefined: a proxy's are not counted. */
  readonly #places: AddressPlaces | undefined;
  readonly #waiting: Turn[] = [];
  #current: Turn | undefined;
  #willHold = false;
  /** Whether the peer sent what is no HTTP: nothing that follows can be read. */
  isUnreadable = false;

  constructor(socket: Socket, places: AddressPlaces | undefined) {
    this.#socket = socket;
    this.#address = socket.remoteAddress ?? "";
    this.#places = places;
    socket.once("close", () => this.#drop());
    socket.once("end", () => this.#onEnd());
    socket.on("drain", () => {
      if (this.#waiting.length > 0) this.#hold();
    });
  }

  /** Starts the turn when all before it have been answered. Without a response it is the last one. */
  enter(turn: Turn): void {
    if (this.#current === undefined) {
      this.#begin(turn);
      return;
    }
    // On a connection that is gone it would wait for ever.
    if (this.#socket.destroyed) return;
    if (this.#waiting.length >= maxWaiting || this.#places?.enter(this.#address) === false) {
      this.#socket.destroy();
      return;
    }
    this.#waiting.push(turn);
    this.#hold();
  }

  /** The exchange whose request is still arriving, and whether it has started. */
  get arriving(): { readonly exchange: Http1Exchange; readonly hasStarted: boolean } | undefined {
    const latest = this.#waiting.at(-1) ?? this.#current;
    if (latest?.exchange?.isArriving !== true) return undefined;
    return { exchange: latest.exchange, hasStarted: latest === this.#current };
  }

  /** Takes back the request that waits and whose rest will never arrive. */
  withdrawLatest(): void {
    if (this.#waiting.pop() !== undefined) this.#places?.leave(this.#address);
  }

  #begin(turn: Turn): void {
    this.#current = turn;
    turn.response?.once("close", () => this.#next());
    turn.start();
  }

  #next(): void {
    this.#current = undefined;
    // An answer that closes the connection is the last: the peer asks again elsewhere (RFC 9112, 9.3.2).
    if (!this.#socket.writable) this.#drop();
    const turn = this.#waiting.shift();
    if (turn === undefined) return;
    this.#places?.leave(this.#address);
    if (this.#waiting.length === 0) this.#socket.resume();
    this.#begin(turn);
  }

  /** Node reads on by itself one tick after each whole request, and after back-pressure: this must come later. */
  #hold(): void {
    if (this.#willHold) return;
    this.#willHold = true;
    const pause = () => {
      this.#willHold = false;
      if (this.#waiting.length > 0) this.#socket.pause();
    };
    process.nextTick(() => process.nextTick(pause));
  }

  /** A peer that only stopped sending awaits its answer; a stream that may say nothing for long would never tell. */
  #onEnd(): void {
    if (this.#current?.exchange?.streaming === true) this.#socket.destroy();
  }

  #drop(): void {
    if (this.#waiting.length > 0) this.#places?.leave(this.#address, this.#waiting.length);
    this.#waiting.length = 0;
  }
}

/** Ends a connection for good, whatever its peer still sends and whether or not it closes its side. */
export function farewell(socket: Socket): void {
  const timer = setTimeout(() => socket.destroy(), farewellMs);
  socket.once("close", () => clearTimeout(timer));
  socket.end();
  // Input that nobody takes would turn the end into a reset, and the peer lose its answer.
  socket.resume();
}
