// When a token's end is told: as pure arithmetic of its term and the time.
import { dayMs } from "./token-status.ts";

/** Days before the end at which contacts are told, each once. */
export const noticeDays = [90, 60, 30, 14, 7, 0] as const;

/** An end is told this long after it at the latest: whoever learns of it later has noticed. */
export const lateMs = 30 * dayMs;

/** The time from which a token's present end holds, to that end. Milliseconds since 1970. */
export interface TokenTerm {
  /** The issue, or the last prolongation. */
  readonly startedAt: number;
  readonly endsAt: number;
}

export interface DueNotice {
  /** One of `noticeDays`. */
  readonly days: number;
  readonly dueAt: number;
}

/**
 * The notice that a term calls for now; undefined: none. After an outage it is the latest one only: those that it
 * passed over are not piled up. A term that starts within a threshold, as that of a token for 20 days, does not call
 * for it.
 */
export function dueNotice(term: TokenTerm, now: number): DueNotice | undefined {
  if (now >= term.endsAt + lateMs) return undefined;
  const due = noticeDays
    .map((days) => ({ days, dueAt: term.endsAt - days * dayMs }))
    .filter(({ dueAt }) => dueAt > term.startedAt && dueAt <= now);
  return due.at(-1);
}
