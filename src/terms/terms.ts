// The terms of use: published, read, accepted (terms, articles 1 and 6).
import type { Knex } from "knex";
import type { Acting } from "../audit/acting.ts";
import type { Ledger, LedgerTransaction } from "../audit/ledger.ts";
import { partnerFilter } from "../audit/reach.ts";
import type { Clock } from "../clock.ts";
import { serviceError } from "../errors.ts";
import {
  type AcceptTermsRequest,
  type ListAcceptancesRequest,
  type ListMissingAcceptancesRequest,
  type ListTermsRequest,
  type PublishTermsRequest,
  TermsService,
} from "../gen/statutetudiant/terms/v1/terms_pb.ts";
import { createId } from "../storage/create-id.ts";
import type { Database } from "../storage/database.ts";
import { found } from "../storage/found.ts";
import { finishPage, readPage } from "../storage/page.ts";
import { describeMissing, type PartnerStanding } from "./missing-acceptances.ts";
import { toAcceptanceMessage, toTermsMessage } from "./terms-message.ts";
import {
  type AcceptanceRecord,
  acceptanceOrders,
  findAcceptance,
  findTerms,
  insertAcceptance,
  insertAnnouncement,
  insertTerms,
  missingOrders,
  pageAcceptances,
  pageVersions,
  pageWithoutAcceptance,
  readAcceptancesOf,
  readUnannounced,
  readVersions,
  type TermsRecord,
  termsOrders,
} from "./terms-storage.ts";
import { digestOf, inForce, refuseSuperseded, refuseUnfit } from "./terms-versions.ts";

export interface TermsParts {
  readonly database: Database;
  readonly ledger: Ledger;
  readonly clock: Clock;
  /** The day of an instant in Europe/Paris, `YYYY-MM-DD`. */
  readonly dayOf: (instant: number) => string;
  /** Throws when nothing of a partner may change any more. */
  readonly refuseClosedPartner: (knex: Knex, partnerId: string) => Promise<void>;
  /** Where those of these partners stand that exist, by identifier. */
  readonly findStandings: (
    knex: Knex,
    partnerIds: readonly string[],
  ) => Promise<ReadonlyMap<string, PartnerStanding>>;
}

const { method } = TermsService;

