// From the bytes of a connection to frames, and from frames to whole header blocks (RFC 9113, 4 and 6): what a frame by
// itself may be. What it means stands in http2-connection.ts.
import { ConnectionFault, errorCode } from "./error-code.ts";
import { flag, frameType, headBytes, max31, maxPayloadBytes } from "./frame.ts";

export interface FrameHandler {
  onHeaders(streamId: number, block: Buffer, isEnd: boolean): void;
  /** `flowBytes` counts padding, too. */
  onData(streamId: number, bytes: Buffer, flowBytes: number, isEnd: boolean): void;
  onReset(streamId: number): void;
  onSettings(payload: Buffer): void;
  onPing(payload: Buffer): void;
  /** Our own came back. */
  onPong(): void;
  onWindowUpdate(streamId: number, increment: number): void;
  /** The client begins no further stream. */
  onGoAway(): void;
  /** A frame that changes nothing. */
  onIdleFrame(): void;
}

/** Largest header block, in bytes as they arrive, and in frames beside the first. */
const maxBlockBytes = 131_072;
const maxContinuations = 64;

/** What a client begins with (RFC 9113, 3.4). */
export const preface: Buffer = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");

export class FrameReader {
  readonly #handler: FrameHandler;
  #rest: Buffer | undefined;
  #prefaceRead = 0;
  #hasSettings = false;
  /** A header block whose end has not come yet. */
  #open:
    | { readonly streamId: number; readonly isEnd: boolean; readonly parts: Buffer[]; bytes: number }
    | undefined;

  constructor(handler: FrameHandler) {
    this.#handler = handler;
  }

  /** Frames, and header blocks of several frames, that came to their end. */
  ended = 0;

  /** Whether something has begun that a client could drip, to hold the connection: all but the body of a request. */
  get isInBlock(): boolean {
    if (this.#open !== undefined || !this.#hasSettings) return true;
    return this.#rest !== undefined && this.#rest[3] !== frameType.data;
  }

  /** Reads what arrived. Errors: a ConnectionFault. */
  read(chunk: Buffer): void {
    const bytes = this.#rest === undefined ? chunk : Buffer.concat([this.#rest, chunk]);
    this.#rest = undefined;
    let at = this.#readPreface(bytes);
    while (bytes.byteLength - at >= headBytes) {
      const length =
        ((bytes[at] as number) << 16) | ((bytes[at + 1] as number) << 8) | (bytes[at + 2] as number);
      if (length > maxPayloadBytes)
        throw new ConnectionFault(errorCode.frameSizeError, "a frame that is too large");
      const end = at + headBytes + length;
      if (end > bytes.byteLength) break;
      const streamId = bytes.readUInt32BE(at + 5) & max31;
      this.#readFrame(
        bytes[at + 3] as number,
        bytes[at + 4] as number,
        streamId,
        bytes.subarray(at + headBytes, end),
      );
      at = end;
      if (this.#open === undefined) this.ended += 1;
    }
    // A copy: a client could leave a byte behind, and all that arrived with it in memory.
    if (at < bytes.byteLength) this.#rest = at === 0 ? bytes : Buffer.from(bytes.subarray(at));
  }

  #readPreface(bytes: Buffer): number {
    if (this.#prefaceRead === preface.byteLength) return 0;
    const length = Math.min(bytes.byteLength, preface.byteLength - this.#prefaceRead);
    const expected = preface.subarray(this.#prefaceRead, this.#prefaceRead + length);
    if (!bytes.subarray(0, length).equals(expected)) throw broken("the preface is none");
    this.#prefaceRead += length;
    return length;
  }

  #readFrame(type: number, flags: number, streamId: number, payload: Buffer): void {
    if (!this.#hasSettings) {
      if (type !== frameType.settings || (flags & flag.ack) !== 0) throw broken("no SETTINGS at the start");
      this.#hasSettings = true;
    }
    if (this.#open !== undefined && (type !== frameType.continuation || streamId !== this.#open.streamId)) {
      throw broken("a frame in the middle of a header block");
    }
    switch (type) {
      case frameType.data:
        this.#readData(flags, onStream(streamId), payload);
        break;
      case frameType.headers:
        this.#readHeaders(flags, onStream(streamId), payload);
        break;
      case frameType.continuation:
        this.#readContinuation(flags, payload);
        break;
      case frameType.reset:
        sized(payload, 4);
        this.#handler.onReset(onStream(streamId));
        break;
      case frameType.windowUpdate:
        this.#handler.onWindowUpdate(streamId, sized(payload, 4).readUInt32BE(0) & max31);
        break;
      case frameType.settings:
        this.#readSettings(flags, onConnection(streamId, payload));
        break;
      case frameType.ping:
        this.#readPing(flags, onConnection(streamId, payload));
        break;
      case frameType.goAway:
        if (onConnection(streamId, payload).byteLength < 8) throw missized();
        this.#handler.onGoAway();
        break;
      default:
        this.#passOver(type, streamId, payload);
    }
  }

  /** Frames that change nothing, unknown ones among them (RFC 9113, 5.5). */
  #passOver(type: number, streamId: number, payload: Buffer): void {
    if (type === frameType.pushPromise) throw broken("a client does not push");
    if (type === frameType.priority) {
      sized(payload, 5);
      onStream(streamId);
    }
    this.#handler.onIdleFrame();
  }

  #readData(flags: number, streamId: number, payload: Buffer): void {
    const bytes = withoutPadding(flags, payload);
    this.#handler.onData(streamId, bytes, payload.byteLength, (flags & flag.endStream) !== 0);
  }

