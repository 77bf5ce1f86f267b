// Partners, contacts, terms, breaches, operators and the audit log as an operator at the terminal keeps them. That commands
// are a process: see `token-command.test.ts`.
import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { openDatabase } from "../../src/storage/database.ts";
import { migrate } from "../../src/storage/migrate.ts";
import { runStatutHere } from "../support/service.ts";

const siret = "13002526500013";
let dataDir: string;

before(async () => {
  dataDir = await mkdtemp(join(tmpdir(), "statut-cli-"));
  const database = openDatabase({ file: join(dataDir, "statut.db") });
  await migrate(database.knex, "main");
  await database.close();
});
after(() => rm(dataDir, { recursive: true, force: true }));

function statut(...words: string[]) {
  return runStatutHere(words, { ...process.env, DATA_DIR: dataDir });
}

/** Runs a command that must succeed, and reads the JSON document of each of its lines. */
// biome-ignore lint/suspicious/noExplicitAny: documents are what the test says they are
async function documents(...words: string[]): Promise<any[]> {
  const { code, stdout, stderr } = await statut(...words);
  assert.equal(code, 0, stderr);
  return stdout
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line));
}

test("a partner is registered, completed and shown, each change only with --apply", async () => {
  const register = ["partner", "register", siret, "--name", "Ville de Brest"];
  const dry = await statut(...register);
  assert.deepEqual(
    [dry.code, dry.stdout],
    [0, `would change: ${siret} (Ville de Brest) registered; add --apply to do it\n`],
  );
  assert.deepEqual(await documents("partner", "list", "--json"), []);
  const [made] = await documents(...register, "--apply", "--json");
  assert.deepEqual([made.state, made.applied], ["PARTNER_STATE_REQUESTED", true]);
  const details = ["--category", "territorial_authority", "--legal-text", "CGCT"];
  await documents("partner", "update", siret, ...details, "--apply", "--json");
  await documents("partner", "verify", made.id, "--reason", "Examinée", "--apply", "--json");
  await documents("partner", "france-connect", siret, "--client-id", "abc", "--apply", "--json");
  const [shown] = await documents("partner", "show", siret);
  assert.deepEqual(shown.missing, [
    "ACTIVATION_REQUIREMENT_TERMS",
    "ACTIVATION_REQUIREMENT_TECHNICAL_CONTACT",
    "ACTIVATION_REQUIREMENT_ADMINISTRATIVE_CONTACT",
  ]);
  assert.equal(shown.franceConnect.clientId, "abc");
  const { stdout } = await statut("partner", "list", "--state", "requested", "--name", "BREST");
  assert.match(stdout, new RegExp(`^prt_\\w+ {2}requested +${siret} {2}Ville de Brest\n$`));
  const refused = await statut("partner", "activate", siret, "--reason", "Prête");
  assert.equal(refused.code, 1);
  assert.match(refused.stderr, /^error: Ce partenaire .* contact technique ; un contact administratif\.\n$/);
});

test("contacts are added, changed, listed and removed", async () => {
  const person = ["--name", "Anne Le Gall", "--email", "anne@example.fr"];
  const [added] = await documents(
    ...["contact", "add", siret, ...person, "--role", "technical", "business", "--apply", "--json"],
  );
  await documents("contact", "update", added.id, "--role", "administrative", "--apply", "--json");
  const { stdout } = await statut("contact", "list", siret);
  assert.equal(stdout, `${added.id}  administrative  Anne Le Gall  anne@example.fr\n`);
  const dry = await statut("contact", "remove", added.id, "--reason", "Départ");
  assert.match(dry.stdout, /^would change: .*Anne Le Gall.* removed; add --apply/);
  await documents("contact", "remove", added.id, "--reason", "Départ", "--apply", "--json");
  assert.deepEqual(await documents("contact", "list", siret, "--json"), []);
});

test("terms are published from a file, shown, and waited for", async () => {
  const file = join(dataDir, "terms.md");
  await writeFile(file, "# Conditions\r\n\r\nArticle 1\r\n");
  const publish = [
    "terms",
    "publish",
    "1",
    file,
    "--effective-date",
    "2026-01-01",
    "--major",
    "--summary",
    "Rien.",
    "--reason",
    "Début",
  ];
  assert.match((await statut(...publish)).stdout, /^would change: version 1 published/);
  await documents(...publish, "--apply", "--json");
  assert.equal((await statut("terms", "show")).stdout, "# Conditions\n\nArticle 1\n");
  assert.equal((await statut("terms", "list")).stdout, "1  2026-01-01  major\n");
  const [missing] = await documents("terms", "missing", "1", "--json");
  assert.equal(missing.siret, siret);
  assert.deepEqual(await documents("terms", "acceptances", "--json"), []);
  const again = await statut(...publish, "--apply");
  assert.deepEqual(
    [again.code, again.stderr],
    [1, "error: Une version des conditions générales porte déjà ce nom.\n"],
  );
});

