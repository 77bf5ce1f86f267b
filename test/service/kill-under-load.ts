// Kills the running service under load, again and again, and counts the answers that no line of the journal tells of.
import { once } from "node:events";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { clientsOf, withToken } from "../support/clients.ts";
import { eventually } from "../support/eventually.ts";
import { type RunningService, startService } from "../support/service.ts";
import {
  bearer,
  ine,
  journalKeys,
  lookupRoute,
  readJournal,
  recipient,
  unlimited,
} from "../support/whole-service.ts";

export interface KillResult {
  /** Answers that a caller received whole. */
  readonly answered: number;
  readonly untraced: string[];
  /** The service after its last restart. */
  readonly service: RunningService;
}

/** Callers at a time, of each kind. */
const callers = 8;
/** Answers before each kill, however slow the machine is. */
export const answersBeforeKill = 40;

/** `databaseUrl` absent: SQLite in `dataDir`. The caller stops the service that comes back. */
export async function killUnderLoad(
  dataDir: string,
  databaseUrl: string | undefined,
  kills: number,
): Promise<KillResult> {
  const environment = {
    ...unlimited,
    LOG_LEVEL: "warn",
    JOURNAL_KEYS: journalKeys,
    ...(databaseUrl === undefined ? {} : { DATABASE_URL: databaseUrl }),
  };
  const answers: string[] = [];
  for (let kill = 0; kill < kills; kill += 1) {
    const service = await startService({ environment, dataDir });
    try {
      answers.push(...(await callUntilKilled(service, (kill * 37) % 200)));
    } finally {
      service.process.kill("SIGKILL");
    }
  }
  const service = await startService({ environment, dataDir });
  const location = databaseUrl === undefined ? { file: join(dataDir, "journal.db") } : { url: databaseUrl };
  try {
    const traced = new Set((await readJournal(location)).map(({ requestId }) => requestId));
    return { answered: answers.length, untraced: answers.filter((id) => !traced.has(id)), service };
  } catch (error) {
    await service.stop();
    throw error;
  }
}

async function callUntilKilled(service: RunningService, afterMs: number): Promise<string[]> {
  const answers: string[] = [];
  const exited = once(service.process, "exit");
  const { lookup } = clientsOf(createGrpcTransport({ baseUrl: service.origin }));
  const callGrpc = async () => {
    let requestId = "";
    const onHeader = (headers: Headers) => {
      requestId = headers.get("x-request-id") ?? "";
    };
    await lookup.lookupByIne({ ine, recipient }, { ...withToken(service.token), onHeader });
    return requestId;
  };
  const callRest = async () => {
    const response = await fetch(service.origin + lookupRoute, { headers: bearer(service.token) });
    await response.json();
    if (response.status !== 200) throw new Error(`REST answered ${response.status}`);
    return response.headers.get("x-request-id") ?? "";
  };
  let killed = false;
  const repeat = async (call: () => Promise<string>) => {
    for (;;) {
      try {
        answers.push(await call());
      } catch (error) {
        if (killed) return;
        throw error;
      }
    }
  };
  const kinds = [callGrpc, callRest];
  const load = Promise.all(kinds.flatMap((call) => Array.from({ length: callers }, () => repeat(call))));
  const enough = eventually(() => answers.length >= answersBeforeKill);
  await Promise.race([enough.then(() => pause(afterMs)), load]);
  killed = true;
  service.process.kill("SIGKILL");
  await exited;
  await load;
  return answers;
}
