// The notices of tokens: due ones are rows, each of which is sent once or cancelled. Instants are in milliseconds.
import type { Knex } from "knex";
import type { TokenTerm } from "./notice-schedule.ts";

export interface NoticeKey {
  readonly tokenId: string;
  readonly kind: "expiry" | "leak";
  /** The end that it tells of, or the instant of the leak. */
  readonly tellsOf: number;
  /** Days before that end. */
  readonly days: number;
}

export interface UnsentNotice extends NoticeKey {
  readonly dueAt: number;
  /** `YYYY-MM-DD` in Europe/Paris. */
  readonly dueOn: string;
}

/** Terms of tokens that are not revoked and end within a span of time. */
export async function endingTerms(
  knex: Knex,
  after: number,
  until: number,
): Promise<(TokenTerm & { readonly tokenId: string })[]> {
  const rows: { id: string; created_at: number; prolonged_at: number | null; expires_at: number }[] =
    await knex("token_records")
      .select("id", "created_at", "prolonged_at", "expires_at")
      .whereNull("revoked_at")
      .whereNot("partner_state", "terminated")
      .andWhere("expires_at", ">", after)
      .andWhere("expires_at", "<=", until);
  return rows.map((row) => ({
    tokenId: row.id,
    startedAt: row.prolonged_at ?? row.created_at,
    endsAt: row.expires_at,
  }));
}

/** The notices of ends after an instant that are planned already, sent or not. */
export async function plannedNotices(knex: Knex, after: number): Promise<NoticeKey[]> {
  const rows: { token_id: string; tells_of: number; days: number }[] = await knex("token_notices")
    .select("token_id", "tells_of", "days")
    .where("kind", "expiry")
    .andWhere("tells_of", ">", after);
  return rows.map((row) => ({
    tokenId: row.token_id,
    kind: "expiry",
    tellsOf: row.tells_of,
    days: row.days,
  }));
}

/** Plans a notice unless it is planned already; says whether it was not. */
export async function insertNotice(
  knex: Knex,
  notice: NoticeKey & { readonly dueAt: number },
  dueOn: string,
  now: number,
): Promise<boolean> {
  const inserted = await knex("token_notices")
    .insert({ ...toRow(notice), due_at: notice.dueAt, due_on: dueOn, planned_at: now })
    .onConflict(["token_id", "kind", "tells_of", "days"])
    .ignore()
    .returning("token_id");
  return inserted.length > 0;
}

/** Cancels what is not sent of a token's end; with `earlierThan`, what is overtaken by a later threshold. */
export async function cancelNotices(
  knex: Knex,
  tokenId: string,
  now: number,
  earlierThan?: number,
): Promise<void> {
  const query = unsent(knex).where({ token_id: tokenId, kind: "expiry" });
  if (earlierThan !== undefined) query.andWhere("days", ">", earlierThan);
  await query.update({ cancelled_at: now });
}

/** The notices to send, those that are due first in front. */
export async function findUnsent(knex: Knex, limit: number): Promise<UnsentNotice[]> {
  const rows: {
    token_id: string;
    kind: NoticeKey["kind"];
    tells_of: number;
    days: number;
    due_at: number;
    due_on: string;
  }[] = await unsent(knex)
    .select("token_id", "kind", "tells_of", "days", "due_at", "due_on")
    .orderBy(["due_at", "token_id", "kind", "days"])
    .limit(limit);
  return rows.map((row) => ({
    tokenId: row.token_id,
    kind: row.kind,
    tellsOf: row.tells_of,
    days: row.days,
    dueAt: row.due_at,
    dueOn: row.due_on,
  }));
}

/** Takes a notice for sending, or cancels it; false when another instance did, or it was cancelled meanwhile. */
export async function closeNotice(
  knex: Knex,
  notice: NoticeKey,
  how: "sent_at" | "cancelled_at",
  now: number,
): Promise<boolean> {
  return (
    (await unsent(knex)
      .where(toRow(notice))
      .update({ [how]: now })) === 1
  );
}

function unsent(knex: Knex): Knex.QueryBuilder {
  return knex("token_notices").whereNull("sent_at").whereNull("cancelled_at");
}

function toRow({ tokenId, kind, tellsOf, days }: NoticeKey) {
  return { token_id: tokenId, kind, tells_of: tellsOf, days };
}
