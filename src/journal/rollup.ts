// What a batch of lines adds to the roll-ups: pure arithmetic, the same for the lines that are filed, for the tail that
// is not filed yet, and for a rebuild.
import { parisDayStart, parisMonthStart } from "../paris-time.ts";
import { noCalls, type SecondOfCalls } from "./capacity.ts";
import { addHistogram, addToBin, binOf, type Histogram } from "./latency-histogram.ts";
import { isSameSeries, isToken, type SeriesFacts, seriesKey, seriesOf } from "./rollup-series.ts";
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
/** Stands for the calls of all tokens and of those who have none. */
export const everybody = "*";

/** Calls of a series in a period. */
export interface Cell {
  calls: number;
  durationUs: number;
  responseBytes: number;
  readonly latency: Histogram;
}

export interface RollupCell extends Cell {
  readonly grain: Grain;
  readonly bucket: number;
  readonly series: SeriesFacts;
}

export interface RollupSketch {
  readonly grain: Grain;
  readonly tokenId: string;
  readonly bucket: number;
  readonly sketch: StudentSketch;
}

export interface Rollup {
  readonly cells: readonly RollupCell[];
  readonly sketches: readonly RollupSketch[];
  /** By the second since 1970. */
  readonly seconds: ReadonlyMap<number, SecondOfCalls>;
}

const minuteMs = 60_000;
const hourMs = 3_600_000;

/** The first instant of the period that holds the instant. Offsets of Europe/Paris are whole hours. */
function bucketOf(grain: Grain, instant: number): number {
  if (grain === "minute") return Math.floor(instant / minuteMs) * minuteMs;
  if (grain === "hour") return Math.floor(instant / hourMs) * hourMs;
  return grain === "day" ? parisDayStart(instant) : parisMonthStart(instant);
}

/** The minutes of a series, from which the longer periods are folded. */
interface SeriesMinutes {
  readonly series: SeriesFacts;
  readonly cells: Map<number, Cell>;
}

/** Students of a token by day. */
type StudentDays = Map<string, Map<number, StudentSketch>>;

/** Adds lines up; those that were received before `from` are left out. */
export function rollUp(lines: Iterable<CountedLine>, from = Number.NEGATIVE_INFINITY): Rollup {
  const tally = new Tally();
  for (const line of lines) {
    if (line.receivedAt !== null && line.receivedAt >= from) tally.add(line);
  }
  return tally.total();
}

/** Lines that are added up one by one. */
export class Tally {
  readonly #minutes = new Map<string, SeriesMinutes>();
  readonly #students: StudentDays = new Map();
  readonly #seconds = new Map<number, SecondOfCalls>();
  #cells = 0;
  #latest: { readonly line: CountedLine; readonly minute: number; readonly cell: Cell } | undefined;

  /** What filing costs, about: series in a minute, and tokens whose students are counted. */
  get rows(): number {
    return this.#cells + this.#students.size;
  }

