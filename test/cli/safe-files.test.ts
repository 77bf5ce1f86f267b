// What an operator's mistake must not destroy, make or expose.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";

const program = fileURLToPath(new URL("../../src/statut.js", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "statut-safe-"));
after(() => rmSync(folder, { recursive: true }));

function statut(environment: Record<string, string>, ...words: string[]) {
  const env = { PATH: process.env["PATH"], DATA_DIR: join(folder, "data"), ...environment };
  return new Promise<{ code: number; stderr: string }>((resolve) => {
    execFile(
      process.execPath,
      [program, ...words],
      { env, cwd: folder, timeout: 30_000 },
      (error, _, stderr) => resolve({ code: Number(error?.code ?? 0), stderr }),
    );
  });
}

test("the file that is imported is never the list of refused lines", async () => {
  writeFileSync(join(folder, "in.ndjson"), "{}\n");
  const { code, stderr } = await statut({}, "import", "students", "in.ndjson", "--rejects", "./in.ndjson");
  assert.equal(code, 2, stderr);
  assert.match(stderr, /--rejects/u);
  assert.equal(readFileSync(join(folder, "in.ndjson"), "utf8"), "{}\n");
});

test("a command on an empty folder makes nothing", async () => {
  const empty = join(folder, "empty");
  for (const words of [
    ["journal", "verify"],
    ["token", "list"],
  ]) {
    const { code, stderr } = await statut({ DATA_DIR: empty }, ...words);
    assert.equal(code, 1, stderr);
    assert.match(stderr, /^error: /u);
    assert.ok(!existsSync(empty));
  }
});

test("new databases are the owner's alone", async () => {
  const data = join(folder, "fresh");
  assert.equal((await statut({ DATA_DIR: data }, "migrate")).code, 0);
  const files = readdirSync(data);
  assert.ok(files.includes("statut.db") && files.includes("journal.db"));
  for (const file of files) assert.equal(statSync(join(data, file)).mode & 0o777, 0o600, file);
});

test("a lost journal.keys names itself", async () => {
  const data = join(folder, "lost");
  await statut({ DATA_DIR: data }, "migrate");
  const { code, stderr } = await statut({ DATA_DIR: data }, "journal", "verify");
  assert.equal(code, 2, stderr);
  assert.match(stderr, /journal\.keys is missing/u);
  assert.ok(!existsSync(join(data, "journal.keys")));
});

test("certificates that are none and impossible years are refused", async () => {
  const tls = await statut({ TLS_CERT: "no", TLS_KEY: "no" }, "serve");
  assert.equal(tls.code, 2);
  assert.match(tls.stderr, /TLS_CERT must be/u);
  const year = await statut({}, "generate", "--students", "1", "--year", "99999999");
  assert.equal(year.code, 2);
  assert.match(year.stderr, /--year must be 1950 to 2100/u);
});

test("the demonstration stays out of a database with partners", async () => {
  const environment = { DATA_DIR: join(folder, "real"), PORT: "0" };
  await statut(environment, "migrate");
  const issue = ["--partner-siret", "13002526500013", "--partner-name", "M", "--procedure", "T"];
  assert.equal((await statut(environment, "token", "issue", ...issue, "--scopes", "mesri_identite")).code, 0);
  const { code, stderr } = await statut(environment, "serve", "--demonstration");
  assert.equal(code, 2, stderr);
  assert.match(stderr, /--demonstration is refused/u);
});
