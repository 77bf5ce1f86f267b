// What one partner alone is told by e-mail: decisions about its access, and its breaches (terms, articles 3 and 5).
import { type ContactRoleName, contactRoleWords } from "../access/person.ts";
import type { CommitmentName } from "../breach/breach-storage.ts";
import type { BreachNotice } from "../breach/breaches.ts";
import type { Outbox, Recipient } from "../mail/outbox.ts";
import { contactGainLetter } from "../notice/contact-letter.ts";
import { breachNoticeLetter, decisionLetter } from "../notice/decision-letter.ts";
import { tell } from "../notice/tell.ts";
import type { ContactRecord } from "../partner/contact-storage.ts";
import type { TellGain } from "../partner/contacts.ts";
import type { TellDecision } from "../partner/partner-decisions.ts";
import { findRecipients } from "./mail-recipients.ts";

export interface PartnerLetterParts {
  readonly outbox: Outbox;
  readonly origin: () => string;
}

interface PartnerLetters {
  readonly tellDecision: TellDecision;
  readonly tellNotice: (...words: TellNoticeWords) => Promise<void>;
  readonly tellGain: TellGain;
}

type TellNoticeWords = [knex: Parameters<TellDecision>[0], notice: BreachNotice];

const roles: readonly ContactRoleName[] = ["administrative", "technical"];

/** The commitments of article 2, in French. */
export const commitmentNames: Readonly<Record<CommitmentName, string>> = {
  eligibility: "habilitation à traiter les données",
  france_connect: "accès à FranceConnect",
  informing_users: "information des usagers",
  authorised_agents: "agents habilités et traçabilité de leurs accès",
  identified_users: "affichage aux seuls usagers identifiés",
  no_disclosure: "ni commercialisation ni communication à des tiers",
  security: "sécurité des données à caractère personnel",
  necessary_data: "données strictement nécessaires, un jeton par démarche",
  token_use: "responsabilité de l'usage des jetons",
  own_servers: "appels depuis des serveurs maîtrisés",
};

export function createPartnerLetters({ outbox, origin }: PartnerLetterParts): PartnerLetters {
  const telling = { outbox, findRecipients };
  return {
    async tellDecision(knex, { id, name, revision }, { verb, reason, body }, decidedAt) {
      const url = `${origin()}/tableau-de-bord`;
      const letter = decisionLetter({ decision: verb, partnerName: name, reason, body, decidedAt, url });
      const kind = `partner-${verb}`;
      await tell(telling, knex, { about: id, kind, step: revision, letter, partnerId: id, roles });
    },
    async tellNotice(knex, { id, partnerId, entryId, commitment, ...notice }) {
      const url = `${origin()}/tableau-de-bord/manquements/${id}`;
      const letter = breachNoticeLetter({ ...notice, id, url, commitment: commitmentNames[commitment] });
      const kind = "breach-notice";
      await tell(telling, knex, { about: id, kind, step: entryId, letter, partnerId, roles });
    },
    async tellGain(knex, { contact: { id, name, revision }, others, isNew, actor, ...gain }) {
      const kind = isNew ? "contact-added" : "contact-roles";
      const told = {
        ...{ contactName: name, roles: gain.roles.map((role) => contactRoleWords[role]), isNew },
        ...{ isOwn: actor.kind === "contact", url: `${origin()}/tableau-de-bord/contacts/${id}` },
      };
      const notice = {
        ...{ key: `${id}:${kind}:${revision}`, about: id, kind, letter: contactGainLetter(told) },
        unnamed: contactGainLetter({ ...told, contactName: "" }),
      };
      await outbox.enqueue(knex, notice, responsible(others));
    },
  };
}

/** Those who answer for the partner; where there are none yet, all of its contacts. */
function responsible(contacts: readonly ContactRecord[]): readonly Recipient[] {
  const administrative = contacts.filter(({ roles }) => roles.has("administrative"));
  const chosen = administrative.length > 0 ? administrative : contacts;
  return chosen.map(({ id, name, email }) => ({ contactId: id, name, address: email }));
}
