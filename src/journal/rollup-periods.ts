// What follows from the minutes and the days of series: hours, days and months, and the calls of everybody.
import { parisMonthStart } from "../paris-time.ts";
import {
  addCell,
  bucketOf,
  type Cell,
  type Cells,
  cellAt,
  type Grain,
  grains,
  type SeriesRollup,
  type StudentDays,
  sketchAt,
} from "./rollup.ts";
import type { StudentSketch } from "./student-sketch.ts";

/** The calls of a series in a period of some length. */
export interface PeriodCell {
  readonly grain: Grain;
  readonly bucket: number;
  readonly cell: Cell;
}

/** Periods of every length from minutes. */
export function* periodsOf(minutes: Cells): Generator<PeriodCell> {
  for (const grain of grains) {
    for (const [bucket, cell] of foldMinutes(minutes, grain)) yield { grain, bucket, cell };
  }
}

/** Periods of one length from minutes. Those of a single minute may be its own cell. */
export function foldMinutes(minutes: Cells, grain: Grain): Cells {
  if (grain === "minute") return minutes;
  const folded: Cells = new Map();
  for (const [minute, cell] of minutes) {
    const bucket = bucketOf(grain, minute);
    if (minutes.size === 1) folded.set(bucket, cell);
    else addCell(cellAt(folded, bucket), cell);
  }
  return folded;
}

/** Students of a token in a day or a month. */
export interface RollupSketch {
  readonly grain: "day" | "month";
  readonly tokenId: string;
  readonly bucket: number;
  readonly sketch: StudentSketch;
}

/** Days and months of each token, from the days of its series. */
export function sketchesOf(
  series: Iterable<{ readonly tokenId: string; readonly students: StudentDays }>,
): RollupSketch[] {
  const days = new Map<string, StudentDays>();
  for (const { tokenId, students } of series) {
    for (const [day, sketch] of students) sketchAt(ofToken(days, tokenId), day).join(sketch);
  }
  const found: RollupSketch[] = [];
  for (const [tokenId, ofDays] of days) {
    const months: StudentDays = new Map();
    for (const [day, sketch] of ofDays) {
      sketchAt(months, parisMonthStart(day)).join(sketch);
      found.push({ grain: "day", tokenId, bucket: day, sketch });
    }
    for (const [bucket, sketch] of months) found.push({ grain: "month", tokenId, bucket, sketch });
  }
  return found;
}

function ofToken(days: Map<string, StudentDays>, tokenId: string): StudentDays {
  let found = days.get(tokenId);
  if (found === undefined) {
    found = new Map();
    days.set(tokenId, found);
  }
  return found;
}

/** The same calls as those of everybody. */
export function everybodysOf(all: readonly SeriesRollup[]): SeriesRollup[] {
  const sums = new Map<string, SeriesRollup>();
  for (const one of all) {
    const known = one.known.everybodys ?? one.known;
    let sum = sums.get(known.key);
    if (sum === undefined) {
      sum = { known, minutes: new Map(), students: new Map() };
      sums.set(known.key, sum);
    }
    mergeInto(sum, one);
  }
  return [...sums.values()];
}

type MinutesAndDays = Pick<SeriesRollup, "minutes" | "students">;

/** Adds the minutes and the days of one to those of another one. */
export function mergeInto(to: MinutesAndDays, { minutes, students }: MinutesAndDays): void {
  for (const [minute, cell] of minutes) addCell(cellAt(to.minutes, minute), cell);
  for (const [day, sketch] of students) sketchAt(to.students, day).join(sketch);
}
