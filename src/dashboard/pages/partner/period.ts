// The time that a page of statistics is about: a choice of a few, kept in the address.
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { Grain } from "../../../gen/statutetudiant/statistics/v1/statistics_pb.ts";
import type { Visit } from "../../frame/page.ts";

const dayMs = 86_400_000;

const periods = {
  jour: { label: "24 heures", days: 1, grain: Grain.HOUR },
  semaine: { label: "7 jours", days: 7, grain: Grain.DAY },
  mois: { label: "30 jours", days: 30, grain: Grain.DAY },
  annee: { label: "12 mois", days: 365, grain: Grain.MONTH },
} as const;

export const periodChoices = Object.entries(periods).map(([value, { label }]) => [value, label] as const);

export interface Period {
  readonly label: string;
  readonly grain: Grain;
  readonly startTime: ReturnType<typeof timestampFromMs>;
  readonly endTime: ReturnType<typeof timestampFromMs>;
}

/** The period that the address names, or a month. */
export function readPeriod({ query, now }: Pick<Visit, "query" | "now">): Period {
  const name = query.get("periode") ?? "";
  const { label, days, grain } = Object.hasOwn(periods, name)
    ? periods[name as keyof typeof periods]
    : periods.mois;
  const startTime = timestampFromMs(now - days * dayMs);
  return { label, grain, startTime, endTime: timestampFromMs(now) };
}
