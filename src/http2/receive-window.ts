import { windowUpdateFrame } from "./frame.ts";
import { defaultWindowBytes } from "./settings.ts";
import type { SocketWriter } from "./socket-writer.ts";

/** Bytes that the client may send again are told when they are so many. */
const updateBytes = defaultWindowBytes >> 1;

/** What a client may still send, on a stream or, as stream 0, on the whole connection (RFC 9113, 6.9). */
export class ReceiveWindow {
  readonly #streamId: number;
  readonly #writer: SocketWriter;
  #leftBytes = defaultWindowBytes;
  #owedBytes = 0;

  constructor(streamId: number, writer: SocketWriter) {
    this.#streamId = streamId;
    this.#writer = writer;
  }

  /** Whether the client might send so many bytes. */
  take(bytes: number): boolean {
    this.#leftBytes -= bytes;
    return this.#leftBytes >= 0;
  }

  /** What has been read, or thrown away, may be followed by as much. */
  giveBack(bytes: number): void {
    this.#owedBytes += bytes;
    if (this.#owedBytes < updateBytes) return;
    this.#writer.send(windowUpdateFrame(this.#streamId, this.#owedBytes));
    this.#leftBytes += this.#owedBytes;
    this.#owedBytes = 0;
  }
}
