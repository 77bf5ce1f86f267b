import assert from "node:assert/strict";
import { userInfo } from "node:os";
import { join } from "node:path";
import { PassThrough, Readable } from "node:stream";
import { test } from "node:test";
import { Command } from "commander";
import type { CommandContext } from "../../src/cli/command.ts";
import { addJournalCommand } from "../../src/cli/journal-command.ts";
import { systemClock } from "../../src/clock.ts";
import { readConfig } from "../../src/config.ts";
import { ineIndex, parseJournalKeys } from "../../src/journal/journal-keys.ts";
import { position } from "../../src/journal/line-encoding.ts";
import { openDatabase } from "../../src/storage/database.ts";
import { migrate } from "../../src/storage/migrate.ts";
import { line, oldKeyText, openJournal, temporaryFolder } from "./fixture.ts";

const keys = parseJournalKeys(oldKeyText);

interface Run {
  readonly code: number;
  readonly output: string;
  readonly errors: string;
}

async function run(folder: string, ...arguments_: string[]): Promise<Run> {
  return await runInto(new PassThrough(), folder, arguments_);
}

async function runInto(
  stdout: PassThrough,
  folder: string,
  arguments_: readonly string[],
  stdin: Readable = process.stdin,
): Promise<Run> {
  const stderr = new PassThrough();
  let code = 0;
  const context: CommandContext = {
    config: () => readConfig({ DATA_DIR: folder, JOURNAL_KEYS: oldKeyText }),
    clock: systemClock,
    stdin: stdin as NodeJS.ReadStream,
    stdout: stdout as unknown as NodeJS.WriteStream,
    stderr: stderr as unknown as NodeJS.WriteStream,
    setExitCode: (value) => {
      code = value;
    },
  };
  const program = new Command().exitOverride();
  addJournalCommand(program, context);
  await program.parseAsync(["node", "statut", "journal", ...arguments_]);
  return { code, output: String(stdout.read() ?? ""), errors: String(stderr.read() ?? "") };
}

const hostile = "/v1/x?a=\u001b]0;owned\u0007\u2028forged\r\nline\u202e";

async function filledFolder(): Promise<string> {
  const folder = temporaryFolder();
  const main = openDatabase({ file: join(folder, "statut.db") });
  await migrate(main.knex, "main");
  await main.close();
  await using opened = await openJournal({ file: join(folder, "journal.db") }, keys);
  await opened.journal.append(line({ requestId: "first", userAgent: hostile }));
  await opened.journal.append(
    line({ requestId: "second", rpc: hostile, sealed: { target: hostile, agent: hostile } }),
  );
  await opened.journal.append(
    line({ requestId: "third", tokenId: "tok_two", sealed: { ine: "9999999999Z" } }),
  );
  return folder;
}

