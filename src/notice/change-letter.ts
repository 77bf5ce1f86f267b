import type { Block, Letter } from "../mail/mail-content.ts";
import type { ChangeRecord } from "./change-storage.ts";
import { frenchDate, frenchInstant } from "./french-time.ts";

const because =
  "Vous recevez ce message en tant que contact d'un organisme partenaire : les évolutions techniques du service vous sont annoncées par courriel six mois avant leur mise en production (conditions générales d'utilisation, article 6.1).";

/** Announces a technical change (terms, article 6.1). */
export function changeAnnouncedLetter(change: ChangeRecord): Letter {
  return {
    subject: `Évolution du ${frenchDate(change.goLiveAt)} : ${change.title}`,
    blocks: [
      { paragraph: "Une évolution technique du service est prévue." },
      factsOf(change),
      { paragraph: change.description },
      ...targetsOf(change),
      ...linkOf(change),
    ],
    because,
  };
}

/** Reminds of a change that goes live in `days` days of the calendar; 0: today. */
export function changeReminderLetter(change: ChangeRecord, days: number): Letter {
  const when = days === 0 ? "aujourd'hui" : days === 1 ? "demain" : `dans ${days} jours`;
  return {
    subject: `Rappel, évolution du ${frenchDate(change.goLiveAt)} : ${change.title}`,
    blocks: [
      { paragraph: `L'évolution technique que nous vous avons annoncée sera mise en production ${when}.` },
      factsOf(change),
      { paragraph: change.description },
      ...targetsOf(change),
      ...linkOf(change),
    ],
    because,
  };
}

/** Tells that a change goes live on another date than the one announced. */
export function changeRescheduledLetter(
  change: ChangeRecord,
  formerGoLiveAt: number,
  reason: string,
): Letter {
  return {
    subject: `Nouvelle date, ${frenchDate(change.goLiveAt)} : ${change.title}`,
    blocks: [
      { paragraph: "La date d'une évolution technique du service a changé." },
      { facts: [["Date annoncée auparavant", frenchInstant(formerGoLiveAt)]] },
      factsOf(change),
      { paragraph: reason },
      ...targetsOf(change),
      ...linkOf(change),
    ],
    because,
  };
}

/** Tells that a change was given up. */
export function changeWithdrawnLetter(change: ChangeRecord, reason: string): Letter {
  return {
    subject: `Évolution abandonnée : ${change.title}`,
    blocks: [
      { paragraph: "L'évolution technique que nous vous avons annoncée n'aura pas lieu." },
      factsOf(change),
      { paragraph: reason },
    ],
    because,
  };
}

function factsOf(change: ChangeRecord): Block {
  return {
    facts: [
      ["Évolution", change.title],
      ["Mise en production", frenchInstant(change.goLiveAt)],
      ["Annoncée", frenchInstant(change.announcedAt)],
      ["Référence", change.id],
    ],
  };
}

function targetsOf({ targets, goLiveAt }: ChangeRecord): Block[] {
  if (targets.length === 0) return [];
  return [
    { paragraph: `Ne répondront plus à partir du ${frenchDate(goLiveAt)} :` },
    { list: targets },
    {
      paragraph:
        "D'ici là, leurs réponses portent les en-têtes Deprecation (RFC 9745) et Sunset (RFC 8594), que vos programmes peuvent surveiller.",
    },
  ];
}

function linkOf({ url }: ChangeRecord): Block[] {
  return url === "" ? [] : [{ link: "En savoir plus", url }];
}
