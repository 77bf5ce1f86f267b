import pg from "pg";
import { systemClock } from "../clock.ts";
import { mergeNextBundles } from "./file-rollups-storage.ts";
import { FilingSchedule } from "./filing-schedule.ts";
import { forgetPast } from "./forget-past-storage.ts";
import type { StoredLine } from "./line-storage.ts";
import { PostgresFiler } from "./postgres-filer-storage.ts";
import { makePartitions } from "./postgres-partition-storage.ts";
import type { CountedLine } from "./rollup.ts";
import { runOnPostgres, type SqlRunner } from "./sql-runner-storage.ts";

const connectTimeoutMs = 1000;
/** Longest wait for an answer before the connection counts as lost. */
const answerTimeoutMs = 10_000;
/** After a failure. */
const retryAfterMs = 10_000;

/** Keeps the roll-ups of a PostgreSQL journal. */
export interface PostgresFiling {
  /** These lines of a chain were written. */
  wrote(chain: string, lines: readonly StoredLine[]): void;
  /** Files when it is due. */
  keepUp(): Promise<void>;
  close(): Promise<void>;
}

/** Files on a connection of its own, beside the writes. It opens with the first pass. */
export function openPostgresFiling(url: string, count: (line: StoredLine) => CountedLine): PostgresFiling {
  const schedule = new FilingSchedule(systemClock.monotonic);
  const filer = new PostgresFiler(systemClock.monotonic);
  let connection: Promise<pg.Client> | undefined;
  let running: Promise<void> | undefined;
  let failure: { readonly error: unknown; readonly at: number } | undefined;
  let closing = false;

  async function fileAll(): Promise<void> {
    try {
      connection ??= connect(url);
      const client = await connection;
      const sql = runOnPostgres(client);
      while (schedule.isDue && !closing) {
        const limit = schedule.start();
        const { lines, rows, more } = await inTransaction(sql, () => filer.fileNext(sql, limit));
        schedule.filed(lines, rows, more);
      }
      for (let mayStay = schedule.mayStay; mayStay !== undefined && !closing; mayStay = schedule.mayStay) {
        const limit = mayStay;
        if (!(await inTransaction(sql, () => mergeNextBundles(sql, limit)))) schedule.merged(limit);
      }
      if (schedule.mayForget()) {
        await makePartitions(sql);
        for (let next: string | undefined = ""; next !== undefined && !closing; ) {
          const after: string = next;
          next = await inTransaction(sql, () => forgetPast(sql, systemClock.now(), after));
        }
      }
      failure = undefined;
    } catch (error) {
      failure = { error, at: systemClock.monotonic() };
      filer.failed();
      const broken = connection;
      connection = undefined;
      broken?.then((client) => client.end()).catch(() => {});
    }
  }

  return {
    wrote(chain, lines) {
      schedule.wrote(lines.length);
      for (const line of lines) filer.add(chain, line.seq, count(line), schedule.limit);
    },
    async keepUp() {
      const isResting = failure !== undefined && systemClock.monotonic() - failure.at < retryAfterMs;
      const isDue = schedule.isDue || schedule.mayStay !== undefined;
      if (isDue && running === undefined && !isResting && !closing) {
        running = fileAll().finally(() => {
          running = undefined;
        });
      }
      // What failed in the background is told by the next upkeep, until a pass succeeds.
      if (failure !== undefined) throw failure.error;
    },
    async close() {
      closing = true;
      await running;
      await (await connection)?.end();
    },
  };
}

async function connect(url: string): Promise<pg.Client> {
  const client = new pg.Client({
    connectionString: url,
    connectionTimeoutMillis: connectTimeoutMs,
    query_timeout: answerTimeoutMs,
    statement_timeout: answerTimeoutMs,
    keepAlive: true,
  });
  client.on("error", () => {
    // The next statement fails and is told of.
  });
  await client.connect();
  return client;
}

async function inTransaction<T>(sql: SqlRunner, work: () => Promise<T>): Promise<T> {
  await sql.run("begin");
  try {
    const result = await work();
    await sql.run("commit");
    return result;
  } catch (error) {
    await Promise.resolve(sql.run("rollback")).catch(() => {});
    throw error;
  }
}
