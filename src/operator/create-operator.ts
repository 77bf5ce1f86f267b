import type { OperatorBodyName, OperatorRoleName } from "../access/person.ts";
import type { LedgerTransaction } from "../audit/ledger.ts";
import { serviceError } from "../errors.ts";
import { createId } from "../storage/create-id.ts";
import { findOperatorByEmail, insertOperator, type OperatorRecord } from "./operator-storage.ts";

export interface NewOperator {
  readonly name: string;
  readonly email: string;
  readonly role: OperatorRoleName;
  readonly body: OperatorBodyName;
}

/** Makes an operator's account. Errors: `invalid_request` when the address has one already, disabled or not. */
export async function createOperator(
  { knex, now, record }: LedgerTransaction,
  { name, email, role, body }: NewOperator,
): Promise<OperatorRecord> {
  if ((await findOperatorByEmail(knex, email)) !== undefined) {
    const violations = [{ field: "email", description: "Est déjà l'adresse d'un opérateur." }];
    throw serviceError("invalid_request", { violations });
  }
  const operator: OperatorRecord = {
    ...{ kind: "operator", id: createId("opr"), name, email, role, body },
    ...{ createdAt: now, disabledAt: undefined, revision: 1 },
  };
  await insertOperator(knex, operator);
  record({ action: "operator.create", subject: operator.id, after: { name, email, role, body } });
  return operator;
}
