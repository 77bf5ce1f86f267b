// Every job of the service, run by the command line on a running service: what is due happens, once.
import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, suite, test } from "node:test";
import Database from "better-sqlite3";
import { createId } from "../src/storage/create-id.ts";
import { eventually } from "./support/eventually.ts";
import { type RunningService, startService } from "./support/service.ts";

const dayMs = 86_400_000;

suite("jobs of the running service", () => {
  let service: RunningService;
  before(async () => {
    service = await startService({ environment: { MAIL_FROM: "service@example.fr" } });
  });
  after(() => service[Symbol.asyncDispose]());

  const run = async (job: string) => {
    const { code, stdout, stderr } = await service.statut("jobs", "run", job, "--json");
    assert.equal(code, 0, stderr);
    assert.deepEqual(JSON.parse(stdout), { name: job, outcome: "done" });
  };

  test("all are listed, and each can be run", async () => {
    const { stdout } = await service.statut("jobs", "list", "--json");
    const names = stdout
      .trim()
      .split("\n")
      .map((line) => (JSON.parse(line) as { name: string }).name);
    assert.deepEqual(names.toSorted(), [
      "availability-freezing",
      "change-reminders",
      "mail-retention",
      "session-retention",
      "terms-mail",
      "token-notices",
      "trace-retention",
    ]);
    for (const name of names) await run(name);
  });

  test("a leaked token is told of once, to the holder and the technical contact", async () => {
    const issued = await service.statut(
      ...["token", "issue", "--partner-siret", "13002526500013", "--partner-name", "Ville"],
      ...["--procedure", "Tarif", "--scopes", "mesri_identite", "--json"],
    );
    const { tokenId, token } = JSON.parse(issued.stdout) as { tokenId: string; token: string };
    await addContacts(service, "13002526500013");
    const leaked = await service.statut(
      "token",
      "leaked",
      tokenId,
      "--reason",
      "Sur un dépôt public",
      "--apply",
    );
    assert.equal(leaked.code, 0, leaked.stderr);
    await run("token-notices");
    await run("token-notices");
    const about = async () => (await readMails(service)).filter((letter) => letter.includes(tokenId));
    await eventually(async () => (await about()).length === 2);
    const letters = await about();
    const recipients = letters.map((letter) => /^To: .*?([a-z_]+@ville\.example)/im.exec(letter)?.[1]);
    assert.deepEqual(recipients.toSorted(), ["administrative@ville.example", "technical@ville.example"]);
    for (const letter of letters) assert.ok(!letter.includes(token.slice(6, 30)));
  });

  test("traces of two years ago go, and the journal still verifies", async () => {
    const { stdout } = await service.statut("jobs", "run", "trace-retention", "--json");
    assert.match(stdout, /"done"/);
    const verification = await service.statut("journal", "verify");
    assert.equal(verification.code, 0, verification.stderr);
  });
});

/** An administrative and a technical contact, and a data-protection officer who is told nothing of tokens. */
async function addContacts({ dataDir }: RunningService, siret: string): Promise<void> {
  const database = new Database(join(dataDir, "statut.db"));
  try {
    const { id } = database.prepare("select id from partners where siret = ?").get(siret) as { id: string };
    const insert = database.prepare(
      `insert into contacts (id, partner_id, name, email, email_key, roles, created_at, updated_at, revision)
        values (?, ?, ?, ?, ?, ?, ?, ?, 1)`,
    );
    for (const role of ["administrative", "technical", "data_protection"]) {
      const email = `${role}@ville.example`;
      const now = Date.now() - dayMs;
      insert.run(createId("ctc"), id, "Camille", email, email, JSON.stringify([role]), now, now);
    }
  } finally {
    database.close();
  }
}

/** Without a mail server, messages are files. */
async function readMails({ dataDir }: RunningService): Promise<string[]> {
  const folder = join(dataDir, "mail");
  const names = (await readdir(folder).catch(() => [])).filter((name) => name.endsWith(".eml"));
  return Promise.all(names.map((name) => readFile(join(folder, name), "utf8")));
}
