import type { Clock } from "../clock.ts";
import { addMonths } from "../paris-clock.ts";
import type { Job } from "../schedule/job.ts";
import { deleteSettled, emptyPersonal } from "./outbox-storage.ts";

/** Months for which a message is kept as proof that somebody was told. */
const keptMonths = 24;
const batch = 1000;
/** Longest time for which a link of a message holds, in milliseconds: that of a new address. */
const linkMs = 86_400_000;

/**
 * Deletes messages, with the addresses in them, two years after they were sent or given up; those that were given up
 * lose a link for their recipient alone after a day.
 */
export function createMailRetention(clock: Clock): Job {
  return {
    name: "mail-retention",
    description: "Deletes e-mail that was sent or given up more than two years ago.",
    recurrence: { at: "04:10" },
    async run({ unit, signal }) {
      await unit("personal", (transaction) => emptyPersonal(transaction, clock.now() - linkMs));
      const before = addMonths(clock.now(), -keptMonths);
      for (let count = 0, deleted = batch; deleted === batch && !signal.aborted; count += 1) {
        await unit(String(count), async (transaction) => {
          deleted = await deleteSettled(transaction, before, batch);
        });
      }
    },
  };
}
