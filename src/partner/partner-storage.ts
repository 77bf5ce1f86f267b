// The only SQL on partners.
import type { Knex } from "knex";
import type { OperatorBodyName } from "../access/person.ts";
import { escapeLike } from "../storage/escape-like.ts";
import { applyPage, type Page } from "../storage/page.ts";
import { nameKey } from "./name-key.ts";
import type { PartnerStateName } from "./partner-states.ts";

export type LegalCategoryName =
  | "state"
  | "territorial_authority"
  | "public_establishment"
  | "social_security"
  | "entrusted_body";

/** A partner as stored. Instants are milliseconds since 1970. */
export interface PartnerRecord {
  readonly id: string;
  readonly siret: string;
  readonly name: string;
  readonly state: PartnerStateName;
  /** The last decision about the state. */
  readonly stateReason: string | undefined;
  readonly stateAt: number | undefined;
  readonly stateBody: OperatorBodyName | undefined;
  readonly legalCategory: LegalCategoryName | undefined;
  readonly legalText: string | undefined;
  /** When the ministry verified the eligibility, and the name of who did. */
  readonly eligibilityAt: number | undefined;
  readonly eligibilityBy: string | undefined;
  readonly franceConnectAt: number | undefined;
  readonly franceConnectBy: string | undefined;
  readonly franceConnectClientId: string | undefined;
  readonly createdAt: number;
  readonly revision: number;
}

/** What is not known yet of a new partner. */
export const emptyPartner = {
  stateReason: undefined,
  stateAt: undefined,
  stateBody: undefined,
  legalCategory: undefined,
  legalText: undefined,
  eligibilityAt: undefined,
  eligibilityBy: undefined,
  franceConnectAt: undefined,
  franceConnectBy: undefined,
  franceConnectClientId: undefined,
  revision: 1,
} as const satisfies Partial<PartnerRecord>;

export interface PartnerFilter {
  readonly state: PartnerStateName | undefined;
  /** Empty: any. */
  readonly siret: string;
  /** Part of the name, in any case and with accents or not; empty: any. */
  readonly namePart: string;
}

/** Fields by which partners can be ordered. */
export const partnerOrders = { create_time: "created_at", name: "name", siret: "siret" };

interface PartnerRow {
  readonly id: string;
  readonly siret: string;
  readonly name: string;
  readonly state: PartnerStateName;
  readonly state_reason: string | null;
  readonly state_at: number | null;
  readonly state_body: OperatorBodyName | null;
  readonly legal_category: LegalCategoryName | null;
  readonly legal_text: string | null;
  readonly eligibility_at: number | null;
  readonly eligibility_by: string | null;
  readonly france_connect_at: number | null;
  readonly france_connect_by: string | null;
  readonly france_connect_client_id: string | null;
  readonly created_at: number;
  readonly revision: number;
}

const columns = [
  ...[
    "id",
    "siret",
    "name",
    "state",
    "state_reason",
    "state_at",
    "state_body",
    "legal_category",
    "legal_text",
  ],
  ...["eligibility_at", "eligibility_by", "france_connect_at", "france_connect_by"],
  ...["france_connect_client_id", "created_at", "revision"],
] as const;

export async function findPartner(knex: Knex, id: string): Promise<PartnerRecord | undefined> {
  const row: PartnerRow | undefined = await knex("partners").select(columns).where("id", id).first();
  return row === undefined ? undefined : toRecord(row);
}

export async function findPartnerBySiret(knex: Knex, siret: string): Promise<PartnerRecord | undefined> {
  const row: PartnerRow | undefined = await knex("partners").select(columns).where("siret", siret).first();
  return row === undefined ? undefined : toRecord(row);
}

/** Those of the identifiers that are partners. */
export async function findPartners(knex: Knex, ids: readonly string[]): Promise<PartnerRecord[]> {
  const rows: PartnerRow[] = await knex("partners").select(columns).whereIn("id", ids);
  return rows.map(toRecord);
}

export async function pagePartners(knex: Knex, filter: PartnerFilter, page: Page): Promise<PartnerRecord[]> {
  const query = knex("partners").select(columns);
  if (filter.state !== undefined) query.where("state", filter.state);
  if (filter.siret !== "") query.where("siret", filter.siret);
  if (filter.namePart !== "") {
    query.whereRaw("name_key like ? escape '!'", [`%${escapeLike(nameKey(filter.namePart))}%`]);
  }
  const rows: PartnerRow[] = await applyPage(query, page);
  return rows.map(toRecord);
}

/** `version` is the access version, by which every instance finds what changed. */
export async function insertPartner(knex: Knex, partner: PartnerRecord, version: number): Promise<void> {
  await knex("partners").insert({
    id: partner.id,
    created_at: partner.createdAt,
    ...toRow(partner),
    version,
  });
}

/** Stores a partner anew, whose revision must have grown. */
export async function updatePartner(knex: Knex, partner: PartnerRecord, version: number): Promise<void> {
  await knex("partners")
    .where("id", partner.id)
    .update({ ...toRow(partner), version });
}

function toRow(partner: PartnerRecord) {
  return {
    siret: partner.siret,
    name: partner.name,
    name_key: nameKey(partner.name),
    state: partner.state,
    state_reason: partner.stateReason ?? null,
    state_at: partner.stateAt ?? null,
    state_body: partner.stateBody ?? null,
    legal_category: partner.legalCategory ?? null,
    legal_text: partner.legalText ?? null,
    eligibility_at: partner.eligibilityAt ?? null,
    eligibility_by: partner.eligibilityBy ?? null,
    france_connect_at: partner.franceConnectAt ?? null,
    france_connect_by: partner.franceConnectBy ?? null,
    france_connect_client_id: partner.franceConnectClientId ?? null,
    revision: partner.revision,
  };
}

function toRecord(row: PartnerRow): PartnerRecord {
  return {
    id: row.id,
    siret: row.siret,
    name: row.name,
    state: row.state,
    stateReason: row.state_reason ?? undefined,
    stateAt: row.state_at ?? undefined,
    stateBody: row.state_body ?? undefined,
    legalCategory: row.legal_category ?? undefined,
    legalText: row.legal_text ?? undefined,
    eligibilityAt: row.eligibility_at ?? undefined,
    eligibilityBy: row.eligibility_by ?? undefined,
    franceConnectAt: row.france_connect_at ?? undefined,
    franceConnectBy: row.france_connect_by ?? undefined,
    franceConnectClientId: row.france_connect_client_id ?? undefined,
    createdAt: row.created_at,
    revision: row.revision,
  };
}
