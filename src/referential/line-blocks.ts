import { pipeline, Readable } from "node:stream";
import { createGunzip } from "node:zlib";

/** Longest line that is read; a longer one is refused without being kept in memory. */
export const maxLineBytes = 1 << 20;

/** Stands for a line that was longer than `maxLineBytes`. No line of a text file holds this character. */
export const overlongLine = "\0";

/**
 * Cuts a stream into blocks of whole lines: each ends with the first line end at or after `nextBlockBytes()`, which
 * is asked when a block starts.
 */
export async function* lineBlocks(
  source: AsyncIterable<Uint8Array>,
  nextBlockBytes: () => number,
): AsyncGenerator<Buffer> {
  let parts: Buffer[] = [];
  let length = 0;
  let blockBytes = nextBlockBytes();
  let lineLength = 0;
  let skipping = false;
  for await (const chunk of source) {
    let rest = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    while (rest.length > 0) {
      if (skipping) {
        const end = rest.indexOf(lineFeed);
        rest = end < 0 ? rest.subarray(rest.length) : rest.subarray(end);
        skipping = end < 0;
        continue;
      }
      const end = endOfBlock(rest, blockBytes - length);
      const part = end < 0 ? rest : rest.subarray(0, end);
      rest = rest.subarray(part.length);
      lineLength = openLineLength(part, lineLength);
      if (lineLength > maxLineBytes) {
        const kept = closeOverlongLine(parts, part, lineLength);
        parts = kept.parts;
        length = kept.length;
        lineLength = 0;
        skipping = true;
        continue;
      }
      parts.push(part);
      length += part.length;
      if (end >= 0) {
        yield Buffer.concat(parts, length);
        parts = [];
        length = 0;
        blockBytes = nextBlockBytes();
      }
    }
  }
  if (length > 0) yield Buffer.concat(parts, length);
}

const lineFeed = 10;

/** Index after the first line end that makes the block long enough; -1 when the block needs more. */
function endOfBlock(chunk: Buffer, missingBytes: number): number {
  const end = chunk.indexOf(lineFeed, Math.max(0, missingBytes - 1));
  return end < 0 ? -1 : end + 1;
}

/** Bytes of the line that is still open after this part. */
function openLineLength(part: Buffer, before: number): number {
  const last = part.lastIndexOf(lineFeed);
  return last < 0 ? before + part.length : part.length - last - 1;
}

/** Takes the open line's bytes away and puts the mark in their place; the caller skips to the line end. */
function closeOverlongLine(
  parts: readonly Buffer[],
  part: Buffer,
  lineLength: number,
): { parts: Buffer[]; length: number } {
  const all = Buffer.concat([...parts, part]);
  const kept = [all.subarray(0, all.length - lineLength), Buffer.from(overlongLine)];
  return { parts: kept, length: all.length - lineLength + 1 };
}

/** Decompresses the stream when it starts like gzip, whatever the file is called. */
export async function* decompressed(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const iterator = source[Symbol.asyncIterator]();
  const chunks: Uint8Array[] = [];
  let length = 0;
  while (length < 2) {
    const next = await iterator.next();
    if (next.done === true) break;
    chunks.push(next.value);
    length += next.value.length;
  }
  const whole = resumeWith(chunks, iterator);
  const start = Buffer.concat(chunks.map((chunk) => chunk.subarray(0, 2)));
  yield* start[0] === 0x1f && start[1] === 0x8b ? gunzipped(whole) : whole;
}

async function* resumeWith(
  chunks: readonly Uint8Array[],
  iterator: AsyncIterator<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  try {
    yield* chunks;
    for (;;) {
      const next = await iterator.next();
      if (next.done === true) return;
      yield next.value;
    }
  } finally {
    await iterator.return?.();
  }
}

async function* gunzipped(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const gunzip = createGunzip({ chunkSize: 1 << 20 });
  const compressed = Readable.from(source, { objectMode: false });
  pipeline(compressed, gunzip, () => {
    // A failure destroys `gunzip`, whose reader below receives the error.
  });
  yield* gunzip;
}
