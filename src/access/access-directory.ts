import type { Clock } from "../clock.ts";
import { serviceError } from "../errors.ts";
import type { Database } from "../storage/database.ts";
import { waitLimits } from "../wait-limits.ts";
import { type AccessRecord, createAccessStorage, type PartnerState } from "./access-storage.ts";
import type { Caller } from "./caller.ts";
import { createFranceConnectClients, type FranceConnectClientEntry } from "./france-connect-client.ts";
import { createFranceConnectClientStorage } from "./france-connect-client-storage.ts";
import { parseStoredNetwork } from "./network.ts";
import { SecretTable } from "./secret-table.ts";

/** A secret of a token as the directory holds it: during a rotation, a token has two. */
export interface AccessEntry {
  readonly caller: Caller;
  /** This secret is refused from this instant on, in milliseconds; undefined: with the token. */
  readonly secretExpiresAt: number | undefined;
  /** Refused from this instant on, in milliseconds. */
  readonly revokedAt: number | undefined;
  readonly partnerState: PartnerState;
}

/**
 * All tokens in memory, so that a call costs one look into a map whatever their number and guesses never reach the
 * database. The directory follows the stored access version: what changes there applies here within one second, or
 * the directory refuses to answer.
 */
export interface AccessDirectory {
  /**
   * The token with this SHA-256, compared in constant time. Throws `storage_unavailable` when the database has not
   * confirmed the directory for a second: a revocation could be missing.
   */
  find(secretHash: Buffer): AccessEntry | undefined;
  /**
   * The registration of a FranceConnect client: the one in force, or the last one that was revoked. Throws as `find`
   * does.
   */
  findFranceConnectClient(clientId: string): FranceConnectClientEntry | undefined;
  /** Whether `find` answers now. */
  readonly healthy: boolean;
  /** Number of secrets. */
  readonly size: number;
  /** Follows a change at once instead of at the next watch. Rejects when the database does not answer. */
  refresh(): Promise<void>;
  close(): void;
}

export interface AccessDirectoryOptions {
  readonly database: Database;
  readonly clock: Clock;
  /** Gets why the database could not be read; the directory keeps trying. */
  readonly report?: (cause: unknown) => void;
}

/** Time between two looks at the access version: a new token works, a revoked one is refused, after this at most. */
const watchIntervalMs = 250;

/** Reads all tokens and follows their changes until it is closed. Rejects when they cannot be read. */
export async function createAccessDirectory(options: AccessDirectoryOptions): Promise<AccessDirectory> {
  const { clock, report = () => {} } = options;
  const storage = createAccessStorage(options.database);
  const clientStorage = createFranceConnectClientStorage(options.database);
  let entries = new SecretTable<AccessEntry>();
  let clients = createFranceConnectClients();
  let version = 0;
  let confirmedAt = Number.NEGATIVE_INFINITY;
  let running: Promise<void> | undefined;
  let closed = false;

  await refresh();
  const timer = setInterval(() => {
    if (running === undefined) refresh().catch(report);
  }, watchIntervalMs);
  timer.unref();

  return {
    find(secretHash) {
      if (!isFresh()) throw serviceError("storage_unavailable");
      return entries.find(secretHash);
    },
    findFranceConnectClient(clientId) {
      if (!isFresh()) throw serviceError("storage_unavailable");
      return clients.find(clientId);
    },
    get healthy() {
      return isFresh();
    },
    get size() {
      return entries.size;
    },
    async refresh() {
      // A look that is under way may have started before the change that the caller wants to see.
      await running?.catch(() => {});
      await refresh();
    },
    close() {
      closed = true;
      clearInterval(timer);
    },
  };

  function isFresh(): boolean {
    return !closed && clock.monotonic() - confirmedAt <= waitLimits.accessAgeMs;
  }

  function refresh(): Promise<void> {
    running ??= follow().finally(() => {
      running = undefined;
    });
    return running;
  }

  async function follow(): Promise<void> {
    // Counted from before the question: the answer is true of that instant, not of its arrival.
    const askedAt = clock.monotonic();
    const current = await storage.readVersion();
    if (current > version) {
      const [tokens, registrations] = await readChanges(version);
      putAll(entries, tokens);
      clients.put(registrations);
    } else if (current < version) {
      // A backup was restored: what was learnt since no longer holds.
      const [tokens, registrations] = await readChanges(0);
      entries = new SecretTable<AccessEntry>();
      putAll(entries, tokens);
      clients = createFranceConnectClients();
      clients.put(registrations);
    }
    version = current;
    confirmedAt = askedAt;
  }

  async function readChanges(since: number) {
    return [await storage.readChanges(since), await clientStorage.readChanges(since)] as const;
  }
}

function putAll(entries: SecretTable<AccessEntry>, records: readonly AccessRecord[]): void {
  for (const record of records) entries.put(record.secretHash, toEntry(record));
}

function toEntry(record: AccessRecord): AccessEntry {
  return {
    caller: toCaller(record),
    secretExpiresAt: record.secretExpiresAt,
    revokedAt: record.revokedAt,
    partnerState: record.partnerState,
  };
}

function toCaller(record: AccessRecord): Caller {
  return {
    tokenId: record.tokenId,
    procedureId: record.procedureId,
    procedureName: record.procedureName,
    partnerId: record.partnerId,
    partnerSiret: record.partnerSiret,
    partnerName: record.partnerName,
    scopes: setOfScopes(record.scopes),
    callsPerSecond: record.callsPerSecond,
    validFrom: record.validFrom,
    expiresAt: record.expiresAt,
    allowedNetworks: record.allowedNetworks.map(parseStoredNetwork),
  };
}

const scopeSets = new Map<string, ReadonlySet<string>>();
/** Sets that are shared; scopes are few, and what people have put together of them fewer. */
const mostSets = 1024;

/** One set for all tokens with the same scopes: it is small and asked often, while a set of each token's own is cold. */
function setOfScopes(scopes: readonly string[]): ReadonlySet<string> {
  const key = scopes.join(" ");
  const known = scopeSets.get(key);
  if (known !== undefined) return known;
  const set: ReadonlySet<string> = new Set(scopes);
  if (scopeSets.size < mostSets) scopeSets.set(key, set);
  return set;
}
