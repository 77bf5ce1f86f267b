import type { Database } from "better-sqlite3";
import { systemClock } from "../clock.ts";
import { addRollup, currentGeneration, fileInto, mergeNextBundles } from "./file-rollups-storage.ts";
import { FilingSchedule, shortMs } from "./filing-schedule.ts";
import { forgetPast } from "./forget-past-storage.ts";
import { type CountedLine, rowsOfMinute } from "./rollup.ts";
import { SeriesNumbers } from "./series-numbers-storage.ts";
import { runOnSqlite } from "./sql-runner-storage.ts";
import { filedOnSqlite } from "./unfiled-lines-storage.ts";
import { WrittenLines } from "./written-lines.ts";

/** Keeps the roll-ups of a SQLite journal. */
export interface SqliteFiling {
  /** These lines were written, the last of them under the id. */
  wrote(lines: readonly CountedLine[], lastId: number): void;
  /** Files when it is due. */
  keepUp(): Promise<void>;
}

/** Files on the writer's connection, between its groups: SQLite lets one write at a time anyway. */
export function openSqliteFiling(connection: Database): SqliteFiling {
  const sql = runOnSqlite(connection);
  const schedule = new FilingSchedule(systemClock.monotonic);
  const written = new WrittenLines();
  const numbers = new SeriesNumbers();
  /** How far the past is forgotten; undefined until it is time again. */
  let forgotten: string | undefined;

  /** One pass: lines that are added up already, or those that only the journal holds. */
  async function fileNext(limit: number): Promise<{ lines: number; rows?: number; more?: boolean }> {
    const generation = await currentGeneration(sql);
    const stretch = written.takeAfter(await filedOnSqlite(sql, generation));
    if (stretch === undefined) {
      const lines = await fileInto(sql, generation, Math.ceil(limit / rowsOfMinute), { numbers });
      return { lines, rows: lines * rowsOfMinute };
    }
    await addRollup(sql, generation, numbers, stretch.rollup, [{ chain: "", seq: stretch.last }]);
    return { lines: stretch.lines, rows: stretch.rows, more: !written.isEmpty };
  }

  async function filePass(): Promise<void> {
    const limit = schedule.start();
    try {
      const { lines, rows, more } = await inTransaction(connection, () => fileNext(limit));
      schedule.filed(lines, rows, more);
    } catch (error) {
      numbers.forget();
      throw error;
    }
  }

  /** Shelf by shelf: calls wait for each. */
  async function mergeUntil(end: number): Promise<void> {
    for (let mayStay = schedule.mayStay; mayStay !== undefined; mayStay = schedule.mayStay) {
      const limit = mayStay;
      if (systemClock.monotonic() >= end) return;
      if (!(await inTransaction(connection, () => mergeNextBundles(sql, limit)))) schedule.merged(limit);
    }
  }

  async function forgetUntil(end: number): Promise<void> {
    while (forgotten !== undefined && systemClock.monotonic() < end) {
      const after = forgotten;
      forgotten = await inTransaction(connection, () => forgetPast(sql, systemClock.now(), after));
    }
  }

  return {
    wrote(lines, lastId) {
      schedule.wrote(lines.length);
      let id = lastId - lines.length;
      for (const line of lines) {
        id += 1;
        written.add(id, line, schedule.limit);
      }
    },
    async keepUp() {
      const end = systemClock.monotonic() + shortMs;
      if (schedule.isDue) await filePass();
      await mergeUntil(end);
      if (schedule.mayForget()) forgotten = "";
      await forgetUntil(end);
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
