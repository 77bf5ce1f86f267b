// What people administer, put together once for its three clients: the services, the command line, the dashboard.
import type { Knex } from "knex";
import { createAuditReading } from "../audit/audit-reading.ts";
import type { Ledger } from "../audit/ledger.ts";
import { createBreaches } from "../breach/breaches.ts";
import type { Clock } from "../clock.ts";
import type { Outbox } from "../mail/outbox.ts";
import { createOperators } from "../operator/operators.ts";
import { parisDay } from "../paris-time.ts";
import type { ActivationFacts } from "../partner/activation.ts";
import { listContacts } from "../partner/contact-storage.ts";
import { createContacts } from "../partner/contacts.ts";
import { applyDecision, createPartnerDecisions } from "../partner/partner-decisions.ts";
import { partnerStates } from "../partner/partner-message.ts";
import { refuseClosed } from "../partner/partner-states.ts";
import { findPartner, findPartners, type PartnerRecord } from "../partner/partner-storage.ts";
import { createPartners } from "../partner/partners.ts";
import type { Sessions } from "../session/session.ts";
import type { Database } from "../storage/database.ts";
import { found } from "../storage/found.ts";
import { createTerms } from "../terms/terms.ts";
import { createAddressLetters } from "./address-letters.ts";
import { isUnmailable } from "./outboxes.ts";
import { createPartnerLetters } from "./partner-letters.ts";

export interface AdministrationParts {
  readonly database: Database;
  readonly ledger: Ledger;
  readonly sessions: Sessions;
  readonly clock: Clock;
  readonly outbox: Outbox;
  /** Of letters with codes that work once. */
  readonly codeOutbox: Outbox;
  /** Where letters lead: `https://host`. */
  readonly origin: () => string;
}

export type Administration = ReturnType<typeof createAdministration>;

export function createAdministration(parts: AdministrationParts) {
  const { database, ledger, sessions, clock } = parts;
  const letters = createAddressLetters(parts);
  const { tellDecision, tellNotice, tellGain } = createPartnerLetters(parts);
  const dayOf = parisDay;
  const endSessions = sessions.endAll;
  const terms = createTerms({
    database,
    ledger,
    clock,
    dayOf,
    async refuseClosedPartner(knex, partnerId) {
      refuseClosed((await partnerOf(knex, partnerId)).state);
    },
    async findStandings(knex, partnerIds) {
      const partners = await findPartners(knex, partnerIds);
      return new Map(
        partners.map(({ id, state, createdAt }) => [
          id,
          { state: partnerStates[state], requestDay: dayOf(createdAt) },
        ]),
      );
    },
  });

  async function activationFacts(knex: Knex, partner: PartnerRecord): Promise<ActivationFacts> {
    const [{ current, isAccepted }, contacts] = [
      await terms.standing(knex, partner.id),
      await listContacts(knex, partner.id),
    ];
    return {
      isEligibilityVerified: partner.eligibilityAt !== undefined,
      isFranceConnectDeclared: partner.franceConnectAt !== undefined,
      currentTerms: current,
      isCurrentTermsAccepted: isAccepted,
      contactRoles: new Set(contacts.flatMap(({ roles }) => [...roles])),
    };
  }

  return {
    partners: createPartners({ database, ledger, activationFacts, isUnmailable }),
    decisions: createPartnerDecisions({ ledger, tellDecision, activationFacts }),
    contacts: createContacts({ database, ledger, clock, letters, tellGain, endSessions }),
    terms,
    breaches: createBreaches({
      database,
      ledger,
      clock,
      dayOf,
      partnerState: async (knex, partnerId) => (await findPartner(knex, partnerId))?.state,
      tellNotice,
      async suspendPartner(transaction, { partnerId, reason, body }) {
        const partner = await partnerOf(transaction.knex, partnerId);
        if (partner.state === "suspended") return;
        await applyDecision(transaction, partner, { verb: "suspend", reason, body }, tellDecision);
      },
    }),
    operators: createOperators({ database, ledger, endSessions }),
    auditReading: createAuditReading(database),
  };
}

async function partnerOf(knex: Knex, id: string): Promise<PartnerRecord> {
  return found(await findPartner(knex, id));
}
