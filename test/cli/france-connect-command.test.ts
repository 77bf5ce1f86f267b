import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { parseDecryptionKeys } from "../../src/france-connect/decryption-keys.ts";
import { runStatutHere } from "../support/service.ts";

const siret = "13002526500013";
let dataDir: string;

before(async () => {
  dataDir = await mkdtemp(join(tmpdir(), "statut-cli-"));
  await statut("migrate");
  const issued = await statut(
    ...["token", "issue", "--partner-siret", siret, "--partner-name", "Ville"],
    ...["--procedure", "Bourses", "--scopes", "mesri_admissions"],
  );
  assert.equal(issued.code, 0, issued.stderr);
});
after(() => rm(dataDir, { recursive: true, force: true }));

function statut(...words: string[]) {
  return runStatutHere(words, { ...process.env, DATA_DIR: dataDir });
}

const register = (clientId: string, ...further: string[]) =>
  statut(
    ...["france-connect", "register", "--client-id", clientId, "--partner-siret", siret],
    ...["--procedure", "Bourses", "--scopes", "mesri_admissions", ...further],
  );

test("a client is registered, listed, and revoked once that is confirmed", async () => {
  const registered = await register("client-a", "--recipients", "21750001600019", "--json");
  assert.equal(registered.code, 0, registered.stderr);
  const { id } = JSON.parse(registered.stdout) as { id: string };

  const tried = await statut("france-connect", "revoke", id, "--reason", "Fin");
  assert.match(tried.stdout, /^would revoke: fcc_.* \(Ville, Bourses\); add --apply to do it\n$/);
  const listed = await statut("france-connect", "list", "--json");
  const document = JSON.parse(listed.stdout) as Record<string, unknown>;
  assert.deepEqual(
    [document["id"], document["status"], document["recipients"], document["revokedAt"]],
    [id, "active", ["21750001600019"], undefined],
  );

  const revoked = await statut("france-connect", "revoke", id, "--reason", "Fin", "--apply", "--json");
  const { status, revokedReason, applied } = JSON.parse(revoked.stdout) as Record<string, unknown>;
  assert.deepEqual([status, revokedReason, applied], ["revoked", "Fin", true]);
  assert.match(
    (await statut("france-connect", "list")).stdout,
    new RegExp(`^${id}  revoked +client-a  ${siret}  Ville · Bourses`),
  );
});

test("what cannot be done is told by exit codes", async () => {
  const bad = await register("client b");
  assert.equal(bad.code, 2);
  assert.match(bad.stderr, /^error: client_id must hold/);
  await register("client-c");
  const twice = await register("client-c");
  assert.deepEqual(
    [twice.code, twice.stderr],
    [2, "error: client_id is registered already: revoke that registration first\n"],
  );
  for (const apply of [[], ["--apply"]]) {
    const unknown = await statut("france-connect", "revoke", "fcc_inconnu", "--reason", "Fin", ...apply);
    assert.equal(unknown.code, 1);
  }
});

test("a key is made for the setting", async () => {
  for (const [options, alg] of [
    [[], "RSA-OAEP-256"],
    [["--ecdh"], "ECDH-ES"],
  ] as const) {
    const { code, stdout } = await statut("france-connect", "generate-key", ...options);
    assert.equal(code, 0);
    const { keys } = parseDecryptionKeys(`{"keys":[${stdout}]}`);
    assert.deepEqual(
      keys.map((key) => key.alg),
      [alg],
    );
  }
});
