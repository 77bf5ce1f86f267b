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
    ...(total?.distinctStudents === undefined
      ? []
      : [
          {
            label: "Étudiants différents",
            value: formatNumber(total.distinctStudents),
            note: estimate(total.distinctStudents),
          },
        ]),
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

/** Students up to whom the service counts exactly; beyond, the standard error is 1.6 %. */
const countedExactly = 512;

function estimate(students: bigint): string | false {
  return students > countedExactly && "Estimation, à 2 % près le plus souvent";
}

function share(ratio: number | undefined): string | false {
  return ratio !== undefined && ratio > 0 && `${formatPercent(ratio)} des appels`;
}

const hourMs = 3_600_000;

/** How far apart one looks for all points, by what two of them are told apart, and how each is named. */
interface Steps {
  readonly stepMs: number;
  readonly keyOf: (at: Instant) => string;
  readonly nameOf: (at: Instant) => string;
}

const steps: Readonly<Record<number, Steps>> = {
  // Not by name: in autumn, clocks show an hour twice.
  [Grain.HOUR]: { stepMs: hourMs, keyOf: (at) => String(toMs(at)), nameOf: formatHour },
  [Grain.DAY]: { stepMs: 12 * hourMs, keyOf: formatShortDay, nameOf: formatShortDay },
  [Grain.MONTH]: { stepMs: 240 * hourMs, keyOf: formatMonth, nameOf: formatMonth },
};

/** The calls of every hour, day or month of a period, in order: also of those without a call. */
export function usageSeries({ points, startTime, endTime }: GetUsageResponse, grain: Grain) {
  const { stepMs, keyOf, nameOf } = steps[grain] ?? (steps[Grain.HOUR] as Steps);
  const totals = new Map(points.map((point) => [keyOf(point.startTime ?? 0), point.totals]));
  const names = new Map<string, string>();
  for (let at = toMs(startTime ?? 0); at < toMs(endTime ?? 0); at += stepMs) names.set(keyOf(at), nameOf(at));
  const series = (title: string, count: (totals: UsageTotals | undefined) => number) => ({
    name: title,
    values: [...names.keys()].map((key) => count(totals.get(key))),
  });
  return {
    labels: [...names.values()],
    series: [
      series("Répondus", (one) => countOf(one, "answered")),
      series("Non trouvés", (one) => countOf(one, "not_found")),
      series("Refusés ou mal formés", refusedOf),
      series("Limités", (one) => countOf(one, "limited")),
      series("En échec", (one) => countOf(one, "failed")),
    ],
  };
}
