// The import, which checks and normalizes every line, against the databases' own loaders with the same rows into the
// same table and indexes.
import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { startPostgres } from "../../support/postgres.ts";
import { journalKeys } from "../../support/whole-service.ts";
import type { Bench } from "../bench.ts";
import { median } from "../compare.ts";
import { type Dataset, mainFile, runStatut } from "../datasets.ts";
import { pinSelf, run } from "../processes.ts";
import { type Row, result } from "../results.ts";

/** They take long, and differ little. */
const importRounds = 3;
const limitMs = 900_000;
/** The loader's seconds divided by the import's: as for all ratios, more is better. */
const goal = { atLeast: 0.5 };

interface Loaders {
  /** Each returns the milliseconds of one load into an empty table. */
  readonly ours: () => Promise<number>;
  readonly theirs: () => Promise<number>;
}

async function compareImports(bench: Bench, row: string, loader: string, loaders: Loaders) {
  const dataset = await bench.dataset();
  const ratios: number[] = [];
  const times: [number[], number[]] = [[], []];
  for (let round = 0; round < Math.min(importRounds, bench.options.rounds); round += 1) {
    for (const index of round % 2 === 0 ? [0, 1] : [1, 0]) {
      times[index]?.push(await (index === 0 ? loaders.ours() : loaders.theirs()));
    }
    ratios.push((times[1][round] ?? Number.NaN) / (times[0][round] ?? Number.NaN));
  }
  const [ours, theirs] = times.map((ms) => `${(median(ms) / 1000).toFixed(1)} s`);
  const note = `import ${ours}, ${loader} ${theirs}, ${dataset.students.toLocaleString("en")} students, on all cores`;
  const title = `speed of the import / ${loader} of the same rows`;
  return [result({ row, title, goal, note }, "×", median(ratios), ratios)];
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return performance.now() - startedAt;
}

const sqlite: Row = {
  name: "import-sqlite",
  async run(bench) {
    const dataset = await bench.dataset();
    const rows = join(bench.folder, "rows.csv");
    const sqlite3 = (...arguments_: string[]) =>
      run("sqlite3", arguments_, { cores: bench.cores.all, limitMs });
    await sqlite3(dataset.file, ".mode csv", `.output ${rows}`, "select * from students");
    const loaders: Loaders = {
      ours: () => inFolder(bench, dataset, (env) => importStudents(bench, dataset, env)),
      theirs: () =>
        inFolder(bench, dataset, ({ DATA_DIR }) =>
          sqlite3(join(DATA_DIR, mainFile), "pragma synchronous = full", `.import --csv ${rows} students`),
        ),
    };
    return await compareImports(bench, "import-sqlite", ".import", loaders);
  },
};

const importStudents = (bench: Bench, dataset: Dataset, env: Record<string, string>) =>
  runStatut(["import", "students", dataset.studentLines], env, bench.cores.all);

/** Times the work on an empty database with the institutions, in a folder that goes. */
async function inFolder(
  bench: Bench,
  dataset: Dataset,
  work: (env: { DATA_DIR: string }) => Promise<unknown>,
) {
  const env = { DATA_DIR: mkdtempSync(join(bench.folder, "import-")) };
  try {
    await runStatut(["import", "institutions", dataset.institutionLines], env, bench.cores.all);
    return await timed(() => work(env));
  } finally {
    rmSync(env.DATA_DIR, { recursive: true });
  }
}

const postgres: Row = {
  name: "import-postgres",
  async run(bench) {
    const { cores } = bench;
    const dataset = await bench.dataset();
    await using stack = new AsyncDisposableStack();
    pinSelf(cores.all);
    const server = stack.adopt(await startPostgres(), (open) => open.stop());
    pinSelf(cores.load);
    const rows = join(bench.folder, "rows.copy");
    const psql = (url: string, sql: string) =>
      run("psql", ["-q", "-v", "ON_ERROR_STOP=1", url, "-c", sql], { cores: cores.all, limitMs });
    const emptyDatabase = async () => {
      const env = { DATABASE_URL: await server.createEmptyDatabase(), JOURNAL_KEYS: journalKeys };
      await runStatut(["import", "institutions", dataset.institutionLines], env, cores.all);
      return env;
    };
    const loaders: Loaders = {
      async ours() {
        const env = await emptyDatabase();
        const ms = await timed(() => importStudents(bench, dataset, env));
        await psql(env.DATABASE_URL, `\\copy students to '${rows}'`);
        await psql(env.DATABASE_URL, "truncate students");
        return ms;
      },
      async theirs() {
        const { DATABASE_URL: url } = await emptyDatabase();
        const ms = await timed(() => psql(url, `\\copy students from '${rows}'`));
        await psql(url, "truncate students");
        return ms;
      },
    };
    return await compareImports(bench, "import-postgres", "COPY", loaders);
  },
};

export const importRows = [sqlite, postgres];
