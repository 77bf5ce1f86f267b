import type { Knex } from "knex";
import type { LedgerTransaction } from "../audit/ledger.ts";
import { serviceError } from "../errors.ts";
import { createId } from "../storage/create-id.ts";

/**
 * The partner with this SIRET, made active when there is none: whoever sits at the terminal answers for it. Errors:
 * `invalid_request`, for one that is not active.
 */
export async function ensureTerminalPartner(
  { knex, now, version, record }: LedgerTransaction,
  wanted: { readonly siret: string; readonly name: string },
): Promise<{ readonly id: string }> {
  const known = await findPartnerAtTerminal(knex, wanted.siret);
  if (known !== undefined && known.state !== "active") {
    const description = `is the SIRET of a partner that is ${known.state}`;
    throw serviceError("invalid_request", { violations: [{ field: "partner_siret", description }] });
  }
  if (known !== undefined) return { id: known.id };
  const id = createId("prt");
  await knex("partners").insert({ id, ...wanted, state: "active", created_at: now, version });
  record({ action: "partner.create", subject: id, partnerId: id, after: { ...wanted, state: "active" } });
  return { id };
}

export interface TerminalPartner {
  readonly id: string;
  readonly name: string;
  readonly state: string;
}

export async function findPartnerAtTerminal(knex: Knex, siret: string): Promise<TerminalPartner | undefined> {
  return await knex("partners").select("id", "name", "state").where("siret", siret).first();
}

/** Suspends or reinstates a partner. */
export async function setPartnerState(
  { knex, version, record }: LedgerTransaction,
  partner: TerminalPartner,
  state: "active" | "suspended",
  reason: string,
): Promise<void> {
  const { id } = partner;
  await knex("partners").where("id", id).update({ state, state_reason: reason, version });
  const action = state === "active" ? "partner.reinstate" : "partner.suspend";
  record({ action, subject: id, partnerId: id, reason, before: { state: partner.state }, after: { state } });
}
