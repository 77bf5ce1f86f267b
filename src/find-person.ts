import type { Knex } from "knex";
import type { Person } from "./access/person.ts";
import { findOperator } from "./operator/operator-storage.ts";
import { findContact } from "./partner/contact-storage.ts";

/** The operator or contact who may act under this identifier now; undefined for anybody else. */
export async function findPerson(knex: Knex, id: string): Promise<Person | undefined> {
  if (id.startsWith("opr_")) {
    const operator = await findOperator(knex, id);
    return operator?.disabledAt === undefined ? operator : undefined;
  }
  const contact = await findContact(knex, id);
  return contact?.removedAt === undefined ? contact : undefined;
}
