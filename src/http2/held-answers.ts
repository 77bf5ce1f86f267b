import type { Http2Stream } from "./http2-stream.ts";

/** What may be held of answers that a client has not taken, in bytes. */
export interface AnswerRoom {
  /** Whether there is room for so much more, which is then held. */
  enter(bytes: number): boolean;
  /** What was held, and is not any more. */
  leave(bytes: number): void;
}

interface Held {
  readonly bytes: number;
  leftBytes: number;
  /** For how long the client has taken nothing of it. */
  stalledMs: number;
}

/**
 * The whole answers of a connection that wait for the client's windows: each keeps its memory to its end. Those that leave
 * at once never come here, and pieces of a stream wait one at a time.
 */
export class HeldAnswers {
  readonly #room: AnswerRoom;
  readonly #held = new Map<Http2Stream, Held>();
  /** Whether one has left as a whole since the last sweep. */
  #hasLeft = false;

  constructor(room: AnswerRoom) {
    this.#room = room;
  }

  /** Whether the answer may wait. */
  hold(stream: Http2Stream, bytes: number): boolean {
    if (!this.#room.enter(bytes)) return false;
    this.#held.set(stream, { bytes, leftBytes: stream.waiting.byteLength, stalledMs: 0 });
    return true;
  }

  /** Its answer has left, or never will. */
  letGo(stream: Http2Stream): void {
    if (this.#held.size === 0) return;
    const held = this.#held.get(stream);
    if (held === undefined) return;
    this.#held.delete(stream);
    this.#room.leave(held.bytes);
    this.#hasLeft ||= stream.isAnswered;
  }

  /** The streams whose client has taken nothing for longer than `maxMs`; now for `periodMs` more. */
  stalled(periodMs: number, maxMs: number): Http2Stream[] {
    let isMoving = this.#hasLeft;
    this.#hasLeft = false;
    for (const [{ waiting }, held] of this.#held) {
      const hasMoved = waiting.byteLength !== held.leftBytes;
      held.leftBytes = waiting.byteLength;
      held.stalledMs = hasMoved ? 0 : held.stalledMs + periodMs;
      isMoving ||= hasMoved;
    }
    const late: Http2Stream[] = [];
    for (const [stream, held] of this.#held) {
      // It waits for others, who are moving: that is not its client's fault.
      if (isMoving && stream.sendWindow > 0) held.stalledMs = 0;
      if (held.stalledMs > maxMs) late.push(stream);
    }
    return late;
  }
}
