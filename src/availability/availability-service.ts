import type { MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import type { ServiceImpl } from "@connectrpc/connect";
import { serviceError } from "../errors.ts";
import {
  type AvailabilityService,
  DownCause,
  type MonthlyAvailabilitySchema,
  Verdict,
} from "../gen/statutetudiant/availability/v1/availability_pb.ts";
import { downCauses, promisedShare, totalDown } from "./judge-minutes.ts";
import type { MonthlyReport } from "./monthly-report.ts";
import type { PublicAvailability } from "./public-availability.ts";

const usualMonths = 12;

const verdicts = { running: Verdict.RUNNING, kept: Verdict.KEPT, broken: Verdict.BROKEN } as const;
const causes = {
  no_instance: DownCause.NO_INSTANCE,
  probe_failed: DownCause.PROBE_FAILED,
  call_failures: DownCause.CALL_FAILURES,
  maintenance: DownCause.MAINTENANCE,
} as const;

/** Tells everybody how available the service is. */
export function createAvailabilityService(
  reports: PublicAvailability,
): ServiceImpl<typeof AvailabilityService> {
  return {
    async getMonth({ month }) {
      return { availability: writeReport(await reports.month(month)) };
    },
    async listMonths({ pageSize, pageToken }) {
      if (pageToken !== "" && !/^\d{4}-\d{2}$/.test(pageToken)) {
        const description = "Doit être le jeton de la page précédente.";
        throw serviceError("invalid_request", { violations: [{ field: "page_token", description }] });
      }
      const all = await reports.months();
      const rest = all.filter(({ month }) => pageToken === "" || month < pageToken);
      const months = rest.slice(0, pageSize || usualMonths);
      return {
        months: months.map(writeReport),
        nextPageToken: rest.length > months.length ? (months.at(-1)?.month ?? "") : "",
      };
    },
  };
}

function writeReport(report: MonthlyReport): MessageInitShape<typeof MonthlyAvailabilitySchema> {
  const { month, share, verdict, measuredMinutes, unmeasuredMinutes, downMinutes, frozenAt } = report;
  const { calls, failedCalls, franceConnectMinutes, franceConnectFailedCalls } = report;
  return {
    ...{ month, availableShare: share, promisedShare, verdict: verdicts[verdict], measuredMinutes },
    downMinutes: totalDown(report),
    causes: downCauses
      .filter((cause) => downMinutes[cause] > 0)
      .map((cause) => ({ cause: causes[cause], minutes: downMinutes[cause] })),
    ...{ calls: BigInt(calls), failedCalls: BigInt(failedCalls), unmeasuredMinutes, franceConnectMinutes },
    franceConnectFailedCalls: BigInt(franceConnectFailedCalls),
    ...(frozenAt !== undefined && { freezeTime: timestampFromMs(frozenAt) }),
  };
}
