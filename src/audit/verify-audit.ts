// Whether the audit log is what was written: each event hashes onto the one before it, without gaps.
import type { Knex } from "knex";
import { serviceError } from "../errors.ts";
import { auditHash, noEvents } from "./audit-event.ts";
import { readEventsAfter } from "./audit-storage.ts";

export interface AuditVerification {
  readonly checked: number;
  /** The last event that was checked; 0: none. */
  readonly lastSequence: number;
  /** The first event that is not what was written, or whose place is empty; 0: all are whole. */
  readonly brokenSequence: number;
  /** Whether events follow that were not checked. */
  readonly more: boolean;
  /** Hash of the last checked event. */
  readonly lastHash: Buffer;
}

const blockSize = 1000;

/**
 * Checks at most `limit` events after one whose hash is taken for right; 0: from the beginning. Errors:
 * `record_not_found` when that event is not there.
 */
export async function verifyAudit(knex: Knex, after: number, limit: number): Promise<AuditVerification> {
  let previous = await hashOf(knex, after);
  let last = after;
  while (last - after < limit) {
    const events = await readEventsAfter(knex, last, Math.min(blockSize, limit - (last - after)));
    if (events.length === 0) return result(0, false);
    for (const { hash, ...event } of events) {
      if (event.seq !== last + 1 || !auditHash(previous, event).equals(hash)) return result(last + 1, true);
      previous = hash;
      last = event.seq;
    }
  }
  return result(0, (await readEventsAfter(knex, last, 1)).length > 0);

  function result(brokenSequence: number, more: boolean): AuditVerification {
    return { checked: last - after, lastSequence: last, brokenSequence, more, lastHash: previous };
  }
}

async function hashOf(knex: Knex, sequence: number): Promise<Buffer> {
  if (sequence === 0) return noEvents;
  const [event] = await readEventsAfter(knex, sequence - 1, 1);
  if (event?.seq !== sequence) throw serviceError("record_not_found");
  return event.hash;
}
