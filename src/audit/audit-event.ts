import { hash } from "node:crypto";
import type { Actor } from "./actor.ts";

/** One thing that was done, as whoever does it tells it. */
export interface AuditEntry {
  /** `partner.suspend`: what it was done to, and what was done. */
  readonly action: string;
  /** Identifier of what it was done to. */
  readonly subject: string;
  /** The partner that it concerns. */
  readonly partnerId?: string | undefined;
  /** Why, 1 to 2,000 characters. */
  readonly reason?: string | undefined;
  /** What changed, as it was and as it is. They hold no secret. */
  readonly before?: unknown;
  readonly after?: unknown;
}

/** An entry in its place of the log. */
export interface AuditEvent {
  readonly seq: number;
  readonly id: string;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly actor: Actor;
  readonly action: string;
  readonly subject: string;
  readonly partnerId: string | null;
  readonly reason: string | null;
  /** JSON. */
  readonly before: string | null;
  readonly after: string | null;
  readonly requestId: string | null;
}

/** What the first event follows. */
export const noEvents: Buffer = Buffer.alloc(32);

/** The hash of an event on top of the one before it: SHA-256 of a prefix, that hash, and the event as a JSON list. */
export function auditHash(previous: Buffer, event: AuditEvent): Buffer {
  const { actor } = event;
  const fields = JSON.stringify([
    event.seq,
    event.id,
    event.at,
    [actor.kind, actor.id, actor.name, actor.body],
    event.action,
    event.subject,
    event.partnerId,
    event.reason,
    event.before,
    event.after,
    event.requestId,
  ]);
  return hash("sha256", Buffer.concat([Buffer.from("audit\n"), previous, Buffer.from(fields)]), "buffer");
}
