// What a pass adds to several series, in one row, until it is worth the while to add it to the stored periods: varints
// (unsigned LEB128), series by series. Minutes are counted since 1970, days by the hour of their start.
import type { Cell, Cells, StudentDays } from "./rollup.ts";
import { StudentSketch } from "./student-sketch.ts";

/** What is added to a stored series. */
export interface NumberedSeries {
  readonly number: number;
  readonly minutes: Cells;
  readonly students: StudentDays;
}

const minuteMs = 60_000;
const hourMs = 3_600_000;

export function encodeBundle(series: Iterable<NumberedSeries>): Buffer {
  const bytes: number[] = [];
  for (const { number, minutes, students } of series) {
    writeNumber(bytes, number);
    writeNumber(bytes, minutes.size);
    for (const [minute, cell] of minutes) writeCell(bytes, minute, cell);
    writeNumber(bytes, students.size);
    for (const [day, sketch] of students) {
      writeNumber(bytes, day / hourMs);
      const encoded = sketch.encode();
      writeNumber(bytes, encoded.length);
      for (const byte of encoded) bytes.push(byte);
    }
  }
  return Buffer.from(bytes);
}

function writeCell(
  bytes: number[],
  minute: number,
  { calls, durationUs, responseBytes, latency }: Cell,
): void {
  writeNumber(bytes, minute / minuteMs);
  writeNumber(bytes, calls);
  writeNumber(bytes, durationUs);
  writeNumber(bytes, responseBytes);
  let bins = 0;
  for (let bin = 0; bin < latency.length; bin += 1) if (latency[bin] !== 0) bins += 1;
  writeNumber(bytes, bins);
  for (let bin = 0; bin < latency.length; bin += 1) {
    if (latency[bin] === 0) continue;
    writeNumber(bytes, bin);
    writeNumber(bytes, latency[bin] as number);
  }
}

function writeNumber(bytes: number[], number: number): void {
  let rest = number;
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push(128 + (rest % 128));
  bytes.push(rest);
}

/** The series of a bundle. */
export function* decodeBundle(bytes: Uint8Array): Generator<NumberedSeries> {
  const reader = new Reader(bytes);
  while (!reader.isAtEnd) {
    const number = reader.next();
    const minutes: Cells = new Map();
    for (let left = reader.next(); left > 0; left -= 1)
      minutes.set(reader.next() * minuteMs, readCell(reader));
    const students: StudentDays = new Map();
    for (let left = reader.next(); left > 0; left -= 1) {
      const day = reader.next() * hourMs;
      students.set(day, StudentSketch.decode(reader.take(reader.next())));
    }
    yield { number, minutes, students };
  }
}

function readCell(reader: Reader): Cell {
  const [calls, durationUs, responseBytes] = [reader.next(), reader.next(), reader.next()];
  const latency: number[] = [];
  for (let left = reader.next(); left > 0; left -= 1) {
    const bin = reader.next();
    while (latency.length < bin) latency.push(0);
    latency.push(reader.next());
  }
  return { calls, durationUs, responseBytes, latency };
}

class Reader {
  readonly #bytes: Uint8Array;
  #offset = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get isAtEnd(): boolean {
    return this.#offset >= this.#bytes.length;
  }

  next(): number {
    let number = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = this.#bytes[this.#offset];
      if (byte === undefined) throw new RangeError("a bundle of series ends too early");
      this.#offset += 1;
      number += (byte & 127) * scale;
      if (byte < 128) return number;
    }
  }

  take(length: number): Uint8Array {
    const start = this.#offset;
    this.#offset += length;
    return this.#bytes.subarray(start, this.#offset);
  }
}