export function createTerms(parts: TermsParts) {
  const { database, ledger, clock, dayOf, refuseClosedPartner, findStandings } = parts;
  const { knex: reader } = database;
  return {
    publish(acting: Acting, request: PublishTermsRequest) {
      return ledger.write(method.publishTerms, request, acting.actor, async (transaction) => {
        const terms = await publishTerms(transaction, request, dayOf(transaction.now));
        return { terms: toTermsMessage(terms) };
      });
    },

    get,

    /** The version in force on a day; absent: today. */
    async current(date: string | undefined) {
      return get(found(inForce(await readVersions(reader), date ?? dayOf(clock.now()))).version);
    },

    async list(request: ListTermsRequest) {
      const page = readPage(request, termsOrders);
      const { rows, nextPageToken } = finishPage(await pageVersions(reader, page), page, (terms) => [
        page.column === "version" ? terms.version : terms.effectiveDate,
        terms.version,
      ]);
      return { terms: rows.map(toTermsMessage), nextPageToken };
    },

    accept(acting: Acting, request: AcceptTermsRequest) {
      return ledger.write(method.acceptTerms, request, acting.actor, async (transaction) => {
        const { knex, now } = transaction;
        const { actor, partnerId } = acting;
        // Only a person of the partner commits it.
        if (partnerId === undefined) throw serviceError("role_insufficient");
        await refuseClosedPartner(knex, partnerId);
        const terms = found(await findTerms(knex, request.version));
        refuseSuperseded(await readVersions(knex), terms, dayOf(now));
        if (terms.textSha256 !== request.textSha256) throw serviceError("terms_text_differs");
        if ((await findAcceptance(knex, partnerId, terms.version)) !== undefined) {
          throw serviceError("terms_already_accepted");
        }
        const acceptance: AcceptanceRecord = {
          id: createId("acc"),
          partnerId,
          version: terms.version,
          textSha256: terms.textSha256,
          contactId: actor.id,
          contactName: actor.name,
          acceptedAt: now,
        };
        await insertAcceptance(knex, acceptance);
        const { version, textSha256 } = acceptance;
        transaction.record({
          action: "terms.accept",
          subject: version,
          partnerId,
          after: { version, textSha256 },
        });
        return { acceptance: toAcceptanceMessage(acceptance) };
      });
    },

    async listAcceptances(acting: Acting, request: ListAcceptancesRequest) {
      const filter = {
        version: request.version,
        partnerId: partnerFilter(acting, request.partnerId),
      };
      const page = readPage(request, acceptanceOrders, filter);
      const accepted = await pageAcceptances(reader, filter, page);
      const { rows, nextPageToken } = finishPage(accepted, page, ({ acceptedAt, id }) => [acceptedAt, id]);
      return { acceptances: rows.map(toAcceptanceMessage), nextPageToken };
    },

    async listMissing(request: ListMissingAcceptancesRequest) {
      const { version } = request;
      const versions = await readVersions(reader);
      const asked = found(versions.find((terms) => terms.version === version));
      const page = readPage(request, missingOrders, { version });
      const missing = await pageWithoutAcceptance(reader, version, page);
      const { rows, nextPageToken } = finishPage(missing, page, (partner) => [
        page.column === "siret" ? partner.siret : partner.name,
        partner.id,
      ]);
      const ids = rows.map(({ id }) => id);
      const [standings, acceptances] = await Promise.all([
        findStandings(reader, ids),
        readAcceptancesOf(reader, ids),
      ]);
      const accepted = Map.groupBy(acceptances, ({ partnerId }) => partnerId);
      const partners = rows.map((partner) =>
        describeMissing(
          partner,
          found(standings.get(partner.id)),
          asked,
          versions,
          accepted.get(partner.id) ?? [],
        ),
      );
      return { partners, nextPageToken };
    },

    /** The version in force now, if any, and whether a partner accepted it. */
    async standing(knex: Knex, partnerId: string) {
      const current = inForce(await readVersions(knex), dayOf(clock.now()))?.version;
      const isAccepted =
        current !== undefined && (await findAcceptance(knex, partnerId, current)) !== undefined;
      return { current, isAccepted };
    },

    /** Major versions of which partners are still to be told by e-mail (article 6.1), the oldest first. */
    async findUnannounced() {
      return (await readUnannounced(reader)).map((terms) => ({
        ...terms,
        effectiveAt: startOfDay(terms.effectiveDate),
      }));
    },

    /** Records, in the transaction that stores the mails, that partners are told of a version. */
    markAnnounced: (knex: Knex, version: string) => insertAnnouncement(knex, version, clock.now()),
  };

  /** The first instant of a day in Europe/Paris, which is one or two hours ahead of UTC. */
  function startOfDay(day: string): number {
    const inSummer = Date.parse(`${day}T00:00:00+02:00`);
    return dayOf(inSummer) === day ? inSummer : Date.parse(`${day}T00:00:00+01:00`);
  }

  async function get(version: string) {
    return { terms: toTermsMessage(found(await findTerms(reader, version))) };
  }
}

/**
 * Publishes a version: its text is kept as it is, but for the spaces around it. Errors: `terms_version_taken`,
 * `terms_not_later`, `terms_date_past`.
 */
export async function publishTerms(
  transaction: LedgerTransaction,
  request: Pick<
    PublishTermsRequest,
    "version" | "effectiveDate" | "major" | "markdown" | "summary" | "reason"
  >,
  today: string,
): Promise<TermsRecord> {
  const { version, effectiveDate, major } = request;
  refuseUnfit(await readVersions(transaction.knex), { version, effectiveDate }, today);
  const markdown = `${request.markdown.trim()}\n`;
  const textSha256 = digestOf(markdown);
  const summary = request.summary.trim();
  const publishedAt = transaction.now;
  const terms = { version, effectiveDate, major, markdown, textSha256, summary, publishedAt };
  await insertTerms(transaction.knex, terms);
  transaction.record({
    action: "terms.publish",
    subject: version,
    reason: request.reason.trim(),
    after: { version, effectiveDate, major, textSha256 },
  });
  return terms;
}
