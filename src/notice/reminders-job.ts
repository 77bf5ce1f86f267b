import type { Clock } from "../clock.ts";
import type { Job } from "../schedule/job.ts";
import type { Database } from "../storage/database.ts";
import { changeReminderLetter } from "./change-letter.ts";
import { type ChangeRecord, listStandingChanges } from "./change-storage.ts";
import { type Telling, tell } from "./tell.ts";

const dayMs = 86_400_000;
/** Days before the date of a change at which its partners are reminded. */
const thresholds = [1, 7, 30, 90];

/** Reminds of changes 90, 30, 7 and 1 days before they go live: each once, also after an outage of days. */
export function createReminders(
  parts: Telling & { readonly database: Database; readonly clock: Clock },
): Job {
  return {
    name: "change-reminders",
    description: "Reminds partners of technical changes 90, 30, 7 and 1 days before they go live.",
    recurrence: { at: "09:00" },
    async run({ unit }) {
      for (const change of await listStandingChanges(parts.database.knex)) {
        const days = reachedThreshold(change, parts.clock.now());
        if (days === undefined) continue;
        await unit(`${change.id}:${days}`, async (transaction) => {
          await tell(parts, transaction, {
            about: change.id,
            kind: "change-reminder",
            // A change that was rescheduled is reminded of anew.
            step: `${change.goLiveAt}:${days}`,
            letter: changeReminderLetter(change, days),
            roles: ["technical", "administrative"],
          });
        });
      }
    },
  };
}

/** The smallest number of days that is reached and was not when the change was announced. */
function reachedThreshold({ goLiveAt, announcedAt }: ChangeRecord, now: number): number | undefined {
  if (goLiveAt <= now) return undefined;
  return thresholds.find((days) => now >= goLiveAt - days * dayMs && announcedAt < goLiveAt - days * dayMs);
}
