// The service on each of its databases, as a process of its own.
import { startPostgres } from "./postgres.ts";
import { type RunningService, startService } from "./service.ts";
import { journalKeys, unlimited } from "./whole-service.ts";

export interface ServicePlaces {
  readonly places: readonly (readonly [name: string, start: () => Promise<RunningService>])[];
  stop(): Promise<void>;
}

/** SQLite and a real PostgreSQL, with limits out of the way. */
export async function servicePlaces(): Promise<ServicePlaces> {
  const postgres = await startPostgres();
  const start = (place: Record<string, string>) =>
    startService({ environment: { ...unlimited, JOURNAL_KEYS: journalKeys, ...place } });
  return {
    places: [
      ["SQLite", () => start({})],
      ["PostgreSQL", async () => start({ DATABASE_URL: await postgres.createDatabase() })],
    ],
    stop: () => postgres.stop(),
  };
}
