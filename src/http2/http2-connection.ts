// A server's side of one HTTP/2 connection (RFC 9113): which streams there are, and what each frame means for them. It
// knows nothing of the service.
import type { Socket } from "node:net";
import { ConnectionFault, type ErrorCode, errorCode } from "./error-code.ts";
import { FloodLimits, type FloodRates } from "./flood-limits.ts";
import { flag, frame, frameType, goAwayFrame, max31, resetFrame, settingsAckFrame } from "./frame.ts";
import { type FrameHandler, FrameReader } from "./frame-reader.ts";
import { HpackDecoder } from "./hpack-decoder.ts";
import { Http2Sender } from "./http2-sender.ts";
import { Http2Stream } from "./http2-stream.ts";
import { ReceiveWindow } from "./receive-window.ts";
import { areTrailers, declaredLength, readRequestHeaders } from "./request-headers.ts";
import { readSettings, settingsFrame } from "./settings.ts";
import { SocketWriter } from "./socket-writer.ts";
import { StreamTable } from "./stream-table.ts";

export interface Http2Limits extends FloodRates {
  readonly maxConcurrentStreams: number;
  /** Fields of a request, and bytes of their names and values, beyond which its stream is reset. */
  readonly maxHeaderPairs: number;
  readonly maxHeaderBytes: number;
  /** How much of a body, and for how long, is read after its answer only to be thrown away. */
  readonly maxDiscardedBytes: number;
  readonly maxDiscardedMs: number;
  /** For a header block to end, and for a connection on which nothing moves. */
  readonly headersTimeoutMs: number;
  readonly idleTimeoutMs: number;
}

export interface Http2ConnectionOptions {
  readonly limits: Http2Limits;
  /** In milliseconds. */
  readonly monotonic: () => number;
  /** Takes a request, with what has arrived of its body so far. */
  readonly onStream: (stream: Http2Stream) => void;
  readonly onClose: () => void;
}

/** For a client to take what was sent before the end. */
const lingerMs = 1000;

export class Http2Connection implements FrameHandler {
  /** Asked once: the socket forgets it when it closes. */
  readonly peerAddress: string;
  readonly sender: Http2Sender;
  readonly window: ReceiveWindow;
  readonly #socket: Socket;
  readonly #options: Http2ConnectionOptions;
  readonly #writer: SocketWriter;
  readonly #reader = new FrameReader(this);
  readonly #decoder: HpackDecoder;
  readonly #streams = new StreamTable();
  readonly #floods: FloodLimits;
  /** Streams that began in what is being read. */
  #begun: Http2Stream[] = [];
  #isClosing = false;
  #isOver = false;
  #quietMs = 0;
  #blockMs = 0;
  #blocksEnded = 0;
  #period = 0;

