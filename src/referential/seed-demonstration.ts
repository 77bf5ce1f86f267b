import { createReadStream } from "node:fs";
import { type Clock, systemClock } from "../clock.ts";
import type { Database } from "../storage/database.ts";
import { ImportError, type ImportKind, importReferential } from "./import-referential.ts";

/** Institutions first: students name them. */
const files: readonly { kind: ImportKind; name: string }[] = [
  { kind: "institutions", name: "sandbox-institutions.ndjson" },
  { kind: "institutions", name: "fictitious-institutions.ndjson" },
  { kind: "students", name: "sandbox-students.ndjson" },
  { kind: "students", name: "fictitious-students.ndjson" },
];

/**
 * Loads the demonstration's institutions and students (db/seeds) through the import; again changes nothing.
 * Returns how many rows changed.
 */
export async function seedDemonstration(database: Database, clock: Clock = systemClock): Promise<number> {
  let changed = 0;
  for (const { kind, name } of files) {
    const file = new URL(`../../db/seeds/${name}`, import.meta.url);
    const counts = await importReferential({
      database,
      clock,
      kind,
      format: "ndjson",
      source: createReadStream(file),
      // Each file is one transaction; the checkpoint of an operator's import stays as it is.
      checkpoints: false,
      onProblems: ([problem]) => {
        throw new ImportError(`${name}, line ${problem?.line}: ${problem?.field} ${problem?.reason}`);
      },
    });
    changed += counts.inserted + counts.updated;
  }
  return changed;
}
