// The only SQL on technical changes.
import type { Knex } from "knex";
import { applyPage, finishPage, type Page } from "../storage/page.ts";
import type { ChangeStateName } from "./words.ts";

export interface ChangeRecord {
  readonly id: string;
  readonly title: string;
  readonly description: string;
  /** Methods and routes that go away. */
  readonly targets: readonly string[];
  readonly url: string;
  readonly state: ChangeStateName;
  /** Milliseconds since 1970, as all instants here. */
  readonly announcedAt: number;
  readonly goLiveAt: number;
  readonly revision: number;
}

export const changeOrders = { go_live_time: "go_live_at", announce_time: "announced_at" } as const;

/** Writes a new change, or the new revision of one. */
export async function saveChange(transaction: Knex.Transaction, change: ChangeRecord): Promise<void> {
  const { id, title, description, url, state, revision } = change;
  const row = {
    ...{ id, title, description, url, state, revision, targets: JSON.stringify(change.targets) },
    ...{ announced_at: change.announcedAt, go_live_at: change.goLiveAt },
  };
  await transaction("changes").insert(row).onConflict("id").merge();
}

export async function findChange(knex: Knex, id: string): Promise<ChangeRecord | undefined> {
  const row: ChangeRow | undefined = await knex("changes").select(columns).where({ id }).first();
  return row === undefined ? undefined : toRecord(row);
}

/** `aheadOf`: only those that stand and go live after an instant. */
export async function listChanges(
  knex: Knex,
  filter: { readonly aheadOf?: number },
  page: Page,
): Promise<{ rows: ChangeRecord[]; nextPageToken: string }> {
  const query = knex("changes").select(columns);
  if (filter.aheadOf !== undefined)
    query.where("go_live_at", ">", filter.aheadOf).where("state", "announced");
  const found: ChangeRow[] = await applyPage(query, page);
  const { rows, nextPageToken } = finishPage(found, page, (row) => [
    row[page.column as "go_live_at"],
    row.id,
  ]);
  return { rows: rows.map(toRecord), nextPageToken };
}

/** All changes that stand, in the order of their dates. There are as many as people announce: few. */
export async function listStandingChanges(knex: Knex): Promise<ChangeRecord[]> {
  const rows: ChangeRow[] = await knex("changes")
    .select(columns)
    .where("state", "announced")
    .orderBy(["go_live_at", "id"]);
  return rows.map(toRecord);
}

const columns = [
  "id",
  "title",
  "description",
  "targets",
  "url",
  "state",
  "announced_at",
  "go_live_at",
  "revision",
];

interface ChangeRow {
  readonly id: string;
  readonly title: string;
  readonly description: string;
  readonly targets: string;
  readonly url: string;
  readonly state: ChangeStateName;
  readonly announced_at: number;
  readonly go_live_at: number;
  readonly revision: number;
}

function toRecord({
  announced_at: announcedAt,
  go_live_at: goLiveAt,
  targets,
  ...row
}: ChangeRow): ChangeRecord {
  return { ...row, announcedAt, goLiveAt, targets: JSON.parse(targets) as string[] };
}
