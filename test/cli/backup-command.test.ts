// A backup made under load, and the service that starts from it, as docs/operations.md tells.
import assert from "node:assert/strict";
import { cp, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import Sqlite from "better-sqlite3";
import { type RunningService, runStatut, startService } from "../support/service.ts";
import {
  assertWhole,
  bearer,
  journalKeys,
  lookupRoute,
  readJournal,
  unlimited,
} from "../support/whole-service.ts";

const folder = await mkdtemp(join(tmpdir(), "statut-backup-"));
after(() => rm(folder, { recursive: true, force: true }));
const environment = { ...unlimited, JOURNAL_KEYS: journalKeys };

/** Looks up, one call after the other, until told to stop; returns the request identifiers that were answered. */
function callOnAndOn(origin: string, token: string) {
  const answered: string[] = [];
  let isOver = false;
  const ended = (async () => {
    while (!isOver) {
      const { status, headers } = await fetch(origin + lookupRoute, { headers: bearer(token) });
      assert.equal(status, 200);
      answered.push(headers.get("x-request-id") ?? "");
    }
  })();
  return {
    answered,
    async stop() {
      isOver = true;
      await ended;
    },
  };
}

/** In a process of its own, for which the files are its account's alone. */
function backUp({ dataDir }: RunningService, ...words: string[]) {
  return runStatut(["backup", ...words], { ...process.env, ...environment, DATA_DIR: dataDir });
}

test("a backup under load holds every call answered before it, and a service starts from it", async () => {
  await using service = await startService({ environment });
  const calls = callOnAndOn(service.origin, service.token);
  while (calls.answered.length < 50) await fetch(`${service.origin}/healthz`);
  const before = [...calls.answered];
  const target = join(folder, "under-load");
  const { code, stdout, stderr } = await backUp(service, target, "--json");
  await calls.stop();
  assert.equal(code, 0, stderr);
  const told = stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  assert.deepEqual(
    told.map(({ database, file }) => [database, file]),
    [
      ["journal", join(target, "journal.db")],
      ["main", join(target, "statut.db")],
    ],
  );
  for (const { file, bytes } of told) {
    const { size, mode } = await stat(file);
    assert.equal(size, bytes);
    assert.equal(mode & 0o777, 0o600);
  }
  assert.deepEqual((await readdir(target)).sort(), ["journal.db", "statut.db"]);

  const restored = join(folder, "restored");
  await cp(target, restored, { recursive: true });
  await using again = await startService({ environment, dataDir: restored });
  const kept = new Set(
    (await readJournal({ file: join(restored, "journal.db") })).map((line) => line.requestId),
  );
  assert.deepEqual(
    before.filter((id) => !kept.has(id)),
    [],
  );
  // The token of before, and new lines behind the old ones.
  const { status } = await fetch(again.origin + lookupRoute, { headers: bearer(service.token) });
  assert.equal(status, 200);
  await assertWhole(again);
  const audited = await again.statut("audit", "verify");
  assert.equal(audited.code, 0, audited.stdout + audited.stderr);
});

test("what was erased is not in the copy, byte by byte", async () => {
  const dataDir = join(folder, "erased");
  const env = { PATH: process.env["PATH"], DATA_DIR: dataDir };
  assert.equal((await runStatut(["migrate"], env)).code, 0);
  const secret = "Zyzzogeton-qui-est-efface";
  const database = new Sqlite(join(dataDir, "statut.db"));
  // A connection without secure_delete leaves the bytes in its free pages.
  database.pragma("secure_delete = OFF");
  database.exec("create table passing (text text)");
  const insert = database.prepare("insert into passing values (?)");
  for (let row = 0; row < 2000; row += 1) insert.run(`${secret} ${row}`);
  database.exec("drop table passing");
  database.close();
  const { code, stderr } = await runStatut(["backup", join(folder, "without")], env);
  assert.equal(code, 0, stderr);
  assert.ok((await readFile(join(dataDir, "statut.db"))).includes(secret));
  assert.ok(!(await readFile(join(folder, "without", "statut.db"))).includes(secret));
});

test("a backup replaces nothing, leaves no half, and names what is missing", async () => {
  const dataDir = join(folder, "small");
  const env = { PATH: process.env["PATH"], DATA_DIR: dataDir };
  const missing = await runStatut(["backup", join(folder, "none")], env);
  assert.equal(missing.code, 1);
  assert.match(missing.stderr, /journal\.db does not exist/u);
  assert.equal((await runStatut(["migrate"], env)).code, 0);
  const target = join(folder, "twice");
  await mkdir(target);
  await writeFile(join(target, "statut.db.part"), "what an attempt left that was killed");
  assert.equal((await runStatut(["backup", target], env)).code, 0);
  assert.deepEqual((await readdir(target)).sort(), ["journal.db", "statut.db"]);
  const first = await stat(join(target, "statut.db"));
  const second = await runStatut(["backup", target], env);
  assert.equal(second.code, 1);
  assert.match(second.stderr, /exists already/u);
  assert.equal((await stat(join(target, "statut.db"))).mtimeMs, first.mtimeMs);

  await writeFile(join(dataDir, "journal.db"), Buffer.alloc(20_000, "not a database"));
  const damaged = await runStatut(["backup", join(folder, "damaged")], env);
  assert.equal(damaged.code, 1);
  assert.deepEqual(await readdir(join(folder, "damaged")), []);
});

test("with PostgreSQL it says what to use instead", async () => {
  const { code, stderr } = await runStatut(["backup", join(folder, "postgres")], {
    PATH: process.env["PATH"],
    DATABASE_URL: "postgres://127.0.0.1:1/none",
    JOURNAL_KEYS: journalKeys,
  });
  assert.equal(code, 2);
  assert.match(stderr, /pg_dump/u);
});
