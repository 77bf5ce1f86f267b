// The writer's thread: takes groups of lines from the port, makes them durable in the order of their arrival, and
// acknowledges each group. While one group is being synced the next one forms on the other side.

import type { MessagePort } from "node:worker_threads";
import { workerData } from "node:worker_threads";
import type { DatabaseLocation } from "../storage/database.ts";
import type { JournalKeys } from "./journal-keys.ts";
import { type EncodedLine, splitGroup } from "./line-encoding.ts";
import { openLineStorage, type WriteFault } from "./line-storage.ts";
import { createLineWriter, notYetWritten } from "./line-writer.ts";

export interface WriterSettings {
  readonly port: MessagePort;
  readonly database: DatabaseLocation;
  readonly keys: JournalKeys;
  /** Identifier of the chain that this writer starts. */
  readonly chain: string;
  /** Chain of the writer that this one replaces: its last lines may be in the first groups again. */
  readonly deadChain: string | undefined;
  readonly queueLimit: number;
}

/**
 * Sent to the writer: 1 when lines may be in the dead writer's chain already, else 0, then the lines of `joinGroup`; an
 * empty text ends the writer after the groups before it. Sent by the writer: 0 once a group is durable, or the places in the group of lines that were refused; `ready` once
 * it can write; a fault, which the group in hand waits out if it is of the kind `database`.
 */
export type WriterMessage =
  | 0
  | readonly number[]
  | "ready"
  | { readonly kind: Fault; readonly message: string; readonly code: string };

const { port, database, keys, chain, deadChain, queueLimit } = workerData as WriterSettings;

/** A fault of a write, or of the upkeep after it: no line is lost by that, and the next group tries again. */
type Fault = WriteFault | "upkeep";

const failing = new Set<Fault>();

function report(error: unknown, kind: Fault): void {
  // Once of each outage; each refused line.
  if (failing.has(kind)) return;
  if (kind === "database" || kind === "upkeep") failing.add(kind);
  // Only these two: a driver's error may carry the row.
  const { message, code } = error as { message?: unknown; code?: unknown };
  port.postMessage({ kind, message: String(message), code: String(code ?? "") } satisfies WriterMessage);
}

const storage = await openLineStorage(database, () => {
  // The next group finds out, waits and reconnects.
  report(new Error("the connection of the journal was lost"), "database");
});
const writer = createLineWriter({ storage, keys, chain, onFault: report });

async function write(doubtful: boolean, lines: readonly EncodedLine[]): Promise<readonly number[]> {
  if (!doubtful || deadChain === undefined) return writer.write(lines);
  const missing = await notYetWritten(storage, deadChain, lines, queueLimit);
  const places = [...missing];
  const refused = await writer.write(lines.filter((_, index) => missing.has(index)));
  return refused.map((index) => places[index] as number);
}

async function keepUp(): Promise<void> {
  try {
    await storage.upkeep();
    failing.delete("upkeep");
  } catch (error) {
    report(error, "upkeep");
  }
}

let last: Promise<void> = Promise.resolve();

async function end(): Promise<void> {
  await storage.close();
  port.close();
}

port.on("message", (message: string) => {
  if (message === "") {
    last = last.then(end);
    return;
  }
  const doubtful = message.startsWith("1");
  const group = splitGroup(message.slice(1));
  last = last.then(async () => {
    const refused = await write(doubtful, group);
    failing.delete("database");
    port.postMessage(refused.length === 0 ? 0 : refused);
    await keepUp();
  });
});
port.postMessage("ready" satisfies WriterMessage);
last = last.then(keepUp);
