// The long form of the SIGKILL test: `node test/service/long/sigkill.ts [kills]`, on SQLite and on PostgreSQL.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startPostgres } from "../../support/postgres.ts";
import { killUnderLoad } from "../kill-under-load.ts";

const kills = Number(process.argv[2] ?? 100);

async function run(name: string, databaseUrl: string | undefined): Promise<void> {
  const dataDir = await mkdtemp(join(tmpdir(), "statut-sigkill-"));
  const { answered, untraced, service } = await killUnderLoad(dataDir, databaseUrl, kills);
  const verified = await service.statut("journal", "verify");
  await service.stop();
  await rm(dataDir, { recursive: true, force: true });
  console.log(
    `${name}: ${kills} kills, ${answered} answers, ${untraced.length} without trace; ${verified.stdout.trim()}`,
  );
  if (untraced.length > 0 || verified.code !== 0) process.exitCode = 1;
}

await run("SQLite", undefined);
const server = await startPostgres();
try {
  await run("PostgreSQL", await server.createEmptyDatabase());
} finally {
  await server.stop();
}
