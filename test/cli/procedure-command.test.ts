// Decisions on procedures as an operator takes them on the command line.
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { ProcedureState } from "../../src/gen/statutetudiant/procedure/v1/procedure_pb.ts";
import { type Database, openDatabase } from "../../src/storage/database.ts";
import { migrate } from "../../src/storage/migrate.ts";
import { administer, contentOf } from "../support/administered.ts";
import { runStatutHere } from "../support/service.ts";

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

const statut = (...words: string[]) =>
  runStatutHere(["procedure", ...words], { PATH: process.env["PATH"], DATA_DIR: dataDir });

test("procedures are listed, shown and decided on, only with --apply", async () => {
  const world = administer(database);
  const partner = await world.partner();
  const first = await world.submit(partner, await world.draft(partner, contentOf("Bourse")));
  const closeTo = { procedureId: first.id, explanation: "Même public." };
  const second = await world.submit(partner, await world.draft(partner, { ...contentOf("Aide"), closeTo }));
  const because = ["--reason", "Conforme"];
  const listed = await statut("list", "--state", "requested");
  // Both were made in one millisecond: either comes first.
  const lines = listed.stdout
    .trim()
    .split("\n")
    .toSorted((a) => (a.endsWith("Bourse") ? -1 : 1));
  assert.match(
    lines.join("\n"),
    new RegExp(`^${first.id}  requested .* · Bourse\n${second.id}  requested .* · Aide$`, "u"),
  );
  const dry = await statut("approve", first.id, ...because);
  assert.match(
    dry.stdout,
    new RegExp(`^would approve: ${first.id}  approved .*; add --apply to do it\n$`, "u"),
  );
  const changes = await statut("ask-changes", first.id, ...because, "--apply");
  assert.match(changes.stdout, new RegExp(`^done: ask-changes: ${first.id}  changes_requested `, "u"));
  const undecided = await statut("refuse", first.id, ...because, "--apply");
  assert.deepEqual([undecided.code, undecided.stdout], [1, ""]);
  assert.match(undecided.stderr, /^error: La démarche n'est pas soumise/u);
  const again = await world.submit(partner, { ...first, etag: '"3"' });
  assert.equal(again.state, ProcedureState.REQUESTED);
  assert.equal((await statut("refuse", first.id, ...because, "--apply")).code, 0);
  const approved = await statut("approve", second.id, ...because, "--closeness", "--apply", "--json");
  assert.deepEqual(
    [
      JSON.parse(approved.stdout).state,
      JSON.parse(approved.stdout).closenessApproved,
      JSON.parse(approved.stdout).applied,
    ],
    ["PROCEDURE_STATE_APPROVED", true, true],
  );
  const closed = await statut("close", second.id, ...because, "--apply");
  assert.equal(closed.code, 0, closed.stderr);
  const shown = JSON.parse((await statut("show", second.id, "--json")).stdout);
  assert.deepEqual([shown.state, shown.approved.name], ["PROCEDURE_STATE_CLOSED", "Aide"]);
  const unknown = await statut("show", "prc_none");
  assert.deepEqual(
    [unknown.code, unknown.stderr],
    [1, 'error: no procedure has the identifier "prc_none"\n'],
  );
});
