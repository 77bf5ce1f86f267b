// Partners with FranceConnect clients, made in the database of a running service.
import assert from "node:assert/strict";
import { join } from "node:path";
import { raiseVersion } from "../../src/access/access-storage.ts";
import {
  type FranceConnectClientRequest,
  registerFranceConnectClient,
  revokeFranceConnectClient,
} from "../../src/access/register-france-connect-client.ts";
import { systemActor } from "../../src/audit/actor.ts";
import { createLedger, type LedgerTransaction } from "../../src/audit/ledger.ts";
import { findClientOwner } from "../../src/cli/find-client-owner.ts";
import { issueAtTerminal } from "../../src/cli/issue-at-terminal.ts";
import { systemClock } from "../../src/clock.ts";
import { loadJournalKeys } from "../../src/journal/journal-keys.ts";
import { createJournalReader } from "../../src/journal/journal-storage.ts";
import { position } from "../../src/journal/line-encoding.ts";
import { type DatabaseLocation, openDatabase } from "../../src/storage/database.ts";
import type { RunningService } from "../support/service.ts";
import { scopes } from "./version-2-server.ts";

export const siret = "13002526500013";
/** Of another partner. */
export const otherSiret = "21750001600019";

export interface ClientToMake {
  readonly clientId: string;
  readonly partnerSiret?: string;
  readonly revoked?: boolean;
  readonly different?: Partial<FranceConnectClientRequest>;
}

/** Makes the clients and their partners, and gives the identifiers of the registrations. */
export async function makeClients(
  location: DatabaseLocation,
  clients: readonly ClientToMake[],
): Promise<string[]> {
  const database = openDatabase(location);
  try {
    const ledger = createLedger({ database, clock: systemClock, raiseVersion });
    const change = <T>(work: (transaction: LedgerTransaction) => Promise<T>) =>
      ledger.change(systemActor("essai"), work);
    const ids: string[] = [];
    for (const { clientId, partnerSiret = siret, revoked = false, different } of clients) {
      await issueAtTerminal(ledger, systemActor("essai"), {
        partnerSiret,
        partnerName: `Partenaire ${partnerSiret}`,
        procedureName: "Essai",
        scopes,
        networks: [],
        expiresInDays: undefined,
        callsPerSecond: undefined,
        validFrom: undefined,
      });
      const id = await change((transaction) =>
        registerFranceConnectClient(
          transaction,
          {
            clientId,
            partnerSiret,
            procedureName: "Essai",
            scopes,
            recipients: [],
            networks: [],
            callsPerSecond: undefined,
            ...different,
          },
          findClientOwner,
        ),
      );
      if (revoked) await change((transaction) => revokeFranceConnectClient(transaction, id, "essai"));
      ids.push(id);
    }
    return ids;
  } finally {
    await database.close();
  }
}

/** A line of the journal, opened. */
export type Trace = Readonly<Record<string, unknown>>;

/** The lines of a service's journal, opened: of one request, or the newest ones. */
export async function readTraces(
  service: RunningService,
  filter: { readonly requestId?: string },
  limit: number,
): Promise<Trace[]> {
  const database = openDatabase({ file: join(service.dataDir, "journal.db") });
  try {
    const reader = createJournalReader(database, loadJournalKeys(service.dataDir));
    const records = await reader.latest(filter, limit);
    return records.map((record) => {
      const plain = Object.entries(position).map(([name, at]) => [name, record.values[at]]);
      return { ...Object.fromEntries(plain), ...reader.open(record) };
    });
  } finally {
    await database.close();
  }
}

/** The one line of a request, opened. */
export async function traceOf(service: RunningService, requestId: string): Promise<Trace> {
  const traces = await readTraces(service, { requestId }, 10);
  assert.equal(traces.length, 1, "one line");
  return traces[0] as Trace;
}
