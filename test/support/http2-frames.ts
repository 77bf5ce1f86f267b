// Frames of HTTP/2 as bytes (RFC 9113, 4.1), for what no client library would send.
import { literal } from "./hpack.ts";

export const preface = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");

export const frameType = {
  data: 0,
  headers: 1,
  priority: 2,
  reset: 3,
  settings: 4,
  pushPromise: 5,
  ping: 6,
  goaway: 7,
  windowUpdate: 8,
  continuation: 9,
} as const;
export const endStream = 0x1;
/** Of SETTINGS and PING. */
export const ack = 0x1;
export const endHeaders = 0x4;
export const padded = 0x8;
export const withPriority = 0x20;

export const setting = {
  headerTableSize: 1,
  enablePush: 2,
  maxConcurrentStreams: 3,
  initialWindowSize: 4,
  maxFrameSize: 5,
  maxHeaderListSize: 6,
} as const;

/** Names of error codes (7), each at the place of its number. */
export const errorCodes = [
  ...[
    "NO_ERROR",
    "PROTOCOL_ERROR",
    "INTERNAL_ERROR",
    "FLOW_CONTROL_ERROR",
    "SETTINGS_TIMEOUT",
    "STREAM_CLOSED",
  ],
  ...[
    "FRAME_SIZE_ERROR",
    "REFUSED_STREAM",
    "CANCEL",
    "COMPRESSION_ERROR",
    "CONNECT_ERROR",
    "ENHANCE_YOUR_CALM",
  ],
  ...["INADEQUATE_SECURITY", "HTTP_1_1_REQUIRED"],
] as const;
export type ErrorCode = (typeof errorCodes)[number];

export const defaultWindow = 65_535;
export const largestWindow = 2 ** 31 - 1;
export const defaultFrameSize = 16_384;

export interface Frame {
  readonly type: number;
  readonly flags: number;
  readonly streamId: number;
  readonly payload: Buffer;
}

export function frame(
  type: number,
  streamId: number,
  payload: Uint8Array = Buffer.alloc(0),
  flags = 0,
): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.byteLength, 0, 3);
  head.writeUInt8(type, 3);
  head.writeUInt8(flags, 4);
  head.writeUInt32BE(streamId, 5);
  return Buffer.concat([head, payload]);
}

/** The first frame of received bytes, and what follows it; undefined while it is not whole. */
export function readFrame(bytes: Buffer): { frame: Frame; rest: Buffer } | undefined {
  if (bytes.length < 9) return undefined;
  const end = 9 + bytes.readUIntBE(0, 3);
  if (bytes.length < end) return undefined;
  const [type, flags] = [bytes.readUInt8(3), bytes.readUInt8(4)];
  const streamId = bytes.readUInt32BE(5) & 0x7fffffff;
  return { frame: { type, flags, streamId, payload: bytes.subarray(9, end) }, rest: bytes.subarray(end) };
}

/** All whole frames of received bytes. */
export function readFrames(bytes: Buffer): Frame[] {
  const frames: Frame[] = [];
  for (let next = readFrame(bytes); next !== undefined; next = readFrame(next.rest)) frames.push(next.frame);
  return frames;
}

/** Header fields, each a literal without indexing and without Huffman coding (RFC 7541, 6.2.2). */
export function fields(headers: Readonly<Record<string, string>>): Buffer {
  return Buffer.concat(Object.entries(headers).map(([name, value]) => literal(name, value)));
}

/** What a connection starts with. */
export const opening = Buffer.concat([preface, frame(frameType.settings, 0)]);

/** A block of header fields that is all of a request. */
export function headersFrame(streamId: number, block: Uint8Array, flags = endHeaders | endStream): Buffer {
  return frame(frameType.headers, streamId, block, flags);
}

export function dataFrame(streamId: number, payload: Uint8Array | string, flags = 0): Buffer {
  return frame(frameType.data, streamId, Buffer.from(payload), flags);
}

export function settingsFrame(...values: readonly (readonly [id: number, value: number])[]): Buffer {
  const payload = Buffer.alloc(6 * values.length);
  for (const [index, [id, value]] of values.entries()) {
    payload.writeUInt16BE(id, 6 * index);
    payload.writeUInt32BE(value, 6 * index + 2);
  }
  return frame(frameType.settings, 0, payload);
}

export function windowUpdate(streamId: number, increment: number): Buffer {
  return frame(frameType.windowUpdate, streamId, uint32(increment));
}

export function resetFrame(streamId: number, code: ErrorCode): Buffer {
  return frame(frameType.reset, streamId, uint32(errorCodes.indexOf(code)));
}

export function goawayFrame(code: ErrorCode, debugData = ""): Buffer {
  const payload = [uint32(0), uint32(errorCodes.indexOf(code)), Buffer.from(debugData)];
  return frame(frameType.goaway, 0, Buffer.concat(payload));
}

export function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

/** A payload between the length of its padding and the padding; the length may lie. */
export function pad(payload: Uint8Array, length: number, padding = length): Buffer {
  return Buffer.concat([Buffer.from([length]), payload, Buffer.alloc(padding)]);
}
