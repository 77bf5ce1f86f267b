import type { Clock } from "../clock.ts";
import type { Job } from "../schedule/job.ts";
import type { AvailabilityReports } from "./monthly-report.ts";

/** Freezes the report of each month once it is over (terms, article 3: appreciated at the end of each month). */
export function createFreezing(reports: Pick<AvailabilityReports, "freezeMonths">, clock: Clock): Job {
  return {
    name: "availability-freezing",
    description: "Freezes the availability report of each month once it is over.",
    recurrence: { everyMinutes: 60 },
    async run() {
      await reports.freezeMonths(clock.now());
    },
  };
}
