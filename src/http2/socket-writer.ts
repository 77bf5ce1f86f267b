import type { Socket } from "node:net";

/**
 * Gathers what a turn of the event loop sends, and gives it to the socket at once. A client that does not take it is not
 * read either: what it may still ask for is bounded by what it has taken.
 */
export class SocketWriter {
  readonly #socket: Socket;
  #pieces: Buffer[] = [];
  #isPlanned = false;
  /** Of what the socket has not been given yet. */
  gatheredBytes = 0;
  /** Whether anything was sent since this was last set to false. */
  hasSent = false;

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  /** Whether the socket takes more, as far as is known before the turn ends. */
  get isOpen(): boolean {
    return !this.#socket.writableNeedDrain;
  }

  send(bytes: Buffer): void {
    this.#pieces.push(bytes);
    this.gatheredBytes += bytes.byteLength;
    if (this.#isPlanned) return;
    this.#isPlanned = true;
    process.nextTick(flushPlanned, this);
  }

  flush(): void {
    this.#isPlanned = false;
    const pieces = this.#pieces;
    if (pieces.length === 0 || this.#socket.destroyed || this.#socket.writableEnded) return;
    this.#pieces = [];
    this.gatheredBytes = 0;
    this.hasSent = true;
    const bytes = pieces.length === 1 ? (pieces[0] as Buffer) : Buffer.concat(pieces);
    if (!this.#socket.write(bytes)) this.#socket.pause();
  }
}

function flushPlanned(writer: SocketWriter): void {
  writer.flush();
}
