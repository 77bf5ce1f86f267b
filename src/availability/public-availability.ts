import type { Clock } from "../clock.ts";
import { found } from "../storage/found.ts";
import type { AvailabilityReports, MonthlyReport } from "./monthly-report.ts";

/** Whoever asks within this time gets the same answer: nobody can make the service count all the time. */
const keptMs = 30_000;

/** The reports as strangers read them. */
export interface PublicAvailability {
  /** Every month that was measured, newest first. */
  months(): Promise<readonly MonthlyReport[]>;
  /** A month, `YYYY-MM`. Errors: `record_not_found` for one that was not measured. */
  month(month: string): Promise<MonthlyReport>;
}

export function createPublicAvailability(
  reports: Pick<AvailabilityReports, "months">,
  clock: Clock,
): PublicAvailability {
  let read: { readonly at: number; readonly months: Promise<readonly MonthlyReport[]> } | undefined;
  const months = () => {
    if (read === undefined || clock.monotonic() - read.at > keptMs) {
      const latest = { at: clock.monotonic(), months: reports.months() };
      read = latest;
      latest.months.catch(() => {
        if (read === latest) read = undefined;
      });
    }
    return read.months;
  };
  return {
    months,
    month: async (month) => found((await months()).find((report) => report.month === month)),
  };
}
