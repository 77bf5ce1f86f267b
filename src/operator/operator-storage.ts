// The only SQL on operators.
import type { Knex } from "knex";
import type { Operator, OperatorBodyName, OperatorRoleName } from "../access/person.ts";

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

const columns = ["id", "name", "email", "role", "body", "created_at", "disabled_at", "revision"] as const;

export async function findOperator(knex: Knex, id: string): Promise<OperatorRecord | undefined> {
  const row: OperatorRow | undefined = await knex("operators").select(columns).where("id", id).first();
  return row === undefined ? undefined : toRecord(row);
}

export async function findOperatorByEmail(knex: Knex, email: string): Promise<OperatorRecord | undefined> {
  const row: OperatorRow | undefined = await knex("operators")
    .select(columns)
    .where("email_key", email.toLowerCase())
    .first();
  return row === undefined ? undefined : toRecord(row);
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
