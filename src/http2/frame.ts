// Frames as bytes (RFC 9113, 4.1): nine bytes of head, then the payload.
import type { ErrorCode } from "./error-code.ts";

export const frameType = {
  data: 0x0,
  headers: 0x1,
  priority: 0x2,
  reset: 0x3,
  settings: 0x4,
  pushPromise: 0x5,
  ping: 0x6,
  goAway: 0x7,
  windowUpdate: 0x8,
  continuation: 0x9,
} as const;

export const flag = { endStream: 0x1, ack: 0x1, endHeaders: 0x4, padded: 0x8, priority: 0x20 } as const;

export const headBytes = 9;

/** Largest payload that we take, and send: what every peer takes (RFC 9113, 4.2). */
export const maxPayloadBytes = 16_384;

/** Identifiers and windows are numbers of 31 bits; the first bit of theirs means nothing. */
export const max31 = 0x7fff_ffff;

export function writeHead(
  to: Buffer,
  at: number,
  length: number,
  type: number,
  flags: number,
  streamId: number,
): number {
  to[at] = length >>> 16;
  to[at + 1] = length >>> 8;
  to[at + 2] = length;
  to[at + 3] = type;
  to[at + 4] = flags;
  return to.writeUInt32BE(streamId, at + 5);
}

export function frame(type: number, flags: number, streamId: number, payload: Uint8Array): Buffer {
  const bytes = Buffer.allocUnsafe(headBytes + payload.byteLength);
  bytes.set(payload, writeHead(bytes, 0, payload.byteLength, type, flags, streamId));
  return bytes;
}

function words(...values: readonly number[]): Buffer {
  const bytes = Buffer.allocUnsafe(4 * values.length);
  for (const [index, value] of values.entries()) bytes.writeUInt32BE(value, 4 * index);
  return bytes;
}

export function resetFrame(streamId: number, code: ErrorCode): Buffer {
  return frame(frameType.reset, 0, streamId, words(code));
}

export function windowUpdateFrame(streamId: number, bytes: number): Buffer {
  return frame(frameType.windowUpdate, 0, streamId, words(bytes));
}

export function goAwayFrame(lastStreamId: number, code: ErrorCode): Buffer {
  return frame(frameType.goAway, 0, 0, words(lastStreamId, code));
}

export const settingsAckFrame: Buffer = frame(frameType.settings, flag.ack, 0, Buffer.alloc(0));
