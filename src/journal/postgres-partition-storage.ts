// PostgreSQL keeps the lines of a month in a partition of their own.
import type { SqlRunner } from "./sql-runner-storage.ts";

/** Month of an instant in milliseconds, YYYYMM in UTC; 0 for what is no instant. */
export function monthOf(instant: number): number {
  const date = new Date(instant);
  return Number.isNaN(date.getTime()) ? 0 : date.getUTCFullYear() * 100 + date.getUTCMonth() + 1;
}

/** The same in SQL. */
export const monthOfReception =
  "cast(to_char(to_timestamp(received_at / 1000.0) at time zone 'UTC', 'YYYYMM') as integer)";

/** A partition is only attached while nobody writes: who waits longer for that lets the calls go first. */
const lockTimeoutMs = 200;

/** Makes the partitions of this month and of the next two that are missing. */
export async function makePartitions(sql: SqlRunner): Promise<void> {
  const missing = await sql.run<{ month: number }>(
    `select month from (
        select cast(to_char(now() at time zone 'UTC' + n * interval '1 month', 'YYYYMM') as integer) as month
          from generate_series(0, 2) n) ahead
      where to_regclass('journal_' || month) is null order by month`,
  );
  if (missing.length === 0) return;
  await sql.run(`set lock_timeout = ${lockTimeoutMs}`);
  for (const { month } of missing) {
    try {
      await sql.run(
        `create table if not exists journal_${Number(month)} partition of journal for values in (${Number(month)})`,
      );
    } catch (error) {
      // Somebody writes: another time. Lines that came into the default partition first stay there, slower to search.
      if (!["55P03", "23514"].includes(String((error as { code?: string }).code))) throw error;
    }
  }
  await sql.run("set lock_timeout = 0");
}
