import type { Knex } from "knex";
import { etagOf } from "../storage/etag.ts";
import { scopesOf } from "./procedure-content.ts";
import type { ProcedureRecord } from "./procedure-record.ts";
import { findProcedure } from "./procedure-storage.ts";

/** What tokens need to know of a procedure. */
export interface ProcedureFacts {
  readonly id: string;
  readonly partnerId: string;
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

export async function findProcedureFacts(knex: Knex, id: string): Promise<ProcedureFacts | undefined> {
  const record = await findProcedure(knex, id);
  return record === undefined ? undefined : toFacts(record);
}

function toFacts(record: ProcedureRecord): ProcedureFacts {
  const { approved, proposal, state } = record;
  const counts = approved !== undefined && state !== "closed";
  const pending = approved?.closeTo === undefined ? proposal?.closeTo : undefined;
  return {
    id: record.id,
    partnerId: record.partnerId,
    partnerState: record.partnerState,
    name: record.name,
    approvedScopes: counts ? scopesOf(approved) : undefined,
    closeTo: (approved?.closeTo ?? pending)?.procedureId,
    closenessApproved: record.closenessApproved,
    etag: etagOf(record.revision),
  };
}
