// The people of the demonstration: a contact of its partner, and an operator. Each gets a link that signs in once.
import { raiseVersion } from "../access/access-storage.ts";
import { demonstrationPartner } from "../access/demonstration.ts";
import type { ContactRoleName } from "../access/person.ts";
import { findPeopleByEmail, findPerson } from "../assembly/find-person.ts";
import { systemActor } from "../audit/actor.ts";
import { createLedger, type LedgerTransaction } from "../audit/ledger.ts";
import type { Clock } from "../clock.ts";
import { createOperator } from "../operator/create-operator.ts";
import { insertContact } from "../partner/contact-storage.ts";
import { findPartnerBySiret } from "../partner/partner-storage.ts";
import { createSessions } from "../session/session.ts";
import { createId } from "../storage/create-id.ts";
import type { Database } from "../storage/database.ts";
import { found } from "../storage/found.ts";

/** Codes of the two, for links. */
export interface DemonstrationPeople {
  readonly contact: string;
  readonly operator: string;
}

const contact = { name: "Dominique Bernard", email: "dominique.bernard@partenaire.exemple" };
const operator = { name: "Camille Martin", email: "camille.martin@ministere.exemple" };
const allRoles: readonly ContactRoleName[] = ["administrative", "technical", "data_protection", "business"];

/** Makes the two if they are not there, and a new code for each. The partner must be there. */
export async function ensureDemonstrationPeople(
  database: Database,
  clock: Clock,
): Promise<DemonstrationPeople> {
  const ledger = createLedger({ database, clock, raiseVersion });
  const sessions = createSessions({ database, clock, ledger, findPerson });
  return await ledger.change(systemActor("demonstration"), async (transaction) => {
    const contactId = await ensureContact(transaction);
    const operatorId = await ensureOperator(transaction);
    return {
      contact: await sessions.issueCode(transaction, contactId, "terminal"),
      operator: await sessions.issueCode(transaction, operatorId, "terminal"),
    };
  });
}

async function ensureContact({ knex, now, record }: LedgerTransaction): Promise<string> {
  const partner = found(await findPartnerBySiret(knex, demonstrationPartner.siret));
  const [known] = await findPeopleByEmail(knex, contact.email);
  if (known !== undefined) return known.id;
  const id = createId("ctc");
  await insertContact(knex, {
    ...{ kind: "contact", id, partnerId: partner.id, ...contact, roles: new Set(allRoles) },
    ...{ phone: "01 00 00 00 00", createdAt: now, updatedAt: now, removedAt: undefined, revision: 1 },
  });
  record({ action: "contact.create", subject: id, partnerId: partner.id, after: { name: contact.name } });
  return id;
}

async function ensureOperator(transaction: LedgerTransaction): Promise<string> {
  const [known] = await findPeopleByEmail(transaction.knex, operator.email);
  if (known !== undefined) return known.id;
  return (await createOperator(transaction, { ...operator, role: "administrator", body: "ministry" })).id;
}

/** What the demonstration prints for a browser. */
export function describePeople(
  origin: string,
  { contact: contactCode, operator: operatorCode }: DemonstrationPeople,
) {
  const link = (code: string) => `${origin}/connexion/lien?code=${code}`;
  return `Open the dashboard in a browser, once each, within 15 minutes:

  as a partner's contact:  ${link(contactCode)}
  as an operator:          ${link(operatorCode)}

`;
}
