// The only SQL on versions of the terms and on their acceptances. Neither is ever changed: triggers forbid it.
import type { Knex } from "knex";
import { applyPage, type Page } from "../storage/page.ts";

/** A version without its text. */
export interface TermsHead {
  readonly version: string;
  /** First day in force, `YYYY-MM-DD`. */
  readonly effectiveDate: string;
  readonly major: boolean;
  readonly textSha256: string;
  /** What changes. */
  readonly summary: string;
  /** Milliseconds since 1970. */
  readonly publishedAt: number;
}

export interface TermsRecord extends TermsHead {
  readonly markdown: string;
}

export interface AcceptanceRecord {
  readonly id: string;
  readonly partnerId: string;
  readonly version: string;
  readonly textSha256: string;
  readonly contactId: string;
  readonly contactName: string;
  /** Milliseconds since 1970. */
  readonly acceptedAt: number;
}

/** A partner that could accept. */
export interface TermsPartner {
  readonly id: string;
  readonly siret: string;
  readonly name: string;
}

export const termsOrders = { effective_date: "effective_date", version: "version" };
export const acceptanceOrders = { accept_time: "accepted_at" };
export const missingOrders = { name: "name", siret: "siret" };

interface TermsRow {
  readonly version: string;
  readonly effective_date: string;
  /** SQLite has no booleans. */
  readonly major: boolean | number;
  readonly text_sha256: string;
  readonly summary: string;
  readonly published_at: number;
}

interface AcceptanceRow {
  readonly id: string;
  readonly partner_id: string;
  readonly version: string;
  readonly text_sha256: string;
  readonly contact_id: string;
  readonly contact_name: string;
  readonly accepted_at: number;
}

const headColumns = ["version", "effective_date", "major", "text_sha256", "summary", "published_at"] as const;
const acceptanceColumns = [
  ...["id", "partner_id", "version", "text_sha256", "contact_id", "contact_name", "accepted_at"],
] as const;

/** All versions, by their first day: there are a few in a decade. */
export async function readVersions(knex: Knex): Promise<TermsHead[]> {
  const rows: TermsRow[] = await knex("terms_versions").select(headColumns).orderBy("effective_date");
  return rows.map(toHead);
}

export async function findTerms(knex: Knex, version: string): Promise<TermsRecord | undefined> {
  const row = await knex("terms_versions").select(headColumns).select("markdown").where({ version }).first();
  return row === undefined ? undefined : { ...toHead(row), markdown: row.markdown };
}

export async function pageVersions(knex: Knex, page: Page): Promise<TermsHead[]> {
  const rows: TermsRow[] = await applyPage(knex("terms_versions").select(headColumns), page, "version");
  return rows.map(toHead);
}

export async function insertTerms(knex: Knex, terms: TermsRecord): Promise<void> {
  await knex("terms_versions").insert({
    version: terms.version,
    effective_date: terms.effectiveDate,
    major: terms.major,
    markdown: terms.markdown,
    text_sha256: terms.textSha256,
    summary: terms.summary,
    published_at: terms.publishedAt,
  });
}

/** Major versions of which partners were not told, the oldest first. */
export async function readUnannounced(knex: Knex): Promise<TermsHead[]> {
  const announced = knex("terms_announcements").select("version");
  const rows: TermsRow[] = await knex("terms_versions")
    .select(headColumns)
    .where("major", true)
    .whereNotIn("version", announced)
    .orderBy("effective_date");
  return rows.map(toHead);
}

/** A version is announced once: a second time is refused by its primary key. */
export async function insertAnnouncement(knex: Knex, version: string, announcedAt: number): Promise<void> {
  await knex("terms_announcements").insert({ version, announced_at: announcedAt });
}

export async function findAcceptance(
  knex: Knex,
  partnerId: string,
  version: string,
): Promise<AcceptanceRecord | undefined> {
  const row: AcceptanceRow | undefined = await knex("terms_acceptances")
    .select(acceptanceColumns)
    .where({ partner_id: partnerId, version })
    .first();
  return row === undefined ? undefined : toAcceptance(row);
}

export async function insertAcceptance(knex: Knex, acceptance: AcceptanceRecord): Promise<void> {
  await knex("terms_acceptances").insert({
    id: acceptance.id,
    partner_id: acceptance.partnerId,
    version: acceptance.version,
    text_sha256: acceptance.textSha256,
    contact_id: acceptance.contactId,
    contact_name: acceptance.contactName,
    accepted_at: acceptance.acceptedAt,
  });
}

/** Empty filters choose everything. */
export async function pageAcceptances(
  knex: Knex,
  filter: { readonly version: string; readonly partnerId: string },
  page: Page,
): Promise<AcceptanceRecord[]> {
  const query = knex("terms_acceptances").select(acceptanceColumns);
  if (filter.version !== "") query.where("version", filter.version);
  if (filter.partnerId !== "") query.where("partner_id", filter.partnerId);
  const rows: AcceptanceRow[] = await applyPage(query, page);
  return rows.map(toAcceptance);
}

/** What some partners accepted. */
export async function readAcceptancesOf(
  knex: Knex,
  partnerIds: readonly string[],
): Promise<AcceptanceRecord[]> {
  const rows: AcceptanceRow[] = await knex("terms_acceptances")
    .select(acceptanceColumns)
    .whereIn("partner_id", partnerIds);
  return rows.map(toAcceptance);
}

/** The partners, terminated ones aside, without an acceptance of a version. */
export async function pageWithoutAcceptance(
  knex: Knex,
  version: string,
  page: Page,
): Promise<TermsPartner[]> {
  const accepted = knex("terms_acceptances")
    .select("partner_id")
    .where("version", version)
    .whereRaw("terms_acceptances.partner_id = terms_partners.id");
  const query = knex("terms_partners")
    .select("id", "siret", "name")
    .whereNot("state", "terminated")
    .whereNotExists(accepted);
  return await applyPage(query, page);
}

function toHead(row: TermsRow): TermsHead {
  return {
    version: row.version,
    effectiveDate: row.effective_date,
    major: Boolean(row.major),
    textSha256: row.text_sha256,
    summary: row.summary,
    publishedAt: row.published_at,
  };
}

function toAcceptance(row: AcceptanceRow): AcceptanceRecord {
  return {
    id: row.id,
    partnerId: row.partner_id,
    version: row.version,
    textSha256: row.text_sha256,
    contactId: row.contact_id,
    contactName: row.contact_name,
    acceptedAt: row.accepted_at,
  };
}
