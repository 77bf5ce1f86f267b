// Makes the roll-ups anew from the lines, beside those that are read, and then puts them in their place: neither calls
// nor readers wait for it. A rebuild that was interrupted leaves nothing that counts.
import { setTimeout as pause } from "node:timers/promises";
import { parisDayStart, parisMonthStart } from "../paris-time.ts";
import type { Database } from "../storage/database.ts";
import { untilUnlocked } from "../storage/until-unlocked.ts";
import { mergeFullestShelf } from "./bundle-storage.ts";
import { becomeFiler, currentGeneration, fileInto } from "./file-rollups-storage.ts";
import { mostBundled } from "./filing-schedule.ts";
import { readSnapshot, type SqlRunner, writeTransaction } from "./sql-runner-storage.ts";
import { moveMarks } from "./unfiled-lines-storage.ts";

export interface Rebuild {
  /** Lines that were counted again. */
  readonly lines: number;
  /** Counts of periods that were over, and were not what the lines say; they are now. */
  readonly corrected: number;
}

interface RebuiltTable {
  readonly table: string;
  /** Its key without the generation; the last part is an instant… */
  readonly key: readonly string[];
  /** …in units of so many milliseconds. */
  readonly unitMs: number;
  readonly values: readonly string[];
}

const tables: readonly RebuiltTable[] = [
  {
    table: "journal_rollups",
    key: ["grain", "series", "bucket"],
    unitMs: 1,
    values: ["calls", "duration_us", "response_bytes", "latency"],
  },
  {
    table: "journal_sketches",
    key: ["grain", "token_id", "bucket"],
    unitMs: 1,
    values: ["students", "sketch"],
  },
  { table: "journal_seconds", key: ["second"], unitMs: 1000, values: ["offered", "limited", "saturated"] },
  {
    table: "journal_capacity",
    key: ["day"],
    unitMs: 1,
    values: ["offered", "limited", "saturated", "peak_offered", "peak_served", "saturated_seconds"],
  },
];

/** Lines that one transaction files: calls of a SQLite journal wait for it. */
const passLines = 512;
/**
 * Between two transactions on SQLite. Whoever waits for the lock looks for it every 25 ms at most, and finds it taken for
 * ever by somebody who rests less: calls would be refused. SQLite answers at once, so that nothing else turns the event
 * loop, without which no statement is freed.
 */
const restMs = 30;
/** Rows that one transaction deletes. */
const deletedRows = 2000;
/** The mark of no generation that numbers the rebuilds: who has the latest number may write. */
const [noGeneration, claimChain] = [-1, "rebuild"];

/**
 * Counts all lines that were received from an instant on again; the start of a month, before which lines may be erased
 * and counts stay as they are. `onProgress` is told the lines so far. Rejects when another rebuild begins meanwhile.
 */
export async function rebuildRollups(
  database: Database,
  { from, now }: { readonly from: number; readonly now: number },
  onProgress: (lines: number) => void = () => {},
): Promise<Rebuild> {
  const { write, current } = await beginRebuild(database);
  const next = current + 1;
  // What rebuilds left that were interrupted.
  for (const left of [current - 1, next]) await deleteGeneration(write, left);
  await mergeBundles(write, current);
  await write((sql) => copyBefore(sql, current, next, from));
  let lines = 0;
  for (let filed = passLines; filed >= passLines; ) {
    filed = await write((sql) => fileInto(sql, next, passLines, { from }));
    await mergeBundles(write, next, mostBundled);
    lines += filed;
    onProgress(lines);
  }
  // What only waits to be filed is no count that was wrong.
  while ((await write((sql) => fileInto(sql, current, passLines))) >= passLines);
  // The last lines and the change of generation together: whoever files goes on with the new one.
  await write(async (sql) => {
    await fileRest(sql, current);
    lines += await fileRest(sql, next, from);
    await sql.run("update journal_rollup_state set generation = ?", [next]);
  });
  for (const generation of [current, next]) await mergeBundles(write, generation);
  const corrected = await readSnapshot(database, (sql) => countDifferences(sql, current, next, now));
  await deleteGeneration(write, current);
  return { lines, corrected };
}

