// A real PostgreSQL with the same students, imported by the operator's own command, on the stores' core.
import { startPostgres } from "../support/postgres.ts";
import { journalKeys } from "../support/whole-service.ts";
import { type Dataset, type IssuedToken, issue, runStatut } from "./datasets.ts";
import type { Cores } from "./options.ts";
import { pinSelf } from "./processes.ts";

export interface PostgresData {
  readonly url: string;
  readonly journalKeys: string;
  readonly env: Record<string, string>;
  readonly token: IssuedToken;
  /** An empty database on the same server. */
  createDatabase(): Promise<string>;
  stop(): Promise<void>;
}

export async function preparePostgres(dataset: Dataset, cores: Cores): Promise<PostgresData> {
  // The server inherits the core of who starts it.
  pinSelf(cores.stores);
  const server = await startPostgres();
  pinSelf(cores.load);
  try {
    const url = await server.createEmptyDatabase();
    const env = { DATABASE_URL: url, JOURNAL_KEYS: journalKeys };
    await runStatut(["import", "institutions", dataset.institutionLines], env, cores.all);
    await runStatut(["import", "students", dataset.studentLines], env, cores.all);
    const token = await issue(env, cores.all, 1_000_000);
    return {
      ...{ url, journalKeys, env, token },
      createDatabase: () => server.createEmptyDatabase(),
      stop: () => server.stop(),
    };
  } catch (error) {
    await server.stop();
    throw error;
  }
}
