// No data leaves without its trace: what a caller received whole is in the journal, however the process ended.
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { startPostgres } from "../support/postgres.ts";
import { assertWhole } from "../support/whole-service.ts";
import { answersBeforeKill, killUnderLoad } from "./kill-under-load.ts";

const kills = 2;

async function killed(databaseUrl: string | undefined): Promise<number> {
  const dataDir = await mkdtemp(join(tmpdir(), "statut-sigkill-"));
  const { answered, untraced, service } = await killUnderLoad(dataDir, databaseUrl, kills);
  try {
    assert.deepEqual(untraced, []);
    assert.ok(answered >= kills * answersBeforeKill, `only ${answered} answers`);
    await assertWhole(service);
  } finally {
    await service.stop();
    await rm(dataDir, { recursive: true, force: true });
  }
  return answered;
}

test(`SQLite: ${kills} kills under load, every answer has its line`, async (context) => {
  context.diagnostic(`${await killed(undefined)} answers`);
});

test(`PostgreSQL: ${kills} kills under load, every answer has its line`, async (context) => {
  const server = await startPostgres();
  try {
    context.diagnostic(`${await killed(await server.createEmptyDatabase())} answers`);
  } finally {
    await server.stop();
  }
});
