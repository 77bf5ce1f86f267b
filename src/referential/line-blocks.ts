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
  let openLength = 0;
  let skipping = false;
  for await (const chunk of source) {
    let rest = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    while (rest.length > 0) {
      // In a piece of at most this length, only the line that was open before can be too long.
      const piece = rest.subarray(0, maxLineBytes);
      const firstEnd = piece.indexOf(lineFeed);
      if (skipping || openLength + (firstEnd < 0 ? piece.length : firstEnd) > maxLineBytes) {
        if (!skipping) {
          parts = markOverlong(parts, openLength);
          length += overlongLine.length - openLength;
        }
        skipping = firstEnd < 0;
        openLength = 0;
        rest = rest.subarray(skipping ? piece.length : firstEnd);
        continue;
      }
      const end = endOfBlock(piece, blockBytes - length);
      const part = end < 0 ? piece : piece.subarray(0, end);
      rest = rest.subarray(part.length);
      parts.push(part);
      length += part.length;
      const lastEnd = part.lastIndexOf(lineFeed);
      openLength = lastEnd < 0 ? openLength + part.length : part.length - lastEnd - 1;
      if (end < 0) continue;
      yield Buffer.concat(parts, length);
      parts = [];
      length = 0;
      blockBytes = nextBlockBytes();
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

/** Takes the open line away and puts the mark in its place. */
function markOverlong(parts: readonly Buffer[], openLength: number): Buffer[] {
  const all = Buffer.concat(parts);
  return [all.subarray(0, all.length - openLength), Buffer.from(overlongLine)];
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
