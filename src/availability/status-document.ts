// The service's state and its months for programs. People read the dashboard's page.
import { promisedShare } from "./judge-minutes.ts";
import type { MonthlyReport } from "./monthly-report.ts";

/** What the document tells beside the months. */
export interface ServiceState {
  /** Whether lookups can be answered now. */
  readonly isServing: boolean;
  /** Instant of the document, in milliseconds. */
  readonly now: number;
}

export function writeStatusDocument(
  months: readonly MonthlyReport[],
  { isServing, now }: ServiceState,
): string {
  return JSON.stringify({
    status: isServing ? "ok" : "down",
    measuredAt: new Date(now).toISOString(),
    promisedShare,
    months: months.map(({ month, share: available, verdict, measuredMinutes, downMinutes, ...beside }) => ({
      ...{ month, availableShare: available, verdict, measuredMinutes, downMinutes },
      ...{ unmeasuredMinutes: beside.unmeasuredMinutes, franceConnectMinutes: beside.franceConnectMinutes },
    })),
  });
}
