// The only SQL on procedures. What belongs to a partner is read through the view that joins its name.
import { fromJsonString, toJsonString } from "@bufbuild/protobuf";
import type { Knex } from "knex";
import {
  type ProcedureContent,
  ProcedureContentSchema,
} from "../gen/statutetudiant/procedure/v1/procedure_pb.ts";
import { applyPage, finishPage, type Page } from "../storage/page.ts";
import type { ProcedureRecord } from "./procedure-record.ts";
import type { ProcedureState } from "./procedure-states.ts";

interface ProcedureRow {
  readonly id: string;
  readonly partner_id: string;
  readonly partner_siret: string;
  readonly partner_name: string;
  readonly partner_state: string;
  readonly name: string;
  readonly state: ProcedureState;
  readonly proposal: string | null;
  readonly approved: string | null;
  readonly closeness_approved: number;
  readonly decision_reason: string | null;
  readonly decision_body: "ministry" | "dinum" | null;
  readonly decided_at: number | null;
  readonly submitted_at: number | null;
  readonly origin: "contact" | "terminal";
  readonly created_at: number;
  readonly updated_at: number;
  readonly revision: number;
}

const columns = [
  ...["id", "partner_id", "partner_siret", "partner_name", "partner_state", "name", "state", "proposal"],
  ...["approved", "closeness_approved", "decision_reason", "decision_body", "decided_at", "submitted_at"],
  ...["origin", "created_at", "updated_at", "revision"],
];

/** The columns that a list of procedures can be ordered by. */
export const procedureOrders = {
  create_time: "created_at",
  update_time: "updated_at",
  name: "name",
} as const;

export interface ProcedureFilter {
  readonly partnerId: string | undefined;
  readonly state: ProcedureState | undefined;
}

export async function findProcedure(knex: Knex, id: string): Promise<ProcedureRecord | undefined> {
  const row: ProcedureRow | undefined = await select(knex).where("id", id).first();
  return row === undefined ? undefined : toRecord(row);
}

/** The open procedure of a partner that has this name. */
export async function findProcedureByName(
  knex: Knex,
  partnerId: string,
  name: string,
): Promise<ProcedureRecord | undefined> {
  const row: ProcedureRow | undefined = await select(knex)
    .where({ partner_id: partnerId, name })
    .andWhereNot("state", "closed")
    .first();
  return row === undefined ? undefined : toRecord(row);
}

/** How many of a partner are not closed. */
export async function countOpenProcedures(knex: Knex, partnerId: string): Promise<number> {
  const [row] = await knex("procedures")
    .count({ open: "id" })
    .where("partner_id", partnerId)
    .andWhereNot("state", "closed");
  return Number(row?.["open"]);
}

export async function listProcedures(knex: Knex, filter: ProcedureFilter, page: Page) {
  const query = select(knex);
  if (filter.partnerId !== undefined) query.where("partner_id", filter.partnerId);
  if (filter.state !== undefined) query.where("state", filter.state);
  const rows: ProcedureRow[] = await applyPage(query, page);
  const column = page.column as "created_at" | "updated_at" | "name";
  const finished = finishPage(rows, page, (row) => [row[column], row.id]);
  return { ...finished, rows: finished.rows.map(toRecord) };
}

function select(knex: Knex): Knex.QueryBuilder {
  return knex("procedure_records").select(columns);
}

/** A procedure to store; its partner must exist. */
export type NewProcedure = Omit<ProcedureRecord, "partnerSiret" | "partnerName" | "partnerState">;

export async function insertProcedure(knex: Knex, record: NewProcedure, version: number): Promise<void> {
  await knex("procedures").insert({
    id: record.id,
    partner_id: record.partnerId,
    origin: record.origin,
    created_at: record.createdAt,
    ...changing(record),
    version,
  });
}

export async function updateProcedure(knex: Knex, record: NewProcedure, version: number): Promise<void> {
  await knex("procedures")
    .where("id", record.id)
    .update({ ...changing(record), version });
}

function changing(record: NewProcedure) {
  return {
    name: record.name,
    state: record.state,
    proposal: write(record.proposal),
    approved: write(record.approved),
    closeness_approved: record.closenessApproved ? 1 : 0,
    decision_reason: record.decision?.reason ?? null,
    decision_body: record.decision?.body ?? null,
    decided_at: record.decision?.at ?? null,
    submitted_at: record.submittedAt ?? null,
    updated_at: record.updatedAt,
    revision: record.revision,
  };
}

function write(content: ProcedureContent | undefined): string | null {
  return content === undefined ? null : toJsonString(ProcedureContentSchema, content);
}

function read(text: string | null): ProcedureContent | undefined {
  // What a later version of the service wrote, and this one does not know, must not stop it.
  return text === null
    ? undefined
    : fromJsonString(ProcedureContentSchema, text, { ignoreUnknownFields: true });
}

function toRecord(row: ProcedureRow): ProcedureRecord {
  const { decision_reason: reason, decision_body: body, decided_at: at } = row;
  return {
    id: row.id,
    partnerId: row.partner_id,
    partnerSiret: row.partner_siret,
    partnerName: row.partner_name,
    partnerState: row.partner_state,
    name: row.name,
    state: row.state,
    proposal: read(row.proposal),
    approved: read(row.approved),
    closenessApproved: row.closeness_approved === 1,
    decision: reason === null || body === null || at === null ? undefined : { reason, body, at },
    submittedAt: row.submitted_at ?? undefined,
    origin: row.origin,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    revision: row.revision,
  };
}
