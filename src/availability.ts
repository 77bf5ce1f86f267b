// Puts together what measures the availability: the probe, its record, the monthly reports and the public page. Part of
// the composition root.

import { randomUUID } from "node:crypto";
import type { Caller } from "./access/caller.ts";
import { createAvailabilityStorage } from "./availability/availability-storage.ts";
import { createAvailabilityReports, type MaintenanceWindows } from "./availability/monthly-report.ts";
import { sumPartnerCalls } from "./availability/partner-calls.ts";
import { createPublicAvailability, type PublicAvailability } from "./availability/public-availability.ts";
import { createProbeCredential, probe } from "./availability/self-probe.ts";
import { statusPageHeaders, writeStatusDocument, writeStatusPage } from "./availability/status-page.ts";
import { watchAvailability } from "./availability/watch-availability.ts";
import type { Clock } from "./clock.ts";
import type { Config } from "./config.ts";
import type { RollupReader } from "./journal/rollup-reader-storage.ts";
import type { Database } from "./storage/database.ts";

/** Until the schedule runs it: once an hour, and whoever comes first. */
const freezeEveryMs = 3_600_000;

export interface AvailabilityParts {
  readonly config: Config;
  readonly clock: Clock;
  readonly rollups: RollupReader;
  /** The journal's. */
  readonly database: Database;
  readonly report: (cause: unknown) => void;
  /** Announced maintenance; absent: none is known. */
  readonly maintenanceWindows?: MaintenanceWindows;
}

/** The monthly reports over the journal's database. */
export function createReports({
  database,
  clock,
  rollups,
  maintenanceWindows = async () => [],
}: Pick<AvailabilityParts, "clock" | "rollups" | "database" | "maintenanceWindows">) {
  return createAvailabilityReports({
    ...{ storage: createAvailabilityStorage(database), clock, maintenanceWindows },
    async callsByMinute(from, until) {
      const query = { grain: "minute", by: ["rpc", "outcome"], overTime: true, withLatency: false } as const;
      return sumPartnerCalls(await rollups.usage({ ...query, from, until }));
    },
  });
}

export function openAvailability(parts: AvailabilityParts) {
  const { config, clock, report } = parts;
  const reports = createReports(parts);
  const readable: PublicAvailability = createPublicAvailability(reports, clock);
  const credential = createProbeCredential();
  return {
    reports: readable,
    /** The self-probe as a caller; undefined for everybody else's header. */
    recognize(authorization: string | undefined): Caller | undefined {
      return authorization === undefined
        ? undefined
        : credential.recognize(authorization.slice("Bearer ".length));
    },
    pages(serving: () => boolean) {
      const state = () => ({ isServing: serving(), now: clock.now() });
      return {
        "/status": {
          ...{ contentType: "text/html; charset=utf-8", headers: statusPageHeaders },
          write: async () => writeStatusPage(await readable.months(), state()),
        },
        "/status.json": {
          ...{ contentType: "application/json", headers: { "cache-control": "public, max-age=30" } },
          write: async () => writeStatusDocument(await readable.months(), state()),
        },
      };
    },
    /** Measures and freezes from now on; the returned function ends it. */
    start(port: number): () => void {
      const ending = new AbortController();
      const freeze = () => reports.freezeMonths(clock.now()).catch(report);
      const timer = setInterval(freeze, freezeEveryMs).unref();
      freeze();
      if (config.SELF_PROBE === "on") {
        const target = { host: config.HOST, port, certificate: config.TLS_CERT, secret: credential.secret };
        const storage = createAvailabilityStorage(parts.database);
        const watch = { clock, storage, instance: randomUUID(), probe: () => probe(target), report };
        watchAvailability(watch, ending.signal).catch(report);
      }
      return () => {
        clearInterval(timer);
        ending.abort();
      };
    },
  };
}
