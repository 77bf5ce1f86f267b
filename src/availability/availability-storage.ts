// The only SQL on what availability is judged by.
import type { Database } from "../storage/database.ts";

/** A self-probe of an instance. */
export interface ProbeRecord {
  /** First millisecond of its minute. */
  readonly minute: number;
  readonly instance: string;
  readonly succeeded: boolean;
  /** From a list of ours; empty when it succeeded. */
  readonly cause: string;
}

export interface FrozenMonth {
  /** `YYYY-MM`. */
  readonly month: string;
  readonly frozenAt: number;
  /** JSON. */
  readonly report: string;
}

export interface AvailabilityStorage {
  recordProbe(probe: ProbeRecord): Promise<void>;
  /** Whether any probe of a minute succeeded, from an instant to before another one. */
  probes(from: number, until: number): Promise<ReadonlyMap<number, boolean>>;
  /** The first minute that was ever measured. */
  firstMinute(): Promise<number | undefined>;
  /** What was frozen first stays. */
  freeze(month: FrozenMonth): Promise<void>;
  frozenMonths(): Promise<FrozenMonth[]>;
  deleteProbes(before: number): Promise<void>;
}

export function createAvailabilityStorage({ knex }: Database): AvailabilityStorage {
  return {
    async recordProbe({ minute, instance, succeeded, cause }) {
      await knex("availability_probes")
        .insert({ minute, instance, succeeded: succeeded ? 1 : 0, cause })
        .onConflict(["minute", "instance"])
        .ignore();
    },
    async probes(from, until) {
      const rows: { minute: number; succeeded: number }[] = await knex("availability_probes")
        .select("minute")
        .max({ succeeded: "succeeded" })
        .where("minute", ">=", from)
        .andWhere("minute", "<", until)
        .groupBy("minute");
      return new Map(rows.map(({ minute, succeeded }) => [minute, succeeded === 1]));
    },
    async firstMinute() {
      const [row]: { first: number | null }[] = await knex("availability_probes").min({ first: "minute" });
      return row?.first ?? undefined;
    },
    async freeze({ month, frozenAt, report }) {
      await knex("availability_months")
        .insert({ month, frozen_at: frozenAt, report })
        .onConflict("month")
        .ignore();
    },
    async frozenMonths() {
      return await knex("availability_months")
        .select("month", { frozenAt: "frozen_at" }, "report")
        .orderBy("month", "desc");
    },
    async deleteProbes(before) {
      await knex("availability_probes").where("minute", "<", before).delete();
    },
  };
}
