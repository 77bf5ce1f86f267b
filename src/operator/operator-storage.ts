// The only SQL on operators.
import type { Knex } from "knex";
import type { Operator, OperatorBodyName, OperatorRoleName } from "../access/person.ts";
import { applyPage, type Page } from "../storage/page.ts";

export interface OperatorRecord extends Operator {
  /** Instants in milliseconds since 1970. */
  readonly createdAt: number;
  /** Undefined: may sign in. */
  readonly disabledAt: number | undefined;
  readonly revision: number;
}

interface OperatorRow {
  readonly id: string;
  readonly name: string;
  readonly email: string;
  readonly role: OperatorRoleName;
  readonly body: OperatorBodyName;
  readonly created_at: number;
  readonly disabled_at: number | null;
  readonly revision: number;
}

/** Fields by which accounts can be ordered. */
export const operatorOrders = { name: "name", create_time: "created_at" };

const columns = ["id", "name", "email", "role", "body", "created_at", "disabled_at", "revision"] as const;

export async function findOperator(knex: Knex, id: string): Promise<OperatorRecord | undefined> {
  const row: OperatorRow | undefined = await knex("operators").select(columns).where("id", id).first();
  return row === undefined ? undefined : toRecord(row);
}

/** Every operator, disabled ones too. */
export async function listOperatorIds(knex: Knex): Promise<string[]> {
  return await knex("operators").orderBy("id").pluck("id");
}

export async function findOperatorByEmail(knex: Knex, email: string): Promise<OperatorRecord | undefined> {
  const row: OperatorRow | undefined = await knex("operators")
    .select(columns)
    .where("email_key", email.toLowerCase())
    .first();
  return row === undefined ? undefined : toRecord(row);
}

/** A page of the accounts; undefined as role: any. */
export async function pageOperators(
  knex: Knex,
  filter: { readonly role: OperatorRoleName | undefined; readonly enabledOnly: boolean },
  page: Page,
): Promise<OperatorRecord[]> {
  const query = knex("operators").select(columns);
  if (filter.role !== undefined) query.where("role", filter.role);
  if (filter.enabledOnly) query.whereNull("disabled_at");
  const rows: OperatorRow[] = await applyPage(query, page);
  return rows.map(toRecord);
}

/** Administrators who may sign in, one of them aside. */
export async function countOtherAdministrators(knex: Knex, id: string): Promise<number> {
  const row = await knex("operators")
    .where("role", "administrator")
    .whereNull("disabled_at")
    .whereNot("id", id)
    .count({ others: "id" })
    .first();
  return Number(row?.["others"] ?? 0);
}

/** Stores anew what of an account can change. */
export async function updateOperator(knex: Knex, record: OperatorRecord): Promise<void> {
  const { role, disabledAt = null, revision } = record;
  await knex("operators").where("id", record.id).update({ role, disabled_at: disabledAt, revision });
}

export async function insertOperator(knex: Knex, record: OperatorRecord): Promise<void> {
  await knex("operators").insert({
    id: record.id,
    name: record.name,
    email: record.email,
    email_key: record.email.toLowerCase(),
    role: record.role,
    body: record.body,
    created_at: record.createdAt,
    disabled_at: record.disabledAt ?? null,
    revision: record.revision,
  });
}

function toRecord(row: OperatorRow): OperatorRecord {
  return {
    kind: "operator",
    id: row.id,
    name: row.name,
    email: row.email,
    role: row.role,
    body: row.body,
    createdAt: row.created_at,
    disabledAt: row.disabled_at ?? undefined,
    revision: row.revision,
  };
}
