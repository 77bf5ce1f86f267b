import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { verifyJournal } from "../../src/journal/verify-journal.ts";
import { eventually } from "../support/eventually.ts";
import { keys, line, openJournal, outcomes, patientClock, temporaryFolder } from "./fixture.ts";
import { testJournal } from "./journal-behaviour.ts";

const folder = temporaryFolder();
let files = 0;
const freshFile = () => join(folder, `journal-${++files}.db`);

const lockingProcess = `
const [file] = process.argv.slice(1);
const { default: Sqlite } = await import("better-sqlite3");
const connection = new Sqlite(file);
connection.exec("begin immediate");
process.stdout.write("locked");
process.stdin.resume().on("end", () => { connection.exec("rollback"); process.exit(); });
`;

testJournal({
  createLocation: async () => ({ file: freshFile() }),
  async block(location) {
    assert("file" in location);
    const child = spawn(process.execPath, ["--input-type=module", "-e", lockingProcess, location.file], {
      stdio: ["pipe", "pipe", "inherit"],
      cwd: fileURLToPath(new URL("../..", import.meta.url)),
    });
    await once(child.stdout, "data");
    return async () => {
      const exited = once(child, "exit");
      child.stdin.end();
      await exited;
    };
  },
  poison: [
    "create trigger poison before insert on journal when new.request_id like 'poison%' begin select raise(abort, 'refused'); end",
  ],
});

test("the files hold no INE, name or token in clear", async () => {
  const file = freshFile();
  await using opened = await openJournal({ file });
  const secrets = ["9876543210Z", "MIROITON-LECLAIR", "stet_SecretOfSomebody", "agent.durand@mairie.example"];
  const [ine, name, token, agent] = secrets;
  await opened.journal.append(
    line({
      sealed: {
        ine,
        target: `/v1/students/${ine}?token=${token}`,
        parameters: JSON.stringify({ name }),
        agent,
      },
    }),
  );
  const bytes = Buffer.concat([file, `${file}-wal`].map((path) => readFileSync(path)));
  assert(bytes.includes("agent/1.0"), "the scan must see the line");
  for (const secret of secrets) assert(!bytes.includes(secret), secret);
});

test("a full disk: refused in time, back by itself once there is room, the chain whole", async () => {
  assert.equal(process.getuid?.(), 0, "mounting a small file system needs root");
  const mount = mkdtempSync(join(tmpdir(), "statut-full-disk-"));
  execFileSync("mount", ["-t", "tmpfs", "-o", "size=2m", "tmpfs", mount]);
  try {
    const clock = patientClock();
    await using opened = await openJournal({ file: join(mount, "journal.db") }, keys, clock);
    const { journal, reader, errors } = opened;
    await journal.append(line());
    fillDisk(join(mount, "ballast"));
    clock.runs = true;
    let refused = 0;
    for (let round = 0; round < 50 && refused === 0; round += 1) {
      const result = await outcomes(Array.from({ length: 50 }, () => journal.append(line())));
      assert.equal(result.late, 0);
      refused = result.refused;
    }
    clock.runs = false;
    assert(refused > 0, "the disk never filled");
    assert.equal(journal.healthy, false);
    assert(
      errors.some((error) => (error as { code?: string }).code === "SQLITE_FULL"),
      String(errors),
    );
    rmSync(join(mount, "ballast"));
    await eventually(() => journal.healthy);
    await journal.append(line());
    assert.deepEqual((await verifyJournal(reader, keys)).broken, []);
    const chains = await opened.database.knex("journal").distinct("chain");
    assert.equal(chains.length, 1);
  } finally {
    execFileSync("umount", [mount]);
    rmSync(mount, { recursive: true });
  }
});

function fillDisk(file: string): void {
  for (const size of [65_536, 4096]) {
    try {
      for (;;) writeFileSync(file, Buffer.alloc(size), { flag: "a" });
    } catch (error) {
      assert.equal((error as NodeJS.ErrnoException).code, "ENOSPC");
    }
  }
}

test("between an append and its answer stands an fdatasync of the log", async () => {
  const file = freshFile();
  const opened = await openJournal({ file });
  await opened.journal.close();
  await opened.database.close();
  const log = join(folder, "strace.log");
  const program = fileURLToPath(new URL("./appending-process.ts", import.meta.url));
  const calls = "trace=fdatasync,fsync,pwrite64,write";
  const traced = [process.execPath, program, JSON.stringify({ file }), "1", "20"];
  const output = openSync(join(folder, "answers"), "w");
  execFileSync("strace", ["-f", "-y", "-e", calls, "-o", log, ...traced], {
    stdio: ["ignore", output, "inherit"],
    timeout: 90_000,
  });
  closeSync(output);
  // One call at a time: each printed answer must follow a sync of its own, after the write of its frames.
  let synced = false;
  let answers = 0;
  for (const entry of readFileSync(log, "utf8").split("\n")) {
    if (/f(data)?sync\(\d+<[^>]*-wal>\)|f(data)?sync resumed/.test(entry) && / = 0/.test(entry))
      synced = true;
    else if (/pwrite64\(\d+<[^>]*-wal>/.test(entry)) synced = false;
    else if (/write\(1<[^>]*>, "request-/.test(entry)) {
      answers += 1;
      assert(synced, `answer ${answers} left before its sync`);
      synced = false;
    }
  }
  assert.equal(answers, 20);
});
