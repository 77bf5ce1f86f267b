// Where a breach can stand and what leads elsewhere (terms, article 5). Each way that is closed has an error of its
// own.
import { type ErrorId, serviceError } from "../errors.ts";

export type BreachStateName = "recorded" | "notified" | "suspended" | "remedied" | "closed";
export type BreachVerb = "assess" | "notify" | "answer" | "remedy" | "close" | "suspend";
export type BreachSeverityName = "ordinary" | "serious" | "persistent";

type Way = { readonly to: BreachStateName } | { readonly refused: ErrorId };

export const breachWays: Readonly<Record<BreachVerb, Readonly<Record<BreachStateName, Way>>>> = {
  assess: {
    recorded: { to: "recorded" },
    notified: { to: "notified" },
    suspended: { to: "suspended" },
    remedied: { refused: "breach_assess_remedied" },
    closed: { refused: "breach_assess_closed" },
  },
  notify: {
    recorded: { to: "notified" },
    notified: { to: "notified" },
    // Whoever was suspended at once is told how to remedy as well.
    suspended: { to: "suspended" },
    remedied: { refused: "breach_notify_remedied" },
    closed: { refused: "breach_notify_closed" },
  },
  answer: {
    // Of what contacts were not told they can say nothing: for them it is not there.
    recorded: { refused: "record_not_found" },
    notified: { to: "notified" },
    suspended: { to: "suspended" },
    remedied: { refused: "breach_answer_remedied" },
    closed: { refused: "breach_answer_closed" },
  },
  remedy: {
    recorded: { refused: "breach_remedy_recorded" },
    notified: { to: "remedied" },
    suspended: { to: "remedied" },
    remedied: { refused: "breach_remedy_remedied" },
    closed: { refused: "breach_remedy_closed" },
  },
  close: {
    recorded: { to: "closed" },
    notified: { to: "closed" },
    suspended: { to: "closed" },
    remedied: { refused: "breach_close_remedied" },
    closed: { refused: "breach_close_closed" },
  },
  suspend: {
    recorded: { to: "suspended" },
    notified: { to: "suspended" },
    suspended: { refused: "breach_suspend_suspended" },
    remedied: { refused: "breach_suspend_remedied" },
    closed: { refused: "breach_suspend_closed" },
  },
};

/** The state that something leads to. Errors: the row that the table above names. */
export function nextBreachState(verb: BreachVerb, state: BreachStateName): BreachStateName {
  const way = breachWays[verb][state];
  if ("refused" in way) throw serviceError(way.refused);
  return way.to;
}

export interface BreachStanding {
  readonly state: BreachStateName;
  readonly severity: BreachSeverityName;
  /** Last day for the remedy, `YYYY-MM-DD`; empty before the first notice. */
  readonly remedyBy: string;
}

/** Whether the deadline has passed without remedy: the last day counts whole. */
export function isOverdue({ state, remedyBy }: BreachStanding, today: string): boolean {
  return (state === "notified" || state === "suspended") && remedyBy !== "" && remedyBy < today;
}

/**
 * Whether the partner can be suspended now: at once when the breach is serious or persistent, otherwise after the
 * deadline of a notice. Errors: `breach_suspend_without_notice`, `breach_suspend_before_deadline`.
 */
export function refuseHastySuspension(breach: BreachStanding, today: string): void {
  if (breach.severity !== "ordinary") return;
  if (breach.remedyBy === "") throw serviceError("breach_suspend_without_notice");
  if (breach.remedyBy >= today) {
    throw serviceError("breach_suspend_before_deadline", { metadata: { remedy_by: breach.remedyBy } });
  }
}

/**
 * Whether a notice can give this deadline: a day after today, later than the one before. Errors:
 * `breach_deadline_past`, `breach_deadline_not_later`.
 */
export function refuseDeadline(breach: BreachStanding, remedyBy: string, today: string): void {
  if (remedyBy <= today) throw serviceError("breach_deadline_past");
  if (remedyBy <= breach.remedyBy) throw serviceError("breach_deadline_not_later");
}
