// One request on a connection of HTTP/2 and the place for its answer (RFC 9113, 5.1).
import { Readable } from "node:stream";
import { BodyPieces } from "./body-pieces.ts";
import { type ErrorCode, errorCode } from "./error-code.ts";
import type { RequestHeaders } from "./header-blocks.ts";
import type { Http2Sender } from "./http2-sender.ts";
import type { ReceiveWindow } from "./receive-window.ts";

/** Headers or trailers, names in lower case. */
export type Fields = Readonly<Record<string, string | readonly string[]>>;

/** An answer that is there as a whole. */
export interface WholeAnswer {
  readonly headers: Fields;
  readonly body: Uint8Array | undefined;
  readonly trailers: Fields | undefined;
}

/** What a stream needs of its connection. */
export interface StreamOwner {
  readonly sender: Http2Sender;
  readonly window: ReceiveWindow;
  reset(stream: Http2Stream, code: ErrorCode): void;
}

/** A request as it begins. */
export interface RequestHead {
  readonly id: number;
  readonly request: RequestHeaders;
  /** Whether that is all of the request. */
  readonly isWhole: boolean;
  /** Period of the connection in which it begins. */
  readonly period: number;
}

const noBytes = new Uint8Array(0);

export class Http2Stream {
  readonly id: number;
  readonly head: RequestHead;
  /** Whether the client has sent all of the request. */
  hasArrived: boolean;
  /** Whether an answer has begun, and whether all of it has been given to the socket. */
  isAnswering = false;
  isAnswered = false;
  /** Ended, whichever way. */
  isClosed = false;
  receivedBytes = 0;
  /** Bytes of a body that nobody wants any more, and for how long they have come, in milliseconds. */
  discardedBytes = 0;
  discardedMs = 0;
  /** For the sender: what the client takes, and what waits for that. */
  sendWindow: number;
  waiting: Uint8Array = noBytes;
  waitingTrailers: Fields | undefined;
  isLast = false;
  /** Called when what waited has left, or never will. */
  onSent: (() => void) | undefined;
  /** Called when the stream ends before its answer has been sent. */
  onGone: (() => void) | undefined;
  /** What the client may send of the body. */
  readonly window: ReceiveWindow;
  readonly #owner: StreamOwner;
  /** Of the body, that nobody has asked for. */
  readonly #pieces = new BodyPieces();
  #source: Readable | undefined;
  /** Whether the source waits for the next piece. */
  #isAwaited = false;
  #givenBackBytes = 0;
  /** Whether some of the body was thrown away. */
  #isCut = false;

  constructor(owner: StreamOwner, head: RequestHead, window: ReceiveWindow) {
    this.#owner = owner;
    this.window = window;
    this.id = head.id;
    this.head = head;
    this.hasArrived = head.isWhole;
    this.sendWindow = owner.sender.initialWindow;
  }

  get isWithoutBody(): boolean {
    return this.hasArrived && this.receivedBytes === 0;
  }

  /** The whole body, when it is there and nobody reads it piece by piece. */
  takeBody(): Uint8Array | undefined {
    if (this.isClosed || !this.hasArrived || this.#source !== undefined || this.receivedBytes === 0) {
      return undefined;
    }
    const body = this.#pieces.join();
    this.discard();
    return body;
  }

  /** The body as it arrives. The client may send more as it is read. */
  get source(): Readable {
    this.#source ??= this.#makeSource();
    return this.#source;
  }

  #makeSource(): Readable {
    // It asks for one piece at a time: what it has not asked for stays here, and in the client's window.
    const source = new Readable({ read: () => this.#pass(), highWaterMark: 1 });
    if (this.isClosed) source.destroy();
    return source;
  }

  /** Passes on the next piece, once it is there. */
  #pass(): void {
    const piece = this.#pieces.shift();
    this.#isAwaited = piece === undefined && !this.hasArrived;
    if (piece !== undefined) {
      this.#giveBack(piece.byteLength);
      this.#source?.push(piece);
    } else if (this.#isCut) {
      this.#source?.destroy();
    } else if (this.hasArrived) {
      this.#source?.push(null);
    }
  }

  /** Sends an answer, once. */
  answer(answer: WholeAnswer): void {
    if (!this.isClosed && !this.isAnswering) this.#owner.sender.sendWhole(this, answer);
  }

  /** Begins an answer that comes in pieces. */
  begin(headers: Fields): void {
    if (!this.isClosed && !this.isAnswering) this.#owner.sender.sendHeaders(this, headers);
  }

  /** Sends a piece; settles once the client, and the socket, have taken it. One at a time. */
  write(piece: Uint8Array): Promise<void> | undefined {
    return this.isClosed ? undefined : this.#owner.sender.sendPiece(this, piece);
  }

  end(trailers: Fields | undefined): void {
    if (!this.isClosed) this.#owner.sender.sendEnd(this, trailers);
  }

  /** Cuts the stream. */
  reset(code: ErrorCode = errorCode.cancel): void {
    if (!this.isClosed) this.#owner.reset(this, code);
  }

  /** A piece of the body; the connection has checked the windows. */
  receive(piece: Uint8Array): void {
    if (piece.byteLength === 0) return;
    this.receivedBytes += piece.byteLength;
    this.#pieces.add(piece);
    if (this.isAnswered) this.discard();
    else if (this.#isAwaited) this.#pass();
  }

  /** The whole request has arrived. */
  arrive(): void {
    this.hasArrived = true;
    if (this.#isAwaited && !this.#isCut) this.#pass();
  }

  /** Nobody reads what has arrived. */
  discard(): void {
    this.#isCut ||= this.#pieces.count > 0;
    this.#pieces.clear();
    this.#giveBack(this.receivedBytes - this.#givenBackBytes);
  }

  /** Nothing more is received or sent. */
  close(): void {
    this.isClosed = true;
    this.discard();
    // Whoever still reads is told by the event `close`: what is left of the body is thrown away.
    if (!this.hasArrived || !this.isAnswered || this.#isCut) this.#source?.destroy();
    this.waiting = noBytes;
    this.onSent?.();
    this.onSent = undefined;
    if (!this.isAnswered) this.onGone?.();
    this.onGone = undefined;
  }

  #giveBack(bytes: number): void {
    if (bytes <= 0) return;
    this.#givenBackBytes += bytes;
    this.#owner.window.giveBack(bytes);
    if (!this.hasArrived && !this.isClosed) this.window.giveBack(bytes);
  }
}
