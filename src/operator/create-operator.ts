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
  readonly reason?: string;
}

/** Makes an operator's account. Errors: `operator_email_taken`, also when that account is disabled. */
export async function createOperator(
  { knex, now, record }: LedgerTransaction,
  { name, email, role, body, reason }: NewOperator,
): Promise<OperatorRecord> {
  if ((await findOperatorByEmail(knex, email)) !== undefined) throw serviceError("operator_email_taken");
  const operator: OperatorRecord = {
    ...{ kind: "operator", id: createId("opr"), name, email, role, body },
    ...{ createdAt: now, disabledAt: undefined, revision: 1 },
  };
  await insertOperator(knex, operator);
  record({ action: "operator.create", subject: operator.id, reason, after: { name, email, role, body } });
  return operator;
}
