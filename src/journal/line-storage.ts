import type { Awaitable } from "../awaitable.ts";
import type { DatabaseLocation } from "../storage/database.ts";
import type { PlainValue } from "./line-encoding.ts";

/** A line as it is stored. */
export interface StoredLine {
  readonly chain: string;
  readonly seq: number;
  readonly commitment: Buffer;
  readonly hash: Buffer;
  readonly salt: Buffer;
  /** In the order of `callColumns`. */
  readonly call: readonly PlainValue[];
  /** JSON of the values of `kindColumns`. */
  readonly kind: string;
  readonly sealed: Buffer;
  readonly keyId: string;
  readonly ineIndex: Buffer | null;
}

/**
 * What a failed write means: `row`, the database is well and refuses a line; `taken`, another writer has this
 * place of the chain, or our own lost transaction has; `database`, nothing can be written now, or nobody knows.
 */
export type WriteFault = "row" | "taken" | "database";

/** The writer's own connection. One transaction for each group; a resolved write has been synced to disk. */
export interface LineStorage {
  write(lines: readonly StoredLine[]): Awaitable<void>;
  /** What is left to do after a write and no call waits for. The next write waits for the promise. */
  upkeep(): Awaitable<void>;
  faultOf(error: unknown): WriteFault;
  /** Makes the connection usable after a fault of the database; throws when it cannot be yet. */
  recover(error: unknown): Awaitable<void>;
  /** The last line of a chain, or undefined. */
  head(chain: string): Awaitable<{ readonly seq: number; readonly hash: Buffer } | undefined>;
  /** Request ids of the last lines of a chain. */
  lastRequestIds(chain: string, limit: number): Awaitable<string[]>;
  close(): Awaitable<void>;
}

/** Opens the storage; `onLost` tells that an idle connection broke. Only the driver that is needed gets loaded. */
export async function openLineStorage(location: DatabaseLocation, onLost: () => void): Promise<LineStorage> {
  if ("file" in location) {
    const { openSqliteLineStorage } = await import("./sqlite-line-storage.ts");
    return openSqliteLineStorage(location.file);
  }
  const { openPostgresLineStorage } = await import("./postgres-line-storage.ts");
  return await openPostgresLineStorage(location.url, onLost);
}
