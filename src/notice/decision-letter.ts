import type { OperatorBodyName } from "../access/person.ts";
import type { Letter } from "../mail/mail-content.ts";
import { frenchDay, frenchInstant } from "./french-time.ts";

export type PartnerDecision = "activate" | "suspend" | "reinstate" | "terminate";

/** A decision about a partner's access, as its letter needs it. */
export interface DecisionTold {
  readonly decision: PartnerDecision;
  readonly partnerName: string;
  readonly reason: string;
  readonly body: OperatorBodyName;
  /** Milliseconds since 1970. */
  readonly decidedAt: number;
  /** The partner's dashboard. */
  readonly url: string;
}

/** A notice to remedy a breach, as its letter needs it. */
export interface BreachTold {
  readonly id: string;
  /** What the partner undertook, in French. */
  readonly commitment: string;
  readonly text: string;
  /** Last day for the remedy, `YYYY-MM-DD`. */
  readonly remedyBy: string;
  readonly body: OperatorBodyName;
  /** Where it can be answered. */
  readonly url: string;
}

const bodies: Readonly<Record<OperatorBodyName, string>> = {
  ministry: "Le ministère chargé de l'enseignement supérieur",
  dinum: "La direction interministérielle du numérique (DINUM)",
};

const decisions: Readonly<Record<PartnerDecision, readonly [subject: string, what: string]>> = {
  activate: ["Votre accès est ouvert", "a ouvert l'accès de votre organisme au service."],
  suspend: [
    "Votre accès est suspendu",
    "a suspendu l'accès de votre organisme au service : les appels de tous ses jetons sont refusés.",
  ],
  reinstate: [
    "Votre accès est rétabli",
    "a rétabli l'accès de votre organisme au service : ses jetons sont de nouveau acceptés.",
  ],
  terminate: [
    "Votre accès est résilié",
    "a résilié l'accès de votre organisme au service : les appels de tous ses jetons sont refusés.",
  ],
};

/** Tells a partner what was decided about its access, by whom and why (terms, articles 3 and 5). */
export function decisionLetter(told: DecisionTold): Letter {
  const [subject, what] = decisions[told.decision];
  return {
    subject: `${subject} : ${told.partnerName}`,
    blocks: [
      { paragraph: `${bodies[told.body]} ${what}` },
      {
        facts: [
          ["Organisme", told.partnerName],
          ["Décision", frenchInstant(told.decidedAt)],
        ],
      },
      { paragraph: `Motif : ${told.reason}` },
      { link: "Tableau de bord", url: told.url },
    ],
    because:
      "Vous recevez ce message en tant que contact d'un organisme partenaire : les décisions sur son accès au service lui sont communiquées (conditions générales d'utilisation, articles 3 et 5).",
  };
}

/** Tells a partner of a breach and invites it to remedy it (terms, article 5). */
export function breachNoticeLetter(told: BreachTold): Letter {
  const day = frenchDay(told.remedyBy);
  return {
    subject: `Manquement à corriger au plus tard le ${day}`,
    blocks: [
      {
        paragraph: `${bodies[told.body]} a constaté que votre organisme manque à l'un de ses engagements, et l'invite à y remédier.`,
      },
      {
        facts: [
          ["Engagement", told.commitment],
          ["À corriger au plus tard le", day],
          ["Référence", told.id],
        ],
      },
      { paragraph: told.text },
      {
        paragraph:
          "Sans correction dans ce délai, l'accès de votre organisme au service peut être suspendu. Dites ce que vous faites dans le tableau de bord :",
      },
      { link: "Répondre", url: told.url },
    ],
    because:
      "Vous recevez ce message en tant que contact d'un organisme partenaire : un manquement lui est signalé, et il est invité à y remédier (conditions générales d'utilisation, article 5).",
  };
}
