// An import is killed with SIGKILL while it writes, and goes on.
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { bothDatabases, type FreshDatabase } from "../support/both-databases.ts";
import { eventually } from "../support/eventually.ts";
import { importInstitutions, importStudents, lines, storedStudents, student } from "./sample-lines.ts";

const databases = await bothDatabases();
const folder = await mkdtemp(join(tmpdir(), "statut-resume-"));
after(async () => {
  await databases[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

/** Some 7 MB, of which one line in a thousand is refused: several transactions on either database. */
const people = Array.from({ length: 24_000 }, (_, index) => {
  const ine = `${100_000_000 + index * 7}AB`;
  return index % 1000 === 999 ? student(ine, { sex: "X" }) : student(ine);
});
const content = lines(people);
const firstPart = content.slice(0, content.indexOf("\n", content.length * 0.8) + 1);
const file = join(folder, "students.ndjson");
await writeFile(file, content);

const statut = join(import.meta.dirname, "../../src/statut.js");

function startImport(fresh: FreshDatabase, ...arguments_: string[]): ChildProcess {
  return spawn(process.execPath, [statut, "import", "students", ...arguments_], {
    env: { ...process.env, ...fresh.environment },
    stdio: ["pipe", "pipe", "pipe"],
  });
}

async function finish(child: ChildProcess): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const [stdout, stderr] = [child.stdout, child.stderr].map(async (stream) => {
    let text = "";
    for await (const chunk of stream ?? []) text += String(chunk);
    return text;
  });
  const [code] = (await once(child, "exit")) as [number | null];
  return { code, stdout: (await stdout) ?? "", stderr: (await stderr) ?? "" };
}

/** Feeds four fifths of the file and kills the import once some of them are written. */
async function killHalfway(fresh: FreshDatabase): Promise<void> {
  const child = startImport(fresh, "-", "--rejects", join(folder, "killed.ndjson"));
  child.stdin?.on("error", () => {});
  child.stdin?.write(firstPart);
  await eventually(async () => {
    assert.equal(child.exitCode, null, "the import must not end before it is killed");
    return (await writtenBytes(fresh)) > 0;
  });
  child.kill("SIGKILL");
  const [, signal] = await once(child, "exit");
  assert.equal(signal, "SIGKILL");
}

async function writtenBytes(fresh: FreshDatabase): Promise<number> {
  const rows = await fresh.database
    .knex("imports")
    .where("kind", "students")
    .whereNull("finished_at")
    .select("bytes");
  return rows[0]?.bytes ?? 0;
}

async function resume(fresh: FreshDatabase, rejects: string) {
  const result = await finish(startImport(fresh, file, "--resume", "--json", "--rejects", rejects));
  assert.equal(result.code, 3, result.stderr);
  return JSON.parse(result.stdout) as Record<string, unknown>;
}

/** What an import that nothing interrupted stores. */
async function expected(): Promise<unknown> {
  await using fresh = await databases.kinds[0].open();
  await importInstitutions(fresh.database);
  await importStudents(fresh.database, content);
  return await storedStudents(fresh.database);
}

const stored = await expected();

for (const kind of databases.kinds) {
  describe(`resuming on ${kind.name}`, () => {
    test("a first import goes on after SIGKILL and ends with the same students and refusals", async () => {
      await using fresh = await kind.open();
      await importInstitutions(fresh.database);
      await killHalfway(fresh);
      assert.deepEqual(
        await storedStudents(fresh.database),
        [],
        "a first import shows nothing before its end",
      );
      const rejects = join(folder, `${kind.name}.rejects.ndjson`);
      const result = await resume(fresh, rejects);
      const { accepted, refused, inserted, updated, unchanged, resumed } = result;
      assert.deepEqual(
        { accepted, refused, inserted, updated, unchanged, resumed },
        { accepted: 23_976, refused: 24, inserted: 23_976, updated: 0, unchanged: 0, resumed: true },
      );
      assert.deepEqual(await storedStudents(fresh.database), stored);
      const refusals = (await readFile(rejects, "utf8")).trimEnd().split("\n");
      assert.equal(refusals.length, 24, "those of the part before the kill included, once each");
      assert.equal(refusals[0], '{"line":1000,"field":"sex","reason":"must be M, F or absent"}');
    });

    test("an import into a filled table goes on after SIGKILL", async () => {
      await using fresh = await kind.open();
      const { database } = fresh;
      await importInstitutions(database);
      await importStudents(database, lines([student("100000000AB", { sex: "M" }), people[1]]));
      await killHalfway(fresh);
      const result = await resume(fresh, join(folder, "again.ndjson"));
      const { inserted, updated, unchanged, resumed } = result;
      assert.deepEqual([inserted, updated, unchanged, resumed], [23_974, 1, 1, true]);
      assert.deepEqual(await storedStudents(database), stored);
    });

    test("another file is not resumed; without --resume the import starts anew", async () => {
      await using fresh = await kind.open();
      await importInstitutions(fresh.database);
      await killHalfway(fresh);
      const other = content.replace("Zoé", "Léa");
      await assert.rejects(importStudents(fresh.database, other, { resume: true }), /not the one/);
      await assert.rejects(
        importStudents(fresh.database, lines([people[0]]), { resume: true }),
        /shorter|not the one/,
      );
      const anew = await importStudents(fresh.database, other);
      assert.deepEqual([anew.inserted, anew.refused], [23_976, 24]);
      assert.equal((await storedStudents(fresh.database)).length, 23_976);
    });
  });
}
