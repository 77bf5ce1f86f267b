// What a pass of filing takes on PostgreSQL: the lines that this process wrote, which are added up as they are written,
// and from the journal what nobody else files: lines of processes that have ended, and from before the first pass.
import { addRollup, becomeFiler, currentGeneration } from "./file-rollups-storage.ts";
import { RestingChains } from "./resting-chains.ts";
import { type CountedLine, rollUp, rowsOfMinute } from "./rollup.ts";
import { SeriesNumbers } from "./series-numbers-storage.ts";
import type { SqlRunner } from "./sql-runner-storage.ts";
import { readChains, type UnfiledChain, unfiledChains } from "./unfiled-lines-storage.ts";
import { WrittenLines } from "./written-lines.ts";

/** Lines that a pass reads at least: nobody waits for it, and fewer would cost a busy server more for each. */
const fewestRead = 1024;

export interface FiledPass {
  readonly lines: number;
  /** What it cost, see FilingSchedule. */
  readonly rows: number;
  /** Whether more lines wait that this process files. */
  readonly more: boolean;
}

export class PostgresFiler {
  readonly #resting: RestingChains;
  readonly #numbers = new SeriesNumbers();
  #own: string | undefined;
  /** Place of the last line that was added. */
  #added = -1;
  #written = new WrittenLines();

  constructor(monotonic: () => number) {
    this.#resting = new RestingChains(monotonic);
  }

  /** Counts a line that was just written at this place of its chain; passes are to be of at most about `limit` rows. */
  add(chain: string, seq: number, line: CountedLine, limit: number): void {
    if (chain !== this.#own) this.#written = new WrittenLines();
    this.#own = chain;
    this.#added = seq;
    this.#written.add(seq, line, limit);
  }

  /** A transaction failed: the numbers of new series went with it. */
  failed(): void {
    this.#numbers.forget();
  }

  /** Files about so many rows, in the transaction that the caller opens. */
  async fileNext(sql: SqlRunner, limit: number): Promise<FiledPass> {
    await becomeFiler(sql);
    const generation = await currentGeneration(sql);
    const chains = await unfiledChains(sql, generation);
    const mine = chains.find(({ chain }) => chain === this.#own);
    const stretch = this.#written.takeAfter(mine?.filed ?? this.#added);
    const toRead = this.#resting.among(chains.filter((chain) => chain !== mine));
    if (mine !== undefined && stretch === undefined) toRead.push(this.#untilWritten(mine));
    if (mine !== undefined && stretch !== undefined) {
      await addRollup(sql, generation, this.#numbers, stretch.rollup, [
        { chain: mine.chain, seq: stretch.last },
      ]);
    }
    const most = Math.max(Math.ceil(limit / rowsOfMinute), fewestRead);
    const { lines, marks } = await readChains(sql, toRead, most);
    if (marks.length > 0) await addRollup(sql, generation, this.#numbers, rollUp(lines), marks);
    this.#resting.filed(marks, lines.length < most);
    return {
      lines: lines.length + (stretch?.lines ?? 0),
      rows: lines.length * rowsOfMinute + (stretch?.rows ?? 0),
      // Lines that were written meanwhile have time.
      more: lines.length >= most || this.#written.hasFull,
    };
  }

  /** Of our own chain, what comes before the lines that wait here, or will: those are not read. */
  #untilWritten({ chain, filed, last }: UnfiledChain): UnfiledChain {
    return { chain, filed, last: Math.min(last, (this.#written.first ?? this.#added + 1) - 1) };
  }
}
