// The words of notices: as the contract numbers them, as they are stored, and as people read them.
import { nameOf } from "../access/person.ts";
import {
  ChangeState,
  IncidentImpact,
  IncidentState,
  MaintenanceState,
  ServicePart,
} from "../gen/statutetudiant/notice/v1/notice_pb.ts";

export const incidentStates = {
  investigating: IncidentState.INVESTIGATING,
  identified: IncidentState.IDENTIFIED,
  monitoring: IncidentState.MONITORING,
  resolved: IncidentState.RESOLVED,
} as const;
export type IncidentStateName = keyof typeof incidentStates;

export const incidentImpacts = {
  degraded: IncidentImpact.DEGRADED,
  partial_outage: IncidentImpact.PARTIAL_OUTAGE,
  major_outage: IncidentImpact.MAJOR_OUTAGE,
} as const;
export type IncidentImpactName = keyof typeof incidentImpacts;

export const serviceParts = {
  lookup_by_ine: ServicePart.LOOKUP_BY_INE,
  lookup_by_identity: ServicePart.LOOKUP_BY_IDENTITY,
  france_connect: ServicePart.FRANCE_CONNECT,
  api_particulier: ServicePart.API_PARTICULIER,
  dashboard: ServicePart.DASHBOARD,
  statistics: ServicePart.STATISTICS,
} as const;
export type ServicePartName = keyof typeof serviceParts;

export const changeStates = {
  announced: ChangeState.ANNOUNCED,
  withdrawn: ChangeState.WITHDRAWN,
} as const;
export type ChangeStateName = keyof typeof changeStates;

export const maintenanceStates = {
  announced: MaintenanceState.ANNOUNCED,
  cancelled: MaintenanceState.CANCELLED,
} as const;
export type MaintenanceStateName = keyof typeof maintenanceStates;

export const frenchStates: Readonly<Record<IncidentStateName, string>> = {
  investigating: "recherche de la cause en cours",
  identified: "cause identifiée",
  monitoring: "corrigé, sous surveillance",
  resolved: "résolu",
};

export const frenchImpacts: Readonly<Record<IncidentImpactName, string>> = {
  degraded: "service dégradé",
  partial_outage: "interruption partielle",
  major_outage: "interruption majeure",
};

export const frenchParts: Readonly<Record<ServicePartName, string>> = {
  lookup_by_ine: "recherche par INE",
  lookup_by_identity: "recherche par identité civile",
  france_connect: "recherche par FranceConnect",
  api_particulier: "contrat API Particulier (versions 2 et 3)",
  dashboard: "tableau de bord",
  statistics: "statistiques d'usage",
};

/** The stored name of a number that the contract has checked. */
export function nameIn<Name extends string>(numbers: Readonly<Record<Name, number>>, number: number): Name {
  const name = nameOf(numbers, number);
  if (name === undefined) throw new Error(`no name for ${number}`);
  return name;
}
