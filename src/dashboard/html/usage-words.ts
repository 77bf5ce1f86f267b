// Counts of calls in words and charts.
import {
  type GetUsageResponse,
  Grain,
  type UsageTotals,
} from "../../gen/statutetudiant/statistics/v1/statistics_pb.ts";
import type { Figure } from "./blocks.ts";
import {
  formatHour,
  formatMonth,
  formatNumber,
  formatPercent,
  formatShortDay,
  type Instant,
  toMs,
} from "./dates.ts";

/** How many calls ended so. */
function countOf(totals: UsageTotals | undefined, outcome: string): number {
  return Number(totals?.outcomes.find((one) => one.outcome === outcome)?.calls ?? 0n);
}

/** Calls that were refused to their caller, or that the caller sent wrong. */
function refusedOf(totals: UsageTotals | undefined): number {
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
    { label: "Appels répondus", value: formatNumber(countOf(total, "answered")) },
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

const hourMs = 3_600_000;

/** How far apart one looks for the names of all points, and how each is named. */
const steps: Readonly<Record<number, readonly [stepMs: number, name: (at: Instant) => string]>> = {
  [Grain.HOUR]: [hourMs, formatHour],
  [Grain.DAY]: [12 * hourMs, formatShortDay],
  [Grain.MONTH]: [240 * hourMs, formatMonth],
};

/** The calls of every hour, day or month of a period, in order: also of those without a call. */
export function usageSeries({ points, startTime, endTime }: GetUsageResponse, grain: Grain) {
  const [stepMs, name] = steps[grain] ?? [hourMs, formatHour];
  const totals = new Map(points.map((point) => [name(point.startTime ?? 0), point.totals]));
  const labels = new Set<string>();
  for (let at = toMs(startTime ?? 0); at < toMs(endTime ?? 0); at += stepMs) labels.add(name(at));
  const series = (title: string, count: (totals: UsageTotals | undefined) => number) => ({
    name: title,
    values: [...labels].map((label) => count(totals.get(label))),
  });
  return {
    labels: [...labels],
    series: [
      series("Répondus", (one) => countOf(one, "answered")),
      series("Non trouvés", (one) => countOf(one, "not_found")),
      series("Refusés ou mal formés", refusedOf),
      series("Limités", (one) => countOf(one, "limited")),
      series("En échec", (one) => countOf(one, "failed")),
    ],
  };
}
