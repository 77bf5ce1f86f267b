import type { Outcome } from "../../errors.ts";
import { badge, type Severity } from "./blocks.ts";
import type { Html } from "./html.ts";

/** How a call ended, in words. */
export const outcomeWords: Readonly<Record<Outcome, string>> = {
  answered: "Répondu",
  not_found: "Non trouvé",
  invalid: "Mal formé",
  unauthenticated: "Non authentifié",
  denied: "Refusé",
  limited: "Limité",
  failed: "En échec",
  cancelled: "Interrompu",
};

const outcomeSeverities: Readonly<Record<Outcome, Severity>> = {
  answered: "success",
  not_found: "info",
  invalid: "warning",
  unauthenticated: "warning",
  denied: "warning",
  limited: "new",
  failed: "error",
  cancelled: "info",
};

/** The words of a name that a service gives; an unknown one stands as it is. */
export function describeOutcome(outcome: string): string {
  return (outcomeWords as Readonly<Record<string, string>>)[outcome] ?? outcome;
}

/** The end of a call as a badge. */
export function outcomeBadge(outcome: string): Html {
  return badge(describeOutcome(outcome), (outcomeSeverities as Readonly<Record<string, Severity>>)[outcome]);
}

/** What a lookup found, in words. */
export const findingWords: Readonly<Record<string, string>> = {
  one: "Trouvé",
  none: "Introuvable",
  several: "Plusieurs",
};
