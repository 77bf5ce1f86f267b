import assert from "node:assert/strict";
import { test } from "node:test";
import {
  addHistogram,
  addToBin,
  binOf,
  decodeHistogram,
  encodeHistogram,
  type Histogram,
  percentileOf,
} from "../../src/journal/latency-histogram.ts";

function histogramOf(durations: readonly number[]): Histogram {
  const histogram: Histogram = [];
  for (const duration of durations) addToBin(histogram, binOf(duration), 1);
  return histogram;
}

test("percentiles are within 5 % of the true ones, from 0.1 ms to a minute", () => {
  let seed = 1;
  const random = () => {
    seed = (seed * 48_271) % 2_147_483_647;
    return seed / 2_147_483_647;
  };
  // Evenly over the scale: as many between 1 and 10 ms as between 1 and 10 s.
  const durations = Array.from({ length: 20_000 }, () => Math.round(100 * 10 ** (random() * 5.75)));
  const sorted = durations.toSorted((a, b) => a - b);
  const histogram = histogramOf(durations);
  for (const share of [0.001, 0.1, 0.5, 0.9, 0.95, 0.99, 1]) {
    const true_ = sorted[Math.ceil(sorted.length * share) - 1] ?? 0;
    const measured = percentileOf(histogram, share) ?? 0;
    assert.ok(Math.abs(measured / true_ - 1) < 0.0501, `${share}: ${measured} for ${true_}`);
  }
});

test("what is shorter or longer than the scale is at its ends; nothing has no percentile", () => {
  assert.equal(percentileOf(histogramOf([0, 5, Number.NaN]), 1), 100);
  assert.ok((percentileOf(histogramOf([10 ** 12]), 0.5) ?? 0) > 60_000_000);
  assert.equal(percentileOf([], 0.5), undefined);
});

test("a histogram survives storage, and equal ones have equal bytes", () => {
  const one: Histogram = [];
  for (const [bin, calls] of [
    [142, 1],
    [0, 127],
    [7, 128],
    [30, 2 ** 40 + 3],
    [31, 0],
  ] as const) {
    addToBin(one, bin, calls);
  }
  const bytes = encodeHistogram(one);
  const read = decodeHistogram(bytes);
  assert.deepEqual(read, one);
  assert.deepEqual(encodeHistogram(read), bytes);
});

test("histograms of different lengths add up, bin by bin", () => {
  const sum: Histogram = [1];
  addHistogram(sum, [2, 0, 5]);
  addHistogram(sum, [4]);
  assert.deepEqual(sum, [7, 0, 5]);
});
