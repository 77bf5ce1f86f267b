import { ConnectionFault, errorCode } from "./error-code.ts";
import type { Http2Stream } from "./http2-stream.ts";

/** Streams that we have reset, of which the client may not know yet: as many as frames for them are borne at once. */
const mostRemembered = 1000;

/**
 * The streams of a connection. Few are open at a time, and one is found faster in a short list than in a Map, which moves
 * its entries to a new table every few dozen streams (see running-exchanges.ts for what that does to garbage collection).
 */
export class StreamTable {
  readonly #open: Http2Stream[] = [];
  readonly #resetIds: number[] = [];
  /** The last stream that the client began. */
  lastId = 0;

  get size(): number {
    return this.#open.length;
  }

  get(streamId: number): Http2Stream | undefined {
    for (const stream of this.#open) if (stream.id === streamId) return stream;
    return undefined;
  }

  add(stream: Http2Stream): void {
    this.#open.push(stream);
  }

  remove(stream: Http2Stream): void {
    const index = this.#open.indexOf(stream);
    const last = this.#open.pop();
    if (last !== undefined && last !== stream) this.#open[index] = last;
  }

  /** A copy: streams may end meanwhile. */
  all(): Http2Stream[] {
    return [...this.#open];
  }

  rememberReset(streamId: number): void {
    this.#resetIds.push(streamId);
    if (this.#resetIds.length > mostRemembered) this.#resetIds.shift();
  }

  /** Errors: a ConnectionFault when the client never began the stream (RFC 9113, 5.1). */
  checkBegun(streamId: number): void {
    if (streamId > this.lastId || streamId % 2 === 0)
      throw new ConnectionFault(errorCode.protocolError, "a stream that is idle");
  }

  /**
   * A frame that begins or continues a request that has ended. Errors: a ConnectionFault, unless we have reset the stream,
   * which the client may not know yet (RFC 9113, 5.1).
   */
  checkReset(streamId: number): void {
    this.checkBegun(streamId);
    if (!this.#resetIds.includes(streamId)) {
      throw new ConnectionFault(errorCode.streamClosed, "a stream that has ended");
    }
  }
}
