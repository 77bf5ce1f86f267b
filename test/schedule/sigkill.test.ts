// Instances that are killed in the middle of a run, again and again: each unit of the run is done once.
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { after, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { systemClock } from "../../src/clock.ts";
import { createJobStorage } from "../../src/schedule/job-storage.ts";
import { bothDatabases } from "../support/both-databases.ts";
import { eventually } from "../support/eventually.ts";

const entry = join(import.meta.dirname, "scheduler-process.ts");
const kills = 3;
/** Permitted before each kill and after the last one: however long this test is kept waiting, somebody still works. */
const unitsOfPart = 20;
const units = unitsOfPart * (kills + 1);
const instances = 4;

const databases = await bothDatabases();
after(() => databases[Symbol.asyncDispose]());

for (const kind of databases.kinds) {
  test(`${kind.name}: a run whose instances are killed ${kills} times does each unit once`, async () => {
    await using fresh = await kind.open();
    const { knex } = fresh.database;
    const storage = createJobStorage(fresh.database);
    await knex.schema.createTable("traces", (table) => {
      table.integer("number").notNullable();
      table.string("holder", 80).notNullable();
    });
    await knex.schema.createTable("traces_permitted", (table) => {
      table.integer("units").notNullable();
    });
    await knex("traces_permitted").insert({ units: 0 });
    const permitPart = () => knex("traces_permitted").increment("units", unitsOfPart);
    await storage.register("traces", "daily at 03:00", systemClock.now() + 3_600_000);
    const children: ChildProcess[] = [];
    const start = async () => {
      const words = [entry, JSON.stringify(fresh.location), String(units)];
      const child = spawn(process.execPath, words, { stdio: ["ignore", "pipe", "inherit"] });
      children.push(child);
      await Promise.race([once(child.stdout, "data"), once(child, "exit")]);
      return child;
    };
    /** Who has left the latest trace. */
    const latestHolder = async (): Promise<string> =>
      (await knex("traces").orderBy("number", "desc").first("holder")).holder;
    const count = async () => (await knex("traces").select("number")).length;
    try {
      await Promise.all(Array.from({ length: instances }, start));
      await knex("jobs").where({ name: "traces" }).update({ due_at: systemClock.now() });
      for (let killed = 0; killed < kills; killed += 1) {
        const before = await count();
        await permitPart();
        // The transaction of the one that was killed last may still have been committed, but no two.
        await eventually(async () => (await count()) > before + 2);
        await pause(Math.random() * 20);
        const holder = await latestHolder();
        const victim = children.find(({ pid }) => holder.includes(`:${pid}:`));
        assert.ok(victim, `nobody is ${holder}`);
        victim.kill("SIGKILL");
        await once(victim, "exit");
      }
      await permitPart();
      await eventually(async () => (await storage.list())[0]?.lastOutcome === "done");
      const numbers: number[] = await knex("traces").orderBy("number").pluck("number");
      assert.deepEqual(numbers, [...Array(units).keys()]);
      const holders = new Set(await knex("traces").pluck("holder"));
      assert.ok(holders.size > kills, `${holders.size} instances took part`);
      // What was done is forgotten once the run has ended.
      assert.deepEqual(await knex("job_units").select("unit"), []);
    } finally {
      for (const child of children) child.kill("SIGKILL");
    }
  });
}
