import type { Knex } from "knex";
import type { Clock } from "../clock.ts";
import type { Job } from "../schedule/job.ts";
import { deleteCodes, deleteSessions } from "./session-storage.ts";

/** What is kept a while after its end, for whoever asks what became of it, in milliseconds: thirty days. */
const keptMs = 30 * 86_400_000;

/**
 * Deletes when and how long people were signed in, thirty days after (terms, article 4: the audit log alone tells of
 * it later). `others` delete, before an instant, what else is sent to people to sign in with.
 */
export function createSessionRetention(
  clock: Clock,
  others: readonly ((transaction: Knex.Transaction, before: number) => Promise<void>)[],
): Job {
  return {
    name: "session-retention",
    description: "Deletes sessions, sign-in codes and unconfirmed addresses that ended thirty days ago.",
    recurrence: { at: "04:20" },
    async run({ unit }) {
      const before = clock.now() - keptMs;
      await unit("all", async (transaction) => {
        for (const forget of [deleteSessions, deleteCodes, ...others]) await forget(transaction, before);
      });
    },
  };
}
