// A scheduler in a process of its own, for tests that kill it: `node scheduler-process.ts LOCATION UNITS`. Its one job
// leaves a row for each of its units, and goes no further than the units that `traces_permitted` counts.
import { setTimeout as pause } from "node:timers/promises";
import { systemClock } from "../../src/clock.ts";
import type { Job } from "../../src/schedule/job.ts";
import { createJobStorage } from "../../src/schedule/job-storage.ts";
import { createHolderName, startScheduler } from "../../src/schedule/scheduler.ts";
import { type DatabaseLocation, openDatabase } from "../../src/storage/database.ts";

const database = openDatabase(JSON.parse(process.argv[2] ?? "") as DatabaseLocation);
const units = Number(process.argv[3]);
const holder = createHolderName();

async function isPermitted(number: number): Promise<boolean> {
  const { units: permitted } = await database.knex("traces_permitted").first("units");
  return number < permitted;
}

const job: Job = {
  name: "traces",
  description: "Leaves traces.",
  recurrence: { at: "03:00" },
  async run({ signal, unit }) {
    for (let number = 0; number < units; number += 1) {
      while (!(await isPermitted(number))) {
        signal.throwIfAborted();
        await pause(10);
      }
      await unit(String(number), async (transaction) => {
        await transaction("traces").insert({ number, holder });
        await pause(10);
      });
      await pause(10);
    }
  },
};

await startScheduler({
  jobs: [job],
  storage: createJobStorage(database),
  clock: systemClock,
  holder,
  report: (name, cause) => process.stderr.write(`${name}: ${String(cause)}\n`),
  leaseMs: 600,
  lookEveryMs: 50,
});
setInterval(() => {}, 60_000);
process.stdout.write("ready\n");
