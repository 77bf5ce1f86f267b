import { parisDay } from "../paris-time.ts";
import type { Database } from "../storage/database.ts";
import { createRollupReader } from "./rollup-reader-storage.ts";

/**
 * Finds the last day on which a call was made with each of some tokens, `YYYY-MM-DD` in Europe/Paris; tokens without
 * a call are absent. What is not filed yet counts too.
 */
export function createLastUses(database: Database) {
  const rollups = createRollupReader(database);
  return async (tokenIds: readonly string[]): Promise<ReadonlyMap<string, string>> => {
    const days = new Map<string, string>();
    const cells = await rollups.usage({
      ...{ grain: "day", from: 0, until: Number.MAX_SAFE_INTEGER },
      ...{ tokenIds, by: ["tokenId"], overTime: true, withLatency: false },
    });
    for (const { bucket, facts } of cells) {
      const { tokenId = "" } = facts;
      const day = parisDay(bucket);
      if (day > (days.get(tokenId) ?? "")) days.set(tokenId, day);
    }
    return days;
  };
}