test("a breach is recorded, notified, noted, assessed, suspended for and remedied", async () => {
  const other = "99999999900009";
  const issued = await statut(
    ...["token", "issue", "--partner-siret", other, "--partner-name", "Autre", "--procedure", "Essai"],
    ...["--scopes", "mesri_identite"],
  );
  assert.equal(issued.code, 0, issued.stderr);
  const what = ["--commitment", "own_servers", "--description", "Jeton public"];
  const [breach] = await documents("breach", "record", other, ...what, "--apply", "--json");
  const notice = ["--text", "Retirez-le.", "--remedy-by", "2199-01-01", "--body", "dinum"];
  await documents("breach", "notice", breach.id, ...notice, "--apply", "--json");
  await documents("breach", "note", breach.id, "--text", "Rappelé", "--apply", "--json");
  const because = ["--reason", "Persiste", "--apply", "--json"];
  const early = await statut("breach", "suspend", breach.id, ...because);
  assert.deepEqual([early.code, early.stdout], [1, ""]);
  assert.match(early.stderr, /avant la fin du délai/);
  await documents("breach", "assess", breach.id, "--severity", "persistent", ...because);
  await documents("breach", "suspend", breach.id, ...because);
  await documents("breach", "remedy", breach.id, ...because);
  const [shown] = await documents("breach", "show", breach.id);
  assert.deepEqual(
    shown.entries.map((entry: { kind: string }) => entry.kind.replace("BREACH_ENTRY_KIND_", "")),
    ["NOTICE", "NOTE", "SUSPENSION", "REMEDY"],
  );
  assert.match(
    (await statut("breach", "list", "--partner", other)).stdout,
    /remedied +persistent +own_servers/,
  );
  assert.deepEqual(await documents("breach", "list", "--overdue", "--json"), []);
  const [back] = await documents("partner", "reinstate", other, "--reason", "Remédié", "--apply", "--json");
  assert.deepEqual([back.before, back.after], ["suspended", "active"]);
  const [closed] = await documents("breach", "record", other, ...what, "--apply", "--json");
  await documents("breach", "close", closed.id, "--reason", "Infondé", "--apply", "--json");
});

test("operators are listed, get another role and are disabled", async () => {
  for (const name of ["camille", "dominique"]) {
    const person = ["--email", `${name}@example.gouv.fr`, "--name", `Un ${name}`];
    await documents("operator", "create", ...person, "--role", "administrator", "--json");
  }
  const because = ["--reason", "Mobilité", "--apply", "--json"];
  await documents("operator", "role", "camille@example.gouv.fr", "--role", "reader", ...because);
  const last = await statut("operator", "disable", "dominique@example.gouv.fr", ...because);
  assert.match(last.stderr, /au moins un administrateur/);
  await documents("operator", "disable", "camille@example.gouv.fr", ...because);
  const enabled = await documents("operator", "list", "--enabled", "--json");
  assert.deepEqual(
    enabled.map(({ email }) => email),
    ["dominique@example.gouv.fr"],
  );
  assert.match((await statut("operator", "list")).stdout, /reader +ministry +Un camille .* disabled$/m);
});

test("all of it is in the audit log, which verifies", async () => {
  const own = await documents("audit", "list", "--partner", siret, "--action", "partner.", "--json");
  assert.deepEqual(
    own.map(({ action }) => action),
    ["partner.register", "partner.update", "partner.verify_eligibility", "partner.declare_france_connect"],
  );
  assert.equal(own[0].actor.kind, "terminal");
  const { stdout } = await statut("audit", "list", "--action", "breach.suspend");
  assert.match(stdout, /^\S+Z {2}breach\.suspend {2}brc_\w+ {2}\S+ \(ministry\) {2}Persiste\n$/);
  const [verified] = await documents("audit", "verify", "--json");
  assert.ok(verified.isWhole && verified.checked > 20);
  assert.match((await statut("audit", "verify")).stdout, /^whole: \d+ events, .* [0-9a-f]{64}\n$/);
});

test("an event that was edited is found, with an exit code of its own", async () => {
  const database = openDatabase({ file: join(dataDir, "statut.db") });
  await database.knex.raw("drop trigger audit_events_update");
  await database.knex("audit_events").where("seq", 2).update({ reason: "Autre" });
  await database.close();
  const { code, stdout } = await statut("audit", "verify");
  assert.deepEqual([code, stdout], [1, "broken: event 2 is not what was written\n"]);
});

test("bad values are refused as the contract says, before anything is tried", async () => {
  const results = await Promise.all([
    statut("partner", "register", "13002526500014", "--name", "Essai", "--apply"),
    statut("contact", "add", siret, "--name", "Anne", "--email", "x", "--role", "technical"),
    statut("contact", "add", siret, "--name", "Anne", "--email", "a@example.fr", "--role", "boss"),
    statut(
      "terms",
      "publish",
      "1 2",
      join(dataDir, "terms.md"),
      "--effective-date",
      "x",
      "--summary",
      "z",
      "--reason",
      "y",
    ),
    statut("partner", "show", "1234"),
  ]);
  assert.deepEqual(
    results.map(({ code }) => code),
    [2, 2, 2, 2, 1],
  );
  assert.match(results[0]?.stderr ?? "", /^error: siret /);
  assert.match(results[1]?.stderr ?? "", /^error: email /);
  assert.match(results[3]?.stderr ?? "", /version .*\n.*effective_date /);
});
