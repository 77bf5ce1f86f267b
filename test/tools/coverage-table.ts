import { relative } from "node:path";
import { fromRoot } from "./repository.ts";

interface Counts {
  readonly totalLineCount: number;
  readonly coveredLineCount: number;
  readonly totalBranchCount: number;
  readonly coveredBranchCount: number;
  readonly totalFunctionCount: number;
  readonly coveredFunctionCount: number;
}

interface CoverageSummary {
  readonly files: readonly (Counts & { readonly path: string })[];
  readonly totals: Counts;
}

/** Files whose lines are covered less than this are named, in percent. */
const low = 80;

/** Coverage by folder, and the files that tests reach least. */
export function coverageTable({ files, totals }: CoverageSummary): string {
  const folders = Map.groupBy(files, ({ path }) => folderOf(relative(fromRoot(), path)));
  const rows = [...folders]
    .sort(([a], [b]) => a.localeCompare(b))
    .map(([folder, members]) => row(folder, members));
  const least = files
    .filter((file) => percent(file.coveredLineCount, file.totalLineCount) < low)
    .map((file) => row(relative(fromRoot(), file.path), [file]));
  return [
    `${"coverage (%)".padEnd(width)}  lines  branches  functions`,
    ...rows,
    row("all", [totals]),
    ...(least.length > 0 ? ["", `lines below ${low} %`, ...least] : []),
  ].join("\n");
}

const width = 44;

/** `src/request/routes.ts` → `src/request` */
function folderOf(path: string): string {
  return path.split("/").slice(0, -1).slice(0, 2).join("/");
}

function row(name: string, counts: readonly Counts[]): string {
  const share = (covered: keyof Counts, total: keyof Counts) =>
    percent(sum(counts, covered), sum(counts, total)).toFixed(1);
  const lines = share("coveredLineCount", "totalLineCount").padStart(5);
  const branches = share("coveredBranchCount", "totalBranchCount").padStart(8);
  const functions = share("coveredFunctionCount", "totalFunctionCount").padStart(9);
  return `${name.padEnd(width)}  ${lines}  ${branches}  ${functions}`;
}

function sum(counts: readonly Counts[], name: keyof Counts): number {
  return counts.reduce((total, count) => total + count[name], 0);
}

function percent(part: number, whole: number): number {
  return whole === 0 ? 100 : (100 * part) / whole;
}
