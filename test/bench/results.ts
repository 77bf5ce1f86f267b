// What a row gives, and whether it meets its goal.
import { type Comparison, median, type SideFigures } from "./compare.ts";

/** The goal: a ratio (or milliseconds) that the value must reach, or must not pass. */
export interface Goal {
  readonly atLeast?: number;
  readonly atMost?: number;
  /** The one after it: told, not demanded. */
  readonly next?: number;
}

export interface Result {
  readonly row: string;
  readonly title: string;
  readonly unit: "×" | "ms";
  readonly value: number;
  /** Of each pair of rounds. */
  readonly values: readonly number[];
  /** Undefined: for information. */
  readonly goal: Goal | undefined;
  readonly sides: readonly SideFigures[];
  readonly note: string;
}

/** A row of the table: it starts its servers, compares, checks the journals and ends its servers. */
export interface Row {
  readonly name: string;
  run(bench: import("./bench.ts").Bench): Promise<Result[]>;
}

interface Told {
  readonly row: string;
  readonly title: string;
  readonly goal?: Goal;
  readonly note?: string;
}

export function ratioResult(told: Told, { ratios, sides }: Comparison): Result {
  return result(told, "×", median(ratios), ratios, sides);
}

export function result(
  { row, title, goal, note = "" }: Told,
  unit: Result["unit"],
  value: number,
  values: readonly number[],
  sides: readonly SideFigures[] = [],
): Result {
  return { row, title, unit, value, values, goal, sides, note };
}

/** False for a value that is not a number, too. */
export function meetsGoal({ value, goal }: Result): boolean {
  if (goal === undefined) return true;
  const { atLeast = Number.NEGATIVE_INFINITY, atMost = Number.POSITIVE_INFINITY } = goal;
  return value >= atLeast && value <= atMost;
}
