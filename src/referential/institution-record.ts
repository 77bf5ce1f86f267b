import { isRecord, readCog, readInstitutionName, readUai, refuseUnknownKeys } from "./field-rules.ts";
import type { ProblemList } from "./import-problem.ts";

/** Columns of an institution's row, in the order of `readInstitution`'s result. */
export const institutionColumns = ["uai", "name", "commune_cog"] as const;

/** Keys of an institution's line. */
const institutionKeys: ReadonlySet<string> = new Set(["uai", "name", "communeCog"]);

/** Checks a parsed line and returns the row to store, or reports its problems and returns undefined. */
export function readInstitution(
  value: unknown,
  seen: Set<string>,
  problems: ProblemList,
): string[] | undefined {
  if (!isRecord(value)) {
    problems.add("", "must be a JSON object");
    return undefined;
  }
  refuseUnknownKeys(value, institutionKeys, problems);
  const uai = readUai(value["uai"], "uai", problems);
  const name = readInstitutionName(value["name"], "name", problems);
  const commune = readCog(value["communeCog"], "communeCog", problems);
  if (problems.size === 0 && seen.has(uai)) problems.add("uai", "stood in the file before");
  if (problems.size > 0) return undefined;
  seen.add(uai);
  return [uai, name, commune];
}
