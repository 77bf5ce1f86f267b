// The last day on which a call was made with each of some tokens, from what is counted and what is not filed yet.
import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, suite, test } from "node:test";
import type { JournalLine } from "../../src/journal/journal.ts";
import { createLastUses } from "../../src/journal/last-use-storage.ts";
import type { DatabaseLocation } from "../../src/storage/database.ts";
import { type PostgresServer, startPostgres } from "../support/postgres.ts";
import { line, openJournal, temporaryFolder } from "./fixture.ts";

suite("last uses", () => {
  let server: PostgresServer;
  before(async () => {
    server = await startPostgres();
  });
  after(() => server.stop());

  test("on SQLite", () => check({ file: join(temporaryFolder(), "journal.db") }));
  test("on PostgreSQL", async () => check({ url: await server.createDatabase() }));
});

async function check(location: DatabaseLocation): Promise<void> {
  await using opened = await openJournal(location);
  const used = (tokenId: string, day: string, outcome: JournalLine["outcome"] = "answered") =>
    opened.journal.append(line({ tokenId, outcome, receivedAt: Date.parse(`${day}T12:00:00Z`) }));
  await used("tok_old", "2026-03-01");
  await used("tok_old", "2026-02-01", "limited");
  await used("tok_both", "2026-03-01");
  await Promise.all(Array.from({ length: 250 }, (_, index) => used(`tok_${index}`, "2026-01-01")));
  // 23:30 in Paris is the same day, half an hour later the next one.
  const late = Date.UTC(2026, 9, 1, 21, 30);
  await opened.journal.append(line({ tokenId: "tok_both", receivedAt: late }));
  await opened.journal.append(line({ tokenId: "tok_new", receivedAt: late + 1_800_000, outcome: "denied" }));
  await opened.journal.append(line({ tokenId: "tok_new", receivedAt: late }));
  const lastUses = createLastUses(opened.database);
  const asked = ["tok_old", "tok_both", "tok_new", "tok_never"];
  assert.deepEqual(
    await lastUses(asked),
    new Map([
      ["tok_old", "2026-03-01"],
      ["tok_both", "2026-10-01"],
      ["tok_new", "2026-10-02"],
    ]),
  );
  assert.deepEqual(await lastUses([]), new Map());
  assert.equal((await lastUses(Array.from({ length: 250 }, (_, index) => `tok_${index}`))).size, 250);
}
