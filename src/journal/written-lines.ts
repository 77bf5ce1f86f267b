// The lines that this process has written and not filed yet, added up as they go: reading them back from the journal costs
// several times what adding them does. Nothing depends on it: what is not here is read.
import { type CountedLine, type Rollup, Tally } from "./rollup.ts";

/** Lines that may wait here; then they are read from the journal instead. */
const mostWaiting = 32_768;

/** Lines of the journal in the order of their ids, without a gap. */
interface Stretch {
  readonly first: number;
  last: number;
  readonly tally: Tally;
}

export interface FiledStretch {
  /** Id of the last line. */
  readonly last: number;
  readonly lines: number;
  readonly rollup: Rollup;
}

export class WrittenLines {
  #stretches: Stretch[] = [];

  get isEmpty(): boolean {
    return this.#stretches.length === 0;
  }

  /** Adds a line that was just written under `id`, to a stretch of at most `limit` lines. */
  add(id: number, line: CountedLine, limit: number): void {
    const [first, latest] = [this.#stretches[0], this.#stretches.at(-1)];
    if (latest?.last === id - 1 && id - latest.first < limit) {
      latest.last = id;
      latest.tally.add(line);
      return;
    }
    // Somebody else wrote in between, or too many wait.
    if (latest?.last !== id - 1 || id - (first?.first ?? id) >= mostWaiting) this.#stretches = [];
    const tally = new Tally();
    tally.add(line);
    this.#stretches.push({ first: id, last: id, tally });
  }

  /** Takes the oldest stretch when it is the next one after the line `filed`; drops all when it is not. */
  takeAfter(filed: number): FiledStretch | undefined {
    const next = this.#stretches[0];
    if (next?.first !== filed + 1) {
      this.#stretches = [];
      return undefined;
    }
    this.#stretches.shift();
    return { last: next.last, lines: next.last - next.first + 1, rollup: next.tally.total() };
  }
}
