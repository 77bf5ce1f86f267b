// What a batch of lines adds to the roll-ups: pure arithmetic, the same for the lines that are filed, for the tail that
// is not filed yet, and for a rebuild.
import { parisDayStart, parisMonthStart } from "../paris-time.ts";
import { noCalls, type SecondOfCalls } from "./capacity.ts";
import { addHistogram, addToBin, binOf, type Histogram } from "./latency-histogram.ts";
import { isSameSeries, isToken } from "./rollup-series.ts";
import { type KnownSeries, SeriesBook } from "./series-book.ts";
import { StudentSketch } from "./student-sketch.ts";

/** A line as the roll-ups count it. Erased lines have no instant. */
export interface CountedLine {
  readonly receivedAt: number | null;
  readonly tokenId: string | null;
  readonly procedureId: string | null;
  readonly protocol: string | null;
  readonly rpc: string | null;
  readonly httpStatus: number | null;
  readonly rpcCode: string | null;
  readonly errorId: string | null;
  readonly outcome: string | null;
  readonly durationUs: number | null;
  readonly responseBytes: number | null;
  readonly ineIndex: Uint8Array | null;
}

export type Grain = "minute" | "hour" | "day" | "month";

export const grains = ["minute", "hour", "day", "month"] as const satisfies readonly Grain[];

/** The token of the self-probe, whose calls are nobody's. */
const probeTokenId = "probe";
/** Calls of a series in a period. */
export interface Cell {
  calls: number;
  durationUs: number;
  responseBytes: number;
  latency: Histogram;
}

/** Calls by the first millisecond of their period. */
export type Cells = Map<number, Cell>;

/** Students by the first millisecond of their day. */
export type StudentDays = Map<number, StudentSketch>;

/** What a series adds: longer periods follow from its minutes and days, see rollup-periods.ts. */
export interface SeriesRollup {
  readonly known: KnownSeries;
  readonly minutes: Cells;
  readonly students: StudentDays;
}

export interface Rollup {
  readonly series: readonly SeriesRollup[];
  /** By the second since 1970. */
  readonly seconds: ReadonlyMap<number, SecondOfCalls>;
}

const minuteMs = 60_000;
const hourMs = 3_600_000;

/** The first instant of the period that holds the instant. Offsets of Europe/Paris are whole hours. */
export function bucketOf(grain: Grain, instant: number): number {
  if (grain === "minute") return Math.floor(instant / minuteMs) * minuteMs;
  if (grain === "hour") return Math.floor(instant / hourMs) * hourMs;
  return grain === "day" ? parisDayStart(instant) : parisMonthStart(instant);
}

/** Adds lines up; those that were received before `from` are left out. */
export function rollUp(lines: Iterable<CountedLine>, from = Number.NEGATIVE_INFINITY): Rollup {
  const tally = new Tally(new SeriesBook());
  for (const line of lines) {
    if (line.receivedAt !== null && line.receivedAt >= from) tally.add(line);
  }
  return tally.total();
}

/** What adding a minute to the stored periods costs, beside adding one to a bundle. */
export const rowsOfMinute = 4;

/** Lines that are added up one by one. */
export class Tally {
  readonly #book: SeriesBook;
  readonly #series = new Map<string, SeriesRollup>();
  readonly #minutes = new Set<number>();
  readonly #seconds = new Map<number, SecondOfCalls>();
  #rows = 0;
  #latest: Place | undefined;

  constructor(book: SeriesBook) {
    this.#book = book;
  }

  /** What filing costs, about: a series in a bundle, or each of its minutes beyond the first and of everybody's. */
  get rows(): number {
    return this.#rows;
  }

