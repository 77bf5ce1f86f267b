// Jobs on a database that no service has opened yet: there are no keys of the journal, and none are needed.
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { runStatutHere } from "../support/service.ts";

test("jobs are listed and run as soon as the databases are there", async (context) => {
  const dataDir = await mkdtemp(join(tmpdir(), "statut-jobs-"));
  context.after(() => rm(dataDir, { recursive: true, force: true }));
  const statut = (...words: string[]) =>
    runStatutHere(words, { PATH: process.env["PATH"], DATA_DIR: dataDir });
  assert.match((await statut("jobs", "list")).stderr, /run `statut migrate` first/u);
  assert.equal((await statut("migrate")).code, 0);
  const listed = await statut("jobs", "list");
  assert.equal(listed.code, 0, listed.stderr);
  assert.match(listed.stdout, /^change-reminders +daily at 09:00 +due \S+ +never ran$/mu);
  const run = await statut("jobs", "run", "change-reminders");
  assert.deepEqual([run.code, run.stdout], [0, "change-reminders: done\n"], run.stderr);
});