function assertTerminalSafe(output: string): void {
  assert.doesNotMatch(output.replaceAll("\n", ""), /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
}

test("tail prints the last lines, oldest first, safe for a terminal and without what is sealed", async () => {
  const folder = await filledFolder();
  const { output } = await run(folder, "tail", "-n", "2");
  const rows = output.trimEnd().split("\n");
  assert.equal(rows.length, 2);
  assert.match(rows[0] ?? "", /second/);
  assert.match(rows[1] ?? "", /third/);
  assertTerminalSafe(output);
  assert.doesNotMatch(output, /9999999999Z|1234567890A/);
  const { output: json } = await run(folder, "tail", "--json");
  const documents = json
    .trimEnd()
    .split("\n")
    .map((text) => JSON.parse(text));
  assertTerminalSafe(json);
  assert.equal(documents.length, 3);
  assert.equal(documents[0].userAgent, hostile);
  assert.equal("target" in documents[0], false);
});

test("a search reads the INE from standard input, where neither a history nor the list of processes shows it", async () => {
  const folder = await filledFolder();
  const searched = (input: string, ...options: string[]) => {
    const asked = ["search", "--ine", "-", "--json", ...options];
    return runInto(new PassThrough(), folder, asked, Readable.from([input]));
  };
  const found = await searched("9999999999z\nmore\n", "--reason", "Réclamation 12");
  assert.equal(found.code, 0, found.errors);
  assert.match(found.output, /"requestId":"third"/);
  for (const bad of ["", "9999999999", "-\n", "9999999999Z 1"]) {
    const refused = await searched(bad, "--reason", "Réclamation 12");
    assert.equal(refused.code, 2);
    assert.match(refused.errors, /standard input must hold an INE/);
    assert.equal(refused.output, "");
  }
  assert.match((await searched("9999999999Z")).errors, /--reason/);
});

test("a search by INE demands a reason and leaves its trace: who and why", async () => {
  const folder = await filledFolder();
  const refused = await run(folder, "search", "--ine", "9999999999Z");
  assert.equal(refused.code, 2);
  assert.match(refused.errors, /--reason/);
  assert.equal(refused.output, "");
  const { output, code } = await run(
    folder,
    "search",
    "--ine",
    "9999999999z",
    "--reason",
    "Réclamation 12",
    "--json",
  );
  assert.equal(code, 0);
  const documents = output
    .trimEnd()
    .split("\n")
    .map((text) => JSON.parse(text));
  assert.deepEqual(documents.map(({ rpc }) => rpc).sort(), [line().rpc, "journal/search"].sort());
  await using opened = await openJournal({ file: join(folder, "journal.db") }, keys);
  const [record] = await opened.reader.latest({ rpc: "journal/search" }, 5);
  assert(record);
  assert.equal(record.values[position.protocol], "cli");
  const facts = opened.reader.open(record);
  assert.match(facts?.parameters ?? "", /Réclamation 12/);
  assert.notEqual(facts?.agent ?? "", "");
  assert.equal(facts?.ine, "9999999999Z");
});

/** What the audit log holds, oldest first. */
async function auditEvents(folder: string) {
  const main = openDatabase({ file: join(folder, "statut.db") });
  try {
    return await main.knex("audit_events").orderBy("seq");
  } finally {
    await main.close();
  }
}

test("a search with a reason is an event of the audit log: who, why, how many lines, and never the INE", async () => {
  const folder = await filledFolder();
  const reason = "Réclamation 13";
  await run(folder, "search", "--ine", "9999999999Z", "--reason", reason);
  await run(folder, "search", "--token", "tok_two", "--request-id", "third", "--reason", reason);
  await run(folder, "search", "--token", "tok_two");
  const events = await auditEvents(folder);
  const { username } = userInfo();
  const student = ineIndex(keys, "9999999999Z").toString("hex");
  assert.deepEqual(
    events.map((event) => [event.action, event.actor_kind, event.actor_id, event.subject_id, event.reason]),
    [
      ["journal.search", "terminal", username, student, reason],
      ["journal.search", "terminal", username, "third", reason],
    ],
  );
  assert.deepEqual(
    events.map(({ after }) => JSON.parse(after)),
    [
      // The line of the call, and the search's own.
      { student, lines: 2 },
      { tokenId: "tok_two", callId: "third", lines: 1 },
    ],
  );
  assert.ok(!JSON.stringify(events).includes("9999999999"));
  const told = await run(folder, "search", "--ine", "9999999999Z", "--reason", "De 9999999999z");
  assert.equal(told.code, 2);
  assert.match(told.errors, /must not hold an INE/);
  await assert.rejects(run(folder, "search", "--token", "9999999999Z", "--reason", reason), /use --ine/);
  for (const criterion of [
    ["--token", "tok_two"],
    ["--request-id", "third"],
  ]) {
    const naming = await run(folder, "search", ...criterion, "--reason", "De 9999999999z");
    assert.deepEqual([naming.code, naming.output], [2, ""]);
  }
  assert.equal((await auditEvents(folder)).length, 2);
});

test("a search that cannot leave its event shows nothing", async () => {
  const folder = await filledFolder();
  const main = openDatabase({ file: join(folder, "statut.db") });
  await main.knex.schema.dropTable("audit_events");
  await main.close();
  const stdout = new PassThrough();
  await assert.rejects(
    runInto(stdout, folder, ["search", "--token", "tok_two", "--reason", "Incident"]),
    /no tables/,
  );
  assert.equal(stdout.read(), null);
});

test("a search by request or token opens nothing without a reason", async () => {
  const folder = await filledFolder();
  const closed = await run(folder, "search", "--token", "tok_two");
  assert.match(closed.output, /third/);
  assert.doesNotMatch(closed.output, /9999999999Z/);
  const opened = await run(folder, "search", "--request-id", "second", "--reason", "Incident");
  assert.match(opened.output, /target=\/v1\/x\?a=\\u\{1b\}/);
  assertTerminalSafe(opened.output);
  assert.equal((await run(folder, "search", "--reason", "Incident")).code, 2);
});

test("a line under a key that is gone does not hide the others", async () => {
  const folder = await filledFolder();
  await using opened = await openJournal({ file: join(folder, "journal.db") }, keys);
  const { kind } = await opened.database.knex("journal").where({ request_id: "first" }).first();
  await opened.database.knex("journal_kinds").where({ number: kind }).update({ key_id: "gone" });
  const { output } = await run(folder, "search", "--token", "tok_one", "--reason", "Incident");
  assert.match(output, /closed=the key "gone" is not in the ring/);
  assert.match(output, /finding=one/);
});

test("verify tells what holds, and exits with 1 when a line is broken", async () => {
  const folder = await filledFolder();
  const whole = await run(folder, "verify");
  assert.equal(whole.code, 0);
  assert.match(whole.output, /^3 lines in 1 chains, 0 of them erased\n$/);
  await using opened = await openJournal({ file: join(folder, "journal.db") }, keys);
  await opened.database.knex("journal").where({ seq: 1 }).update({ response_bytes: 1 });
  const broken = await run(folder, "verify", "--json");
  assert.equal(broken.code, 1);
  assert.equal(JSON.parse(broken.output).broken[0].seq, 1);
});