  /** Hot: of each line. */
  add(line: CountedLine): void {
    const { receivedAt, tokenId, ineIndex, outcome } = line;
    if (receivedAt === null || isOwnTraffic(line)) return;
    const { series, cell } = this.#placeOf(line, bucketOf("minute", receivedAt));
    countCall(cell, line);
    if (!isToken(tokenId)) return;
    if (ineIndex !== null && outcome === "answered")
      sketchAt(series.students, parisDayStart(receivedAt)).add(ineIndex);
    countSecond(this.#seconds, line, receivedAt);
  }

  /** Lines often follow one of their series: to compare them is cheaper than to look it up. */
  #placeOf(line: CountedLine, minute: number): Place {
    const latest = this.#latest;
    if (latest?.minute === minute && isSameSeries(latest.line, line)) return latest;
    const series = seriesAt(this.#series, this.#book.of(line));
    const cell = cellAt(series.minutes, minute);
    if (cell.calls === 0) this.#countRows(series, minute);
    this.#latest = { line, minute, series, cell };
    return this.#latest;
  }

  #countRows(series: SeriesRollup, minute: number): void {
    this.#rows += series.minutes.size === 1 ? 1 : rowsOfMinute;
    if (this.#minutes.has(minute)) return;
    this.#minutes.add(minute);
    this.#rows += rowsOfMinute;
  }

  total(): Rollup {
    return { series: [...this.#series.values()], seconds: this.#seconds };
  }
}

/** Where a line counts. */
interface Place {
  readonly line: CountedLine;
  readonly minute: number;
  readonly series: SeriesRollup;
  readonly cell: Cell;
}

/** What the service or its operator did, which no partner asked for. */
function isOwnTraffic({ tokenId, protocol }: CountedLine): boolean {
  return tokenId === probeTokenId || protocol === "cli";
}

function seriesAt(all: Map<string, SeriesRollup>, known: KnownSeries): SeriesRollup {
  let series = all.get(known.key);
  if (series === undefined) {
    series = { known, minutes: new Map(), students: new Map() };
    all.set(known.key, series);
  }
  return series;
}

function countCall(cell: Cell, line: CountedLine): void {
  const durationUs = line.durationUs ?? 0;
  const bin = binOf(durationUs);
  // At once: an array that grows bin by bin is copied several times.
  if (cell.calls === 0) cell.latency = Array<number>(bin + 1).fill(0);
  cell.calls += 1;
  cell.durationUs += durationUs;
  cell.responseBytes += line.responseBytes ?? 0;
  addToBin(cell.latency, bin, 1);
}

export function cellAt(cells: Cells, bucket: number): Cell {
  let cell = cells.get(bucket);
  if (cell === undefined) {
    cell = { calls: 0, durationUs: 0, responseBytes: 0, latency: [] };
    cells.set(bucket, cell);
  }
  return cell;
}

export function addCell(to: Cell, from: Omit<Cell, "latency"> & { latency: readonly number[] }): void {
  to.calls += from.calls;
  to.durationUs += from.durationUs;
  to.responseBytes += from.responseBytes;
  addHistogram(to.latency, from.latency);
}

export function sketchAt(students: StudentDays, bucket: number): StudentSketch {
  let sketch = students.get(bucket);
  if (sketch === undefined) {
    sketch = new StudentSketch();
    students.set(bucket, sketch);
  }
  return sketch;
}

/** Refusals that come before the guard: those calls asked nothing of the service's capacity. */
const refusedBeforeGuard = new Set([
  "token_revoked",
  "token_expired",
  "token_not_yet_valid",
  "partner_suspended",
  "address_refused",
]);

function countSecond(seconds: Map<number, SecondOfCalls>, line: CountedLine, receivedAt: number): void {
  const errorId = line.errorId ?? "";
  if (refusedBeforeGuard.has(errorId)) return;
  const second = Math.floor(receivedAt / 1000);
  let calls = seconds.get(second);
  if (calls === undefined) {
    calls = { ...noCalls };
    seconds.set(second, calls);
  }
  calls.offered += 1;
  if (line.outcome === "limited") calls.limited += 1;
  if (errorId === "service_saturated") calls.saturated += 1;
}