  constructor(socket: Socket, options: Http2ConnectionOptions) {
    const { limits, monotonic } = options;
    this.peerAddress = socket.remoteAddress ?? "";
    this.#socket = socket;
    this.#options = options;
    this.#writer = new SocketWriter(socket);
    this.sender = new Http2Sender(this.#writer, (stream) => this.#onAnswered(stream));
    this.window = new ReceiveWindow(0, this.#writer);
    this.#decoder = new HpackDecoder({ pairs: limits.maxHeaderPairs, bytes: limits.maxHeaderBytes });
    this.#floods = new FloodLimits(limits, monotonic);
    this.#writer.send(settingsFrame(limits.maxConcurrentStreams, limits.maxHeaderBytes));
    socket.on("data", this.#onData).on("drain", this.#onDrain).on("end", this.#onEnd);
    socket.on("error", ignore).on("close", this.#onClose);
  }

  /** Takes no further request, and ends once the answers of those under way have left. */
  close(): void {
    if (this.#isClosing || this.#isOver) return;
    this.#isClosing = true;
    this.#writer.send(goAwayFrame(this.#streams.lastId, errorCode.noError));
    this.#endIfQuiet();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  /** Cuts what has been quiet, or has dripped, for too long; now for `periodMs` more. */
  sweep(periodMs: number): void {
    const { limits } = this.#options;
    if (this.#isOver) {
      this.#quietMs += periodMs;
      if (this.#quietMs > lingerMs) this.destroy();
      return;
    }
    this.#quietMs = this.#writer.hasSent ? 0 : this.#quietMs + periodMs;
    this.#writer.hasSent = false;
    const isDripping = this.#reader.isInBlock && this.#reader.ended === this.#blocksEnded;
    this.#blockMs = isDripping ? this.#blockMs + periodMs : 0;
    this.#blocksEnded = this.#reader.ended;
    if (this.#quietMs > limits.idleTimeoutMs || this.#blockMs > limits.headersTimeoutMs) this.destroy();
    for (const stream of this.#streams.all()) {
      if (!stream.isAnswered) continue;
      stream.discardedMs += periodMs;
      if (stream.discardedMs > limits.maxDiscardedMs) this.reset(stream, errorCode.noError);
    }
  }

  /** Begins the next period, and tells whether a stream that saw the whole of the last one is still open. */
  turn(): boolean {
    this.#period += 1;
    return this.#streams.all().some(({ head }) => head.period < this.#period - 1);
  }

  /** Cuts a stream. */
  reset(stream: Http2Stream, code: ErrorCode): void {
    this.#sendReset(stream.id, code);
    this.#closeStream(stream);
  }

  readonly #onData = (chunk: Buffer): void => {
    if (this.#isOver) return;
    this.#quietMs = 0;
    this.#guarded(() => this.#reader.read(chunk));
    const begun = this.#begun;
    if (begun.length === 0) return;
    this.#begun = [];
    for (const stream of begun) this.#options.onStream(stream);
  };

  readonly #onDrain = (): void => {
    this.#quietMs = 0;
    this.#socket.resume();
    this.sender.pump();
  };

  /** Node ends its side as well: nothing can be answered. */
  readonly #onEnd = (): void => {
    this.#isOver = true;
    this.#closeStreams();
  };

  readonly #onClose = (): void => {
    this.#isOver = true;
    this.#closeStreams();
    this.#options.onClose();
  };

  /** A fault ends the connection, and nothing else. */
  #guarded(work: () => void): void {
    try {
      work();
    } catch (error) {
      if (!(error instanceof ConnectionFault)) throw error;
      this.#fail(error.code);
    }
  }

  #fail(code: ErrorCode): void {
    this.#writer.send(goAwayFrame(this.#streams.lastId, code));
    this.#closeStreams();
    this.#end();
  }

  #endIfQuiet(): void {
    if (this.#isClosing && this.#streams.size === 0 && !this.#isOver) this.#end();
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

  #closeStreams(): void {
    for (const stream of this.#streams.all()) {
      this.#streams.remove(stream);
      this.sender.forget(stream);
      stream.close();
    }
  }

  #closeStream(stream: Http2Stream): void {
    this.#streams.remove(stream);
    this.sender.forget(stream);
    stream.close();
    this.#endIfQuiet();
  }

  #onAnswered(stream: Http2Stream): void {
    stream.isAnswered = true;
    // A body that nobody reads is read and thrown away for a while: a reset at once could overtake the answer.
    if (stream.hasArrived) this.#closeStream(stream);
    else stream.discard();
  }

  onHeaders(streamId: number, block: Buffer, isEnd: boolean): void {
    // Whatever becomes of the stream: the table follows the client's.
    const fields = this.#decoder.decode(block);
    if (streamId % 2 === 0) throw new ConnectionFault(errorCode.protocolError, "a stream of the server");
    const stream = this.#streams.get(streamId);
    if (stream !== undefined) this.#endWithTrailers(stream, fields, isEnd);
    else if (streamId > this.#streams.lastId) this.#begin(streamId, fields, isEnd);
    else this.#checkReset(streamId);
  }

  #endWithTrailers(stream: Http2Stream, fields: readonly string[] | undefined, isEnd: boolean): void {
    if (stream.hasArrived) this.#breakOff(stream, errorCode.streamClosed);
    else if (isEnd && fields !== undefined && areTrailers(fields)) this.#arrive(stream);
    else this.#breakOff(stream, errorCode.protocolError);
  }

  #begin(streamId: number, fields: readonly string[] | undefined, isWhole: boolean): void {
    this.#streams.lastId = streamId;
    if (this.#isClosing || this.#streams.size >= this.#options.limits.maxConcurrentStreams) {
      // The client tries it again, and may not have known better.
      this.#sendReset(streamId, errorCode.refusedStream);
      return;
    }
    const headers = fields && readRequestHeaders(fields);
    const declaredBytes = headers && declaredLength(headers);
    const isCut = isWhole && declaredBytes !== undefined && declaredBytes > 0;
    if (fields === undefined || headers === undefined || Number.isNaN(declaredBytes) || isCut) {
      this.#sendReset(streamId, fields === undefined ? errorCode.enhanceYourCalm : errorCode.protocolError);
      this.#floods.countBroken();
      return;
    }
    const head = {
      id: streamId,
      headers,
      headerPairs: fields.length / 2,
      headerBytes: this.#decoder.bytes,
      declaredBytes,
      isWhole,
      period: this.#period,
    };
    const stream = new Http2Stream(this, head, new ReceiveWindow(streamId, this.#writer));
    this.#streams.add(stream);
    this.#begun.push(stream);
  }

  onData(streamId: number, bytes: Buffer, flowBytes: number, isEnd: boolean): void {
    if (!this.window.take(flowBytes)) {
      throw new ConnectionFault(errorCode.flowControlError, "the connection's window");
    }
    const stream = this.#streams.get(streamId);
    if (stream === undefined) {
      this.#checkReset(streamId);
      this.window.giveBack(flowBytes);
      return;
    }
    const paddingBytes = flowBytes - bytes.byteLength;
    this.window.giveBack(paddingBytes);
    if (bytes.byteLength === 0 && !isEnd) this.onIdleFrame();
    const fault = this.#faultOf(stream, bytes.byteLength, flowBytes);
    if (fault !== undefined) {
      this.window.giveBack(bytes.byteLength);
      this.#breakOff(stream, fault);
      return;
    }
    stream.window.giveBack(paddingBytes);
    stream.receive(bytes);
    if (isEnd) this.#arrive(stream);
    else if (stream.isAnswered) this.#countDiscarded(stream, bytes.byteLength);
  }

  #faultOf(stream: Http2Stream, bytes: number, flowBytes: number): ErrorCode | undefined {
    if (stream.hasArrived) return errorCode.streamClosed;
    if (!stream.window.take(flowBytes)) return errorCode.flowControlError;
    const { declaredBytes = Number.POSITIVE_INFINITY } = stream.head;
    return stream.receivedBytes + bytes > declaredBytes ? errorCode.protocolError : undefined;
  }

  #countDiscarded(stream: Http2Stream, bytes: number): void {
    stream.discardedBytes += bytes;
    if (stream.discardedBytes > this.#options.limits.maxDiscardedBytes) this.reset(stream, errorCode.noError);
  }

  #arrive(stream: Http2Stream): void {
    const { declaredBytes = stream.receivedBytes } = stream.head;
    if (stream.receivedBytes !== declaredBytes) {
      this.#breakOff(stream, errorCode.protocolError);
      return;
    }
    stream.arrive();
    if (stream.isAnswered) this.#closeStream(stream);
  }

