// The bytes of an answer over HTTP/1.1, as Node writes them. Head and body go out in one write as Latin-1 text, which is
// bytes, one to one; bytes would take a second one.
import { STATUS_CODES } from "../node-http.ts";
import type { ReplyHeaders } from "./reply.ts";

/** A name and a value that cannot end their line (RFC 9110, 5.1, 5.5). */
const safeName = /^[!#$%&'*+.^_`|~\w-]+$/;
const safeValue = /^[\t -~\x80-\xff]*$/;

/**
 * Status line and headers, to the empty line. Errors: a TypeError for a name or a value that could end its line and
 * begin another.
 */
export function writeHead(status: number, headers: ReplyHeaders, persistence: string): string {
  let head = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? "unknown"}\r\n${writeFields(headers)}`;
  head += `date: ${httpDate()}\r\n`;
  if (headers["connection"] === undefined) head += persistence;
  return `${head}\r\n`;
}

/** Headers or trailers. */
export function writeFields(fields: ReplyHeaders): string {
  let lines = "";
  for (const name in fields) {
    const value = fields[name];
    if (Array.isArray(value)) for (const item of value) lines += writeField(name, item);
    else lines += writeField(name, value);
  }
  return lines;
}

function writeField(name: string, value: string | undefined): string {
  // The value is not told: it may hold what no log may.
  if (value === undefined || !safeName.test(name) || !safeValue.test(value)) {
    throw new TypeError(`header ${JSON.stringify(name)}`);
  }
  return `${name}: ${value}\r\n`;
}

let date: string | undefined;

/** The date of now (RFC 9110, 5.6.7), made once a second. */
export function httpDate(): string {
  if (date === undefined) {
    const now = new Date();
    date = now.toUTCString();
    setTimeout(forgetDate, 1000 - now.getMilliseconds()).unref();
  }
  return date;
}

function forgetDate(): void {
  date = undefined;
}

/** One piece of a body without a length (RFC 9112, 7.1). An empty one would end the body. */
export function writeChunk(chunk: Uint8Array): Uint8Array {
  return chunk.byteLength === 0
    ? chunk
    : Buffer.concat([Buffer.from(`${chunk.byteLength.toString(16)}\r\n`), chunk, Buffer.from("\r\n")]);
}

/** What ends such a body, with its trailers. */
export function writeLastChunk(trailers: ReplyHeaders): string {
  return `0\r\n${writeFields(trailers)}\r\n`;
}

/** Longest body that is sent in one write with its head, in bytes. */
export const maxJoinedBytes = 16_384;

/** Bytes as text, one to one. */
export function toLatin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
}
