import type { FieldViolation } from "../errors.ts";

/** What is wrong with a name in this field that letters quote and that no letter may hold. */
export function unmailableName(field: string): FieldViolation {
  return {
    field,
    description:
      "Ne doit contenir ni secret de jeton ni numéro d'étudiant : les courriels du service citent ce nom.",
  };
}

/** The same for whoever sits at the terminal. */
export function unmailableNameAtTerminal(field: string): FieldViolation {
  return { field, description: "must hold neither a token nor a student's number, since letters quote it" };
}