  #readHeaders(flags: number, streamId: number, payload: Buffer): void {
    let block = withoutPadding(flags, payload);
    if ((flags & flag.priority) !== 0) {
      if (block.byteLength < 5) throw missized();
      block = block.subarray(5);
    }
    const isEnd = (flags & flag.endStream) !== 0;
    if ((flags & flag.endHeaders) !== 0) this.#handler.onHeaders(streamId, block, isEnd);
    // What arrived is not kept whole for a part of it.
    else this.#open = { streamId, isEnd, parts: [Buffer.from(block)], bytes: block.byteLength };
  }

  #readContinuation(flags: number, payload: Buffer): void {
    const open = this.#open;
    if (open === undefined) throw broken("CONTINUATION of nothing");
    open.parts.push(Buffer.from(payload));
    open.bytes += payload.byteLength;
    if (open.bytes > maxBlockBytes || open.parts.length > maxContinuations) {
      throw new ConnectionFault(errorCode.enhanceYourCalm, "a header block without end");
    }
    if ((flags & flag.endHeaders) === 0) return;
    this.#open = undefined;
    this.#handler.onHeaders(open.streamId, Buffer.concat(open.parts), open.isEnd);
  }

  #readSettings(flags: number, payload: Buffer): void {
    if ((flags & flag.ack) === 0) {
      this.#handler.onSettings(payload);
      return;
    }
    sized(payload, 0);
    this.#handler.onIdleFrame();
  }

  #readPing(flags: number, payload: Buffer): void {
    sized(payload, 8);
    if ((flags & flag.ack) === 0) this.#handler.onPing(payload);
    else this.#handler.onPong();
  }
}

function withoutPadding(flags: number, payload: Buffer): Buffer {
  if ((flags & flag.padded) === 0) return payload;
  const [padding] = payload;
  if (padding === undefined) throw missized();
  if (padding >= payload.byteLength) throw broken("more padding than payload");
  return payload.subarray(1, payload.byteLength - padding);
}

function onStream(streamId: number): number {
  if (streamId === 0) throw broken("a frame of no stream");
  return streamId;
}

function onConnection(streamId: number, payload: Buffer): Buffer {
  if (streamId !== 0) throw broken("a frame of a stream that belongs to the connection");
  return payload;
}

function sized(payload: Buffer, bytes: number): Buffer {
  if (payload.byteLength !== bytes) throw missized();
  return payload;
}

function broken(what: string): ConnectionFault {
  return new ConnectionFault(errorCode.protocolError, what);
}

function missized(): ConnectionFault {
  return new ConnectionFault(errorCode.frameSizeError, "a frame of a wrong length");
}
