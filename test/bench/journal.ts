// Microseconds of CPU per journal line on SQLite, by thread and size of group, and how long one line takes:
// `node test/bench/journal.ts [LINES-IN-THE-JOURNAL]...`. CPU and not the clock: on a busy machine the clock says little.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import type { Worker } from "node:worker_threads";
import { systemClock } from "../../src/clock.ts";
import { createJournal } from "../../src/journal/create-journal.ts";
import type { Journal, JournalLine } from "../../src/journal/journal.ts";
import { parseJournalKeys } from "../../src/journal/journal-keys.ts";
import { createRequestId } from "../../src/request/request-id.ts";
import { openDatabase } from "../../src/storage/database.ts";
import { migrate } from "../../src/storage/migrate.ts";

const groups = [8, 32, 64, 256];
const callers = [32, 64];
const rounds = 8;
const linesPerRound = 8192;
const fillingGroup = 512;
const latencyCalls = 250;
const callEveryMs = 20;

const key = (byte: number) => Buffer.alloc(32, byte).toString("base64");
const keys = parseJournalKeys(`sealing ${key(1)}\nindex ${key(2)}\n`);

let made = 0;
/** Lines that a busy disk made late; they are written all the same. */
let late = 0;

/** A lookup of one of a million students by one of forty tokens. */
function makeLine(): JournalLine {
  made += 1;
  const now = Date.now();
  const ine = `${String((made * 7_919_117) % 10_000_000).padStart(10, "0")}A`;
  const token = made % 40;
  return {
    requestId: createRequestId(now),
    receivedAt: now,
    tokenId: `tok_01k5zq3v9w${token}`,
    procedureId: `dem_01k5zq3v9w${token % 10}`,
    protocol: "rest",
    httpMethod: "GET",
    route: "/v1/students/{ine}",
    rpc: "statutetudiant.lookup.v1.LookupService/LookupByIne",
    recipient: "13002526500013",
    clientAddress: `192.0.2.${token}`,
    userAgent: "partner-client/4.2 (node 24; linux)",
    httpStatus: 200,
    rpcCode: "ok",
    errorId: "",
    outcome: made % 9 === 0 ? "not_found" : "answered",
    durationUs: 300 + (made % 900),
    responseBytes: 411 + (made % 90),
    sealed: {
      target: `/v1/students/${ine}?recipient=13002526500013&agent_reference=A-1871`,
      parameters: JSON.stringify({ ine, recipient: "13002526500013", agentReference: "A-1871" }),
      agent: "A-1871",
      ine,
      finding: "one",
    },
  };
}

/** Appends groups one after the other, each in one turn of the event loop. */
async function appendGroups(journal: Journal, lines: readonly JournalLine[], size: number): Promise<void> {
  for (let start = 0; start < lines.length; start += size) {
    let left = Math.min(size, lines.length - start);
    await new Promise<void>((resolve) => {
      const done = () => {
        left -= 1;
        if (left === 0) resolve();
      };
      const countLate = () => {
        late += 1;
        done();
      };
      for (let index = start; index < start + size && index < lines.length; index += 1) {
        journal.append(lines[index] as JournalLine).then(done, countLate);
      }
    });
  }
}

interface Cost {
  readonly main: number;
  readonly writer: number;
  /** Both threads, and Node's own ones. */
  readonly process: number;
}

const total = ({ user, system }: NodeJS.CpuUsage) => user + system;

async function costOf(journal: Journal, writer: Worker, size: number): Promise<Cost> {
  const lines = Array.from({ length: linesPerRound }, makeLine);
  const before = [process.threadCpuUsage(), await writer.cpuUsage(), process.cpuUsage()] as const;
  await appendGroups(journal, lines, size);
  const after = [process.threadCpuUsage(), await writer.cpuUsage(), process.cpuUsage()] as const;
  const [main = 0, thread = 0, whole = 0] = after.map(
    (usage, index) => (total(usage) - total(before[index] as NodeJS.CpuUsage)) / linesPerRound,
  );
  return { main, writer: thread, process: whole };
}

