// The streams of one connection, and what each frame means for them (RFC 9113, 5 and 6).
import { ConnectionFault, type ErrorCode, errorCode } from "./error-code.ts";
import { FloodLimits, type FloodRates } from "./flood-limits.ts";
import { flag, frame, frameType, max31, resetFrame, settingsAckFrame } from "./frame.ts";
import type { FrameHandler } from "./frame-reader.ts";
import { type HeaderBlock, HeaderBlocks } from "./header-blocks.ts";
import { type AnswerRoom, HeldAnswers } from "./held-answers.ts";
import { Http2Sender } from "./http2-sender.ts";
import { Http2Stream, type StreamOwner } from "./http2-stream.ts";
import { ReceiveWindow } from "./receive-window.ts";
import { areTrailers } from "./request-headers.ts";
import { readSettings } from "./settings.ts";
import type { SocketWriter } from "./socket-writer.ts";
import { StreamTable } from "./stream-table.ts";

export interface StreamLimits extends FloodRates {
  readonly maxConcurrentStreams: number;
  /** Fields of a request, and bytes of their names and values, beyond which its stream is reset. */
  readonly maxHeaderPairs: number;
  readonly maxHeaderBytes: number;
  /** How much of a body, and for how long, is read after its answer only to be thrown away. */
  readonly maxDiscardedBytes: number;
  readonly maxDiscardedMs: number;
  /** For how long a client may take nothing of an answer that is there as a whole. */
  readonly maxStalledMs: number;
}

export interface Http2StreamsOptions {
  readonly limits: StreamLimits;
  readonly room: AnswerRoom;
  /** In milliseconds. */
  readonly monotonic: () => number;
  /** The client begins no further stream. */
  readonly onGoAway: () => void;
  /** The client has answered a PING. */
  readonly onPong: () => void;
  /** The last stream has ended. */
  readonly onQuiet: () => void;
}

/** Errors of its handlers: a ConnectionFault, after which the connection has to end. */
export class Http2Streams implements FrameHandler, StreamOwner {
  readonly sender: Http2Sender;
  /** Of the whole connection. */
  readonly window: ReceiveWindow;
  readonly #options: Http2StreamsOptions;
  readonly #writer: SocketWriter;
  readonly #blocks: HeaderBlocks;
  readonly #open = new StreamTable();
  readonly #held: HeldAnswers;
  readonly #floods: FloodLimits;
  #begun: Http2Stream[] = [];
  #takesNew = true;
  #period = 0;

  constructor(writer: SocketWriter, options: Http2StreamsOptions) {
    const { limits, room, monotonic } = options;
    this.#options = options;
    this.#writer = writer;
    this.#held = new HeldAnswers(room);
    this.sender = new Http2Sender(writer, {
      onAnswered: (stream) => this.#onAnswered(stream),
      onHeld: (stream, bytes) => this.#hold(stream, bytes),
    });
    this.window = new ReceiveWindow(0, writer);
    this.#blocks = new HeaderBlocks({ pairs: limits.maxHeaderPairs, bytes: limits.maxHeaderBytes });
    this.#floods = new FloodLimits(limits, monotonic);
  }

  /** Streams that have not ended. */
  get size(): number {
    return this.#open.size;
  }

  get lastId(): number {
    return this.#open.lastId;
  }

  /** Streams that began since this was last called. */
  takeBegun(): readonly Http2Stream[] {
    const begun = this.#begun;
    if (begun.length > 0) this.#begun = [];
    return begun;
  }

  /** Streams that begin from now on are refused. */
  refuseNew(): void {
    this.#takesNew = false;
  }

