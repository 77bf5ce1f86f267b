import pg from "pg";
import { systemClock } from "../clock.ts";
import { fileNextLines, forgetThePast, mergeNextBundles } from "./file-rollups-storage.ts";
import { FilingSchedule } from "./filing-schedule.ts";
import { makePartitions } from "./postgres-partition-storage.ts";
import { SeriesNumbers } from "./series-numbers-storage.ts";
import { runOnPostgres, type SqlRunner } from "./sql-runner-storage.ts";

const connectTimeoutMs = 1000;
/** Longest wait for an answer before the connection counts as lost. */
const answerTimeoutMs = 10_000;
/** After a failure. */
const retryAfterMs = 10_000;

/** Keeps the roll-ups of a PostgreSQL journal. */
export interface PostgresFiling {
  /** So many lines more wait to be filed. */
  wrote(lines: number): void;
  /** Files when it is due. */
  keepUp(): Promise<void>;
  close(): Promise<void>;
}

/** Files on a connection of its own, beside the writes. It opens with the first pass. */
export function openPostgresFiling(url: string): PostgresFiling {
  const schedule = new FilingSchedule(systemClock.monotonic);
  const numbers = new SeriesNumbers();
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
        schedule.filed(await inTransaction(sql, () => fileNextLines(sql, limit, numbers)));
      }
      for (let mayStay = schedule.mayStay; mayStay !== undefined && !closing; mayStay = schedule.mayStay) {
        const limit = mayStay;
        if (!(await inTransaction(sql, () => mergeNextBundles(sql, limit)))) schedule.merged(limit);
      }
      if (schedule.mayForget()) {
        await makePartitions(sql);
        await inTransaction(sql, () => forgetThePast(sql));
      }
      failure = undefined;
    } catch (error) {
      failure = { error, at: systemClock.monotonic() };
      numbers.forget();
      const broken = connection;
      connection = undefined;
      broken?.then((client) => client.end()).catch(() => {});
    }
  }

  return {
    wrote: (lines) => schedule.wrote(lines),
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
