import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { gzipSync } from "node:zlib";
import { createImportProgress, describe, writeDuration } from "../../src/cli/import-progress.ts";
import { institutions, lines, student } from "./sample-lines.ts";

const folder = await mkdtemp(join(tmpdir(), "statut-import-command-"));
after(() => rm(folder, { recursive: true, force: true }));

const statut = join(import.meta.dirname, "../../src/statut.js");

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

function run(arguments_: readonly string[], input: string | Buffer = ""): Promise<Ended> {
  const env = { ...process.env, DATA_DIR: join(folder, "data") };
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      [statut, ...arguments_],
      { env, cwd: folder },
      (error, stdout, stderr) => {
        resolve({ code: Number(error?.code ?? 0), stdout, stderr });
      },
    );
    child.stdin?.end(input);
  });
}

test("imports files and standard input, lists what it refused and tells it by its exit code", async () => {
  await writeFile(join(folder, "institutions.ndjson.gz"), gzipSync(lines(institutions)));
  const first = await run(["import", "institutions", "institutions.ndjson.gz"]);
  assert.deepEqual(
    [first.code, first.stdout],
    [0, "institutions: 2 inserted, 0 updated, 0 unchanged, 0 refused\n"],
  );

  const secret = "Nom-Très-Secret";
  const content = lines([
    student("100000000AB"),
    student("100000001AB", { birthName: secret, birthDate: "x" }),
  ]);
  const dry = await run(
    ["import", "students", "-", "--dry-run", "--json", "--rejects", "dry.ndjson"],
    content,
  );
  assert.equal(dry.code, 3);
  const { seconds: _, ...summary } = JSON.parse(dry.stdout) as Record<string, unknown>;
  const counts = { lines: 2, accepted: 1, refused: 1, inserted: 0, updated: 0, unchanged: 0 };
  assert.deepEqual(summary, {
    kind: "students",
    dryRun: true,
    resumed: false,
    ...counts,
    rejects: "dry.ndjson",
  });

  const real = await run(["import", "students", "-"], content);
  assert.equal(real.code, 3);
  assert.match(real.stdout, /^students: 1 inserted, 0 updated, 0 unchanged, 1 refused\n$/);
  const rejects = join(folder, "students.rejects.ndjson");
  const reason = "must be a date that exists, as YYYY-MM-DD, with 00 for what is unknown";
  assert.equal(
    await readFile(rejects, "utf8"),
    `${JSON.stringify({ line: 2, field: "birthDate", reason })}\n`,
  );
  assert.equal((await stat(rejects)).mode & 0o777, 0o600);
  assert.ok(!`${real.stdout}${real.stderr}`.includes(secret));

  const again = await run(["import", "students", "-", "--resume"], lines([student("100000000AB")]));
  assert.deepEqual(
    [again.code, again.stdout],
    [0, "students: 0 inserted, 0 updated, 1 unchanged, 0 refused\n"],
  );
  assert.match(again.stderr, /nothing to resume/);
  assert.ok(!(await readdir(folder)).includes("students.rejects.ndjson"), "an older reject file is gone");
});

test("what is wrong with the call is told on standard error", async () => {
  const missing = await run(["import", "students", "missing.ndjson"]);
  assert.equal(missing.code, 1);
  assert.match(missing.stderr, /missing\.ndjson/);
  const unclear = await run(["import", "students", "students.txt"]);
  assert.equal(unclear.code, 2);
  assert.match(unclear.stderr, /--format/);
  await writeFile(join(folder, "bad.csv"), "uai,nom\n");
  const header = await run(["import", "institutions", "bad.csv"]);
  assert.equal(header.code, 1);
  assert.match(header.stderr, /column 2 of the header/);
});

test("generates files that can be imported", async () => {
  const made = await run([
    "generate",
    "--students",
    "500",
    "--institutions",
    "i.ndjson",
    "--out",
    "s.ndjson",
    "--json",
  ]);
  assert.deepEqual(JSON.parse(made.stdout), { students: 500, institutions: 4000, seed: 1, latestYear: 2026 });
  assert.equal((await run(["import", "institutions", "i.ndjson"])).code, 0);
  const imported = await run(["import", "students", "s.ndjson"]);
  assert.match(imported.stdout, /^students: 500 inserted, 0 updated, 0 unchanged, 0 refused\n$/);
  const printed = await run(["generate", "--students", "500"]);
  assert.equal(printed.stdout, await readFile(join(folder, "s.ndjson"), "utf8"));
});

const counts = { lines: 0, accepted: 1_500_000, refused: 2, inserted: 0, updated: 0, unchanged: 0 };

test("progress tells share, rate and remaining time, or what it can without a size", () => {
  const state = {
    label: "students",
    counts,
    readBytes: 50,
    totalBytes: 100,
    elapsedMs: 25_000,
    resuming: false,
  };
  const bar = "[############------------] 50 %";
  assert.equal(describe(state), `students ${bar} · 1,500,002 records · 60,000/s · 2 refused · 0:25 left`);
  const unknown = describe({ ...state, totalBytes: undefined, resuming: true });
  assert.equal(unknown, "students 1,500,002 records · 60,000/s · 2 refused · reading again what was written");
  assert.deepEqual([0, 59_001, 3_600_000].map(writeDuration), ["0:00", "1:00", "1:00:00"]);
});

test("progress redraws one line on a terminal and writes lines elsewhere", () => {
  for (const [isTTY, pattern] of [
    [true, /^\r\u001b\[2Kstudents \[#{2}-+\] 10 % [^\n]*\r\u001b\[2K[^\n]*\r\u001b\[2K$/],
    [false, /^students \[#+-+\] 20 % [^\n]*\n$/],
  ] as const) {
    let now = 0;
    let written = "";
    const stream = { isTTY, write: (text: string) => (written += text) } as unknown as NodeJS.WriteStream;
    const clock = { now: () => 0, monotonic: () => now };
    const progress = createImportProgress({ stream, clock, label: "students", totalBytes: 100 });
    progress.report(counts, 5, false);
    now = 300;
    progress.report(counts, 10, false);
    now = 10_100;
    progress.report(counts, 20, false);
    progress.end();
    assert.match(written, pattern);
  }
});
