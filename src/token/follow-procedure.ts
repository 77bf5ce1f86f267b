// What an approval of a procedure does to the tokens that serve it.
import type { LedgerTransaction } from "../audit/ledger.ts";
import { serviceError } from "../errors.ts";
import { areSame } from "./join-token.ts";
import type { FindProcedure } from "./token-parts.ts";
import type { TokenRecord } from "./token-record.ts";
import { changeToken } from "./token-rules.ts";
import { findServingTokens } from "./token-storage.ts";

/** What is approved of a procedure from now on. */
export interface ApprovedUse {
  readonly procedureId: string;
  readonly scopes: readonly string[];
  /** The procedure to whose purpose its own is approved as close. */
  readonly closeTo: string | undefined;
}

/**
 * Takes from tokens the scopes that their procedure no longer has: never more than it. Errors:
 * `shared_scopes_differ`, `shared_purpose_not_close`, when it shares a token and would no longer be allowed to.
 */
export async function followProcedure(
  transaction: LedgerTransaction,
  use: ApprovedUse,
  findProcedure: FindProcedure,
): Promise<void> {
  for (const token of await findServingTokens(transaction.knex, use.procedureId, transaction.now)) {
    await refuseBrokenSharing(transaction, token, use, findProcedure);
    const scopes = token.scopes.filter((scope) => use.scopes.includes(scope));
    if (scopes.length < token.scopes.length)
      await changeToken(transaction, "token.narrow", token, { scopes });
  }
}

async function refuseBrokenSharing(
  { knex }: LedgerTransaction,
  token: TokenRecord,
  use: ApprovedUse,
  findProcedure: FindProcedure,
): Promise<void> {
  const others = token.procedures.filter(({ id }) => id !== use.procedureId);
  if (others.length === 0) return;
  const metadata = { token: token.id };
  const joined = token.procedures[0]?.id !== use.procedureId;
  if (joined && !others.some(({ id }) => id === use.closeTo)) {
    throw serviceError("shared_purpose_not_close", { metadata });
  }
  for (const { id } of others) {
    const procedure = await findProcedure(knex, id);
    if (!areSame(procedure?.approvedScopes ?? [], use.scopes)) {
      throw serviceError("shared_scopes_differ", { metadata });
    }
  }
}

/** Whether a token that is neither revoked nor past serves a procedure; one to be revoked at a date serves it until then. */
export async function isServed({ knex, now }: LedgerTransaction, procedureId: string): Promise<boolean> {
  return (await findServingTokens(knex, procedureId, now)).length > 0;
}
