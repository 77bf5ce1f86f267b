import type { Clock } from "../clock.ts";
import { addressKey } from "./address-key.ts";
import { createKeyBuckets } from "./key-limiter.ts";

/** Lines of the journal that strangers may cause: those of one address, and all of them together. */
export interface LineBudget {
  /** Takes a line of an address. Gives what is used up, if anything is: then nothing is taken. */
  spend(address: string): SpentBudget | undefined;
}

export interface SpentBudget {
  readonly whose: "address" | "everybody";
  /** Time until there is a line again, in milliseconds. */
  readonly retryAfterMs: number;
}

export interface LineAllowance {
  /** Lines at once. */
  readonly burst: number;
  /** Lines that come back each second. */
  readonly perSecond: number;
}

/** Addresses that are remembered. A forgotten one has its whole allowance again: that of all is what holds then. */
const maxAddresses = 10_000;

export function createLineBudget(
  clock: Clock,
  { address, everybody }: { readonly address: LineAllowance; readonly everybody: LineAllowance },
): LineBudget {
  const ofAddress = createKeyBuckets(clock, { ...address, maxKeys: maxAddresses });
  const ofEverybody = createKeyBuckets(clock, { ...everybody, maxKeys: 1 });
  return {
    spend(text) {
      const key = addressKey(text);
      const untilAddress = ofAddress.spend(key);
      if (untilAddress > 0) return { whose: "address", retryAfterMs: untilAddress };
      const untilEverybody = ofEverybody.spend("");
      if (untilEverybody === 0) return undefined;
      ofAddress.giveBack(key);
      return { whose: "everybody", retryAfterMs: untilEverybody };
    },
  };
}
