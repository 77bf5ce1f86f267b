// What a bundle holds comes back whole, whatever its numbers.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { decodeBundle, encodeBundle, type NumberedSeries } from "../../src/journal/series-bundle.ts";
import { StudentSketch } from "../../src/journal/student-sketch.ts";

const minute = 60_000;
const midnight = Date.UTC(2026, 9, 31, 23);

function sketchOf(students: number): StudentSketch {
  const sketch = new StudentSketch();
  for (let student = 0; student < students; student += 1) {
    sketch.add(createHash("sha256").update(String(student)).digest());
  }
  return sketch;
}

const latency = (bin: number, calls: number) => [...Array<number>(bin).fill(0), calls];

const series: NumberedSeries[] = [
  {
    number: 1,
    minutes: new Map([
      [midnight, { calls: 1, durationUs: 0, responseBytes: 0, latency: [1] }],
      [
        midnight - minute,
        { calls: 300, durationUs: 2 ** 45, responseBytes: 2 ** 40, latency: latency(142, 300) },
      ],
    ]),
    students: new Map([
      [midnight, sketchOf(1)],
      [midnight - 86_400_000, sketchOf(5000)],
    ]),
  },
  { number: 2 ** 31, minutes: new Map(), students: new Map() },
  {
    number: 128,
    minutes: new Map([[0, { calls: 127, durationUs: 127, responseBytes: 128, latency: latency(46, 127) }]]),
    students: new Map([[midnight, sketchOf(512)]]),
  },
];

/** With sketches as their bytes. */
const plain = (all: Iterable<NumberedSeries>) =>
  [...all].map(({ number, minutes, students }) => ({
    ...{ number, minutes: [...minutes] },
    students: [...students].map(([day, sketch]) => [day, sketch.encode().toString("hex")]),
  }));

test("a bundle holds calls and students as they were given", () => {
  assert.deepEqual(plain(decodeBundle(encodeBundle(series))), plain(series));
  assert.deepEqual([...decodeBundle(encodeBundle([]))], []);
});

test("a series of one call and one student takes some 30 bytes", () => {
  const cell = { calls: 1, durationUs: 5000, responseBytes: 411, latency: latency(46, 1) };
  const one = {
    number: 9999,
    minutes: new Map([[midnight, cell]]),
    students: new Map([[midnight, sketchOf(1)]]),
  };
  assert.ok(encodeBundle([one]).length <= 32, `${encodeBundle([one]).length}`);
});

test("a bundle that was cut is not read as a shorter one", () => {
  const bytes = encodeBundle(series);
  const readCut = () => [...decodeBundle(bytes.subarray(0, bytes.length - 2600))];
  assert.throws(readCut, RangeError);
});
