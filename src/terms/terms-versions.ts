// Which version of the terms is in force, and which can still be published or accepted.
import { hash } from "node:crypto";
import { serviceError } from "../errors.ts";

/** A version and its first day in force, `YYYY-MM-DD`. */
export interface DatedVersion {
  readonly version: string;
  readonly effectiveDate: string;
}

/** The version in force on a day: the last one that began by then. Undefined: none had. */
export function inForce<Version extends DatedVersion>(
  versions: readonly Version[],
  day: string,
): Version | undefined {
  return versions
    .filter(({ effectiveDate }) => effectiveDate <= day)
    .reduce<Version | undefined>(
      (last, next) => (last === undefined || next.effectiveDate > last.effectiveDate ? next : last),
      undefined,
    );
}

/**
 * Whether a new version fits behind those that are there: partners cannot have accepted yesterday what is published
 * today, nor a version before one that they know. Errors: `terms_version_taken`, `terms_not_later`, `terms_date_past`.
 */
export function refuseUnfit(versions: readonly DatedVersion[], next: DatedVersion, today: string): void {
  if (versions.some(({ version }) => version === next.version)) throw serviceError("terms_version_taken");
  if (versions.some(({ effectiveDate }) => effectiveDate >= next.effectiveDate)) {
    throw serviceError("terms_not_later");
  }
  if (versions.length > 0 && next.effectiveDate < today) throw serviceError("terms_date_past");
}

/** Whether a version is in force or to come. Errors: `terms_superseded`. */
export function refuseSuperseded(
  versions: readonly DatedVersion[],
  chosen: DatedVersion,
  today: string,
): void {
  const current = inForce(versions, today);
  if (current !== undefined && chosen.effectiveDate < current.effectiveDate) {
    throw serviceError("terms_superseded", { metadata: { current: current.version } });
  }
}

/** SHA-256 of a text, in hexadecimal digits. */
export function digestOf(markdown: string): string {
  return hash("sha256", markdown);
}
