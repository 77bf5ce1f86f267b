import type { Letter } from "../mail/mail-content.ts";
import { frenchInstant } from "./french-time.ts";
import type { IncidentRecord } from "./incident-storage.ts";
import { frenchImpacts, frenchParts, frenchStates } from "./words.ts";

export type IncidentStep = "opened" | "updated" | "resolved";

const titles: Readonly<Record<IncidentStep, string>> = {
  opened: "Incident en cours",
  updated: "Point sur l'incident",
  resolved: "Incident résolu",
};

const openings: Readonly<Record<IncidentStep, string>> = {
  opened: "Une difficulté affecte le bon fonctionnement du service.",
  updated: "Voici les dernières informations sur l'incident en cours.",
  resolved: "L'incident dont nous vous avons informé est terminé.",
};

/** Tells of an incident as it is after its latest update (terms, article 3). */
export function incidentLetter(incident: IncidentRecord, step: IncidentStep): Letter {
  const end: [string, string][] =
    incident.resolvedAt === undefined ? [] : [["Fin", frenchInstant(incident.resolvedAt)]];
  return {
    subject: `${titles[step]} : ${incident.title}`,
    blocks: [
      { paragraph: openings[step] },
      {
        facts: [
          ["Incident", incident.title],
          ["État", frenchStates[incident.state]],
          ["Impact", frenchImpacts[incident.impact]],
          ["Services concernés", incident.parts.map((part) => frenchParts[part]).join(", ")],
          ["Début", frenchInstant(incident.startedAt)],
          ...end,
          ["Référence", incident.id],
        ],
      },
      { paragraph: incident.updates.at(-1)?.message ?? "" },
    ],
    because:
      "Vous recevez ce message en tant que contact d'un organisme partenaire : le ministère vous informe de toute difficulté de nature à affecter le service (conditions générales d'utilisation, article 3).",
  };
}
