import Database from "better-sqlite3";
import type { RunningService } from "./service.ts";

/** Changes what no door of the service changes, as time or a mail server would: on SQLite, while it runs. */
export function changeRow({ dataDir }: RunningService, statement: string, ...values: unknown[]): void {
  const database = new Database(`${dataDir}/statut.db`, { timeout: 5000 });
  try {
    database.prepare(statement).run(...values);
  } finally {
    database.close();
  }
}
