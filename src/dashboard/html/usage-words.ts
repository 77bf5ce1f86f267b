// Counts of calls in words and charts.
import {
  type GetUsageResponse,
  Grain,
  type UsagePoint,
  type UsageTotals,
} from "../../gen/statutetudiant/statistics/v1/statistics_pb.ts";
import type { Figure } from "./blocks.ts";
import { formatHour, formatMonth, formatNumber, formatPercent, formatShortDay } from "./dates.ts";

/** How many calls ended so. */
export function countOf(totals: UsageTotals | undefined, outcome: string): number {
  return Number(totals?.outcomes.find((one) => one.outcome === outcome)?.calls ?? 0n);
}

/** Calls that the service failed, or that the caller sent wrong. */
export function refusedOf(totals: UsageTotals | undefined): number {
  return ["invalid", "unauthenticated", "denied"].reduce((sum, outcome) => sum + countOf(totals, outcome), 0);
}

/** The figures of a period, each with its change from the period before. */
export function usageFigures({ total, previousTotal }: GetUsageResponse): Figure[] {
  const latency = total?.latency;
  return [
    {
      label: "Appels",
      value: formatNumber(total?.calls ?? 0n),
      note: change(total?.calls, previousTotal?.calls),
    },
    { label: "Étudiants trouvés", value: formatNumber(countOf(total, "answered")) },
    { label: "Appels refusés ou mal formés", value: formatNumber(refusedOf(total)) },
    {
      label: "Appels limités",
      value: formatNumber(countOf(total, "limited")),
      note: share(total?.limitedShare),
    },
    {
      label: "Échecs du service",
      value: formatNumber(countOf(total, "failed")),
      note: share(total?.failedShare),
    },
    {
      label: "Temps de réponse médian",
      value: latency === undefined ? "–" : `${formatNumber(Math.round(latency.p50Ms))} ms`,
      note: latency !== undefined && `95 % en moins de ${formatNumber(Math.round(latency.p95Ms))} ms`,
    },
  ];
}

function change(calls: bigint | undefined, before: bigint | undefined): string {
  if (!before) return "Aucun appel sur la période précédente";
  const ratio = Number((calls ?? 0n) - before) / Number(before);
  return `${ratio >= 0 ? "+" : "−"}${formatPercent(Math.abs(ratio), 0)} sur la période précédente`;
}

function share(ratio: number | undefined): string | false {
  return ratio !== undefined && ratio > 0 && `${formatPercent(ratio)} des appels`;
}

/** Names of points in time, after the grain. */
export function labelOf({ startTime }: UsagePoint, grain: Grain): string {
  if (startTime === undefined) return "";
  if (grain === Grain.HOUR || grain === Grain.MINUTE) return formatHour(startTime);
  return grain === Grain.MONTH ? formatMonth(startTime) : formatShortDay(startTime);
}

/** The series of a chart of calls. */
export function usageSeries(points: readonly UsagePoint[]) {
  const series = (name: string, count: (totals: UsageTotals | undefined) => number) => ({
    name,
    values: points.map(({ totals }) => count(totals)),
  });
  return [
    series("Répondus", (totals) => countOf(totals, "answered")),
    series("Non trouvés", (totals) => countOf(totals, "not_found")),
    series("Refusés ou mal formés", refusedOf),
    series("Limités", (totals) => countOf(totals, "limited")),
    series("En échec", (totals) => countOf(totals, "failed")),
  ];
}
