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

/** Calls by bin, up to the last bin that has some. */
export type Histogram = number[];

export function addToBin(histogram: Histogram, bin: number, calls: number): void {
  while (histogram.length <= bin) histogram.push(0);
  histogram[bin] = (histogram[bin] as number) + calls;
}

export function addHistogram(to: Histogram, from: readonly number[]): void {
  while (to.length < from.length) to.push(0);
  for (let bin = 0; bin < from.length; bin += 1) to[bin] = (to[bin] as number) + (from[bin] as number);
}

/** Duration in microseconds that the share (0 to 1) of the calls did not exceed; undefined without calls. */
export function percentileOf(histogram: readonly number[], share: number): number | undefined {
  const total = histogram.reduce((sum, calls) => sum + calls, 0);
  if (total === 0) return undefined;
  let rank = Math.max(1, Math.ceil(total * share));
  return middleOf(
    histogram.findIndex((calls) => {
      rank -= calls;
      return rank <= 0;
    }),
  );
}

/** For storage: each bin that has calls and its number of calls, in the order of bins, as unsigned LEB128. */
export function encodeHistogram(histogram: readonly number[]): Buffer {
  const bytes: number[] = [];
  for (const [bin, calls] of histogram.entries()) {
    if (calls === 0) continue;
    writeNumber(bytes, bin);
    writeNumber(bytes, calls);
  }
  return Buffer.from(bytes);
}

export function decodeHistogram(bytes: Uint8Array): Histogram {
  const histogram: Histogram = [];
  let bin: number | undefined;
  let number = 0;
  let scale = 1;
  for (const byte of bytes) {
    number += (byte & 127) * scale;
    scale *= 128;
    if (byte > 127) continue;
    if (bin === undefined) {
      bin = number;
    } else {
      addToBin(histogram, bin, number);
      bin = undefined;
    }
    number = 0;
    scale = 1;
  }
  return histogram;
}

function writeNumber(bytes: number[], number: number): void {
  let rest = number;
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push(128 + (rest % 128));
  bytes.push(rest);
}
