// The lines that this process has written and not filed yet, added up as they go: reading them back from the journal costs
// several times what adding them does. Nothing depends on it: what is not here is read.
import { type CountedLine, type Rollup, Tally } from "./rollup.ts";
import { SeriesBook } from "./series-book.ts";

/** Lines that may wait here; then they are read from the journal instead. */
const mostWaiting = 32_768;
/** Lines of one stretch: a pass is due before it is full, so that one pass takes all. */
const mostLines = 8192;

/** Lines in the order of their places in the journal (on SQLite their ids), without a gap. */
interface Stretch {
  readonly first: number;
  last: number;
  readonly tally: Tally;
}

export interface FiledStretch {
  /** Id of the last line. */
  readonly last: number;
  readonly lines: number;
  /** What the pass costs, see Tally. */
  readonly rows: number;
  readonly rollup: Rollup;
}

export class WrittenLines {
  readonly #book = new SeriesBook();
  #stretches: Stretch[] = [];

  get isEmpty(): boolean {
    return this.#stretches.length === 0;
  }

  /** Whether a stretch waits that takes no further line. */
  get hasFull(): boolean {
    return this.#stretches.length > 1;
  }

  /** Adds a line that was just written under `id`, to a stretch of at most about `limit` rows. */
  add(id: number, line: CountedLine, limit: number): void {
    const latest = this.#stretches.at(-1);
    if (latest?.last === id - 1 && latest.tally.rows < limit && id - latest.first < mostLines) {
      latest.last = id;
      latest.tally.add(line);
      return;
    }
    // Somebody else wrote in between, or too many wait.
    const first = this.#stretches[0]?.first ?? id;
    if (latest?.last !== id - 1 || id - first >= mostWaiting) this.#stretches = [];
    const tally = new Tally(this.#book);
    tally.add(line);
    this.#stretches.push({ first: id, last: id, tally });
  }

  /** Place of the first line that waits here. */
  get first(): number | undefined {
    return this.#stretches[0]?.first;
  }

  /** Takes the oldest stretch when it is the next one after the line `filed`. What somebody else has filed is dropped. */
  takeAfter(filed: number): FiledStretch | undefined {
    const next = this.#stretches.findIndex(({ first }) => first > filed);
    this.#stretches.splice(0, next === -1 ? this.#stretches.length : next);
    if (this.#stretches[0]?.first !== filed + 1) return undefined;
    const [{ first, last, tally }] = this.#stretches as [Stretch];
    this.#stretches.shift();
    return { last, lines: last - first + 1, rows: tally.rows, rollup: tally.total() };
  }
}
