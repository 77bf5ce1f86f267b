// The servers that are compared: the service as an operator starts it, and the hand-written peers.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import manifest from "../../package.json" with { type: "json" };
import { freePort } from "../support/free-port.ts";
import { end, start, untilPrinted } from "./processes.ts";

export interface Server {
  readonly name: string;
  readonly port: number;
  readonly pid: number;
  /** Answered calls, which the journal must have; a round adds to it. */
  answered: number;
  /** Calls that a generator cut at the end of a round: the journal may have them. */
  unfinished: number;
  stop(): Promise<void>;
}

export interface ServerOptions {
  readonly name: string;
  readonly cores: string;
  readonly env?: Record<string, string>;
  /** Folder for CPU profiles. */
  readonly profile: string | undefined;
}

/** Loading a million students' pages from a cold disk takes its time; nothing else here does. */
const readyLimitMs = 60_000;
/** As `npm run statut` starts it. */
const serviceFlags = manifest.scripts.statut.split(" ").filter((word) => word.startsWith("--"));
const peerFlags = ["--disable-warning=ExperimentalWarning"];
const statut = join(import.meta.dirname, "../../src/statut.js");
const stopsOnSignal = join(import.meta.dirname, "peers/stop-on-signal.ts");

/** Limits out of the way: the bench measures the path, and the guard's own tests its limits. */
export const unlimited = {
  CALLS_PER_SECOND: "1000000",
  TOKEN_CALLS_PER_SECOND: "1000000",
};

/** Starts `statut serve` (or a peer that composes the same service) on a free port. */
export async function startService(
  options: ServerOptions & { readonly dataDir: string; readonly entry?: readonly string[] },
): Promise<Server> {
  const env = {
    ...process.env,
    ADMISSION_WINDOW: "all",
    ...options.env,
    PORT: "0",
    DATA_DIR: options.dataDir,
  };
  const entry = [...serviceFlags, ...(options.entry ?? [statut, "serve"])];
  return await startServer(options, env, entry, /^listening on http:\/\/[^:]+:(\d+)$/m);
}

/** Starts a server of `peers/`. `arguments_` gets the port that it shall listen on. */
export async function startPeer(
  file: string,
  arguments_: (port: string) => readonly string[],
  options: ServerOptions,
): Promise<Server> {
  const port = String(await freePort());
  const entry = [
    ...peerFlags,
    "--import",
    stopsOnSignal,
    join(import.meta.dirname, "peers", file),
    ...arguments_(port),
  ];
  const server = await startServer(options, { ...process.env, ...options.env }, entry, /^ready$/m);
  return Object.assign(server, { port: Number(port) });
}

async function startServer(
  { name, cores, profile }: ServerOptions,
  env: NodeJS.ProcessEnv,
  entry: readonly string[],
  ready: RegExp,
): Promise<Server> {
  const child = start(process.execPath, [...profileFlags(profile, name), ...entry], {
    cores,
    env,
  });
  const port = Number(await untilPrinted(child, ready, readyLimitMs));
  return { name, port, pid: child.pid ?? 0, answered: 0, unfinished: 0, stop: () => end(child) };
}

function profileFlags(folder: string | undefined, name: string): string[] {
  if (folder === undefined) return [];
  const own = join(folder, name.replaceAll(/[^a-z0-9]+/gi, "-").toLowerCase());
  mkdirSync(own, { recursive: true });
  return ["--cpu-prof", "--cpu-prof-dir", own];
}
