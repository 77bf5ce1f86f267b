import { Code, ConnectError } from "@connectrpc/connect";
import { type Awaitable, then } from "./awaitable.ts";
import { decompress, decompressStream, requestCoding, tooLarge } from "./compression.ts";
import type { TranscoderRequest } from "./exchange.ts";
import { TranscodingError } from "./transcoding-error.ts";

/** An empty body, shared. */
export const noBytes = new Uint8Array(0);

/** Reads a whole body of at most `maxBytes` bytes, before and after decompression. */
export function readBody({ body, headers }: TranscoderRequest, maxBytes: number): Awaitable<Uint8Array> {
  if (body === undefined) return noBytes;
  const coding = requestCoding(headers["content-encoding"]);
  const whole = body instanceof Uint8Array ? body : collect(body, headers["content-length"], maxBytes);
  return then(whole, (bytes) => {
    if (bytes.byteLength > maxBytes) throw tooLarge(maxBytes);
    if (bytes.byteLength === 0) return noBytes;
    return coding === "identity" ? bytes : decompress(bytes, coding, maxBytes);
  });
}

/** The body as a stream of decompressed pieces. */
export function streamBody({ body, headers }: TranscoderRequest): AsyncIterable<Uint8Array> {
  const coding = requestCoding(headers["content-encoding"]);
  return decompressStream(body instanceof Uint8Array ? single(body) : arriving(body ?? nothing()), coding);
}

/** Throws `unexpected_body` when there is one. */
export async function refuseBody({ body, headers }: TranscoderRequest): Promise<void> {
  if (body === undefined) return;
  const declared = Number(headers["content-length"] ?? 0);
  if (declared === 0) {
    if (body instanceof Uint8Array && body.byteLength === 0) return;
    if (!(body instanceof Uint8Array) && !(await hasBytes(body))) return;
  }
  throw new TranscodingError("unexpected_body", "this method takes no body with this HTTP method and path");
}

async function hasBytes(body: AsyncIterable<Uint8Array>): Promise<boolean> {
  for await (const chunk of arriving(body)) if (chunk.byteLength > 0) return true;
  return false;
}

async function collect(
  body: AsyncIterable<Uint8Array>,
  contentLength: string | string[] | undefined,
  maxBytes: number,
): Promise<Uint8Array> {
  if (Number(contentLength ?? 0) > maxBytes) throw tooLarge(maxBytes);
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of arriving(body)) {
    length += chunk.byteLength;
    if (length > maxBytes) throw tooLarge(maxBytes);
    chunks.push(chunk);
  }
  return chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks, length);
}

/** A body that breaks off means that the caller has left, unless the host says otherwise with a ConnectError. */
async function* arriving(body: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  try {
    yield* body;
  } catch (cause) {
    if (cause instanceof ConnectError) throw cause;
    throw new ConnectError("the request was cut off", Code.Canceled, undefined, undefined, cause);
  }
}

async function* single(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  if (bytes.byteLength > 0) yield bytes;
}

async function* nothing(): AsyncIterable<Uint8Array> {}
