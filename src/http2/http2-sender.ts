// The sending half of a connection: answers leave as far as the client's windows and the socket allow, and what is left
// waits (RFC 9113, 5.2).
import { checkFields, isShort, writeFields, writeShort } from "./block-writer.ts";
import { ConnectionFault, errorCode } from "./error-code.ts";
import { flag, frameType, headBytes, max31, maxPayloadBytes, writeHead } from "./frame.ts";
import { HpackEncoder } from "./hpack-encoder.ts";
import type { Fields, Http2Stream, WholeAnswer } from "./http2-stream.ts";
import { defaultWindowBytes } from "./settings.ts";
import type { SocketWriter } from "./socket-writer.ts";

const noBytes = Buffer.alloc(0);
/** Short answers that are given to the socket at once. */
const mostGatheredBytes = 4 * maxPayloadBytes;
/** Windows that leave room for less than that, and not for all, are no client's that wants its answer. */
const leastFrameBytes = 256;

export interface SenderEvents {
  /** All of an answer has left. */
  readonly onAnswered: (stream: Http2Stream) => void;
  /** A whole answer of so many bytes waits, or a part of it. */
  readonly onHeld: (stream: Http2Stream, bytes: number) => void;
}

export class Http2Sender {
  readonly #writer: SocketWriter;
  readonly #events: SenderEvents;
  readonly #encoder = new HpackEncoder();
  /** Streams of which something waits. */
  readonly #blocked = new Set<Http2Stream>();
  /** Answers that have left at once, and frames of others: not those that a client makes tiny by its windows. */
  framesSent = 0;
  #window = defaultWindowBytes;
  #initialWindow = defaultWindowBytes;

  constructor(writer: SocketWriter, events: SenderEvents) {
    this.#writer = writer;
    this.#events = events;
  }

  /** Window of a stream that begins now, in bytes. */
  get initialWindow(): number {
    return this.#initialWindow;
  }

  allowTable(bytes: number): void {
    this.#encoder.allowTable(bytes);
  }

  /**
   * What each stream may send changes by as much as what a new one may (RFC 9113, 6.9.2), even to less than nothing.
   * Errors: a ConnectionFault for a window that is too large.
   */
  moveWindows(initialWindow: number, streams: Iterable<Http2Stream>): void {
    const change = initialWindow - this.#initialWindow;
    this.#initialWindow = initialWindow;
    for (const stream of streams) {
      stream.sendWindow += change;
      if (stream.sendWindow > max31)
        throw new ConnectionFault(errorCode.flowControlError, "a stream's window");
    }
    this.pump();
  }

