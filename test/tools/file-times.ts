import { relative } from "node:path";
import { fromRoot } from "./repository.ts";

/** An event of Node's test runner, as far as it is read here. */
interface RunnerEvent {
  readonly type: string;
  readonly data: unknown;
}

/** Which test files run, and how long each took. */
export class FileTimes {
  readonly #startedAt = new Map<string, number>();
  readonly #tookMs = new Map<string, number>();

  note({ type, data }: RunnerEvent): void {
    if (type !== "test:dequeue" && type !== "test:complete") return;
    const { name, nesting } = data as { name: string; nesting: number };
    if (nesting !== 0 || !name.endsWith(".test.ts")) return;
    const file = relative(fromRoot(), name.startsWith("/") ? name : fromRoot(name));
    if (type === "test:dequeue") {
      this.#startedAt.set(file, performance.now());
    } else {
      this.#tookMs.set(file, performance.now() - (this.#startedAt.get(file) ?? 0));
      this.#startedAt.delete(file);
    }
  }

  running(): { readonly file: string; readonly ms: number }[] {
    const now = performance.now();
    return [...this.#startedAt].map(([file, startedAt]) => ({ file, ms: now - startedAt }));
  }

  /** The files that took longest, as a table. */
  slowest(count = 10): string {
    const rows = [...this.#tookMs].sort(([, a], [, b]) => b - a).slice(0, count);
    return [
      "",
      "slowest files (s)",
      ...rows.map(([file, ms]) => `${(ms / 1000).toFixed(1).padStart(6)}  ${file}`),
    ].join("\n");
  }
}