  closeAll(): void {
    for (const stream of this.#open.all()) this.#remove(stream);
  }

  /** Ends the streams whose body has been thrown away, or whose answer has waited, for too long; now for `periodMs` more. */
  sweep(periodMs: number): void {
    const { maxStalledMs } = this.#options.limits;
    for (const stream of this.#held.stalled(periodMs, maxStalledMs)) this.reset(stream, errorCode.cancel);
    for (const stream of this.#open.all()) {
      if (!stream.isAnswered) continue;
      stream.discardedMs += periodMs;
      if (stream.discardedMs > this.#options.limits.maxDiscardedMs) this.reset(stream, errorCode.noError);
    }
  }

  /** Begins the next period, and tells whether a stream that saw the whole of the last one is still open. */
  turn(): boolean {
    this.#period += 1;
    return this.#open.all().some(({ head }) => head.period < this.#period - 1);
  }

  /** Cuts a stream. */
  reset(stream: Http2Stream, code: ErrorCode): void {
    this.#sendReset(stream.id, code);
    this.#close(stream);
  }

  #close(stream: Http2Stream): void {
    this.#remove(stream);
    if (this.#open.size === 0) this.#options.onQuiet();
  }

  #remove(stream: Http2Stream): void {
    this.#open.remove(stream);
    this.#held.letGo(stream);
    this.sender.forget(stream);
    stream.close();
  }

  /** An answer waits for its client, when there is room for it. */
  #hold(stream: Http2Stream, bytes: number): void {
    if (!this.#held.hold(stream, bytes)) this.reset(stream, errorCode.enhanceYourCalm);
  }

  #onAnswered(stream: Http2Stream): void {
    stream.isAnswered = true;
    this.#held.letGo(stream);
    this.#floods.countAnswer();
    // A body that nobody reads is read and thrown away for a while: a reset at once could overtake the answer.
    if (stream.hasArrived) this.#close(stream);
    else stream.discard();
  }

  onHeaders(streamId: number, block: Buffer, isEnd: boolean): void {
    // Whatever becomes of the stream: the table follows the client's.
    const read = this.#blocks.read(block);
    if (streamId % 2 === 0) throw new ConnectionFault(errorCode.protocolError, "a stream of the server");
    const stream = this.#open.get(streamId);
    if (stream !== undefined) this.#endWithTrailers(stream, read, isEnd);
    else if (streamId > this.#open.lastId) this.#begin(streamId, read, isEnd);
    else this.#checkReset(streamId);
  }

  #endWithTrailers(stream: Http2Stream, { fields }: HeaderBlock, isEnd: boolean): void {
    if (stream.hasArrived) this.#breakOff(stream, errorCode.streamClosed);
    else if (isEnd && fields !== undefined && areTrailers(fields)) this.#arrive(stream);
    else this.#breakOff(stream, errorCode.protocolError);
  }

  #begin(streamId: number, { fields, request }: HeaderBlock, isWhole: boolean): void {
    this.#open.lastId = streamId;
    if (!this.#takesNew || this.#open.size >= this.#options.limits.maxConcurrentStreams) {
      // The client tries it again, and may not have known better.
      this.#sendReset(streamId, errorCode.refusedStream);
      this.#floods.countRefused();
      return;
    }
    const isCut = isWhole && (request?.declaredBytes ?? 0) > 0;
    if (request === undefined || isCut) {
      this.#sendReset(streamId, fields === undefined ? errorCode.enhanceYourCalm : errorCode.protocolError);
      this.#floods.countBroken();
      return;
    }
    const head = { id: streamId, request, isWhole, period: this.#period };
    const stream = new Http2Stream(this, head, new ReceiveWindow(streamId, this.#writer));
    this.#open.add(stream);
    this.#begun.push(stream);
  }

  onData(streamId: number, bytes: Buffer, flowBytes: number, isEnd: boolean): void {
    if (!this.window.take(flowBytes)) {
      throw new ConnectionFault(errorCode.flowControlError, "the connection's window");
    }
    const stream = this.#open.get(streamId);
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
    const { declaredBytes = Number.POSITIVE_INFINITY } = stream.head.request;
    return stream.receivedBytes + bytes > declaredBytes ? errorCode.protocolError : undefined;
  }

  #countDiscarded(stream: Http2Stream, bytes: number): void {
    stream.discardedBytes += bytes;
    if (stream.discardedBytes > this.#options.limits.maxDiscardedBytes) this.reset(stream, errorCode.noError);
  }

  #arrive(stream: Http2Stream): void {
    const { declaredBytes = stream.receivedBytes } = stream.head.request;
    if (stream.receivedBytes !== declaredBytes) {
      this.#breakOff(stream, errorCode.protocolError);
      return;
    }
    stream.arrive();
    if (stream.isAnswered) this.#close(stream);
  }

  onReset(streamId: number): void {
    this.#open.checkBegun(streamId);
    const stream = this.#open.get(streamId);
    if (stream === undefined) {
      this.#floods.countIdle();
      return;
    }
    this.#floods.countBroken();
    this.#close(stream);
  }

  onWindowUpdate(streamId: number, increment: number): void {
    this.#floods.countUpdate(this.sender.framesSent);
    if (streamId === 0) {
      if (increment === 0) throw new ConnectionFault(errorCode.protocolError, "WINDOW_UPDATE of nothing");
      this.sender.widen(increment);
      return;
    }
    this.#open.checkBegun(streamId);
    const stream = this.#open.get(streamId);
    // Clients that read an answer widen its stream's window when it has ended already.
    if (stream === undefined) return;
    stream.sendWindow += increment;
    if (increment === 0) this.#breakOff(stream, errorCode.protocolError);
    else if (stream.sendWindow > max31) this.#breakOff(stream, errorCode.flowControlError);
    else this.sender.goOn(stream);
  }

  onSettings(payload: Buffer): void {
    this.onIdleFrame();
    const { headerTableBytes, leastHeaderTableBytes, initialWindowBytes } = readSettings(payload);
    if (leastHeaderTableBytes !== undefined) this.sender.allowTable(leastHeaderTableBytes);
    if (headerTableBytes !== undefined) this.sender.allowTable(headerTableBytes);
    this.#writer.send(settingsAckFrame);
    if (initialWindowBytes !== undefined) this.sender.moveWindows(initialWindowBytes, this.#open.all());
  }

  onPing(payload: Buffer): void {
    this.#floods.countPing();
    this.#writer.send(frame(frameType.ping, flag.ack, 0, payload));
  }

  onPong(): void {
    this.onIdleFrame();
    this.#options.onPong();
  }

  onGoAway(): void {
    this.#floods.countIdle();
    this.#options.onGoAway();
  }

  onIdleFrame(): void {
    this.#floods.countIdle();
  }

  #checkReset(streamId: number): void {
    this.#open.checkReset(streamId);
    this.#floods.countIdle();
  }

  /** The client broke a rule of one stream. */
  #breakOff(stream: Http2Stream, code: ErrorCode): void {
    this.reset(stream, code);
    this.#floods.countBroken();
  }

  #sendReset(streamId: number, code: ErrorCode): void {
    this.#writer.send(resetFrame(streamId, code));
    this.#open.rememberReset(streamId);
  }
}
