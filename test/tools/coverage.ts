import { relative } from "node:path";
import { fromRoot } from "./repository.ts";

interface FileCoverage {
  readonly path: string;
  readonly lines: readonly { readonly line: number; readonly count: number }[];
  readonly functions: readonly { readonly name: string; readonly line: number; readonly count: number }[];
}

/** Of one file, over all runs: whether each line and each function was reached. */
interface Reached {
  readonly lines: Map<number, boolean>;
  readonly functions: Map<string, boolean>;
}

/** Files whose lines are covered less than this are named, in percent. */
const low = 80;

/** What the runs cover together. Branches are left out: V8 counts them differently from run to run. */
export class Coverage {
  readonly #files = new Map<string, Reached>();

  add({ files }: { readonly files: readonly FileCoverage[] }): void {
    for (const { path, lines, functions } of files) {
      const known: Reached = this.#files.get(path) ?? { lines: new Map(), functions: new Map() };
      for (const { line, count } of lines) note(known.lines, line, count);
      for (const { name, line, count } of functions) note(known.functions, `${line} ${name}`, count);
      this.#files.set(path, known);
    }
  }

  /** Coverage by folder, and the files that tests reach least. */
  table(): string {
    const files = [...this.#files].map(([path, reached]) => ({ path: relative(fromRoot(), path), reached }));
    const folders = Map.groupBy(files, ({ path }) => path.split("/").slice(0, -1).slice(0, 2).join("/"));
    const row = (name: string, members: typeof files) => {
      const lines = percent(members.map(({ reached }) => reached.lines));
      const functions = percent(members.map(({ reached }) => reached.functions));
      return `${name.padEnd(44)}  ${lines.toFixed(1).padStart(5)}  ${functions.toFixed(1).padStart(9)}`;
    };
    const least = files.filter(({ reached }) => percent([reached.lines]) < low);
    return [
      `${"coverage (%)".padEnd(44)}  lines  functions`,
      ...[...folders].sort(([a], [b]) => a.localeCompare(b)).map(([folder, members]) => row(folder, members)),
      row("all", files),
      ...(least.length > 0 ? ["", `lines below ${low} %`] : []),
      ...least.map((file) => row(file.path, [file])),
    ].join("\n");
  }
}

function note<K>(reached: Map<K, boolean>, key: K, count: number): void {
  reached.set(key, count > 0 || reached.get(key) === true);
}

function percent(maps: readonly ReadonlyMap<unknown, boolean>[]): number {
  const all = maps.flatMap((reached) => [...reached.values()]);
  return all.length === 0 ? 100 : (100 * all.filter(Boolean).length) / all.length;
}
