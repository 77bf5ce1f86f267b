import type { Database } from "better-sqlite3";
import { systemClock } from "../clock.ts";
import { fileNextLines, forgetThePast } from "./file-rollups-storage.ts";
import { FilingSchedule } from "./filing-schedule.ts";
import { runOnSqlite } from "./sql-runner-storage.ts";

/** Keeps the roll-ups of a journal. */
export interface Filing {
  /** So many lines more wait to be filed. */
  wrote(lines: number): void;
  /** Files when it is due. */
  keepUp(): Promise<void>;
}

/** Files on the writer's connection, between its groups: SQLite lets one write at a time anyway. */
export function openSqliteFiling(connection: Database): Filing {
  const sql = runOnSqlite(connection);
  const schedule = new FilingSchedule(systemClock.monotonic);
  return {
    wrote: (lines) => schedule.wrote(lines),
    async keepUp() {
      if (!schedule.isDue) return;
      const limit = schedule.start();
      schedule.filed(await inTransaction(connection, () => fileNextLines(sql, limit)));
      if (schedule.mayForget()) await inTransaction(connection, () => forgetThePast(sql));
    },
  };
}

// The statements answer at once, so that nothing else runs within: a driver's transaction takes no promise.
async function inTransaction<T>(connection: Database, work: () => Promise<T>): Promise<T> {
  connection.exec("begin immediate");
  try {
    const result = await work();
    connection.exec("commit");
    return result;
  } catch (error) {
    if (connection.inTransaction) connection.exec("rollback");
    throw error;
  }
}