  /** Hot: of each line. */
  add(line: CountedLine): void {
    const { receivedAt, tokenId, ineIndex } = line;
    if (receivedAt === null || isOwnTraffic(line)) return;
    countCall(this.#cellOf(line, bucketOf("minute", receivedAt)), line);
    if (!isToken(tokenId)) return;
    if (ineIndex !== null) sketchAt(this.#students, tokenId, parisDayStart(receivedAt)).add(ineIndex);
    countSecond(this.#seconds, line, receivedAt);
  }

  /** Lines often follow one of their series: to compare them is cheaper than to make the key. */
  #cellOf(line: CountedLine, minute: number): Cell {
    const latest = this.#latest;
    if (latest?.minute === minute && isSameSeries(latest.line, line)) return latest.cell;
    const cell = cellAt(seriesAt(this.#minutes, line).cells, minute);
    if (cell.calls === 0) this.#cells += 1;
    this.#latest = { line, minute, cell };
    return cell;
  }

  total(): Rollup {
    return {
      cells: foldCells(this.#minutes.values()),
      sketches: foldSketches(this.#students),
      seconds: this.#seconds,
    };
  }
}

/** What the service or its operator did, which no partner asked for. */
function isOwnTraffic({ tokenId, protocol }: CountedLine): boolean {
  return tokenId === probeTokenId || protocol === "cli";
}

function seriesAt(minutes: Map<string, SeriesMinutes>, line: CountedLine): SeriesMinutes {
  const key = seriesKey(line);
  let ofSeries = minutes.get(key);
  if (ofSeries === undefined) {
    ofSeries = { series: seriesOf(line), cells: new Map() };
    minutes.set(key, ofSeries);
  }
  return ofSeries;
}

function countCall(cell: Cell, line: CountedLine): void {
  const durationUs = line.durationUs ?? 0;
  cell.calls += 1;
  cell.durationUs += durationUs;
  cell.responseBytes += line.responseBytes ?? 0;
  addToBin(cell.latency, binOf(durationUs), 1);
}

function cellAt(cells: Map<number, Cell>, bucket: number): Cell {
  let cell = cells.get(bucket);
  if (cell === undefined) {
    cell = { calls: 0, durationUs: 0, responseBytes: 0, latency: [] };
    cells.set(bucket, cell);
  }
  return cell;
}

export function addCell(to: Cell, from: Omit<Cell, "latency"> & { latency: readonly number[] }) {
  to.calls += from.calls;
  to.durationUs += from.durationUs;
  to.responseBytes += from.responseBytes;
  addHistogram(to.latency, from.latency);
}

/** The cells of every grain, of each series and of everybody, from those of the minutes. */
function foldCells(minutes: Iterable<SeriesMinutes>): RollupCell[] {
  const folded = new Map<string, RollupCell>();
  for (const { series, cells } of minutes) {
    const own = seriesKey(series);
    const all = { ...series, tokenId: everybody, procedureId: "" };
    const ofAll = seriesKey(all);
    for (const [minute, cell] of cells) {
      for (const grain of grains) {
        const bucket = bucketOf(grain, minute);
        addCell(foldedAt(folded, own, series, grain, bucket), cell);
        addCell(foldedAt(folded, ofAll, all, grain, bucket), cell);
      }
    }
  }
  return [...folded.values()];
}

function foldedAt(
  folded: Map<string, RollupCell>,
  key: string,
  series: SeriesFacts,
  grain: Grain,
  bucket: number,
): RollupCell {
  const place = `${grain} ${bucket} ${key}`;
  let cell = folded.get(place);
  if (cell === undefined) {
    cell = { grain, bucket, series, calls: 0, durationUs: 0, responseBytes: 0, latency: [] };
    folded.set(place, cell);
  }
  return cell;
}

function sketchAt(students: StudentDays, owner: string, bucket: number): StudentSketch {
  let ofOwner = students.get(owner);
  if (ofOwner === undefined) {
    ofOwner = new Map();
    students.set(owner, ofOwner);
  }
  let sketch = ofOwner.get(bucket);
  if (sketch === undefined) {
    sketch = new StudentSketch();
    ofOwner.set(bucket, sketch);
  }
  return sketch;
}

/** The days and months of each token and of everybody. */
function foldSketches(students: StudentDays): RollupSketch[] {
  const folded = { day: new Map() as StudentDays, month: new Map() as StudentDays };
  for (const [tokenId, days] of students) {
    for (const [day, sketch] of days) {
      for (const owner of [tokenId, everybody]) {
        sketchAt(folded.day, owner, day).join(sketch);
        sketchAt(folded.month, owner, parisMonthStart(day)).join(sketch);
      }
    }
  }
  return (["day", "month"] as const).flatMap((grain) =>
    [...folded[grain]].flatMap(([tokenId, buckets]) =>
      [...buckets].map(([bucket, sketch]) => ({ grain, tokenId, bucket, sketch })),
    ),
  );
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
