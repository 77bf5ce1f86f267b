import {
  DownCause,
  type MonthlyAvailability,
  Verdict,
} from "../../gen/statutetudiant/availability/v1/availability_pb.ts";
import {
  ChangeState,
  IncidentImpact,
  IncidentState,
  ServicePart,
} from "../../gen/statutetudiant/notice/v1/notice_pb.ts";
import type { Severity } from "./blocks.ts";
import { formatNumber, formatShare } from "./dates.ts";

export const partWords: Readonly<Record<number, string>> = {
  [ServicePart.LOOKUP_BY_INE]: "Recherche par INE",
  [ServicePart.LOOKUP_BY_IDENTITY]: "Recherche par identité",
  [ServicePart.FRANCE_CONNECT]: "FranceConnect",
  [ServicePart.API_PARTICULIER]: "API Particulier",
  [ServicePart.DASHBOARD]: "Tableau de bord",
  [ServicePart.STATISTICS]: "Statistiques",
};

export const impactWords: Readonly<Record<number, readonly [string, Severity]>> = {
  [IncidentImpact.DEGRADED]: ["Service dégradé", "warning"],
  [IncidentImpact.PARTIAL_OUTAGE]: ["Interruption partielle", "warning"],
  [IncidentImpact.MAJOR_OUTAGE]: ["Interruption majeure", "error"],
};

export const incidentStateWords: Readonly<Record<number, readonly [string, Severity]>> = {
  [IncidentState.INVESTIGATING]: ["En cours d’analyse", "error"],
  [IncidentState.IDENTIFIED]: ["Cause identifiée", "warning"],
  [IncidentState.MONITORING]: ["Sous surveillance", "info"],
  [IncidentState.RESOLVED]: ["Résolu", "success"],
};

export const changeStateWords: Readonly<Record<number, readonly [string, Severity]>> = {
  [ChangeState.ANNOUNCED]: ["Annoncée", "info"],
  [ChangeState.WITHDRAWN]: ["Retirée", "new"],
};

export const verdictWords: Readonly<Record<number, readonly [string, Severity]>> = {
  [Verdict.RUNNING]: ["Mois en cours", "info"],
  [Verdict.KEPT]: ["Engagement tenu", "success"],
  [Verdict.BROKEN]: ["Engagement non tenu", "error"],
};

/** The share of a month; a dash until a minute of it was measured. */
export function availableWords({ availableShare, measuredMinutes }: MonthlyAvailability): string {
  return measuredMinutes === 0 ? "–" : formatShare(availableShare);
}

const causeWords: Readonly<Record<number, string>> = {
  [DownCause.NO_INSTANCE]: "service arrêté",
  [DownCause.PROBE_FAILED]: "sonde en échec",
  [DownCause.CALL_FAILURES]: "appels en échec",
  [DownCause.MAINTENANCE]: "maintenance annoncée",
};

/** What a month's minutes were lost to. */
export function downCausesWords({ causes }: MonthlyAvailability): string {
  const words = causes.map(({ cause, minutes }) => `${causeWords[cause]} : ${formatNumber(minutes)} min`);
  return words.join(" ; ") || "–";
}
