// What the service becomes with time: a long journal, many calls, a start.

import { setTimeout as pause } from "node:timers/promises";
import { askHttp } from "../answers.ts";
import type { Bench } from "../bench.ts";
import { Servers } from "../bench.ts";
import { call, median } from "../compare.ts";
import type { Dataset } from "../datasets.ts";
import { prepareJournal } from "../journal-data.ts";
import { wrkLoad } from "../loads.ts";
import { memoryOf } from "../processes.ts";
import { getByIne, sampleInes } from "../requests.ts";
import { type Result, type Row, ratioResult, result } from "../results.ts";

const fewStudents = 10_000;

const journal: Row = {
  name: "journal",
  async run(bench) {
    const lines = bench.options.large ? 5_000_000 : 500_000;
    const dataset = await bench.dataset(fewStudents);
    const dataDir = await prepareJournal(dataset, lines);
    await using servers = new Servers(bench);
    const first = await servers.service({ dataset, dataDir, name: "long journal" });
    const second = await servers.service({ dataset, name: "empty journal" });
    const requests = sampleInes(dataset, fewStudents).map((ine) => getByIne(ine, dataset.token.token));
    const load = wrkLoad(bench.folder, bench.cores.load, requests);
    const comparison = await bench.compare(
      { name: "long journal", servers: [first], load },
      { name: "empty journal", servers: [second], load },
    );
    await servers.close();
    const title = `REST GET by INE: journal of ${lines.toLocaleString("en")} lines / empty`;
    const note = bench.options.large ? "" : "--large takes 5,000,000 lines";
    return [ratioResult({ row: "journal", title, goal: { atLeast: 0.9 }, note }, comparison)];
  },
};

const firstCalls = 10_000;
/** For the journal to be written and the last garbage to be collected. */
const settleMs = 2000;

const memory: Row = {
  name: "memory",
  async run(bench) {
    const calls = bench.options.large ? 1_000_000 : 200_000;
    const dataset = await bench.dataset();
    await using servers = new Servers(bench);
    const service = await servers.service({ dataset });
    const requests = sampleInes(dataset, firstCalls).map((ine) => getByIne(ine, dataset.token.token));
    const load = wrkLoad(bench.folder, bench.cores.load, requests);
    const side = { name: "service", servers: [service], load };
    const after = async (count: number) => {
      while (service.answered < count) await call(side, 1);
      await pause(settleMs);
      return { ...memoryOf(service.pid), calls: service.answered };
    };
    const early = await after(firstCalls);
    const late = await after(calls);
    await servers.close();
    const mib = (bytes: number) => `${Math.round(bytes / 2 ** 20)} MiB`;
    const title = `resident memory after ${late.calls.toLocaleString("en")} calls / ${early.calls.toLocaleString("en")}`;
    const own = `${mib(early.own)} to ${mib(late.own)} of them its own, the others mapped files`;
    const note = `${mib(early.resident)} to ${mib(late.resident)}, ${own}`;
    const ratio = late.resident / early.resident;
    return [result({ row: "memory", title, goal: { atMost: 1.1 }, note }, "×", ratio, [ratio])];
  },
};

const start: Row = {
  name: "start",
  async run(bench) {
    const many = await bench.dataset();
    const few = await bench.dataset(fewStudents);
    const times: [number[], number[]] = [[], []];
    for (let round = 0; round < bench.options.rounds; round += 1) {
      for (const index of round % 2 === 0 ? [0, 1] : [1, 0]) {
        times[index]?.push(await timeStart(bench, index === 0 ? many : few));
      }
    }
    return startResults(times, many.students);
  },
};

/** Milliseconds from the start of the process to the first answer, with an empty journal to create. */
async function timeStart(bench: Bench, dataset: Dataset): Promise<number> {
  const [ine = ""] = sampleInes(dataset, 1);
  await using servers = new Servers(bench);
  const startedAt = performance.now();
  const service = await servers.service({ dataset });
  await askHttp(service, getByIne(ine, dataset.token.token));
  const ms = performance.now() - startedAt;
  await servers.close();
  return ms;
}

function startResults([many, few]: readonly [number[], number[]], students: number): Result[] {
  const row = "start";
  const size = students.toLocaleString("en");
  const ratios = many.map((ms, index) => ms / (few[index] ?? Number.NaN));
  const independent = {
    row,
    title: `the same / with ${fewStudents.toLocaleString("en")}`,
    goal: { atMost: 1.1 },
  };
  return [
    result(
      { row, title: `start to first answer, ${size} students`, goal: { atMost: 1500 } },
      "ms",
      median(many),
      many,
    ),
    result(independent, "×", median(ratios), ratios),
  ];
}

export const stateRows = [journal, memory, start];
