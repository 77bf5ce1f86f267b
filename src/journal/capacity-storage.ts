import {
  addCalls,
  addDays,
  type CapacityDay,
  noCalls,
  type SecondOfCalls,
  summarizeDays,
} from "./capacity.ts";
import { listsOf, placeholders, put } from "./row-storage.ts";
import type { SqlRunner } from "./sql-runner-storage.ts";

type Seconds = ReadonlyMap<number, SecondOfCalls>;

/** Adds the calls of seconds, to them and to the summary of their days. */
export async function addSeconds(sql: SqlRunner, generation: number, added: Seconds): Promise<void> {
  const before = await storedSeconds(sql, generation, added);
  const rows = [...added].map(([second, calls]) => {
    const { offered, limited, saturated } = addCalls(before.get(second) ?? noCalls, calls);
    return [generation, second, offered, limited, saturated];
  });
  await put(sql, "journal_seconds", ["generation", "second"], ["offered", "limited", "saturated"], rows);
  const summaries = summarizeDays(added, before);
  const days = await storedDays(
    sql,
    generation,
    Math.min(...summaries.keys()),
    Math.max(...summaries.keys()),
  );
  for (const [day, summary] of summaries) summaries.set(day, addDays(days.get(day), summary));
  await put(
    sql,
    "journal_capacity",
    ["generation", "day"],
    ["offered", "limited", "saturated", "peak_offered", "peak_served", "saturated_seconds"],
    [...summaries.values()].map((day) => [
      ...[generation, day.day, day.offered, day.limited, day.saturated],
      ...[day.peakOffered, day.peakServed, day.saturatedSeconds],
    ]),
  );
}

/** The days that start from the first instant to before the other one, oldest first; `tail`: what is not filed yet. */
export async function readCapacity(
  sql: SqlRunner,
  generation: number,
  tail: Seconds,
  from: number,
  until: number,
): Promise<CapacityDay[]> {
  const days = await storedDays(sql, generation, from, until - 1);
  for (const [day, summary] of summarizeDays(tail, await storedSeconds(sql, generation, tail))) {
    if (day >= from && day < until) days.set(day, addDays(days.get(day), summary));
  }
  return [...days.values()].sort((a, b) => a.day - b.day);
}

async function storedSeconds(sql: SqlRunner, generation: number, wanted: Seconds): Promise<Seconds> {
  const found = new Map<number, SecondOfCalls>();
  for (const list of listsOf([...wanted.keys()])) {
    const rows = await sql.run<SecondOfCalls & { second: number }>(
      `select second, offered, limited, saturated from journal_seconds
        where generation = ? and second in (${placeholders(list)})`,
      [generation, ...list],
    );
    for (const { second, offered, limited, saturated } of rows) {
      // Where no parser is set, PostgreSQL's 64-bit numbers are texts.
      found.set(Number(second), {
        ...{ offered: Number(offered), limited: Number(limited), saturated: Number(saturated) },
      });
    }
  }
  return found;
}

async function storedDays(
  sql: SqlRunner,
  generation: number,
  first: number,
  last: number,
): Promise<Map<number, CapacityDay>> {
  const rows = Number.isFinite(first)
    ? await sql.run<Record<keyof CapacityDay, number | string>>(
        `select day, offered, limited, saturated, peak_offered as "peakOffered", peak_served as "peakServed",
          saturated_seconds as "saturatedSeconds" from journal_capacity
          where generation = ? and day >= ? and day <= ?`,
        [generation, first, last],
      )
    : [];
  return new Map(
    rows.map((row) => {
      const numbers = Object.entries(row).map(([name, value]) => [name, Number(value)]);
      return [Number(row.day), Object.fromEntries(numbers) as CapacityDay];
    }),
  );
}
