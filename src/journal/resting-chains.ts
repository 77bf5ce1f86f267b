// Which chains of the journal nobody files any more. Each process files its own; its mark moves at least every ten seconds
// while lines of it wait.
import type { Mark, UnfiledChain } from "./unfiled-lines-storage.ts";

/** After so long without a move, the process of a chain has ended. */
const restsAfterMs = 30_000;

export class RestingChains {
  readonly #monotonic: () => number;
  #seen = new Map<string, { readonly filed: number; readonly since: number }>();
  /** Before the first passes have read all there was, it is unknown who files what. */
  #caughtUp = false;

  constructor(monotonic: () => number) {
    this.#monotonic = monotonic;
  }

  /** Of the chains with lines that wait, those that are left to us. */
  among(chains: readonly UnfiledChain[]): UnfiledChain[] {
    const now = this.#monotonic();
    const before = this.#seen;
    this.#seen = new Map();
    return chains.filter(({ chain, filed }) => {
      const known = before.get(chain);
      const seen = known?.filed === filed ? known : { filed, since: now };
      this.#seen.set(chain, seen);
      return !this.#caughtUp || now - seen.since >= restsAfterMs;
    });
  }

  /** We moved these marks ourselves; `all`: nothing of what was left to us waits any more. */
  filed(marks: readonly Mark[], all: boolean): void {
    for (const { chain, seq } of marks) {
      const seen = this.#seen.get(chain);
      if (seen !== undefined) this.#seen.set(chain, { ...seen, filed: seq });
    }
    this.#caughtUp ||= all;
  }
}
