// The service as an operator runs it: a process of its own, with a folder of its own, on a free port.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough, Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { pathToFileURL } from "node:url";
import { runCommand } from "../../src/cli/run-command.ts";
import { systemClock } from "../../src/clock.ts";
import { readConfig } from "../../src/config.ts";
import { waitLimits } from "../../src/wait-limits.ts";

const entry = join(import.meta.dirname, "../../src/statut.js");

/** For processes that are not asked how fast they are. What was compiled is found before the first file is read. */
function patient(punctual: keyof typeof waitLimits | undefined): Record<string, string> {
  const patience = pathToFileURL(join(import.meta.dirname, "patient-process.ts"));
  if (punctual !== undefined) patience.searchParams.set("punctual", punctual);
  return {
    NODE_OPTIONS: `--import=${patience}`,
    NODE_COMPILE_CACHE: join(import.meta.dirname, "../../node_modules/.cache/compile"),
  };
}

// Nor does a command that runs in the test's own process.
Object.assign(waitLimits, { connectionMs: 30_000, queryMs: 30_000 });

/** What became of a command. */
interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunningService {
  readonly origin: string;
  readonly port: number;
  /** The demonstration's token, with all scopes. */
  readonly token: string;
  readonly dataDir: string;
  readonly process: ChildProcess;
  /** What it has printed on standard output so far. */
  readonly printed: () => string;
  /** What it has printed on standard error so far. */
  readonly log: () => string;
  /** Runs a command of `statut` with the service's environment, in this process: to start another one takes a second. */
  statut(...arguments_: string[]): Promise<Ended>;
  /** Stops it with SIGTERM and returns its exit code. */
  stop(): Promise<number | null>;
  /** Stops it and removes its folder. */
  [Symbol.asyncDispose](): Promise<void>;
}

export interface ServiceOptions {
  readonly environment?: Record<string, string>;
  /** An existing folder: it is kept at the end. */
  readonly dataDir?: string;
  readonly demonstration?: boolean;
  /** Whether the demonstration begins with a month of calls. */
  readonly traffic?: true;
  /** Whether lookups are enough to begin with: the rest is being loaded then. */
  readonly early?: true;
  /**
   * In what it refuses what is late, as in production: in one thing, or in all. In everything else it has patience with a
   * slow machine.
   */
  readonly punctual?: keyof typeof waitLimits | "all";
}

/** Starts the service and waits until it listens and all is loaded. Fails with its log when it ends before. */
export async function startService(options: ServiceOptions = {}): Promise<RunningService> {
  const dataDir = options.dataDir ?? (await mkdtemp(join(tmpdir(), "statut-service-")));
  const env = {
    ...process.env,
    ...{ PORT: "0", DATA_DIR: dataDir, LOG_LEVEL: "info" },
    // Tests count the lines of the journal.
    SELF_PROBE: "off",
    ...(options.punctual === "all" ? {} : patient(options.punctual)),
    ...options.environment,
  };
  const demonstration = options.demonstration === false ? [] : ["--demonstration"];
  const traffic = options.traffic === true ? ["--traffic"] : [];
  const child = spawn(process.execPath, [entry, "serve", ...demonstration, ...traffic], {
    env,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let log = "";
  child.stderr.on("data", (chunk: Buffer) => {
    log += chunk.toString();
  });
  const printed = await waitFor(child, /^listening on (http.*)$/m, demonstration.length > 0, () => log);
  // Where the level hides it, whatever is asked for waits by itself.
  if (options.early !== true && env.LOG_LEVEL === "info") await until(child, () => log, /"complete"/);
  const origin = /^listening on (\S+)$/m.exec(printed)?.[1] ?? "";
  const service: RunningService = {
    origin,
    port: Number(new URL(origin).port),
    token: /^demonstration token: (\S+)$/m.exec(printed)?.[1] ?? "",
    dataDir,
    process: child,
    printed: () => printed,
    log: () => log,
    statut: (...arguments_) => runStatutHere(arguments_, env),
    async stop() {
      if (child.exitCode === null && child.signalCode === null) {
        child.kill("SIGTERM");
        await once(child, "exit");
      }
      return child.exitCode;
    },
    async [Symbol.asyncDispose]() {
      await service.stop();
      if (options.dataDir === undefined) await rm(dataDir, { recursive: true, force: true });
    },
  };
  return service;
}

/** Runs a command of `statut` in this process, as if in one of its own. */
export async function runStatutHere(arguments_: readonly string[], env: NodeJS.ProcessEnv): Promise<Ended> {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const texts = Promise.all([text(stdout), text(stderr)]);
  const code = await runCommand(arguments_, {
    config: (forDemonstration) => readConfig(env, forDemonstration),
    clock: systemClock,
    ...({ stdin: Readable.from([]), stdout, stderr } as unknown as Pick<
      NodeJS.Process,
      "stdin" | "stdout" | "stderr"
    >),
  });
  stdout.end();
  stderr.end();
  const [printed, told] = await texts;
  return { code, stdout: printed, stderr: told };
}

/** Runs the operator's command to its end, in a process of its own. */
export async function runStatut(
  arguments_: readonly string[],
  env: NodeJS.ProcessEnv = process.env,
): Promise<Ended> {
  const child = spawn(process.execPath, [entry, ...arguments_], { env, stdio: ["ignore", "pipe", "pipe"] });
  let stdout = "";
  let stderr = "";
  child.stdout.on("data", (chunk: Buffer) => {
    stdout += chunk.toString();
  });
  child.stderr.on("data", (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  const [code] = (await once(child, "close")) as [number];
  return { code, stdout, stderr };
}

/** Waits for something that the service writes on standard error. */
async function until(child: ChildProcess, log: () => string, awaited: RegExp): Promise<void> {
  while (!awaited.test(log())) {
    if (child.exitCode !== null) throw new Error(`the service ended with ${child.exitCode}:\n${log()}`);
    await Promise.race([once(child.stderr as NodeJS.ReadableStream, "data"), once(child, "exit")]);
  }
}

async function waitFor(
  child: ChildProcess,
  listening: RegExp,
  withToken: boolean,
  log: () => string,
): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  let printed = "";
  child.stdout?.on("data", (chunk: Buffer) => {
    printed += chunk.toString();
    if (listening.test(printed) && (!withToken || /^demonstration token: /m.test(printed))) resolve(printed);
  });
  child.once("exit", (code) => reject(new Error(`the service ended with ${code}:\n${printed}\n${log()}`)));
  return await promise;
}
