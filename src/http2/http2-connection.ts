// A server's side of one HTTP/2 connection: its socket, and how it begins and ends. It knows nothing of the service.
import type { Socket } from "node:net";
import { ConnectionFault, type ErrorCode, errorCode } from "./error-code.ts";
import { frame, frameType, goAwayFrame, max31 } from "./frame.ts";
import { FrameReader } from "./frame-reader.ts";
import type { AnswerRoom } from "./held-answers.ts";
import type { Http2Stream } from "./http2-stream.ts";
import { Http2Streams, type StreamLimits } from "./http2-streams.ts";
import { settingsFrame } from "./settings.ts";
import { SocketWriter } from "./socket-writer.ts";

export interface Http2Limits extends StreamLimits {
  /** For a header block to end, and for a connection on which nothing moves. */
  readonly headersTimeoutMs: number;
  readonly idleTimeoutMs: number;
}

export interface Http2ConnectionOptions {
  readonly limits: Http2Limits;
  readonly room: AnswerRoom;
  /** In milliseconds. */
  readonly monotonic: () => number;
  /** Takes a request, with what has arrived of its body so far. */
  readonly onStream: (stream: Http2Stream) => void;
  readonly onClose: () => void;
  /** Told of an error of ours, which has ended the connection. */
  readonly onError: (error: unknown) => void;
}

/** For a client to hear that the connection ends. */
const farewellMs = 500;
/** For a client to take what was sent before the end. */
const lingerMs = 1000;

export class Http2Connection {
  /** Asked once: the socket forgets it when it closes. */
  readonly peerAddress: string;
  readonly #socket: Socket;
  readonly #options: Http2ConnectionOptions;
  readonly #writer: SocketWriter;
  readonly #streams: Http2Streams;
  readonly #reader: FrameReader;
  #isClosing = false;
  /** Takes no further request. */
  #isLeaving = false;
  #isOver = false;
  /** Ended by the client, or for what it did. */
  #isBroken = false;
  #quietMs = 0;
  #blockMs = 0;
  #blocksEnded = 0;
  #closingMs = 0;
  /** The last stream that the client was told of: it never hears of a later one (RFC 9113, 6.8). */
  #toldId = max31;

  constructor(socket: Socket, options: Http2ConnectionOptions) {
    const { limits, room, monotonic } = options;
    this.peerAddress = socket.remoteAddress ?? "";
    this.#socket = socket;
    this.#options = options;
    this.#writer = new SocketWriter(socket);
    this.#streams = new Http2Streams(this.#writer, {
      ...{ limits, room, monotonic },
      onGoAway: () => this.leave(),
      onPong: () => this.#onPong(),
      onQuiet: () => this.#endIfQuiet(),
    });
    this.#reader = new FrameReader(this.#streams);
    this.#writer.send(settingsFrame(limits.maxConcurrentStreams, limits.maxHeaderBytes));
    socket.on("data", this.#onData).on("drain", this.#onDrain).on("end", this.#onEnd);
    socket.on("error", ignore).on("close", this.#onClose);
  }

  /** Ends once the client has heard of it: what it sent before is still served (RFC 9113, 6.8). */
  close(): void {
    if (this.#isClosing || this.#isLeaving || this.#isOver) return;
    this.#isClosing = true;
    this.#goAway(max31, errorCode.noError);
    this.#writer.send(frame(frameType.ping, 0, 0, Buffer.alloc(8)));
  }

  /** Takes no further request, and ends once the answers of those under way have left. */
  leave(): void {
    if (this.#isLeaving || this.#isOver) return;
    this.#isLeaving = true;
    this.#streams.refuseNew();
    this.#goAway(this.#streams.lastId, errorCode.noError);
    this.#endIfQuiet();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  /** Cuts what has been quiet, or has dripped, for too long; now for `periodMs` more. */
  sweep(periodMs: number): void {
    const { headersTimeoutMs, idleTimeoutMs } = this.#options.limits;
    this.#quietMs = this.#writer.hasSent && !this.#isOver ? 0 : this.#quietMs + periodMs;
    this.#writer.hasSent = false;
    const isDripping = this.#reader.isInBlock && this.#reader.ended === this.#blocksEnded;
    this.#blockMs = isDripping ? this.#blockMs + periodMs : 0;
    this.#blocksEnded = this.#reader.ended;
    // Whoever broke no rule still has to take what was sent last.
    const isDone = this.#isOver && (this.#isBroken || this.#socket.writableLength === 0);
    const isQuiet = this.#quietMs > (isDone ? lingerMs : idleTimeoutMs);
    if (isQuiet || this.#blockMs > headersTimeoutMs) this.destroy();
    else this.#streams.sweep(periodMs);
    if (!this.#isClosing) return;
    // Not every client answers.
    this.#closingMs += periodMs;
    if (this.#closingMs > farewellMs) this.leave();
  }

  /** Begins the next period, and tells whether a stream that saw the whole of the last one is still open. */
  turn(): boolean {
    return this.#streams.turn();
  }

  readonly #onData = (chunk: Buffer): void => {
    if (this.#isOver) return;
    this.#quietMs = 0;
    try {
      this.#reader.read(chunk);
    } catch (error) {
      // A fault ends its connection, and nothing else, be it ours.
      const isTheirs = error instanceof ConnectionFault;
      this.#fail(isTheirs ? error.code : errorCode.internalError);
      if (!isTheirs) this.#options.onError(error);
    }
    // Those of a connection that has just ended, too: each leaves its line in the journal.
    for (const stream of this.#streams.takeBegun()) this.#options.onStream(stream);
  };

  readonly #onDrain = (): void => {
    this.#quietMs = 0;
    this.#socket.resume();
    this.#streams.sender.pump();
  };

  /** Node ends its side as well: nothing can be answered. */
  readonly #onEnd = (): void => {
    this.#isOver = true;
    this.#isBroken = true;
    this.#streams.closeAll();
  };

  readonly #onClose = (): void => {
    this.#isOver = true;
    this.#streams.closeAll();
    this.#options.onClose();
  };

  #fail(code: ErrorCode): void {
    this.#isBroken = true;
    this.#goAway(this.#streams.lastId, code);
    this.#streams.closeAll();
    this.#end();
    // A flood is not read on, whether its author hears of the reason or not.
    if (code === errorCode.enhanceYourCalm) this.#socket.destroySoon();
  }

  #goAway(lastId: number, code: ErrorCode): void {
    this.#toldId = Math.min(this.#toldId, lastId);
    this.#writer.send(goAwayFrame(this.#toldId, code));
  }

  #onPong(): void {
    if (this.#isClosing) this.leave();
  }

  #endIfQuiet(): void {
    if (this.#isLeaving && this.#streams.size === 0 && !this.#isOver) this.#end();
  }

  /**
   * What still arrives is thrown away for a while: a socket that is closed with something unread in it takes back what it
   * has sent.
   */
  #end(): void {
    this.#isOver = true;
    this.#quietMs = 0;
    this.#writer.flush();
    this.#socket.resume();
    this.#socket.end();
  }
}

function ignore(): void {
  // The socket closes by itself after an error, and its streams with it.
}
