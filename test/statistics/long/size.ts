// Whether statistics cost the same whatever the size of the journal: a month's usage and the latest calls of a large
// journal against those of one of 100,000 lines, in one run, on both databases. Exit code 1 beyond 1.3 times.
//   npx node test/statistics/long/size.ts [LINES] [sqlite|postgres]      (10,000,000 lines: some 12 GB of disk each)
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Contact, Operator } from "../../../src/access/person.ts";
import { createCallReader } from "../../../src/journal/call-reader.ts";
import { createJournalReader } from "../../../src/journal/journal-storage.ts";
import { createRollupReader } from "../../../src/journal/rollup-reader-storage.ts";
import { createCalls } from "../../../src/statistics/calls.ts";
import { createUsageStatistics } from "../../../src/statistics/usage.ts";
import type { Database, DatabaseLocation } from "../../../src/storage/database.ts";
import { keys } from "../../journal/fixture.ts";
import { startPostgres } from "../../support/postgres.ts";
import { makeJournal, month } from "./journal-of-size.ts";

const smallLines = 100_000;
const largeLines = Number(process.argv[2] ?? 10_000_000);
const only = process.argv[3];
const rounds = 25;
const limit = 1.3;

const operator = { kind: "operator", id: "opr_1", role: "reader" } as Operator;
const contact = { kind: "contact", id: "ctc_1", partnerId: "prt_1" } as Contact;
const everything = {
  ...{ partnerId: "", tokenId: "", procedureId: "", rpc: "", protocol: "", surface: "", outcome: "" },
  ...{
    httpStatus: 0,
    errorId: "",
    clientAddress: "",
    agent: "",
    withAgent: false,
    from: undefined,
    until: undefined,
  },
};

type Work = () => Promise<unknown>;

/** What a dashboard asks for when it opens. */
function questions(database: Database): Record<string, Work> {
  const clock = { now: () => month.until, monotonic: () => performance.now() };
  const tokenIdsOf = async () => ["tok_3", "tok_7"];
  const usage = createUsageStatistics({ clock, source: createRollupReader(database), tokenIdsOf });
  const calls = createCalls(createCallReader(createJournalReader(database, keys)), tokenIdsOf, clock);
  const period = { filter: everything, start: month.from, end: month.until };
  const page = { pageSize: 50, pageToken: "" };
  return {
    "a month by day, everybody's": () => usage.overTime(operator, { ...period, grain: "day" }),
    "a month by day, a partner's": () => usage.overTime(contact, { ...period, grain: "day" }),
    "a month by token": () => usage.breakdown(operator, { ...period, dimension: "tokenId", limit: 100 }),
    "the latest calls, everybody's": () => calls.list(operator, everything, page),
    "the latest calls, a partner's": () => calls.list(contact, everything, page),
    "the latest calls that failed, of which there is none": () =>
      calls.list(operator, { ...everything, outcome: "failed" }, page),
  };
}

async function timed(work: Work): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

/** Medians in milliseconds, measured in turns, so that the machine's moods meet both. */
async function compare(small: Work, large: Work): Promise<readonly [number, number]> {
  const times: [number[], number[]] = [[], []];
  for (let round = -3; round < rounds; round += 1) {
    for (const [index, work] of [small, large].entries()) {
      const ms = await timed(work);
      if (round >= 0) times[index]?.push(ms);
    }
  }
  const [one, other] = times.map((list) => list.sort((a, b) => a - b)[list.length >> 1] ?? 0);
  return [one ?? 0, other ?? 0];
}

async function measure(name: string, locate: (size: string) => Promise<DatabaseLocation>): Promise<boolean> {
  const small = await makeJournal(await locate("small"), smallLines);
  const start = performance.now();
  const large = await makeJournal(await locate("large"), largeLines);
  const seconds = ((performance.now() - start) / 1000).toFixed(0);
  console.log(`${name}: ${largeLines} lines against ${smallLines}; made and filed in ${seconds} s`);
  let holds = true;
  const ofLarge = questions(large);
  for (const [question, ask] of Object.entries(questions(small))) {
    const [few, many] = await compare(ask, ofLarge[question] as Work);
    const ratio = many / few;
    holds &&= ratio < limit;
    console.log(`  ${ratio.toFixed(2)}  ${few.toFixed(1)} → ${many.toFixed(1)} ms  ${question}`);
  }
  await small.close();
  await large.close();
  return holds;
}

let holds = true;
if (only !== "postgres") {
  const folder = mkdtempSync(join(tmpdir(), "statut-size-"));
  try {
    holds = (await measure("SQLite", async (size) => ({ file: join(folder, `${size}.db`) }))) && holds;
  } finally {
    rmSync(folder, { recursive: true });
  }
}
if (only !== "sqlite") {
  const server = await startPostgres();
  try {
    holds = (await measure("PostgreSQL", async () => ({ url: await server.createEmptyDatabase() }))) && holds;
  } finally {
    await server.stop();
  }
}
if (!holds) process.exitCode = 1;
