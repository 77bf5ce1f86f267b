// Two instances that are killed again and again, wherever they happen to be: no message reaches a mail server that
// compares nothing twice, and one that does not reach it waits as `unconfirmed` for somebody to decide.
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { systemClock } from "../../src/clock.ts";
import { createMailStorage, type MailStorage, mailOrders } from "../../src/mail/mail-storage.ts";
import { createOutbox } from "../../src/mail/outbox.ts";
import type { Database } from "../../src/storage/database.ts";
import { readPage } from "../../src/storage/page.ts";
import { bothDatabases, type DatabaseKind } from "../support/both-databases.ts";
import { eventually } from "../support/eventually.ts";
import { type MailServer, startMailServer } from "../support/mail-server.ts";
import { notice, recipient, sender } from "./mail-fixture.ts";

const entry = join(import.meta.dirname, "courier-process.ts");
const messages = 150;
const kills = 8;

const databases = await bothDatabases();
after(() => databases[Symbol.asyncDispose]());

interface Setting {
  readonly database: Database;
  readonly storage: MailStorage;
  readonly server: MailServer;
  /** Starts a courier; it dies by itself when `death` says so. */
  start(death?: "dies-before-end"): Promise<ChildProcess>;
}

async function within(kind: DatabaseKind, work: (setting: Setting) => Promise<void>): Promise<void> {
  await using fresh = await kind.open();
  await using server = await startMailServer();
  const dataDir = await mkdtemp(join(tmpdir(), "statut-kill-"));
  const processes: ChildProcess[] = [];
  try {
    await work({
      database: fresh.database,
      storage: createMailStorage(fresh.database),
      server,
      async start(death) {
        const words = [entry, JSON.stringify(fresh.location), dataDir, server.url, death ?? ""];
        const child = spawn(process.execPath, words, { stdio: ["ignore", "pipe", "ignore"] });
        processes.push(child);
        await once(child.stdout, "data");
        return child;
      },
    });
  } finally {
    for (const child of processes) child.kill("SIGKILL");
    await rm(dataDir, { recursive: true, force: true });
  }
}

async function enqueue(database: Database, count: number): Promise<void> {
  const outbox = createOutbox({ clock: systemClock, from: sender, holdsSecret: () => false });
  await database.knex.transaction(async (transaction) => {
    for (let index = 0; index < count; index += 1) {
      await outbox.enqueue(transaction, notice(`n${index}`), [recipient(`n${index}`)]);
    }
  });
}

/** Nothing is on its way any more. */
async function isSettled(storage: MailStorage): Promise<boolean> {
  const { queued = 0, claimed = 0, handing_over: handingOver = 0 } = await storage.count();
  return queued + claimed + handingOver === 0;
}

/**
 * All messages were delivered once. One whose sender was killed between the right to send the end and the end itself
 * was not delivered, and nobody can tell it from one that was: it may only be among the unconfirmed ones.
 */
async function assertOnce({ server, storage }: Setting, count: number): Promise<void> {
  const times = Map.groupBy(server.taken, ({ to }) => to);
  const twice = [...times].filter(([, copies]) => copies.length > 1).map(([to]) => to);
  assert.deepEqual(twice, [], "delivered more than once");
  const page = readPage({ pageSize: 200, pageToken: "", orderBy: "" }, mailOrders, "");
  const { rows } = await storage.list({ states: [], about: undefined }, page);
  assert.equal(rows.length, count);
  const lost = rows.filter(
    ({ recipient: { address }, state }) => !times.has(address) && state !== "unconfirmed",
  );
  assert.deepEqual(lost, [], "neither delivered nor unconfirmed");
}

async function kill(child: ChildProcess): Promise<void> {
  child.kill("SIGKILL");
  if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
}

for (const kind of databases.kinds) {
  test(`${kind.name}: two instances that are killed ${kills} times send each message once`, async (context) => {
    await within(kind, async (setting) => {
      const { database, storage, start } = setting;
      await enqueue(database, messages);
      const running = [await start(), await start()];
      for (let count = 0; count < kills; count += 1) {
        await pause(Math.random() * 60);
        const victim = count % running.length;
        await kill(running[victim] as ChildProcess);
        running[victim] = await start();
      }
      await eventually(() => isSettled(storage));
      await assertOnce(setting, messages);
      const states = await storage.count();
      assert.deepEqual(
        Object.keys(states).filter((state) => state !== "sent" && state !== "unconfirmed"),
        [],
      );
      context.diagnostic(JSON.stringify(states));
    });
  });

  test(`${kind.name}: killed when the server has the whole message, its sender does not send it again`, async () => {
    await within(kind, async (setting) => {
      const { database, storage, server, start } = setting;
      await enqueue(database, 1);
      const first = await start();
      // The server takes the message, and its answer meets nobody.
      await new Promise<void>((resolve) => {
        server.onEnd = () => {
          first.kill("SIGKILL");
          resolve();
        };
      });
      await once(first, "exit");
      await start();
      await eventually(() => isSettled(storage));
      await pause(300);
      await assertOnce(setting, 1);
      assert.deepEqual(await storage.count(), { unconfirmed: 1 });
    });
  });

  test(`${kind.name}: killed in the middle of the data, the message is sent by the other one`, async () => {
    await within(kind, async (setting) => {
      const { database, storage, server, start } = setting;
      server.faults.push({ at: "recipient", delayMs: 60_000 });
      await enqueue(database, 1);
      const first = await start();
      await eventually(() => server.faults.length === 0);
      await kill(first);
      await start();
      await eventually(() => isSettled(storage));
      await assertOnce(setting, 1);
      assert.deepEqual(await storage.count(), { sent: 1 });
    });
  });

  test(`${kind.name}: killed with the right to send the end, the message waits for somebody to decide`, async () => {
    await within(kind, async (setting) => {
      const { database, storage, server, start } = setting;
      await enqueue(database, 1);
      const first = await start("dies-before-end");
      if (first.exitCode === null && first.signalCode === null) await once(first, "exit");
      await start();
      await eventually(() => isSettled(storage));
      await assertOnce(setting, 1);
      assert.deepEqual(await storage.count(), { unconfirmed: 1 });
      assert.equal(server.taken.length, 0);
    });
  });
}
