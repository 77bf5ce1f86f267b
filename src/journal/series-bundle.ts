// What a pass adds to several series, in one row, until it is worth the while to add it to the stored periods: varints
// (unsigned LEB128), series by series. Minutes are counted since 1970, days by the hour of their start.
import { addToBin } from "./latency-histogram.ts";
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

export function encodeBundle(series: Iterable<NumberedSeries>): Uint8Array {
  const writer = new Writer();
  for (const { number, minutes, students } of series) {
    writer.add(number);
    writer.add(minutes.size);
    for (const [minute, cell] of minutes) writeCell(writer, minute, cell);
    writer.add(students.size);
    for (const [day, sketch] of students) {
      writer.add(day / hourMs);
      const encoded = sketch.encode();
      writer.add(encoded.length);
      writer.addAll(encoded);
    }
  }
  return writer.bytes();
}

function writeCell(
  writer: Writer,
  minute: number,
  { calls, durationUs, responseBytes, latency }: Cell,
): void {
  writer.add(minute / minuteMs);
  writer.add(calls);
  writer.add(durationUs);
  writer.add(responseBytes);
  let bins = 0;
  for (let bin = 0; bin < latency.length; bin += 1) if (latency[bin] !== 0) bins += 1;
  writer.add(bins);
  for (let bin = 0; bin < latency.length; bin += 1) {
    if (latency[bin] === 0) continue;
    writer.add(bin);
    writer.add(latency[bin] as number);
  }
}

/** Bytes of one number at most. */
const longestNumber = 8;

class Writer {
  #bytes = new Uint8Array(4096);
  #length = 0;

  add(number: number): void {
    this.#reserve(longestNumber);
    let rest = number;
    for (; rest > 127; rest = Math.floor(rest / 128)) this.#bytes[this.#length++] = 128 + (rest % 128);
    this.#bytes[this.#length++] = rest;
  }

  addAll(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  #reserve(more: number): void {
    if (this.#length + more <= this.#bytes.length) return;
    const longer = new Uint8Array(Math.max(this.#bytes.length * 2, this.#length + more));
    longer.set(this.#bytes);
    this.#bytes = longer;
  }
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
    addToBin(latency, bin, reader.next());
  }
  return { calls, durationUs, responseBytes, latency };
}

const cutShort = "a bundle of series ends too early";

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
      if (byte === undefined) throw new RangeError(cutShort);
      this.#offset += 1;
      number += (byte & 127) * scale;
      if (byte < 128) return number;
    }
  }

  take(length: number): Uint8Array {
    const start = this.#offset;
    this.#offset += length;
    if (this.#offset > this.#bytes.length) throw new RangeError(cutShort);
    return this.#bytes.subarray(start, this.#offset);
  }
}