  /** The client takes more on the whole connection. Errors: a ConnectionFault. */
  widen(bytes: number): void {
    this.#window += bytes;
    if (this.#window > max31)
      throw new ConnectionFault(errorCode.flowControlError, "the connection's window");
    this.pump();
  }

  /** Sends an answer that is there as a whole. Errors: a TypeError for headers that cannot be sent; nothing is sent then. */
  sendWhole(stream: Http2Stream, answer: WholeAnswer): void {
    const bytes = answer.body?.byteLength ?? 0;
    if (isShort(answer) && this.#mayLeave(stream, bytes)) {
      stream.isAnswering = true;
      this.framesSent += 1;
      this.#window -= bytes;
      stream.sendWindow -= bytes;
      this.#writer.send(writeShort(this.#encoder, stream.id, answer));
      // As below: the answers of a turn may be a hundred.
      if (this.#writer.gatheredBytes >= mostGatheredBytes) this.#writer.flush();
      this.#events.onAnswered(stream);
      return;
    }
    const { headers, body = noBytes, trailers } = answer;
    // They may leave long after, when nobody is there to be told.
    if (trailers !== undefined) checkFields(trailers);
    const isEmpty = bytes === 0 && trailers === undefined;
    this.#writer.send(writeFields(this.#encoder, stream.id, headers, isEmpty));
    stream.isAnswering = true;
    if (isEmpty) this.#events.onAnswered(stream);
    else this.#wait(stream, { body, trailers, isLast: true });
    if (this.#blocked.has(stream)) this.#events.onHeld(stream, bytes);
  }

  #mayLeave(stream: Http2Stream, bytes: number): boolean {
    return bytes <= this.#window && bytes <= stream.sendWindow && this.#writer.isOpen;
  }

  /** Begins an answer that comes in pieces. Errors: as of `sendWhole`. */
  sendHeaders(stream: Http2Stream, headers: Fields): void {
    this.#writer.send(writeFields(this.#encoder, stream.id, headers, false));
    stream.isAnswering = true;
  }

  /** Sends one piece; settles once it has left, or never will. One at a time. */
  sendPiece(stream: Http2Stream, body: Uint8Array): Promise<void> | undefined {
    this.#wait(stream, { body, trailers: undefined, isLast: false });
    if (!this.#blocked.has(stream)) return undefined;
    return new Promise((resolve) => {
      stream.onSent = resolve;
    });
  }

  /** Ends an answer that came in pieces, all of which have left. */
  sendEnd(stream: Http2Stream, trailers: Fields | undefined): void {
    this.#wait(stream, { body: noBytes, trailers, isLast: true });
  }

  forget(stream: Http2Stream): void {
    this.#blocked.delete(stream);
  }

  /** Goes on with what waits, a frame of each stream in turn. */
  pump(): void {
    for (let hasMoved = true; hasMoved && this.#blocked.size > 0; ) {
      hasMoved = false;
      for (const stream of this.#blocked) hasMoved = this.#sendFrame(stream) || hasMoved;
    }
  }

  #wait(
    stream: Http2Stream,
    waiting: { readonly body: Uint8Array; readonly trailers: Fields | undefined; readonly isLast: boolean },
  ): void {
    stream.waiting = waiting.body;
    stream.waitingTrailers = waiting.trailers;
    stream.isLast = waiting.isLast;
    this.#blocked.add(stream);
    this.goOn(stream);
  }

  /** Sends as many frames of a stream as may leave. */
  goOn(stream: Http2Stream): void {
    while (this.#blocked.has(stream) && this.#sendFrame(stream)) {
      // The next one.
    }
  }

  /** Sends the next frame of what waits; false when it must go on waiting. */
  #sendFrame(stream: Http2Stream): boolean {
    const left = stream.waiting.byteLength;
    const bytes = Math.min(left, this.#window, stream.sendWindow, maxPayloadBytes);
    if (left > 0 && (bytes <= 0 || !this.#writer.isOpen)) return false;
    if (bytes === left || bytes >= leastFrameBytes) this.framesSent += 1;
    const isEnd = stream.isLast && bytes === left && stream.waitingTrailers === undefined;
    if (left > 0 || isEnd) this.#sendData(stream, bytes, isEnd);
    if (bytes < left) return true;
    this.#blocked.delete(stream);
    if (stream.isLast) this.#endAnswer(stream);
    stream.onSent?.();
    stream.onSent = undefined;
    return true;
  }

  #sendData(stream: Http2Stream, bytes: number, isEnd: boolean): void {
    const data = Buffer.allocUnsafe(headBytes + bytes);
    const flags = isEnd ? flag.endStream : 0;
    data.set(stream.waiting.subarray(0, bytes), writeHead(data, 0, bytes, frameType.data, flags, stream.id));
    stream.waiting = stream.waiting.subarray(bytes);
    stream.sendWindow -= bytes;
    this.#window -= bytes;
    this.#writer.send(data);
    // The socket tells whether it takes more, however short the frames are that a client's windows make.
    if (this.#writer.gatheredBytes >= maxPayloadBytes) this.#writer.flush();
  }

  #endAnswer(stream: Http2Stream): void {
    const { waitingTrailers: trailers } = stream;
    if (trailers !== undefined) this.#writer.send(writeFields(this.#encoder, stream.id, trailers, true));
    this.#events.onAnswered(stream);
  }
}