/** Returns how many lines were left. */
async function fileRest(sql: SqlRunner, generation: number, from?: number): Promise<number> {
  let lines = 0;
  for (let filed = 1; filed > 0; lines += filed) {
    filed = await fileInto(sql, generation, passLines, from === undefined ? {} : { from });
  }
  return lines;
}

type Write = <T>(work: (sql: SqlRunner) => Promise<T>) => Promise<T>;

/** Takes a number: an earlier rebuild that still runs writes nothing any more. */
async function beginRebuild(
  database: Database,
): Promise<{ readonly write: Write; readonly current: number }> {
  const asFiler: Write = (work) =>
    untilUnlocked(() =>
      writeTransaction(database, async (sql) => {
        await becomeFiler(sql);
        return work(sql);
      }),
    );
  const { claim, current } = await asFiler(async (sql) => {
    const number = (await latestClaim(sql)) + 1;
    await moveMarks(sql, noGeneration, [{ chain: claimChain, seq: number }]);
    return { claim: number, current: await currentGeneration(sql) };
  });
  const write: Write = async (work) => {
    const result = await asFiler(async (sql) => {
      if ((await latestClaim(sql)) !== claim) throw new Error("another rebuild has begun: this one ends");
      return work(sql);
    });
    if (database.dialect === "sqlite") await pause(restMs);
    return result;
  };
  return { write, current };
}

async function latestClaim(sql: SqlRunner): Promise<number> {
  const [row] = await sql.run<{ seq: number | string }>(
    "select seq from journal_rollup_marks where generation = ? and chain = ?",
    [noGeneration, claimChain],
  );
  return Number(row?.seq ?? 0);
}

/** Shelf by shelf: calls are journaled in between. */
async function mergeBundles(write: Write, generation: number, mayStay = 0): Promise<void> {
  while (await write((sql) => mergeFullestShelf(sql, generation, mayStay)));
}

async function copyBefore(sql: SqlRunner, current: number, next: number, from: number): Promise<void> {
  for (const { table, key, unitMs, values } of tables) {
    const names = [...key, ...values].join(", ");
    await sql.run(
      `insert into ${table} (generation, ${names}) select cast(? as integer), ${names} from ${table}
        where generation = ? and ${key.at(-1)} < ?`,
      [next, current, Math.floor(from / unitMs)],
    );
  }
}

/** Counts of past periods of one generation that are not the same in the other, or are missing there. */
async function countDifferences(sql: SqlRunner, current: number, next: number, now: number): Promise<number> {
  let differences = 0;
  const [day, month] = [parisDayStart(now), parisMonthStart(now)];
  for (const { table, key, values } of tables.filter(({ table: name }) => name !== "journal_seconds")) {
    // A settled period has no sketch any more, and a rebuilt one has.
    const names = [...key, ...values.filter((name) => name !== "sketch")].join(", ");
    // The running day and month go on being counted.
    const isOver = `${key.at(-1)} < ${day}${key.includes("grain") ? ` and (grain < 3 or bucket < ${month})` : ""}`;
    const [first, second] = [current, next].map(
      (number) => `select ${names} from ${table} where generation = ${number} and ${isOver}`,
    );
    const [row] = await sql.run<{ differing: number }>(
      `select count(*) as differing from (select ${key.join(", ")} from (${first} except ${second}) gone
        union select ${key.join(", ")} from (${second} except ${first}) come) different`,
    );
    differences += Number(row?.differing ?? 0);
  }
  return differences;
}

/** Piece by piece: calls are journaled in between. */
async function deleteGeneration(write: Write, generation: number): Promise<void> {
  const marks = { table: "journal_rollup_marks", key: ["chain"] };
  const bundles = { table: "journal_bundles", key: ["id"] };
  for (const { table, key } of [...tables, marks, bundles]) {
    const names = key.join(", ");
    for (let deleted = deletedRows; deleted >= deletedRows; ) {
      const rows = await write(async (sql) =>
        sql.run<object>(
          `delete from ${table} where generation = ? and (${names}) in
            (select ${names} from ${table} where generation = ? limit ${deletedRows}) returning 1 as one`,
          [generation, generation],
        ),
      );
      deleted = rows.length;
    }
  }
}
