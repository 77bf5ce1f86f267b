// Puts together what measures the availability: the probe, its record, the monthly reports and the public document. Part of
// the composition root.

import { randomUUID } from "node:crypto";
import { createAvailabilityStorage } from "../availability/availability-storage.ts";
import { createAvailabilityReports, type MaintenanceWindows } from "../availability/monthly-report.ts";
import { sumPartnerCalls } from "../availability/partner-calls.ts";
import { createPublicAvailability, type PublicAvailability } from "../availability/public-availability.ts";
import { probe } from "../availability/self-probe.ts";
import { writeStatusDocument } from "../availability/status-document.ts";
import { watchAvailability } from "../availability/watch-availability.ts";
import type { Clock } from "../clock.ts";
import type { Config } from "../config.ts";
import type { RollupReader } from "../journal/rollup-reader-storage.ts";
import type { Database } from "../storage/database.ts";

export interface AvailabilityParts {
  readonly config: Config;
  readonly clock: Clock;
  readonly rollups: RollupReader;
  /** The journal's. */
  readonly database: Database;
  readonly report: (cause: unknown) => void;
  readonly maintenanceWindows: MaintenanceWindows;
  /** What the self-probe shows to get in. */
  readonly probeSecret: string;
}

/** The monthly reports over the journal's database. */
export function createReports({
  database,
  clock,
  rollups,
  maintenanceWindows,
}: Pick<AvailabilityParts, "clock" | "rollups" | "database" | "maintenanceWindows">) {
  return createAvailabilityReports({
    ...{ storage: createAvailabilityStorage(database), clock, maintenanceWindows },
    async callsByMinute(from, until) {
      const query = {
        grain: "minute",
        by: ["rpc", "outcome", "errorId"],
        overTime: true,
        withLatency: false,
      } as const;
      return sumPartnerCalls(await rollups.usage({ ...query, from, until }));
    },
  });
}

export function openAvailability(parts: AvailabilityParts) {
  const { config, clock, report } = parts;
  const reports = createReports(parts);
  const readable: PublicAvailability = createPublicAvailability(reports, clock);
  return {
    reports: readable,
    pages(serving: () => boolean) {
      const state = () => ({ isServing: serving(), now: clock.now() });
      return {
        "/status.json": {
          ...{ contentType: "application/json", headers: { "cache-control": "public, max-age=30" } },
          write: async () => writeStatusDocument(await readable.months(), state()),
        },
      };
    },
    /** Measures from now on; the returned function ends it. */
    start(port: number): () => void {
      const ending = new AbortController();
      const target = { host: config.HOST, port, certificate: config.TLS_CERT, secret: parts.probeSecret };
      const measure = config.SELF_PROBE === "on" ? () => probe(target) : undefined;
      const storage = createAvailabilityStorage(parts.database);
      const watch = { clock, storage, instance: randomUUID(), probe: measure, report };
      watchAvailability(watch, ending.signal).catch(report);
      return () => ending.abort();
    },
  };
}
