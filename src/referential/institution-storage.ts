import { type Awaitable, then } from "../awaitable.ts";
import type { Clock } from "../clock.ts";
import type { Database } from "../storage/database.ts";
import type { Institution } from "./student.ts";

/** All institutions in memory, so that a lookup needs no join. */
export interface InstitutionDirectory {
  /**
   * The institution, as known now. At most once a second it also looks whether an import changed them: at once on
   * SQLite, in the background on PostgreSQL.
   */
  find(uai: string): Institution | undefined;
  /** Loads what changed. To be awaited once before the first `find`, and after one that found nothing. */
  refresh(): Promise<void>;
  /** Looks no more. The database stays open. */
  close(): void;
}

const maxAgeMs = 1000;

interface InstitutionRow {
  uai: string;
  name: string;
  commune_cog: string;
}

/** Makes an empty directory; `refresh` fills it. */
export function createInstitutionDirectory(database: Database, clock: Clock): InstitutionDirectory {
  const readVersion = database.prepare<{ version: number }>("referential_version", (knex) =>
    knex("referential_version").select("version").where("id", knex.raw("1")),
  );
  const readAll = database.prepare<InstitutionRow>("institutions_all", (knex) =>
    knex("institutions").select("uai", "name", "commune_cog"),
  );
  let institutions: ReadonlyMap<string, Institution> = new Map();
  let knownVersion = 0;
  let checkedAt = Number.NEGATIVE_INFINITY;
  let closed = false;
  let loading: Promise<void> | undefined;

  // The version is read first: a change between the two reads is then loaded twice, and never missed.
  const check = (): Awaitable<void> => {
    checkedAt = clock.monotonic();
    return then(readVersion(), ([row]) => {
      const version = row?.version ?? 0;
      if (version === knownVersion || closed) return;
      return then(readAll(), (rows) => {
        institutions = new Map(rows.map((each) => [each.uai, toInstitution(each)]));
        knownVersion = version;
      });
    });
  };
  const checkInBackground = () => {
    // A database that does not answer leaves the directory as it is; the next second tries again.
    loading ??= startCheck(check).finally(() => {
      loading = undefined;
    });
  };
  return {
    find(uai) {
      if (!closed && clock.monotonic() - checkedAt >= maxAgeMs) {
        if (database.dialect === "sqlite") ignoreFailure(check);
        else checkInBackground();
      }
      return institutions.get(uai);
    },
    async refresh() {
      await loading;
      await check();
    },
    close() {
      closed = true;
    },
  };
}

async function startCheck(check: () => Awaitable<void>): Promise<void> {
  try {
    await check();
  } catch {
    // See checkInBackground.
  }
}

function ignoreFailure(check: () => Awaitable<void>): void {
  try {
    check();
  } catch {
    // A locked file: the directory stays as it is until the next second.
  }
}

function toInstitution(row: InstitutionRow): Institution {
  return { uai: row.uai, name: row.name, communeCog: row.commune_cog };
}
