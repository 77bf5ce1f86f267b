// What every row needs: the options, the datasets, and servers whose journals are checked at the end.
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { type Comparison, compare, type Side } from "./compare.ts";
import { cacheFolder, type Dataset, type IssuedToken, mainFile, prepareDataset } from "./datasets.ts";
import { checkJournal, countOutcomes, type JournalPlace } from "./journal-check.ts";
import type { BenchOptions, Cores } from "./options.ts";
import { type PostgresData, preparePostgres } from "./postgres-data.ts";
import { type Server, startPeer, startService, unlimited } from "./servers.ts";

const lockFile = join(cacheFolder, "lock");

/** Two benches at once would measure each other. */
function lockCache(): void {
  try {
    writeFileSync(lockFile, String(process.pid), { flag: "wx" });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    const pid = readFileSync(lockFile, "utf8");
    if (existsSync(`/proc/${pid}`)) throw new Error(`another bench runs: process ${pid}`);
    writeFileSync(lockFile, String(process.pid));
  }
}

export class Bench {
  readonly options: BenchOptions;
  readonly cores: Cores;
  /** Temporary; it goes at the end. */
  readonly folder: string;
  /** Name of the row that runs. */
  row = "";
  readonly #datasets = new Map<number, Promise<Dataset>>();
  #postgres: Promise<PostgresData> | undefined;

  constructor(options: BenchOptions, cores: Cores) {
    this.options = options;
    this.cores = cores;
    mkdirSync(cacheFolder, { recursive: true });
    lockCache();
    this.folder = mkdtempSync(join(cacheFolder, "run-"));
    process.once("exit", () => {
      rmSync(this.folder, { recursive: true, force: true });
      rmSync(lockFile, { force: true });
    });
  }

  dataset(students = this.options.students): Promise<Dataset> {
    let dataset = this.#datasets.get(students);
    if (dataset === undefined) {
      dataset = prepareDataset(students, this.cores.all);
      this.#datasets.set(students, dataset);
    }
    return dataset;
  }

  /** A PostgreSQL with the same students, for all rows that need one. */
  postgres(): Promise<PostgresData> {
    this.#postgres ??= this.dataset().then((dataset) => preparePostgres(dataset, this.cores));
    return this.#postgres;
  }

  /** Where the servers of this row write their profiles. */
  get profileFolder(): string | undefined {
    return this.options.profile === undefined ? undefined : join(this.options.profile, this.row);
  }

  compare(first: Side, second: Side, rounds = this.options.rounds): Promise<Comparison> {
    return compare(first, second, rounds, this.options.seconds);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await (await this.#postgres?.catch(() => undefined))?.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

export interface ServiceOptions {
  readonly name?: string;
  readonly dataset?: Dataset;
  /** A folder of its own, which stays. */
  readonly dataDir?: string;
  readonly postgres?: PostgresData;
  readonly env?: Record<string, string>;
  readonly cores?: string;
  /** The tokens that call it; the dataset's own ones. */
  readonly tokens?: readonly IssuedToken[];
  /** A peer that composes the same service, without journal. */
  readonly entry?: readonly string[];
}

interface Checked {
  readonly place: JournalPlace;
  readonly tokenIds: ReadonlySet<string>;
  /** Instant before the first start. */
  readonly since: number;
  readonly servers: Server[];
}

/** The servers of a row: `close` ends them and checks their journals; disposing ends what is left. */
export class Servers {
  readonly #bench: Bench;
  readonly #all: Server[] = [];
  readonly #folders: string[] = [];
  readonly #checks = new Map<string, Checked>();
  #closed = false;

  constructor(bench: Bench) {
    this.#bench = bench;
  }

  async peer(file: string, arguments_: (port: string) => readonly string[], name = file): Promise<Server> {
    const { cores, profileFolder: profile } = this.#bench;
    const server = await startPeer(file, arguments_, { name, cores: cores.server, profile });
    this.#all.push(server);
    return server;
  }

  async service(options: ServiceOptions): Promise<Server> {
    const { cores, profileFolder: profile } = this.#bench;
    const { postgres, dataset } = options;
    const place: JournalPlace = {
      dataDir: options.dataDir ?? this.#dataDir(dataset),
      databaseUrl: postgres?.url,
      journalKeys: postgres?.journalKeys,
    };
    const check = options.entry === undefined ? this.#check(place, options) : undefined;
    const server = await startService({
      name: options.name ?? "service",
      cores: options.cores ?? cores.server,
      profile,
      dataDir: place.dataDir,
      env: { ...unlimited, ...postgres?.env, ...options.env },
      ...(options.entry === undefined ? {} : { entry: options.entry }),
    });
    this.#all.push(server);
    check?.servers.push(server);
    return server;
  }

  /** Ends all servers and checks their journals. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#stop();
    for (const { servers, place, tokenIds, since } of this.#checks.values()) {
      await checkJournal(servers, place, tokenIds, since);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stop();
    if (!this.#closed) await this.#explain();
    for (const folder of this.#folders) rmSync(folder, { recursive: true, force: true });
  }

  /** What the journals hold after a failure: it tells refusals from other faults. */
  async #explain(): Promise<void> {
    for (const { place, tokenIds, since, servers } of this.#checks.values()) {
      const names = servers.map(({ name }) => name).join(", ");
      const outcomes = await countOutcomes(place, tokenIds, since).catch(
        (error) => new Map([[String(error), 0]]),
      );
      process.stderr.write(`journal of ${names}: ${JSON.stringify(Object.fromEntries(outcomes))}\n`);
    }
  }

  async #stop(): Promise<void> {
    for (const server of this.#all) await server.stop();
  }

  /** A folder with a journal of its own and the dataset's main database. */
  #dataDir(dataset: Dataset | undefined): string {
    const folder = mkdtempSync(join(this.#bench.folder, "service-"));
    this.#folders.push(folder);
    if (dataset !== undefined) symlinkSync(dataset.file, join(folder, mainFile));
    return folder;
  }

  #check(place: JournalPlace, { tokens, postgres, dataset }: ServiceOptions): Checked {
    const key = place.databaseUrl ?? place.dataDir;
    const known = this.#checks.get(key);
    if (known !== undefined) return known;
    const issued = tokens ?? [postgres?.token ?? dataset?.token];
    const tokenIds = new Set(issued.map((token) => token?.tokenId ?? ""));
    const check: Checked = { place, tokenIds, since: Date.now(), servers: [] };
    this.#checks.set(key, check);
    return check;
  }
}
