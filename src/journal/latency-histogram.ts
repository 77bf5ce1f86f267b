// How long calls took, in bins that grow by a tenth each: a percentile that is read from them is at most 5 % beside the
// true one, whatever the number of calls, and histograms add up.

const lowestUs = 100;
const growth = Math.log(1.1);
/** The last bin starts at 68 s and takes what is longer; no call lasts so long. */
const lastBin = 142;

/** The bin of a duration in microseconds. The first one holds what took up to 0.1 ms. */
export function binOf(durationUs: number): number {
  if (!(durationUs > lowestUs)) return 0;
  return Math.min(lastBin, 1 + Math.floor(Math.log(durationUs / lowestUs) / growth));
}

/** The middle of a bin, on the scale of the bins, in microseconds. */
function middleOf(bin: number): number {
  return bin === 0 ? lowestUs : lowestUs * Math.exp((bin - 0.5) * growth);
}

/** Calls by bin. */
export type Histogram = Map<number, number>;

export function addHistogram(to: Histogram, from: ReadonlyMap<number, number>): void {
  for (const [bin, calls] of from) to.set(bin, (to.get(bin) ?? 0) + calls);
}

/** Duration in microseconds that the share (0 to 1) of the calls did not exceed; undefined without calls. */
export function percentileOf(histogram: ReadonlyMap<number, number>, share: number): number | undefined {
  const bins = [...histogram].filter(([, calls]) => calls > 0).sort(([a], [b]) => a - b);
  const total = bins.reduce((sum, [, calls]) => sum + calls, 0);
  let rank = Math.max(1, Math.ceil(total * share));
  for (const [bin, calls] of bins) {
    rank -= calls;
    if (rank <= 0) return middleOf(bin);
  }
  return undefined;
}

/** For storage: each bin that has calls and its number of calls, in the order of bins, as unsigned LEB128. */
export function encodeHistogram(histogram: ReadonlyMap<number, number>): Buffer {
  const bytes: number[] = [];
  for (const [bin, calls] of [...histogram].sort(([a], [b]) => a - b)) {
    if (calls === 0) continue;
    writeNumber(bytes, bin);
    writeNumber(bytes, calls);
  }
  return Buffer.from(bytes);
}

export function decodeHistogram(bytes: Uint8Array): Histogram {
  const histogram: Histogram = new Map();
  const numbers = readNumbers(bytes);
  for (let index = 0; index + 1 < numbers.length; index += 2) {
    histogram.set(numbers[index] as number, numbers[index + 1] as number);
  }
  return histogram;
}

function writeNumber(bytes: number[], number: number): void {
  let rest = number;
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push(128 + (rest % 128));
  bytes.push(rest);
}

function readNumbers(bytes: Uint8Array): number[] {
  const numbers: number[] = [];
  let number = 0;
  let scale = 1;
  for (const byte of bytes) {
    number += (byte % 128) * scale;
    scale *= 128;
    if (byte > 127) continue;
    numbers.push(number);
    number = 0;
    scale = 1;
  }
  return numbers;
}
