// The only SQL on announced maintenances.
import type { Knex } from "knex";
import { applyPage, finishPage, type Page } from "../storage/page.ts";
import type { MaintenanceStateName, ServicePartName } from "./words.ts";

export interface MaintenanceRecord {
  readonly id: string;
  readonly title: string;
  readonly description: string;
  readonly parts: readonly ServicePartName[];
  readonly state: MaintenanceStateName;
  /** Milliseconds since 1970, as all instants here. */
  readonly announcedAt: number;
  readonly startsAt: number;
  readonly endsAt: number;
  readonly revision: number;
}

export const maintenanceOrders = { start_time: "starts_at" } as const;

/** Writes a new maintenance, or the new revision of one. */
export async function saveMaintenance(
  transaction: Knex.Transaction,
  maintenance: MaintenanceRecord,
): Promise<void> {
  const { id, title, description, state, revision } = maintenance;
  const row = {
    ...{ id, title, description, state, revision, parts: JSON.stringify(maintenance.parts) },
    ...{
      announced_at: maintenance.announcedAt,
      starts_at: maintenance.startsAt,
      ends_at: maintenance.endsAt,
    },
  };
  await transaction("maintenances").insert(row).onConflict("id").merge();
}

export async function findMaintenance(knex: Knex, id: string): Promise<MaintenanceRecord | undefined> {
  const row: MaintenanceRow | undefined = await knex("maintenances").select(columns).where({ id }).first();
  return row === undefined ? undefined : toRecord(row);
}

/** `notOverAt`: only those that stand and end after an instant. */
export async function listMaintenances(
  knex: Knex,
  filter: { readonly notOverAt?: number },
  page: Page,
): Promise<{ rows: MaintenanceRecord[]; nextPageToken: string }> {
  const query = knex("maintenances").select(columns);
  if (filter.notOverAt !== undefined)
    query.where("ends_at", ">", filter.notOverAt).where("state", "announced");
  const found: MaintenanceRow[] = await applyPage(query, page);
  const { rows, nextPageToken } = finishPage(found, page, (row) => [row.starts_at, row.id]);
  return { rows: rows.map(toRecord), nextPageToken };
}

/**
 * The maintenances that stand and overlap a period, for who computes availability: from when to when the service might
 * be stopped. Each was announced before it began.
 */
export async function listAnnouncedWindows(
  knex: Knex,
  from: number,
  until: number,
): Promise<AnnouncedWindow[]> {
  const rows: Pick<MaintenanceRow, "starts_at" | "ends_at">[] = await knex("maintenances")
    .select("starts_at", "ends_at")
    .where("state", "announced")
    .where("starts_at", "<", until)
    .where("ends_at", ">", from)
    .orderBy(["starts_at", "id"]);
  return rows.map((row) => ({ from: row.starts_at, until: row.ends_at }));
}

/** A time for which a maintenance stands announced. Instants in milliseconds: from (included), until (excluded). */
export interface AnnouncedWindow {
  readonly from: number;
  readonly until: number;
}

const columns = [
  "id",
  "title",
  "description",
  "parts",
  "state",
  "announced_at",
  "starts_at",
  "ends_at",
  "revision",
];

interface MaintenanceRow {
  readonly id: string;
  readonly title: string;
  readonly description: string;
  readonly parts: string;
  readonly state: MaintenanceStateName;
  readonly announced_at: number;
  readonly starts_at: number;
  readonly ends_at: number;
  readonly revision: number;
}

function toRecord(row: MaintenanceRow): MaintenanceRecord {
  return {
    id: row.id,
    title: row.title,
    description: row.description,
    parts: JSON.parse(row.parts) as ServicePartName[],
    state: row.state,
    announcedAt: row.announced_at,
    startsAt: row.starts_at,
    endsAt: row.ends_at,
    revision: row.revision,
  };
}
