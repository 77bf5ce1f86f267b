import type { Knex } from "knex";
import type { Person } from "../access/person.ts";
import { findOperator, findOperatorByEmail } from "../operator/operator-storage.ts";
import { findContact, findContactsByEmail } from "../partner/contact-storage.ts";
import { findPartner } from "../partner/partner-storage.ts";
import type { Candidate } from "../proconnect/judge-identity.ts";

/** The operator or contact who may act under this identifier now; undefined for anybody else. */
export async function findPerson(knex: Knex, id: string): Promise<Person | undefined> {
  if (id.startsWith("opr_")) {
    const operator = await findOperator(knex, id);
    return operator?.disabledAt === undefined ? operator : undefined;
  }
  const contact = await findContact(knex, id);
  return contact?.removedAt === undefined ? contact : undefined;
}

/** Everybody who may sign in with this e-mail address: an operator, contacts of several partners. */
export async function findPeopleByEmail(knex: Knex, email: string): Promise<Person[]> {
  const operator = await findOperatorByEmail(knex, email);
  const contacts = await findContactsByEmail(knex, email);
  return operator === undefined || operator.disabledAt !== undefined ? contacts : [operator, ...contacts];
}

/**
 * Those whom ProConnect may name by this address, and the SIRET with which it has to: a contact's is its partner's,
 * an operator's one of those that the configuration lists.
 */
export async function findCandidates(
  knex: Knex,
  email: string,
  operatorSirets: readonly string[],
): Promise<Candidate[]> {
  const people = await findPeopleByEmail(knex, email);
  return await Promise.all(
    people.map(async (person) => {
      if (person.kind === "operator") return { person, sirets: operatorSirets };
      const partner = await findPartner(knex, person.partnerId);
      return { person, sirets: partner === undefined ? [] : [partner.siret] };
    }),
  );
}

/** How an account is named to its holder, who can have several. */
export async function nameAccount(knex: Knex, person: Person): Promise<string> {
  if (person.kind === "operator") return "Administration du service";
  return (await findPartner(knex, person.partnerId))?.name ?? "Espace partenaire";
}
