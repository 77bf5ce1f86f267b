// What must hold of scheduled jobs on every database.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Job, JobContext } from "../../src/schedule/job.ts";
import { createJobStorage, type JobStorage } from "../../src/schedule/job-storage.ts";
import { runJob } from "../../src/schedule/run-job.ts";
import { registerJobs, startScheduler } from "../../src/schedule/scheduler.ts";
import type { Database } from "../../src/storage/database.ts";
import type { DatabaseKind } from "../support/both-databases.ts";
import { eventually } from "../support/eventually.ts";
import { type SetClock, setClock } from "../support/set-clock.ts";

const start = Date.parse("2026-11-25T20:00:00Z");
const dueAt = Date.parse("2026-11-26T02:00:00Z");

interface Bench {
  readonly database: Database;
  readonly storage: JobStorage;
  readonly clock: SetClock;
  readonly failures: unknown[];
  /** One process of several: its name in leases. */
  instance(holder: string): Parameters<typeof runJob>[1];
}

function job(run: (context: JobContext) => Promise<void>, name = "essai"): Job {
  return { name, description: "Essai.", recurrence: { at: "03:00" }, run };
}

export function testJobs(kind: DatabaseKind): void {
  const check = (name: string, work: (bench: Bench) => Promise<void>) =>
    test(name, async () => {
      await using fresh = await kind.open();
      const clock = setClock(start);
      const storage = createJobStorage(fresh.database);
      const failures: unknown[] = [];
      await work({
        database: fresh.database,
        storage,
        clock,
        failures,
        instance: (holder) => ({ storage, clock, holder, report: (_job, cause) => failures.push(cause) }),
      });
    });

  check("a job that is made due runs once, its units once, and its own hour stays", async (bench) => {
    const { storage, clock, database } = bench;
    const units: string[] = [];
    let breaks = true;
    const one = job(async ({ unit }) => {
      await unit("premier", async () => void units.push("premier"));
      if (breaks) throw new Error("panne");
      await unit("second", async () => void units.push("second"));
    });
    const expedite = () =>
      database.knex.transaction((transaction) => storage.expedite(transaction, one.name, clock.now()));
    await registerJobs([one], storage, clock);
    assert.equal(await runJob(one, bench.instance("a"), { early: true }), "failed");
    breaks = false;
    assert.equal(await expedite(), true);
    assert.equal(await runJob(one, bench.instance("b")), "done");
    assert.deepEqual(units, ["premier", "second"]);
    const [record] = await storage.list();
    assert.deepEqual([record?.dueAt, record?.failures, record?.lastOutcome], [dueAt, 0, "done"]);
    assert.equal(await runJob(one, bench.instance("b")), "idle");
    const lease = { holder: "a", now: clock.now(), leaseUntil: clock.now() + 1000, early: true };
    await storage.acquire(one.name, lease);
    assert.equal(await expedite(), false, "while it runs");
    clock.set(clock.now() + 1000);
    assert.equal(await expedite(), true, "once the lease has run out");
  });

  check("a job runs when it is due, once, and then waits for its next hour", async (bench) => {
    let runs = 0;
    const one = job(async ({ dueAt: due }) => {
      assert.equal(due, dueAt);
      runs += 1;
    });
    await registerJobs([one], bench.storage, bench.clock);
    assert.equal(await runJob(one, bench.instance("a")), "idle");
    bench.clock.set(dueAt);
    assert.equal(await runJob(one, bench.instance("a")), "done");
    assert.equal(await runJob(one, bench.instance("b")), "idle");
    assert.equal(runs, 1);
    const [record] = await bench.storage.list();
    assert.equal(record?.dueAt, dueAt + 86_400_000);
    assert.deepEqual([record?.lastOutcome, record?.holder], ["done", undefined]);
  });

  check("of many instances that look at the same instant, one runs the job", async (bench) => {
    let runs = 0;
    const one = job(async () => {
      runs += 1;
    });
    await registerJobs([one], bench.storage, bench.clock);
    bench.clock.set(dueAt);
    const outcomes = await Promise.all(
      Array.from({ length: 8 }, (_, index) => runJob(one, bench.instance(String(index)))),
    );
    assert.deepEqual(outcomes.toSorted(), ["done", ...Array(7).fill("idle")]);
    assert.equal(runs, 1);
  });

  check("missed runs are made up for once", async (bench) => {
    let runs = 0;
    const one = job(async () => {
      runs += 1;
    });
    await registerJobs([one], bench.storage, bench.clock);
    bench.clock.set(dueAt + 10 * 86_400_000 + 1);
    assert.equal(await runJob(one, bench.instance("a")), "done");
    assert.equal(await runJob(one, bench.instance("a")), "idle");
    assert.equal(runs, 1);
  });

  check("after a failure, what was done stays done and the rest is tried again later", async (bench) => {
    const done: string[] = [];
    let broken = true;
    const one = job(async ({ unit }) => {
      for (const key of ["1", "2", "3"]) {
        await unit(key, async () => {
          if (key === "2" && broken) throw new Error("broken");
          done.push(key);
        });
      }
    });
    await registerJobs([one], bench.storage, bench.clock);
    bench.clock.set(dueAt);
    assert.equal(await runJob(one, bench.instance("a")), "failed");
    assert.equal(await runJob(one, bench.instance("b")), "idle", "not before its delay");
    assert.equal((await bench.storage.list())[0]?.lastError, "Error");
    broken = false;
    bench.clock.advance(60_000);
    assert.equal(await runJob(one, bench.instance("b")), "done");
    assert.deepEqual(done, ["1", "2", "3"]);
    assert.equal(bench.failures.length, 1);
  });

  check("whoever hangs until the lease runs out changes nothing any more", async (bench) => {
    const { promise: hanging, resolve: goOn } = Promise.withResolvers<void>();
    const written: string[] = [];
    const by = (name: string, wait: Promise<void> | undefined) =>
      job(async ({ unit }) => {
        await unit("first", async () => void written.push(`${name} first`));
        await wait;
        await unit("second", async () => void written.push(`${name} second`));
      });
    await registerJobs([by("a", undefined)], bench.storage, bench.clock);
    bench.clock.set(dueAt);
    const slow = runJob(by("a", hanging), bench.instance("a"));
    await eventually(() => written.length === 1);
    bench.clock.advance(31_000);
    assert.equal(await runJob(by("b", undefined), bench.instance("b")), "done");
    goOn();
    assert.equal(await slow, "lost");
    assert.deepEqual(written, ["a first", "b second"]);
  });

  check("a unit and the record that it is done are one transaction", async (bench) => {
    let attempts = 0;
    const one = job(async ({ unit }) => {
      await unit("row", async (transaction) => {
        attempts += 1;
        await transaction("jobs").insert({ name: "trace", recurrence: "none", due_at: 0 });
        if (attempts === 1) throw new Error("after the write");
      });
    });
    await registerJobs([one], bench.storage, bench.clock);
    bench.clock.set(dueAt);
    assert.equal(await runJob(one, bench.instance("a")), "failed");
    assert.equal((await bench.storage.list()).length, 1, "rolled back");
    bench.clock.advance(60_000);
    assert.equal(await runJob(one, bench.instance("a")), "done");
    assert.equal((await bench.storage.list()).length, 2);
  });

  check("an early run leaves the one that is due where it was", async (bench) => {
    let runs = 0;
    const one = job(async ({ unit }) => {
      await unit("always the same", async () => {
        runs += 1;
      });
    });
    await registerJobs([one], bench.storage, bench.clock);
    assert.equal(await runJob(one, bench.instance("a"), { early: true }), "done");
    assert.equal((await bench.storage.list())[0]?.dueAt, dueAt);
    bench.clock.set(dueAt);
    assert.equal(await runJob(one, bench.instance("a")), "done");
    assert.equal(runs, 2);
  });

  check("another recurrence is due anew, the same one is not", async (bench) => {
    const one = job(async () => {});
    await registerJobs([one], bench.storage, bench.clock);
    bench.clock.advance(12 * 3_600_000);
    await registerJobs([one], bench.storage, bench.clock);
    assert.equal((await bench.storage.list())[0]?.dueAt, dueAt);
    await registerJobs([{ ...one, recurrence: { everyMinutes: 5 } }], bench.storage, bench.clock);
    assert.equal((await bench.storage.list())[0]?.dueAt, bench.clock.now() + 300_000);
  });

  check(
    "schedulers of two instances run each job once and give leases back when they stop",
    async (bench) => {
      const runs: string[] = [];
      const waiting = Promise.withResolvers<void>();
      const quick = job(async () => void runs.push("quick"), "quick");
      const long = job(async ({ signal, unit }) => {
        runs.push("long");
        waiting.resolve();
        await new Promise((resolve) => signal.addEventListener("abort", resolve));
        await unit("after the end", async () => void runs.push("never"));
      }, "long");
      const options = { jobs: [quick, long], storage: bench.storage, clock: bench.clock, lookEveryMs: 20 };
      const report = (_job: string, cause: unknown) => void bench.failures.push(cause);
      const first = await startScheduler({ ...options, report, holder: "first" });
      const second = await startScheduler({ ...options, report, holder: "second" });
      bench.clock.set(dueAt);
      await waiting.promise;
      await eventually(() => runs.includes("quick"));
      await Promise.all([first.close(), second.close()]);
      assert.deepEqual(runs.toSorted(), ["long", "quick"]);
      const [longRecord] = await bench.storage.list();
      assert.deepEqual([longRecord?.holder, longRecord?.dueAt], [undefined, dueAt]);
      assert.deepEqual(bench.failures, []);
    },
  );
}
