import type { Clock } from "../clock.ts";
import { parisDaysBetween } from "../paris-time.ts";
import type { Job } from "../schedule/job.ts";
import type { Database } from "../storage/database.ts";
import { changeReminderLetter } from "./change-letter.ts";
import { type ChangeRecord, listStandingChanges } from "./change-storage.ts";
import { type Telling, tell } from "./tell.ts";

/** Days of the calendar before that of a change at which its partners are reminded. */
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
        const now = parts.clock.now();
        const days = reachedThreshold(change, now);
        if (days === undefined) continue;
        await unit(`${change.id}:${days}`, async (transaction) => {
          await tell(parts, transaction, {
            about: change.id,
            kind: "change-reminder",
            // A change that was rescheduled is reminded of anew.
            step: `${change.goLiveAt}:${days}`,
            letter: changeReminderLetter(change, parisDaysBetween(now, change.goLiveAt)),
            roles: ["technical", "administrative"],
          });
        });
      }
    },
  };
}

/**
 * The smallest threshold that is reached and was not when the change was announced. Days are those of a calendar in
 * Paris: "tomorrow" is said on the day before, whatever the hour of the change and of the run.
 */
function reachedThreshold({ goLiveAt, announcedAt }: ChangeRecord, now: number): number | undefined {
  if (goLiveAt <= now) return undefined;
  const left = parisDaysBetween(now, goLiveAt);
  const leftAtFirst = parisDaysBetween(announcedAt, goLiveAt);
  return thresholds.find((days) => left <= days && leftAtFirst > days);
}
