import { once } from "node:events";
import { Readable } from "node:stream";
import { promisify } from "node:util";
import * as zlib from "node:zlib";
import type { ContentCoding } from "./negotiation.ts";
import { invalidBody, TranscodingError } from "./transcoding-error.ts";

const gzip = promisify<zlib.InputType, zlib.ZlibOptions, Buffer>(zlib.gzip);
const gunzip = promisify<zlib.InputType, zlib.ZlibOptions, Buffer>(zlib.gunzip);
const brotli = promisify<zlib.InputType, zlib.BrotliOptions, Buffer>(zlib.brotliCompress);
const unbrotli = promisify<zlib.InputType, zlib.BrotliOptions, Buffer>(zlib.brotliDecompress);

/** Quality 4 of 11 costs about as much as gzip and compresses better. */
const brotliOptions: zlib.BrotliOptions = { params: { [zlib.constants.BROTLI_PARAM_QUALITY]: 4 } };

/** Compresses a whole body. */
export async function compress(body: Uint8Array, coding: ContentCoding): Promise<Uint8Array> {
  if (coding === "identity") return body;
  return coding === "gzip" ? await gzip(body, {}) : await brotli(body, brotliOptions);
}

/** Compresses a stream so that each piece can be read as soon as it is sent. */
export async function* compressStream(
  body: AsyncIterable<Uint8Array>,
  coding: ContentCoding,
): AsyncIterable<Uint8Array> {
  if (coding === "identity") return yield* body;
  const stream = coding === "gzip" ? zlib.createGzip() : zlib.createBrotliCompress(brotliOptions);
  const flushKind = coding === "gzip" ? zlib.constants.Z_SYNC_FLUSH : zlib.constants.BROTLI_OPERATION_FLUSH;
  let parts: Uint8Array[] = [];
  stream.on("data", (part: Uint8Array) => parts.push(part));
  const take = () => {
    const taken = Buffer.concat(parts);
    parts = [];
    return taken;
  };
  try {
    for await (const piece of body) {
      stream.write(piece);
      await new Promise<void>((resolve) => stream.flush(flushKind, resolve));
      yield take();
    }
    stream.end();
    await once(stream, "end");
    yield take();
  } finally {
    stream.destroy();
  }
}

/** The coding of a request body. Throws `unsupported_encoding`, with the codings that are accepted. */
export function requestCoding(contentEncoding: string | string[] | undefined): ContentCoding {
  if (contentEncoding === undefined) return "identity";
  switch (String(contentEncoding).trim().toLowerCase()) {
    case "":
    case "identity":
      return "identity";
    case "gzip":
    case "x-gzip":
      return "gzip";
    case "br":
      return "br";
    default:
      throw new TranscodingError(
        "unsupported_encoding",
        "the content encoding must be gzip, br or identity",
        {
          headers: { "accept-encoding": "gzip, br" },
        },
      );
  }
}

/** Decompresses a whole body of at most `maxBytes` bytes. */
export async function decompress(
  body: Uint8Array,
  coding: ContentCoding,
  maxBytes: number,
): Promise<Uint8Array> {
  if (coding === "identity") return body;
  try {
    return await (coding === "gzip" ? gunzip : unbrotli)(body, { maxOutputLength: maxBytes });
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE") throw tooLarge(maxBytes);
    throw invalidBody(undefined, `the body is not ${coding}`, cause);
  }
}

/** Decompresses a stream piece by piece. */
export async function* decompressStream(
  body: AsyncIterable<Uint8Array>,
  coding: ContentCoding,
): AsyncIterable<Uint8Array> {
  if (coding === "identity") return yield* body;
  const source = Readable.from(body, { objectMode: false });
  const stream = coding === "gzip" ? zlib.createGunzip() : zlib.createBrotliDecompress();
  source.on("error", (error) => stream.destroy(error));
  source.pipe(stream);
  try {
    yield* stream;
  } catch (cause) {
    if (source.errored) throw source.errored;
    throw invalidBody(undefined, `the body is not ${coding}`, cause);
  } finally {
    source.destroy();
    stream.destroy();
  }
}

/** The body or one of its messages exceeds the limit. */
export function tooLarge(maxBytes: number): TranscodingError {
  return new TranscodingError("request_too_large", `the body is larger than ${maxBytes} bytes`);
}
