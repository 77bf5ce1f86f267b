import { parisDay } from "../paris-time.ts";
import type { Database } from "../storage/database.ts";
import { firstUnfiled } from "./sqlite-record-storage.ts";

/** SQLite takes 500 parts in one statement. */
const maxParts = 200;

/**
 * Finds the last day on which a call was made with each of some tokens, `YYYY-MM-DD` in Europe/Paris; tokens without
 * a call are absent. One look into an index for each token, and on SQLite one scan of what is not filed yet.
 */
export function createLastUses({ dialect, knex }: Database) {
  return async (tokenIds: readonly string[]): Promise<ReadonlyMap<string, string>> => {
    const days = new Map<string, string>();
    for (let start = 0; start < tokenIds.length; start += maxParts) {
      const ids = tokenIds.slice(start, start + maxParts);
      for (const { token_id, day } of await counted(ids)) if (day !== null) days.set(token_id, day);
      if (dialect !== "sqlite") continue;
      // What is not filed is later than what is.
      for (const { token_id, received_at } of await unfiled(ids)) days.set(token_id, parisDay(received_at));
    }
    return days;
  };

  async function counted(ids: readonly string[]): Promise<{ token_id: string; day: string | null }[]> {
    // Grouped, each token's counts of all its days would be read.
    const parts = ids.map((id) =>
      knex("journal_usage")
        .select({ token_id: knex.raw("cast(? as varchar(40))", [id]) })
        .max({ day: "day" })
        .where("token_id", id),
    );
    const [first, ...others] = parts;
    if (first === undefined) return [];
    return (await first.unionAll(others)) as unknown as { token_id: string; day: string | null }[];
  }

  async function unfiled(ids: readonly string[]): Promise<{ token_id: string; received_at: number }[]> {
    return await knex("journal_lines")
      .select("token_id")
      .max({ received_at: "received_at" })
      .whereRaw(`id >= ${firstUnfiled}`)
      .whereIn("token_id", [...ids])
      .groupBy("token_id");
  }
}
