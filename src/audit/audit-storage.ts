// The audit log and the answers that repeated requests get again. Only the ledger writes here, in its transaction.
import type { Knex } from "knex";
import type { Actor } from "./actor.ts";
import { type AuditEvent, auditHash, noEvents } from "./audit-event.ts";

interface EventRow {
  readonly seq: number;
  readonly id: string;
  readonly at: number;
  readonly actor_kind: Actor["kind"];
  readonly actor_id: string;
  readonly actor_name: string;
  readonly body: Actor["body"];
  readonly action: string;
  readonly subject_id: string;
  readonly partner_id: string | null;
  readonly reason: string | null;
  readonly before: string | null;
  readonly after: string | null;
  readonly request_id: string | null;
  readonly hash: Buffer;
}

export const eventColumns = [
  ...[
    "seq",
    "id",
    "at",
    "actor_kind",
    "actor_id",
    "actor_name",
    "body",
    "action",
    "subject_id",
    "partner_id",
  ],
  ...["reason", "before", "after", "request_id", "hash"],
] as const;

/** Adds events behind the last one. The transaction must hold the lock that puts all writers in one order. */
export async function appendEvents(
  transaction: Knex.Transaction,
  events: readonly Omit<AuditEvent, "seq">[],
): Promise<void> {
  if (events.length === 0) return;
  const last = await transaction("audit_events").select("seq", "hash").orderBy("seq", "desc").first();
  let seq: number = last?.seq ?? 0;
  let previous: Buffer = last?.hash ?? noEvents;
  const rows = events.map((event): EventRow => {
    seq += 1;
    const placed = { ...event, seq };
    previous = auditHash(previous, placed);
    return toRow(placed, previous);
  });
  await transaction.batchInsert("audit_events", rows, 40);
}

/** Events with their hashes, in their order, after `seq`. */
export async function readEventsAfter(
  knex: Knex,
  seq: number,
  limit: number,
): Promise<(AuditEvent & { readonly hash: Buffer })[]> {
  const rows: EventRow[] = await knex("audit_events")
    .select(eventColumns)
    .where("seq", ">", seq)
    .orderBy("seq")
    .limit(limit);
  return rows.map((row) => ({ ...toEvent(row), hash: row.hash }));
}

export interface Replay {
  readonly fingerprint: Buffer;
  readonly answer: Buffer;
}

export async function findReplay(
  transaction: Knex.Transaction,
  actorId: string,
  requestId: string,
): Promise<Replay | undefined> {
  return await transaction("request_replays")
    .select("fingerprint", "answer")
    .where({ actor_id: actorId, request_id: requestId })
    .first();
}

/** Keeps an answer, and forgets those that are older than `forgetBefore` (milliseconds). */
export async function keepReplay(
  transaction: Knex.Transaction,
  key: { readonly actorId: string; readonly requestId: string },
  replay: { readonly fingerprint: Buffer; readonly answer: Uint8Array },
  now: number,
  forgetBefore: number,
): Promise<void> {
  await transaction("request_replays").where("created_at", "<", forgetBefore).delete();
  await transaction("request_replays").insert({
    actor_id: key.actorId,
    request_id: key.requestId,
    fingerprint: replay.fingerprint,
    answer: Buffer.from(replay.answer),
    created_at: now,
  });
}

function toRow(event: AuditEvent, hash: Buffer): EventRow {
  const { actor } = event;
  return {
    seq: event.seq,
    id: event.id,
    at: event.at,
    actor_kind: actor.kind,
    actor_id: actor.id,
    actor_name: actor.name,
    body: actor.body,
    action: event.action,
    subject_id: event.subject,
    partner_id: event.partnerId,
    reason: event.reason,
    before: event.before,
    after: event.after,
    request_id: event.requestId,
    hash,
  };
}

export function toEvent(row: EventRow): AuditEvent {
  return {
    seq: row.seq,
    id: row.id,
    at: row.at,
    actor: { kind: row.actor_kind, id: row.actor_id, name: row.actor_name, body: row.body },
    action: row.action,
    subject: row.subject_id,
    partnerId: row.partner_id,
    reason: row.reason,
    before: row.before,
    after: row.after,
    requestId: row.request_id,
  };
}
