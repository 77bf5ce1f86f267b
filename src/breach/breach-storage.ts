// The only SQL on breaches and on what was said about them.
import type { Knex } from "knex";
import type { OperatorBodyName } from "../access/person.ts";
import { applyPage, type Page } from "../storage/page.ts";
import type { BreachSeverityName, BreachStateName } from "./breach-states.ts";

export type CommitmentName =
  | "eligibility"
  | "france_connect"
  | "informing_users"
  | "authorised_agents"
  | "identified_users"
  | "no_disclosure"
  | "security"
  | "necessary_data"
  | "token_use"
  | "own_servers";

export type EntryKindName = "note" | "notice" | "answer" | "suspension" | "remedy" | "closure";

export interface BreachRecord {
  readonly id: string;
  readonly partnerId: string;
  readonly commitment: CommitmentName;
  readonly severity: BreachSeverityName;
  readonly state: BreachStateName;
  readonly description: string;
  /** Last day for the remedy, `YYYY-MM-DD`; empty before the first notice. */
  readonly remedyBy: string;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  readonly revision: number;
}

export interface EntryRecord {
  readonly id: string;
  readonly breachId: string;
  readonly kind: EntryKindName;
  readonly text: string;
  readonly authorId: string;
  readonly authorName: string;
  /** The body that decided; undefined: no decision. */
  readonly body: OperatorBodyName | undefined;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
}

export interface BreachFilter {
  /** Empty: any. */
  readonly partnerId: string;
  readonly state: BreachStateName | undefined;
  /** Only those whose deadline was before this day without remedy. */
  readonly overdueOn: string | undefined;
  /** Only those of which the partner was told. */
  readonly toldOnly: boolean;
}

export const breachOrders = { create_time: "created_at", remedy_by: "remedy_by" };

interface BreachRow {
  readonly id: string;
  readonly partner_id: string;
  readonly commitment: CommitmentName;
  readonly severity: BreachSeverityName;
  readonly state: BreachStateName;
  readonly description: string;
  readonly remedy_by: string;
  readonly created_at: number;
  readonly revision: number;
}

interface EntryRow {
  readonly id: string;
  readonly breach_id: string;
  readonly kind: EntryKindName;
  readonly text: string;
  readonly author_id: string;
  readonly author_name: string;
  readonly body: OperatorBodyName | null;
  readonly created_at: number;
}

const columns = [
  ...[
    "id",
    "partner_id",
    "commitment",
    "severity",
    "state",
    "description",
    "remedy_by",
    "created_at",
    "revision",
  ],
] as const;
const entryColumns = [
  ...["id", "breach_id", "kind", "text", "author_id", "author_name", "body", "created_at"],
] as const;

export async function findBreach(knex: Knex, id: string): Promise<BreachRecord | undefined> {
  const row: BreachRow | undefined = await knex("breaches").select(columns).where("id", id).first();
  return row === undefined ? undefined : toRecord(row);
}

export async function pageBreaches(knex: Knex, filter: BreachFilter, page: Page): Promise<BreachRecord[]> {
  const query = knex("breaches").select(columns);
  if (filter.partnerId !== "") query.where("partner_id", filter.partnerId);
  if (filter.state !== undefined) query.where("state", filter.state);
  if (filter.overdueOn !== undefined) {
    query.whereIn("state", ["notified", "suspended"]);
    query.where("remedy_by", "<>", "").where("remedy_by", "<", filter.overdueOn);
  }
  if (filter.toldOnly) query.whereIn("id", told(knex));
  const rows: BreachRow[] = await applyPage(query, page);
  return rows.map(toRecord);
}

/** Whether the partner was told: a notice was given, or it was suspended. */
export async function isTold(knex: Knex, breachId: string): Promise<boolean> {
  return (await told(knex).where("breach_id", breachId).first()) !== undefined;
}

function told(knex: Knex) {
  return knex("breach_entries").select("breach_id").whereIn("kind", ["notice", "suspension"]);
}

export async function insertBreach(knex: Knex, breach: BreachRecord): Promise<void> {
  await knex("breaches").insert({
    id: breach.id,
    partner_id: breach.partnerId,
    commitment: breach.commitment,
    description: breach.description,
    created_at: breach.createdAt,
    ...changing(breach),
  });
}

/** Stores anew what of a breach can change. */
export async function updateBreach(knex: Knex, breach: BreachRecord): Promise<void> {
  await knex("breaches").where("id", breach.id).update(changing(breach));
}

function changing({ severity, state, remedyBy, revision }: BreachRecord) {
  return { severity, state, remedy_by: remedyBy, revision };
}

/** Oldest first. */
export async function readEntries(knex: Knex, breachId: string, withNotes: boolean): Promise<EntryRecord[]> {
  const query = knex("breach_entries").select(entryColumns).where("breach_id", breachId);
  if (!withNotes) query.whereNot("kind", "note");
  const rows: EntryRow[] = await query.orderBy("place");
  return rows.map(toEntry);
}

export async function countEntries(knex: Knex, breachId: string): Promise<number> {
  const row = await knex("breach_entries").where("breach_id", breachId).count({ entries: "id" }).first();
  return Number(row?.["entries"] ?? 0);
}

/** Adds an entry behind the others, of which there are `count`: the ledger's lock puts writers in one order. */
export async function insertEntry(knex: Knex, entry: EntryRecord, count: number): Promise<void> {
  await knex("breach_entries").insert({
    id: entry.id,
    breach_id: entry.breachId,
    kind: entry.kind,
    text: entry.text,
    author_id: entry.authorId,
    author_name: entry.authorName,
    body: entry.body ?? null,
    created_at: entry.createdAt,
    place: count + 1,
  });
}

function toRecord(row: BreachRow): BreachRecord {
  return {
    id: row.id,
    partnerId: row.partner_id,
    commitment: row.commitment,
    severity: row.severity,
    state: row.state,
    description: row.description,
    remedyBy: row.remedy_by,
    createdAt: row.created_at,
    revision: row.revision,
  };
}

function toEntry(row: EntryRow): EntryRecord {
  return {
    id: row.id,
    breachId: row.breach_id,
    kind: row.kind,
    text: row.text,
    authorId: row.author_id,
    authorName: row.author_name,
    body: row.body ?? undefined,
    createdAt: row.created_at,
  };
}
