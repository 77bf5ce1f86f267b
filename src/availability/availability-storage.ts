// The only SQL on what availability is judged by.
import type { Database } from "../storage/database.ts";
import type { Probed } from "./judge-minutes.ts";

/** `cause` of an instance that lives and does not measure itself (`SELF_PROBE=off`). */
export const offCause = "off";

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
  /** What the probes of each minute tell, from an instant to before another one. */
  probes(from: number, until: number): Promise<ReadonlyMap<number, Probed>>;
  /** The first minute that was measured from an instant to before another one. */
  firstMinute(from: number, until: number): Promise<number | undefined>;
  /** Minutes with a record from an instant to before another one, counted up to `atMost`. */
  countMinutes(from: number, until: number, atMost: number): Promise<number>;
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
      const rows: { minute: number; succeeded: number; measured: number }[] = await knex(
        "availability_probes",
      )
        .select("minute")
        .max({ succeeded: "succeeded" })
        .max({ measured: knex.raw("case when cause = ? then 0 else 1 end", [offCause]) })
        .where("minute", ">=", from)
        .andWhere("minute", "<", until)
        .groupBy("minute");
      return new Map(rows.map((row) => [row.minute, probedOf(row)]));
    },
    async firstMinute(from, until) {
      const [row]: { first?: number | null }[] = await knex("availability_probes")
        .min({ first: "minute" })
        .where("minute", ">=", from)
        .andWhere("minute", "<", until)
        .andWhereNot("cause", offCause);
      return row?.first ?? undefined;
    },
    async countMinutes(from, until, atMost) {
      const rows = await knex("availability_probes")
        .distinct("minute")
        .where("minute", ">=", from)
        .andWhere("minute", "<", until)
        .limit(atMost);
      return rows.length;
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

function probedOf({ succeeded, measured }: { succeeded: number; measured: number }): Probed {
  if (succeeded === 1) return "succeeded";
  return measured === 1 ? "failed" : "off";
}