  onReset(streamId: number): void {
    const stream = this.#known(streamId);
    if (stream === undefined) return;
    this.#floods.countBroken();
    this.#closeStream(stream);
  }

  onWindowUpdate(streamId: number, increment: number): void {
    if (streamId === 0) {
      if (increment === 0) throw new ConnectionFault(errorCode.protocolError, "WINDOW_UPDATE of nothing");
      this.sender.widen(increment);
      return;
    }
    const stream = this.#known(streamId);
    if (stream === undefined) return;
    stream.sendWindow += increment;
    if (increment === 0) this.#breakOff(stream, errorCode.protocolError);
    else if (stream.sendWindow > max31) this.#breakOff(stream, errorCode.flowControlError);
    else this.sender.pump();
  }

  onSettings(payload: Buffer): void {
    this.onIdleFrame();
    const { headerTableBytes, initialWindowBytes } = readSettings(payload);
    if (headerTableBytes !== undefined) this.sender.allowTable(headerTableBytes);
    this.#writer.send(settingsAckFrame);
    if (initialWindowBytes !== undefined) this.sender.moveWindows(initialWindowBytes, this.#streams.all());
  }

  onPing(payload: Buffer): void {
    this.#floods.countPing();
    this.#writer.send(frame(frameType.ping, flag.ack, 0, payload));
  }

  onGoAway(): void {
    this.onIdleFrame();
    this.close();
  }

  onIdleFrame(): void {
    this.#floods.countIdle();
  }

  /** The stream, or undefined when it has ended. */
  #known(streamId: number): Http2Stream | undefined {
    this.#streams.checkBegun(streamId);
    const stream = this.#streams.get(streamId);
    if (stream === undefined) this.#floods.countIdle();
    return stream;
  }

  #checkReset(streamId: number): void {
    this.#streams.checkReset(streamId);
    this.#floods.countIdle();
  }

  /** The client broke a rule of one stream. */
  #breakOff(stream: Http2Stream, code: ErrorCode): void {
    this.reset(stream, code);
    this.#floods.countBroken();
  }

  #sendReset(streamId: number, code: ErrorCode): void {
    this.#writer.send(resetFrame(streamId, code));
    this.#streams.rememberReset(streamId);
  }
}

function ignore(): void {
  // The socket closes by itself after an error, and its streams with it.
}
