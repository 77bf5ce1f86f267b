// Article 4 of the terms: what traces the use of the service is erased once it was not used for two years.
import { setTimeout as pause } from "node:timers/promises";
import type { Actor } from "../audit/actor.ts";
import type { Ledger } from "../audit/ledger.ts";
import type { Clock } from "../clock.ts";

/** Somebody who uses the service: a partner with all of its tokens and contacts, or an operator. */
export interface User {
  /** Identifier of the partner or of the operator. */
  readonly id: string;
  /** Tokens and people whose calls are this user's, whether they may still call or not. */
  readonly holders: readonly string[];
}

export interface InactiveUser extends User {
  /** Instant of the last call, in milliseconds since 1970. */
  readonly lastUse: number;
}

export interface Retention {
  /** The users who did not call for two years, those who did not for longest first. */
  listInactive(): Promise<InactiveUser[]>;
  /**
   * Erases the traces of the users who did not call for two years, and of strangers' calls that are as old. It may be
   * stopped at any time and run again: what is erased is erased, the rest is erased then.
   */
  run(actor: Actor, signal?: AbortSignal): Promise<RetentionResult>;
}

export interface RetentionResult {
  readonly users: number;
  readonly lines: number;
}

/** What retention needs of the journal. */
interface Traces {
  lastUse(holder: string): Promise<number | undefined>;
  erase(
    holder: string | null,
    before: number,
    next?: number,
  ): Promise<{ readonly lines: number; readonly next: number | undefined }>;
  settle(): Promise<void>;
}

export interface RetentionParts {
  readonly traces: Traces;
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly listUsers: () => Promise<readonly User[]>;
}

export function createRetention({ traces, ledger, clock, listUsers }: RetentionParts): Retention {
  return {
    listInactive,
    async run(actor, signal) {
      const result = { users: 0, lines: 0 };
      for (const user of await listInactive()) {
        if (signal?.aborted) break;
        // It may have called since the list was made.
        const lastUse = await lastUseOf(user);
        if (lastUse === undefined || !isOver(lastUse)) continue;
        result.lines += await eraseUser({ ...user, lastUse }, actor, signal);
        result.users += 1;
      }
      result.lines += await eraseAll(null, twoYearsBefore(clock.now()) + 1, signal);
      if (result.lines > 0) await traces.settle();
      return result;
    },
  };

  async function listInactive(): Promise<InactiveUser[]> {
    const inactive: InactiveUser[] = [];
    for (const user of await listUsers()) {
      const lastUse = await lastUseOf(user);
      if (lastUse !== undefined && isOver(lastUse)) inactive.push({ ...user, lastUse });
    }
    return inactive.toSorted((a, b) => a.lastUse - b.lastUse);
  }

  async function lastUseOf({ holders }: User): Promise<number | undefined> {
    let last: number | undefined;
    for (const holder of holders) {
      const at = await traces.lastUse(holder);
      if (at !== undefined) last = Math.max(last ?? at, at);
    }
    return last;
  }

  /** Whether two years have passed since. */
  function isOver(lastUse: number): boolean {
    return lastUse <= twoYearsBefore(clock.now());
  }

  async function eraseUser(
    user: InactiveUser,
    actor: Actor,
    signal: AbortSignal | undefined,
  ): Promise<number> {
    let lines = 0;
    try {
      for (const holder of user.holders) lines += await eraseAll(holder, user.lastUse + 1, signal);
    } finally {
      if (lines > 0) await recordErasure(user, lines, actor);
    }
    return lines;
  }

  async function eraseAll(
    holder: string | null,
    before: number,
    signal: AbortSignal | undefined,
  ): Promise<number> {
    let lines = 0;
    let next: number | undefined = 0;
    while (next !== undefined && !signal?.aborted) {
      const startedAt = clock.monotonic();
      const erased = await traces.erase(holder, before, next);
      lines += erased.lines;
      next = erased.next;
      // Calls wait for each batch on SQLite: they get as long again.
      await pause(clock.monotonic() - startedAt);
    }
    return lines;
  }

  async function recordErasure({ id, lastUse }: InactiveUser, lines: number, actor: Actor): Promise<void> {
    await ledger.change(actor, async ({ record }) => {
      const after = { lines, lastUse: new Date(lastUse).toISOString() };
      record({ action: "retention.erase", subject: id, partnerId: partnerId(id), reason: article4, after });
    });
  }
}

const article4 = "Aucune utilisation du service pendant deux ans (conditions générales, article 4).";

function partnerId(id: string): string | undefined {
  return id.startsWith("prt_") ? id : undefined;
}

/** The same day and time two years before, in UTC; of 29 February, 1 March. */
export function twoYearsBefore(instant: number): number {
  const date = new Date(instant);
  return date.setUTCFullYear(date.getUTCFullYear() - 2);
}
