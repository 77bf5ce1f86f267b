import assert from "node:assert/strict";
import { test } from "node:test";
import { decompressed, lineBlocks, maxLineBytes, overlongLine } from "../../src/referential/line-blocks.ts";
import { SeededRandom } from "../../src/referential/seeded-random.ts";

async function* cut(bytes: Buffer, random: SeededRandom, largest: number): AsyncGenerator<Buffer> {
  for (let start = 0; start < bytes.length; ) {
    const end = start + 1 + random.below(largest);
    yield bytes.subarray(start, end);
    start = end;
  }
}

async function blocks(source: AsyncIterable<Uint8Array>, size: () => number): Promise<string[]> {
  const found: string[] = [];
  for await (const block of lineBlocks(source, size)) found.push(block.toString());
  return found;
}

test("blocks do not depend on how the stream was cut, and end at the first line end after their size", async () => {
  const random = new SeededRandom(5);
  for (let round = 0; round < 60; round++) {
    const lines = Array.from({ length: random.below(40) }, () => "é".repeat(random.below(30)));
    const text = lines.join("\n") + (random.chance(0.5) ? "\n" : "");
    const size = 1 + random.below(200);
    const whole = await blocks(cut(Buffer.from(text), random, 1 << 20), () => size);
    assert.equal(whole.join(""), text);
    assert.deepEqual(await blocks(cut(Buffer.from(text), random, 9), () => size), whole);
    for (const block of whole.slice(0, -1)) {
      const bytes = Buffer.from(block);
      assert.ok(bytes.length >= size && bytes.indexOf("\n", size - 1) === bytes.length - 1);
    }
  }
});

test("a line that is too long is replaced by a mark, and is never kept in memory", async () => {
  const random = new SeededRandom(5);
  const text = `a\n${"x".repeat(maxLineBytes + 1)}\nb\n${"y".repeat(maxLineBytes)}\n${"z".repeat(3 * maxLineBytes)}`;
  for (const largest of [1 << 24, 70_001]) {
    const found = await blocks(cut(Buffer.from(text), random, largest), () => 10);
    assert.equal(found.join(""), `a\n${overlongLine}\nb\n${"y".repeat(maxLineBytes)}\n${overlongLine}`);
  }
});

test("a damaged gzip stream is an error and not an end", async () => {
  const { gzipSync } = await import("node:zlib");
  const random = new SeededRandom(5);
  const packed = gzipSync("line\n".repeat(100_000));
  const read = async (bytes: Buffer) => {
    let length = 0;
    for await (const chunk of decompressed(cut(bytes, random, 100))) length += chunk.length;
    return length;
  };
  assert.equal(await read(packed), 500_000);
  await assert.rejects(read(packed.subarray(0, packed.length - 20)));
  assert.equal(await read(Buffer.alloc(0)), 0);
  assert.equal(await read(Buffer.from("\u001f")), 1);
});
