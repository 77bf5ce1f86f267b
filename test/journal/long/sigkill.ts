// The long form of the SIGKILL test: `node test/journal/long/sigkill.ts [kills]`, on SQLite and on PostgreSQL.
import { join } from "node:path";
import { createJournalReader } from "../../../src/journal/journal-storage.ts";
import { verifyJournal } from "../../../src/journal/verify-journal.ts";
import { type DatabaseLocation, openDatabase } from "../../../src/storage/database.ts";
import { migrate } from "../../../src/storage/migrate.ts";
import { startPostgres } from "../../support/postgres.ts";
import { keys, temporaryFolder } from "../fixture.ts";
import { killWhileAppending } from "../kill-while-appending.ts";

const kills = Number(process.argv[2] ?? 100);

async function run(name: string, location: DatabaseLocation): Promise<void> {
  const database = openDatabase(location);
  await migrate(database.knex, "journal");
  const { answered, untraced } = await killWhileAppending(location, kills);
  const { lines, broken } = await verifyJournal(createJournalReader(database, keys), keys);
  await database.close();
  console.log(
    `${name}: ${kills} kills, ${answered} answers, ${untraced} without trace, ${lines} lines, ${broken.length} broken chains`,
  );
  if (untraced > 0 || broken.length > 0) process.exitCode = 1;
}

await run("SQLite", { file: join(temporaryFolder(), "journal.db") });
const server = await startPostgres();
try {
  await run("PostgreSQL", { url: await server.createEmptyDatabase() });
} finally {
  await server.stop();
}
