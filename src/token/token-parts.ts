// What tokens need of other features, as app.ts gives it to them.
import type { Knex } from "knex";

/** What tokens need to know of a procedure. */
export interface ServedProcedure {
  readonly id: string;
  readonly partnerId: string;
  /** requested, active, suspended or terminated. */
  readonly partnerState: string;
  readonly name: string;
  /** In alphabetical order; undefined: nothing is approved, or it is closed. */
  readonly approvedScopes: readonly string[] | undefined;
  /** The procedure to whose purpose its own is declared to be close. */
  readonly closeTo: string | undefined;
  /** Whether an operator approved that. */
  readonly closenessApproved: boolean;
  readonly etag: string;
}

export type FindProcedure = (knex: Knex, id: string) => Promise<ServedProcedure | undefined>;

/** A record that people confirm by the revision that they read. */
export interface Confirmable {
  readonly id: string;
  readonly etag: string;
}

/** The contacts that a partner has today. */
export type ContactsOf = (knex: Knex, partnerId: string) => Promise<readonly Confirmable[]>;

/** The last day on which a call was made with each of these tokens, `YYYY-MM-DD`; absent: never. */
export type LastUses = (tokenIds: readonly string[]) => Promise<ReadonlyMap<string, string>>;

/** The day of an instant, `YYYY-MM-DD` in Europe/Paris. */
export type DayOf = (instant: number) => string;
