import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { StudentSketch } from "../../src/journal/student-sketch.ts";

const index = (student: number) => createHash("sha256").update(String(student)).digest().subarray(0, 16);

function sketchOf(from: number, until: number): StudentSketch {
  const sketch = new StudentSketch();
  for (let student = from; student < until; student += 1) sketch.add(index(student));
  return sketch;
}

test("up to 512 students are counted exactly, however often they come", () => {
  const sketch = sketchOf(0, 512);
  for (let student = 0; student < 512; student += 3) sketch.add(index(student));
  assert.equal(sketch.count(), 512);
  assert.equal(sketchOf(0, 0).count(), 0);
});

test("beyond, the estimate is within four standard errors", () => {
  for (const students of [513, 2000, 10_000, 20_000, 200_000]) {
    const error = sketchOf(0, students).count() / students - 1;
    assert.ok(Math.abs(error) < 4 * 0.01625, `${students}: ${error}`);
  }
});

test("joining is the same as adding all, in any order, and survives storage", () => {
  const cases: [number, number, number, number][] = [
    [0, 100, 50, 200],
    [0, 400, 300, 700],
    [0, 5000, 100, 200],
    [100, 200, 0, 5000],
    [0, 5000, 4000, 9000],
  ];
  for (const [a, b, c, d] of cases) {
    const [one, other] = [sketchOf(a, b), sketchOf(c, d)];
    const whole = sketchOf(Math.min(a, c), Math.max(b, d));
    const stored = StudentSketch.decode(one.encode());
    stored.join(StudentSketch.decode(other.encode()));
    assert.deepEqual(stored.encode(), whole.encode(), `${[a, b, c, d]}`);
    other.join(one);
    assert.deepEqual(other.encode(), whole.encode());
    assert.equal(StudentSketch.decode(whole.encode()).count(), whole.count());
  }
});

test("a sketch takes 3 KB at most, and those of a byte for each register are still read", () => {
  const packed = sketchOf(0, 100_000).encode();
  assert.equal(packed.length, 3073);
  const registers = Array.from({ length: 4096 }, (_, index) => {
    const bit = index * 6;
    return Number((packed.readUIntLE(1 + (bit >> 3), bit >> 3 < 3071 ? 2 : 1) >> (bit & 7)) & 63);
  });
  const old = StudentSketch.decode(Uint8Array.from([2, ...registers]));
  assert.deepEqual(old.encode(), packed);
  assert.equal(old.count(), StudentSketch.decode(packed).count());
  assert.equal(sketchOf(0, 512).encode().length, 1 + 512 * 5);
});
