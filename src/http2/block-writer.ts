// Answers as bytes: HEADERS, DATA and trailers, written into memory that is used again and copied once.
import { flag, frame, frameType, headBytes, maxPayloadBytes, writeHead } from "./frame.ts";
import { fieldBytes, type HpackEncoder } from "./hpack-encoder.ts";
import type { Fields, WholeAnswer } from "./http2-stream.ts";
import { safeName } from "./request-headers.ts";

/** Three frames. One event loop: nothing is written while something else is. */
const work = Buffer.allocUnsafe(3 * (headBytes + maxPayloadBytes));

/** A value that means the same to whoever passes it on (RFC 9113, 8.2.1). */
const safeValue = /^[\t -~\x80-\xff]*$/;

/** Whether headers, body and trailers fit a frame each. */
export function isShort({ headers, body, trailers }: WholeAnswer): boolean {
  return (
    (body?.byteLength ?? 0) <= maxPayloadBytes &&
    mostBytes(headers) <= maxPayloadBytes &&
    (trailers === undefined || mostBytes(trailers) <= maxPayloadBytes)
  );
}

/** A short answer as one piece. */
export function writeShort(encoder: HpackEncoder, streamId: number, answer: WholeAnswer): Buffer {
  const { headers, body, trailers } = answer;
  const bodyBytes = body?.byteLength ?? 0;
  const isEmpty = bodyBytes === 0 && trailers === undefined;
  let end = writeBlock(encoder, work, 0, streamId, headers, isEmpty);
  if (body !== undefined && bodyBytes > 0) {
    const flags = trailers === undefined ? flag.endStream : 0;
    end = writeHead(work, end, bodyBytes, frameType.data, flags, streamId);
    work.set(body, end);
    end += bodyBytes;
  }
  if (trailers !== undefined) end = writeBlock(encoder, work, end, streamId, trailers, true);
  return Buffer.from(work.subarray(0, end));
}

/** Headers or trailers of any length: what does not fit a frame goes on in CONTINUATION frames. */
export function writeFields(encoder: HpackEncoder, streamId: number, fields: Fields, isEnd: boolean): Buffer {
  const bytes = Buffer.allocUnsafe(headBytes + mostBytes(fields));
  const end = writeBlock(encoder, bytes, 0, streamId, fields, isEnd);
  if (end - headBytes <= maxPayloadBytes) return bytes.subarray(0, end);
  const block = bytes.subarray(headBytes, end);
  const frames: Buffer[] = [];
  for (let at = 0; at < block.byteLength; at += maxPayloadBytes) {
    const part = block.subarray(at, at + maxPayloadBytes);
    const isLast = at + maxPayloadBytes >= block.byteLength;
    const flags = (at === 0 && isEnd ? flag.endStream : 0) | (isLast ? flag.endHeaders : 0);
    frames.push(frame(at === 0 ? frameType.headers : frameType.continuation, flags, streamId, part));
  }
  return Buffer.concat(frames);
}

function writeBlock(
  encoder: HpackEncoder,
  to: Buffer,
  at: number,
  streamId: number,
  fields: Fields,
  isEnd: boolean,
): number {
  let end = encoder.begin(to, at + headBytes);
  for (const name in fields) {
    const value = fields[name];
    if (typeof value === "string") end = encoder.write(to, end, name, value);
    else for (const item of value ?? []) end = encoder.write(to, end, name, item);
  }
  const flags = flag.endHeaders | (isEnd ? flag.endStream : 0);
  writeHead(to, at, end - at - headBytes, frameType.headers, flags, streamId);
  return end;
}

/** Changes of the table may come before the first field. */
const changesBytes = 16;

/** Errors: a TypeError, see `mostBytes`. */
export function checkFields(fields: Fields): void {
  mostBytes(fields);
}

/** Errors: a TypeError for a name or a value that means something else to HTTP/1.1. */
function mostBytes(fields: Fields): number {
  let bytes = changesBytes;
  for (const name in fields) {
    const value = fields[name];
    if (typeof value === "string") bytes += checkedBytes(name, value);
    else for (const item of value ?? []) bytes += checkedBytes(name, item);
  }
  return bytes;
}

function checkedBytes(name: string, value: string): number {
  // The value is not told: it may hold what no log may.
  if ((name !== ":status" && !safeName.test(name)) || !safeValue.test(value))
    throw new TypeError(`header ${JSON.stringify(name)}`);
  return fieldBytes(name, value);
}