async function measureCosts(journal: Journal, writer: Worker): Promise<void> {
  const costs = new Map<number, Cost[]>(groups.map((size) => [size, []]));
  for (let round = 0; round < rounds; round += 1) {
    for (const size of groups) costs.get(size)?.push(await costOf(journal, writer, size));
  }
  console.log("  lines per group     main   writer      sum   process   (µs of CPU per line)");
  for (const [size, ofSize] of costs) {
    // The least disturbed round: whatever else runs on the machine makes CPU time longer, never shorter.
    const { main, writer: thread, process: whole } = ofSize.reduce((a, b) => (b.process < a.process ? b : a));
    const cells = [main, thread, main + thread, whole].map((number) => number.toFixed(1).padStart(9));
    console.log(`  ${String(size).padStart(15)}${cells.join("")}`);
  }
}

/** Callers that append line after line, as calls of a service under load do: cost per line, and milliseconds per line. */
async function measureCallers(journal: Journal, writer: Worker): Promise<void> {
  for (const atATime of callers) {
    const lines = Array.from({ length: 2 * linesPerRound }, makeLine);
    const times: number[] = [];
    const before = [process.threadCpuUsage(), await writer.cpuUsage()] as const;
    const start = performance.now();
    const call = async () => {
      for (let line = lines.pop(); line !== undefined; line = lines.pop()) {
        const appended = performance.now();
        await journal.append(line).catch(() => {
          late += 1;
        });
        times.push(performance.now() - appended);
      }
    };
    await Promise.all(Array.from({ length: atATime }, call));
    const perSecond = (times.length / (performance.now() - start)) * 1000;
    const after = [process.threadCpuUsage(), await writer.cpuUsage()] as const;
    const [main = 0, thread = 0] = after.map(
      (usage, index) => (total(usage) - total(before[index] as NodeJS.CpuUsage)) / times.length,
    );
    console.log(
      `  ${atATime} callers: main ${main.toFixed(1)}, writer ${thread.toFixed(1)} µs of CPU per line; ${percentiles(times)}; ${perSecond.toFixed(0)} lines/s`,
    );
  }
}

function percentiles(times: readonly number[]): string {
  const sorted = times.toSorted((a, b) => a - b);
  const at = (share: number) => (sorted[Math.floor(sorted.length * share)] ?? Number.NaN).toFixed(2);
  return `p50 ${at(0.5)} ms, p99 ${at(0.99)} ms`;
}

/** Milliseconds from the append of one line to its acknowledgement, at the promised 50 calls a second. */
async function measureLatency(journal: Journal): Promise<void> {
  const times: number[] = [];
  for (let call = 0; call < latencyCalls; call += 1) {
    const line = makeLine();
    const start = performance.now();
    await journal.append(line).catch(() => {
      late += 1;
    });
    times.push(performance.now() - start);
    await pause(callEveryMs);
  }
  console.log(`  one line at 50/s: ${percentiles(times)}`);
}

async function measure(linesBefore: number): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "statut-bench-journal-"));
  const location = { file: join(folder, "journal.db") };
  const database = openDatabase(location);
  await migrate(database.knex, "journal");
  let writer: Worker | undefined;
  process.once("worker", (worker) => {
    writer = worker;
  });
  const journal = await createJournal({
    database: location,
    keys,
    clock: systemClock,
    onError: () => {},
  });
  try {
    for (let left = linesBefore; left > 0; left -= linesPerRound) {
      await appendGroups(journal, Array.from({ length: linesPerRound }, makeLine), fillingGroup);
    }
    console.log(`a journal of ${linesBefore} lines:`);
    await appendGroups(journal, Array.from({ length: linesPerRound }, makeLine), 64);
    await measureCosts(journal, writer as Worker);
    await measureCallers(journal, writer as Worker);
    await measureLatency(journal);
    if (late > 0) console.log(`  ${late} lines were late: the disk is busy`);
  } finally {
    await journal.close();
    await database.close();
    rmSync(folder, { recursive: true });
  }
}

const sizes = process.argv.slice(2).map(Number);
for (const lines of sizes.length > 0 ? sizes : [0, 500_000]) await measure(lines);
