// The only SQL on incidents.
import type { Knex } from "knex";
import { applyPage, finishPage, type Page } from "../storage/page.ts";
import type { IncidentImpactName, IncidentStateName, ServicePartName } from "./words.ts";

export interface IncidentUpdateRecord {
  /** Milliseconds since 1970, as all instants here. */
  readonly toldAt: number;
  readonly state: IncidentStateName;
  readonly message: string;
}

export interface IncidentRecord {
  readonly id: string;
  readonly title: string;
  readonly impact: IncidentImpactName;
  readonly parts: readonly ServicePartName[];
  readonly state: IncidentStateName;
  readonly startedAt: number;
  readonly openedAt: number;
  /** Undefined until it is over. */
  readonly resolvedAt: number | undefined;
  readonly revision: number;
  /** Oldest first. */
  readonly updates: readonly IncidentUpdateRecord[];
}

export const incidentOrders = { open_time: "opened_at" } as const;

/** Writes a new incident, or the new revision of one, with the update that made it. */
export async function saveIncident(transaction: Knex.Transaction, incident: IncidentRecord): Promise<void> {
  const { id, title, impact, state, revision } = incident;
  const row = {
    ...{ id, title, impact, state, revision, parts: JSON.stringify(incident.parts) },
    ...{
      started_at: incident.startedAt,
      opened_at: incident.openedAt,
      resolved_at: incident.resolvedAt ?? null,
    },
  };
  await transaction("incidents").insert(row).onConflict("id").merge();
  const update = incident.updates.at(-1);
  if (update === undefined) throw new Error("an incident without an update");
  await transaction("incident_updates").insert({
    incident_id: id,
    revision,
    told_at: update.toldAt,
    state: update.state,
    message: update.message,
  });
}

export async function findIncident(knex: Knex, id: string): Promise<IncidentRecord | undefined> {
  const rows: IncidentRow[] = await knex("incidents").select(columns).where({ id });
  return (await withUpdates(knex, rows))[0];
}

export async function listIncidents(
  knex: Knex,
  filter: { readonly isOpen?: boolean; readonly resolvedAfter?: number },
  page: Page,
): Promise<{ rows: IncidentRecord[]; nextPageToken: string }> {
  const query = knex("incidents").select(columns);
  if (filter.isOpen === true) query.whereNull("resolved_at");
  if (filter.resolvedAfter !== undefined) query.where("resolved_at", ">=", filter.resolvedAfter);
  const found: IncidentRow[] = await applyPage(query, page);
  const { rows, nextPageToken } = finishPage(found, page, (row) => [row.opened_at, row.id]);
  return { rows: await withUpdates(knex, rows), nextPageToken };
}

const columns = [
  "id",
  "title",
  "impact",
  "parts",
  "state",
  "started_at",
  "opened_at",
  "resolved_at",
  "revision",
];

interface IncidentRow {
  readonly id: string;
  readonly title: string;
  readonly impact: IncidentImpactName;
  readonly parts: string;
  readonly state: IncidentStateName;
  readonly started_at: number;
  readonly opened_at: number;
  readonly resolved_at: number | null;
  readonly revision: number;
}

interface UpdateRow {
  readonly incident_id: string;
  readonly told_at: number;
  readonly state: IncidentStateName;
  readonly message: string;
}

async function withUpdates(knex: Knex, rows: readonly IncidentRow[]): Promise<IncidentRecord[]> {
  const ids = rows.map(({ id }) => id);
  const updates: UpdateRow[] = await knex("incident_updates")
    .select("incident_id", "told_at", "state", "message")
    .whereIn("incident_id", ids)
    .orderBy(["incident_id", "revision"]);
  const byIncident = Map.groupBy(updates, (update) => update.incident_id);
  return rows.map((row) => ({
    id: row.id,
    title: row.title,
    impact: row.impact,
    parts: JSON.parse(row.parts) as ServicePartName[],
    state: row.state,
    startedAt: row.started_at,
    openedAt: row.opened_at,
    resolvedAt: row.resolved_at ?? undefined,
    revision: row.revision,
    updates: (byIncident.get(row.id) ?? []).map(({ told_at: toldAt, state, message }) => ({
      toldAt,
      state,
      message,
    })),
  }));
}
