// What `serve --demonstration` adds to the service: fictitious students, people, a token and a FranceConnect of its own.
import { raiseVersion } from "../access/access-storage.ts";
import {
  ensureDemonstrationAccess,
  ensureDemonstrationClient,
  refuseOtherPartners,
} from "../access/demonstration.ts";
import { systemActor } from "../audit/actor.ts";
import { createLedger } from "../audit/ledger.ts";
import type { Clock } from "../clock.ts";
import type { Config } from "../config.ts";
import { createJournal } from "../journal/create-journal.ts";
import { hasLines } from "../journal/journal-storage.ts";
import { seedDemonstration } from "../referential/seed-demonstration.ts";
import { type Database, type DatabaseLocation, openDatabase } from "../storage/database.ts";
import { ensureDemonstrationTerms } from "../terms/demonstration-terms.ts";
import {
  type DemonstrationPeople,
  describePeople,
  ensureDemonstrationPeople,
} from "./demonstration-people.ts";
import { addTraffic, findTrafficOwner, type TrafficOwner } from "./demonstration-traffic.ts";
import { startDemonstrationUser } from "./demonstration-user.ts";
import { describeDemonstration } from "./describe-demonstration.ts";
import { findClientOwner } from "./find-client-owner.ts";
import { issueAtTerminal } from "./issue-at-terminal.ts";

export interface Demonstration {
  /** The configuration, with its own FranceConnect in it. */
  readonly config: Config;
  /** Fills the migrated main database. */
  prepare(main: Database): Promise<void>;
  /** Opens the journal; a new one begins with traffic, when that is wanted. */
  readonly openJournal: typeof createJournal;
  /** What there is to try, for the terminal. */
  describe(origin: string): string;
  close(): Promise<void>;
}

export async function openDemonstration(
  given: Config,
  clock: Clock,
  withTraffic: boolean,
): Promise<Demonstration> {
  const user =
    given.FRANCE_CONNECT === "stand-in" ? await startDemonstrationUser(given.DATA_DIR, clock) : undefined;
  const config = { ...given, ...user?.standIn.config };
  let token = "";
  let people: DemonstrationPeople | undefined;
  let trafficOwner: TrafficOwner | undefined;
  return {
    config,
    async prepare(main) {
      await refuseOtherPartners(main);
      await seedDemonstration(main, clock);
      const ledger = createLedger({ database: main, clock, raiseVersion });
      await ensureDemonstrationTerms(ledger);
      token = await ensureDemonstrationAccess(main, clock, config.DATA_DIR, (request) =>
        issueAtTerminal(ledger, systemActor("demonstration"), request),
      );
      await ensureDemonstrationClient(main, ledger, findClientOwner);
      people = await ensureDemonstrationPeople(main, clock);
      if (withTraffic) trafficOwner = await findTrafficOwner(main, token);
    },
    async openJournal(options) {
      const isNew = trafficOwner !== undefined && !(await hasTraffic(options.database));
      const journal = await createJournal(options);
      if (isNew && trafficOwner !== undefined) await addTraffic(journal, trafficOwner, clock);
      return journal;
    },
    describe(origin) {
      const examples = describeDemonstration(origin, token, user?.token);
      return people === undefined
        ? examples
        : examples + describePeople(config.PUBLIC_ORIGIN ?? origin, people);
    },
    async close() {
      await user?.standIn.close();
    },
  };
}

async function hasTraffic(location: DatabaseLocation): Promise<boolean> {
  const database = openDatabase(location);
  try {
    return await hasLines(database);
  } finally {
    await database.close();
  }
}
