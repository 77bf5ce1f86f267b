// The accounts of operators: made, changed and disabled by administrators, never by their holder.
import { nameOf, operatorBodies, operatorRoles } from "../access/person.ts";
import type { Acting } from "../audit/acting.ts";
import type { Ledger, LedgerTransaction } from "../audit/ledger.ts";
import { serviceError } from "../errors.ts";
import {
  type ChangeOperatorRoleRequest,
  type CreateOperatorRequest,
  type DisableOperatorRequest,
  type GetOperatorRequest,
  type ListOperatorsRequest,
  OperatorService,
} from "../gen/statutetudiant/operator/v1/operator_pb.ts";
import type { Database } from "../storage/database.ts";
import { checkEtag } from "../storage/etag.ts";
import { found } from "../storage/found.ts";
import { finishPage, readPage } from "../storage/page.ts";
import { createOperator } from "./create-operator.ts";
import { toOperatorMessage } from "./operator-message.ts";
import {
  countOtherAdministrators,
  findOperator,
  type OperatorRecord,
  operatorOrders,
  pageOperators,
  updateOperator,
} from "./operator-storage.ts";

export interface OperatorParts {
  readonly database: Database;
  readonly ledger: Ledger;
  /** Ends all sessions of somebody whose account is disabled. */
  readonly endSessions: (transaction: LedgerTransaction, operatorId: string) => Promise<void>;
}

const { method } = OperatorService;

export function createOperators({ database, ledger, endSessions }: OperatorParts) {
  return {
    create(acting: Acting, request: CreateOperatorRequest) {
      return ledger.write(method.createOperator, request, acting.actor, async (transaction) => {
        const made = await createOperator(transaction, {
          name: request.name.trim(),
          email: request.email,
          role: nameOf(operatorRoles, request.role) ?? "reader",
          body: nameOf(operatorBodies, request.body) ?? "ministry",
          reason: request.reason.trim(),
        });
        return { operator: toOperatorMessage(made) };
      });
    },

    async get({ id }: GetOperatorRequest) {
      return { operator: toOperatorMessage(found(await findOperator(database.knex, id))) };
    },

    async list(request: ListOperatorsRequest) {
      const filter = { role: nameOf(operatorRoles, request.role), enabledOnly: request.enabledOnly };
      const page = readPage(request, operatorOrders, filter);
      const operators = await pageOperators(database.knex, filter, page);
      const { rows, nextPageToken } = finishPage(operators, page, ({ id, name, createdAt }) => [
        page.column === "name" ? name : createdAt,
        id,
      ]);
      return { operators: rows.map(toOperatorMessage), nextPageToken };
    },

    changeRole(acting: Acting, request: ChangeOperatorRoleRequest) {
      return ledger.write(method.changeOperatorRole, request, acting.actor, async (transaction) => {
        const operator = await openForEdit(transaction, acting, request);
        const role = nameOf(operatorRoles, request.role) ?? operator.role;
        if (role !== "administrator") await refuseLastAdministrator(transaction, operator);
        const after = { ...operator, role, revision: operator.revision + 1 };
        await updateOperator(transaction.knex, after);
        transaction.record({
          action: "operator.change_role",
          subject: operator.id,
          reason: request.reason.trim(),
          before: { role: operator.role },
          after: { role },
        });
        return { operator: toOperatorMessage(after) };
      });
    },

    disable(acting: Acting, request: DisableOperatorRequest) {
      return ledger.write(method.disableOperator, request, acting.actor, async (transaction) => {
        const operator = await openForEdit(transaction, acting, request);
        await refuseLastAdministrator(transaction, operator);
        const after = { ...operator, disabledAt: transaction.now, revision: operator.revision + 1 };
        await updateOperator(transaction.knex, after);
        await endSessions(transaction, operator.id);
        transaction.record({
          action: "operator.disable",
          subject: operator.id,
          reason: request.reason.trim(),
          before: { disabled: false },
          after: { disabled: true },
        });
        return { operator: toOperatorMessage(after) };
      });
    },
  };
}

/** Errors: `record_not_found`, `edit_conflict`, `own_account`, `operator_disabled`. */
async function openForEdit(
  { knex }: LedgerTransaction,
  { actor }: Acting,
  request: { readonly id: string; readonly etag: string },
): Promise<OperatorRecord> {
  const operator = found(await findOperator(knex, request.id));
  checkEtag(request.etag, operator.revision);
  if (operator.id === actor.id) throw serviceError("own_account");
  if (operator.disabledAt !== undefined) throw serviceError("operator_disabled");
  return operator;
}

/** Whoever acts is an administrator too, but may sit at the terminal. Errors: `last_administrator`. */
async function refuseLastAdministrator(
  { knex }: LedgerTransaction,
  { id, role }: OperatorRecord,
): Promise<void> {
  if (role !== "administrator") return;
  if ((await countOtherAdministrators(knex, id)) === 0) throw serviceError("last_administrator");
}
