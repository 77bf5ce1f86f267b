// The one table of `npm run bench`.
import { median } from "./compare.ts";
import { type Goal, meetsGoal, type Result } from "./results.ts";

const heads = ["row", "median", "min–max", "goal", "", "calls/s", "µs CPU a call", "what"];

export function formatTable(results: readonly Result[]): string {
  const rows = [heads, ...results.map(cellsOf)];
  const widths = heads.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const lines = rows.map((row) =>
    row
      .map((cell, column) =>
        column === 0 || column > 3 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join("  ")
      .trimEnd(),
  );
  const notes = results.filter(({ note }) => note !== "").map(({ row, note }) => `  ${row}: ${note}`);
  return `${lines.join("\n")}\n${notes.length > 0 ? `\n${notes.join("\n")}\n` : ""}`;
}

function cellsOf(result: Result): string[] {
  const { values, unit } = result;
  const write = (value: number) => (unit === "ms" ? value.toFixed(value < 100 ? 2 : 0) : value.toFixed(2));
  return [
    result.row,
    `${write(result.value)} ${unit}`,
    `${write(Math.min(...values))}–${write(Math.max(...values))}`,
    writeGoal(result.goal),
    verdict(result),
    result.sides.map(({ perSecond }) => Math.round(median(perSecond))).join(" / "),
    result.sides.map(({ cpuUs }) => median(cpuUs).toFixed(1)).join(" / "),
    result.title,
  ];
}

function verdict(result: Result): string {
  if (result.goal === undefined) return "–";
  return meetsGoal(result) ? "ok" : "short";
}

function writeGoal(goal: Goal | undefined): string {
  if (goal === undefined) return "–";
  const first = goal.atLeast === undefined ? `≤ ${goal.atMost}` : `≥ ${goal.atLeast}`;
  return goal.next === undefined ? first : `${first}, then ${goal.next}`;
}
