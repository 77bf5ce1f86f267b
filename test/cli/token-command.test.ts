// The operator's program as an operator runs it: a process, its two streams and its exit code.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { createAccessStorage } from "../../src/access/access-storage.ts";
import { hashTokenSecret, parseTokenSecret } from "../../src/access/token-secret.ts";
import { type Database, openDatabase } from "../../src/storage/database.ts";
import { migrate } from "../../src/storage/migrate.ts";
import { runStatutHere } from "../support/service.ts";

const program = fileURLToPath(new URL("../../src/statut.js", import.meta.url));

interface Run {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

let dataDir: string;
let database: Database;

before(async () => {
  dataDir = await mkdtemp(join(tmpdir(), "statut-cli-"));
  database = openDatabase({ file: join(dataDir, "statut.db") });
  await migrate(database.knex, "main");
});

after(async () => {
  await database.close();
  await rm(dataDir, { recursive: true, force: true });
});

function statut(...words: string[]): Promise<Run> {
  return statutIn({ DATA_DIR: dataDir }, ...words);
}

function statutIn(environment: Record<string, string>, ...words: string[]): Promise<Run> {
  // Compiled once for all these processes.
  const env = { PATH: process.env["PATH"], NODE_COMPILE_CACHE: join(dataDir, "compiled"), ...environment };
  return new Promise((resolve, reject) => {
    execFile(process.execPath, [program, ...words], { env, timeout: 120_000 }, (error, stdout, stderr) => {
      if (error !== null && typeof error.code !== "number") reject(error);
      else resolve({ code: Number(error?.code ?? 0), stdout, stderr });
    });
  });
}

/** What a command does once it runs, without the second that a process takes to start. */
const here = (...words: string[]) => runStatutHere(words, { DATA_DIR: dataDir });

const issuance = (siret: string, ...further: string[]) => [
  ...["token", "issue", "--partner-siret", siret, "--partner-name", "Mairie d'Exemple"],
  ...["--procedure", "Transports", "--scopes", "mesri_identite, mesri_admissions", ...further],
];
const issue = (siret: string, ...further: string[]) => statut(...issuance(siret, ...further));
const issueHere = (siret: string, ...further: string[]) => here(...issuance(siret, ...further));

test("a secret is shown once, alone on its line, and only its hash is kept", async () => {
  const { code, stdout, stderr } = await issue("13002526500013");
  assert.equal(code, 0, stderr);
  const [, secret = ""] = /^token: (\S+)\n$/u.exec(stdout) ?? assert.fail(stdout);
  assert.equal(parseTokenSecret(secret), secret);
  assert.ok(!stderr.includes(secret));
  const [, tokenId = ""] = /^id: (tok_\w+)$/mu.exec(stderr) ?? assert.fail(stderr);
  const entries = await createAccessStorage(database).readChanges(0);
  const stored = entries.find((entry) => entry.tokenId === tokenId);
  assert.deepEqual(stored?.secretHash, hashTokenSecret(secret));
  const listed = await statut("token", "list");
  assert.equal(listed.code, 0);
  assert.match(
    listed.stdout,
    new RegExp(`^${tokenId}  never used  .*13002526500013  Mairie d'Exemple`, "mu"),
  );
  assert.ok(!listed.stdout.includes(secret));
});

test("a token is issued with all its options, listed, dry-run and revoked, in JSON", async () => {
  const options = ["--expires-in-days", "30", "--network", "192.0.2.0/24", "2001:db8::/32", "--rate", "5"];
  const issued = await issueHere("99999999900009", ...options, "--json");
  assert.equal(issued.code, 0, issued.stderr);
  assert.equal(issued.stderr, "");
  const document = JSON.parse(issued.stdout);
  assert.equal(parseTokenSecret(document.token), document.token);
  assert.deepEqual(document.scopes, ["mesri_admissions", "mesri_identite"]);
  assert.deepEqual(document.allowedNetworks, ["192.0.2.0/24", "2001:db8::/32"]);
  assert.equal(Date.parse(document.expiresAt) - Date.parse(document.validFrom), 30 * 86_400_000);
  const { tokenId } = document;

  const find = async () => {
    const { stdout } = await here("token", "list", "--json");
    const lines = stdout.trimEnd().split("\n");
    return lines.map((line) => JSON.parse(line)).find((token) => token.tokenId === tokenId);
  };
  assert.equal((await find()).status, "expiring");
  assert.equal((await find()).callsPerSecond, 5);

  const revoke = ["token", "revoke", tokenId, "--reason", "Divulgué", "--json"];
  const dry = await here(...revoke);
  assert.deepEqual([dry.code, JSON.parse(dry.stdout).applied], [0, false]);
  assert.equal((await find()).status, "expiring");

  const later = new Date(Date.now() + 86_400_000).toISOString();
  const planned = await here(...revoke, "--at", later, "--apply");
  assert.deepEqual([planned.code, JSON.parse(planned.stdout).revokedAt], [0, later]);
  assert.equal((await find()).status, "revoked later");

  const done = await here(...revoke, "--apply");
  assert.deepEqual([done.code, JSON.parse(done.stdout).applied], [0, true]);
  const revoked = await find();
  assert.equal(revoked.status, "revoked");
  assert.equal(revoked.revokedReason, "Divulgué");
});

test("a token is shown, limited, rotated, prolonged and marked as leaked, only with --apply", async () => {
  const options = ["--expires-in-days", "30", "--json"];
  const { tokenId, token: first } = JSON.parse((await issueHere("13002526500013", ...options)).stdout);
  const show = async () => JSON.parse((await here("token", "show", tokenId, "--json")).stdout);
  const dry = await here("token", "rotate", tokenId, "--overlap-days", "7");
  assert.match(dry.stdout, /^would rotate: tok_\w+ .*; add --apply to do it\n$/u);
  assert.equal((await show()).secrets.length, 1);
  const rotated = await here("token", "rotate", tokenId, "--overlap-days", "7", "--apply");
  const [, second = ""] = /^token: (stetu_\w+)\n$/u.exec(rotated.stdout) ?? assert.fail(rotated.stderr);
  assert.notEqual(second, first);
  assert.equal((await show()).secrets.length, 2);
  const again = await here("token", "rotate", tokenId, "--apply");
  assert.deepEqual([again.code, again.stdout], [1, ""]);
  assert.match(again.stderr, /^error: Deux secrets du jeton sont déjà valables/u);
  const lost = await here("token", "rotate", tokenId, "--last-secret-lost", "--apply", "--json");
  assert.equal(parseTokenSecret(JSON.parse(lost.stdout).token)?.slice(0, 6), "stetu_");
  const prolonged = await here("token", "prolong", tokenId, "--apply", "--json");
  assert.match(prolonged.stderr, /^confirms: purpose of Transports: not described\nconfirms: scopes /u);
  const ends = Date.parse(JSON.parse(prolonged.stdout).expiresAt);
  assert.ok(ends > Date.now() + 547 * 86_400_000);
  const early = await here("token", "prolong", tokenId);
  assert.deepEqual([early.code, early.stdout], [1, ""]);
  const rated = await here(
    "token",
    "rate",
    tokenId,
    "--rate",
    "9",
    "--reason",
    "Rentrée",
    "--apply",
    "--json",
  );
  assert.equal(JSON.parse(rated.stdout).callsPerSecond, 9);
  const leaked = await here("token", "leaked", tokenId, "--reason", "Publié", "--apply", "--json");
  assert.deepEqual([JSON.parse(leaked.stdout).status, JSON.parse(leaked.stdout).applied], ["revoked", true]);
  const shown = await show();
  assert.ok(shown.leakedAt && shown.prolongedAt && shown.issuedAtTerminal);
  const listed = await here("token", "list", "--status", "revoked");
  assert.match(listed.stdout, new RegExp(`^${tokenId}  revoked `, "mu"));
  for (const { stdout, stderr } of [again, prolonged, early, rated, leaked, listed]) {
    assert.doesNotMatch(stdout + stderr, /stetu_/u);
  }
});

test("a partner is suspended and reinstated, only with --apply", async () => {
  const siret = "99999999900017";
  await issueHere(siret);
  const stateOf = async () =>
    (await database.knex("partners").select("state").where("siret", siret).first())?.state;
  const dry = await here("partner", "suspend", siret, "--reason", "Article 5");
  assert.deepEqual([dry.code, await stateOf()], [0, "active"]);
  assert.match(dry.stdout, /^would change: 99999999900017 .* from active to suspended; add --apply/u);
  const done = await here("partner", "suspend", siret, "--reason", "Article 5", "--apply");
  assert.deepEqual([done.code, await stateOf()], [0, "suspended"]);
  const refused = await issueHere(siret);
  assert.equal(refused.code, 2);
  assert.equal(refused.stderr, "error: partner_siret is the SIRET of a partner that is suspended\n");
  const back = await here("partner", "reinstate", siret, "--reason", "Remédié", "--apply", "--json");
  assert.deepEqual(JSON.parse(back.stdout), {
    siret,
    name: "Mairie d'Exemple",
    before: "suspended",
    after: "active",
    applied: true,
  });
  assert.equal(await stateOf(), "active");
});

const revokeNothing = ["token", "revoke", "tok_none", "--reason", "Motif"];
const failures: [string, number, RegExp, () => Promise<Run>][] = [
  ["a bad check digit", 2, /partner_siret must be a SIRET/u, () => issue("13002526500014")],
  ["too long a life", 2, /expires_in_days/u, () => issue("13002526500013", "--expires-in-days", "549")],
  ["a number that is none", 2, /--expires-in-days/u, () => issue("13002526500013", "--expires-in-days", "x")],
  ["a bad network", 2, /allowed_networks.*300/u, () => issue("13002526500013", "--network", "300.0.0.0/8")],
  ["an unknown scope", 2, /scopes.*mesri_all/u, () => issue("13002526500013", "--scopes", "mesri_all")],
  [
    "a procedure that no letter could name",
    2,
    /procedure_name must hold neither a token nor a student's number/u,
    () => issue("13002526500013", "--procedure", "Aide 951242368CR"),
  ],
  [
    "a partner that no letter could name",
    2,
    /partner_name must hold neither a token nor a student's number/u,
    () => issue("21750001600019", "--partner-name", "Régie 951242368CR"),
  ],
  ["a missing option", 2, /--partner-siret/u, () => statut("token", "issue")],
  ["an unknown command", 2, /unknown command/u, () => statut("tokens")],
  ["no command", 2, /Usage: statut/u, () => statut()],
  ["an unknown option", 2, /unknown option/u, () => statut("token", "list", "--all")],
  ["an unknown token", 1, /no token.*tok_none/u, () => statut(...revokeNothing, "--apply")],
  ["an unknown token, dry", 1, /no token.*tok_none/u, () => statut(...revokeNothing)],
  ["a revocation in the past", 2, /past/u, () => statut(...revokeNothing, "--at", "2020-01-01T00:00:00Z")],
  ["an instant without zone", 2, /ISO 8601/u, () => statut(...revokeNothing, "--at", "2030-01-01T00:00:00")],
  [
    "an unknown partner",
    1,
    /no partner.*1234/u,
    () => statut("partner", "suspend", "1234", "--reason", "Motif", "--apply"),
  ],
  ["an empty reason", 2, /--reason/u, () => statut("token", "revoke", "tok_none", "--reason", " ")],
  [
    "a bad configuration",
    2,
    /PORT must be/u,
    () => statutIn({ DATA_DIR: dataDir, PORT: "x" }, "token", "list"),
  ],
  [
    "no tables",
    1,
    /run `statut migrate` first/u,
    () => statutIn({ DATA_DIR: join(dataDir, "empty") }, "token", "list"),
  ],
  [
    "a database that is away",
    1,
    /error: /u,
    () =>
      statutIn(
        { DATABASE_URL: "postgres://u:hidden-password@127.0.0.1:1/none", JOURNAL_KEYS: "k" },
        "token",
        "list",
      ),
  ],
];

test("failures are told on standard error, with their exit code", async (context) => {
  const results = failures.map(([, , , run]) => run());
  for (const [index, [name, code, message]] of failures.entries()) {
    await context.test(name, async () => {
      const result = (await results[index]) ?? assert.fail("it did not run");
      assert.equal(result.code, code, result.stderr);
      assert.match(result.stderr, message);
      assert.equal(result.stdout, "");
      assert.doesNotMatch(result.stderr, /\n {4}at |hidden-password|stetu_/u);
    });
  }
});

test("help needs no configuration and shows examples", async () => {
  const helps = await Promise.all([
    statutIn({ PORT: "x" }, "--help"),
    statutIn({}, "token", "issue", "--help"),
    statutIn({}, "token", "list", "--help"),
    statutIn({}, "token", "revoke", "--help"),
    statutIn({}, "token", "prolong", "--help"),
    statutIn({}, "procedure", "approve", "--help"),
    statutIn({}, "partner", "suspend", "--help"),
  ]);
  for (const { code, stdout } of helps) {
    assert.equal(code, 0);
    assert.match(stdout, /^Usage: statut/u);
  }
  for (const { stdout } of helps.slice(1))
    assert.match(stdout, /Example:\n {2}statut (token|partner|procedure) /u);
});
