// What a procedure may say, beyond the rules that its contract gives each field.
import { allScopes } from "../access/scopes.ts";
import { type FieldViolation, serviceError } from "../errors.ts";
import type { ProcedureContent } from "../gen/statutetudiant/procedure/v1/procedure_pb.ts";
import { unmailableName } from "../mail/unmailable-name.ts";

/** The scopes that a procedure needs, in alphabetical order. */
export function scopesOf(content: ProcedureContent): string[] {
  return content.scopes.map(({ scope }) => scope).sort();
}

/**
 * Refuses a name that no letter could say, scopes that do not exist or stand twice, and closeness to itself. Errors:
 * `invalid_request`.
 */
export function checkContent(
  content: ProcedureContent,
  id: string | undefined,
  isUnmailable: (text: string) => boolean,
): void {
  const violations = [...scopeViolations(content)];
  if (isUnmailable(content.name)) violations.unshift(unmailableName("content.name"));
  if (content.closeTo !== undefined && content.closeTo.procedureId === id) {
    violations.push({
      field: "content.close_to.procedure_id",
      description: "Doit désigner une autre démarche.",
    });
  }
  if (violations.length > 0) throw serviceError("invalid_request", { violations });
}

function scopeViolations({ scopes }: ProcedureContent): FieldViolation[] {
  return scopes.flatMap(({ scope }, index) => {
    const field = `content.scopes[${index}].scope`;
    if (!allScopes.has(scope)) return [{ field, description: "N'est pas un droit du service." }];
    const first = scopes.findIndex((need) => need.scope === scope);
    return first < index ? [{ field, description: "Est déjà demandé." }] : [];
  });
}

/** Refuses what lacks something that an operator must know. Errors: `procedure_incomplete`, naming all that is missing. */
export function refuseIncomplete(content: ProcedureContent): void {
  const checks: [holds: boolean, field: string, description: string][] = [
    [content.purpose.trim() !== "", "content.purpose", "La finalité manque."],
    [content.legalBasis.trim() !== "", "content.legal_basis", "Le fondement juridique manque."],
    [content.scopes.length > 0, "content.scopes", "Aucun droit n'est demandé."],
    ...content.scopes.map(({ justification }, index): [boolean, string, string] => [
      justification.trim() !== "",
      `content.scopes[${index}].justification`,
      "La justification manque.",
    ]),
    [content.retentionDays > 0, "content.retention_days", "La durée de conservation manque."],
  ];
  const missing = checks.filter(([holds]) => !holds);
  if (missing.length === 0) return;
  throw serviceError("procedure_incomplete", {
    violations: missing.map(([, field, description]) => ({ field, description })),
    metadata: { missing: missing.map(([, field]) => field).join(",") },
  });
}
