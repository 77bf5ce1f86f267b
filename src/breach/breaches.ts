// Breaches from their record to their end (terms, article 5). What is said about one is kept entry by entry.
import type { Knex } from "knex";
import { nameOf, type OperatorBodyName } from "../access/person.ts";
import { type Acting, ownOnly } from "../audit/acting.ts";
import type { Actor } from "../audit/actor.ts";
import type { Ledger, LedgerTransaction } from "../audit/ledger.ts";
import { decidingBody, partnerFilter } from "../audit/reach.ts";
import type { Clock } from "../clock.ts";
import { serviceError } from "../errors.ts";
import {
  type AddBreachNoteRequest,
  type AnswerBreachRequest,
  type AssessBreachRequest,
  BreachService,
  type CloseBreachRequest,
  type GetBreachRequest,
  type GiveNoticeRequest,
  type ListBreachesRequest,
  type RecordBreachRequest,
  type RemedyBreachRequest,
  type SuspendForBreachRequest,
} from "../gen/statutetudiant/breach/v1/breach_pb.ts";
import { createId } from "../storage/create-id.ts";
import type { Database } from "../storage/database.ts";
import { checkEtag } from "../storage/etag.ts";
import { found } from "../storage/found.ts";
import { finishPage, readPage } from "../storage/page.ts";
import { breachStates, commitments, severities, toBreachMessage, toEntryMessage } from "./breach-message.ts";
import { type BreachVerb, nextBreachState, refuseDeadline, refuseHastySuspension } from "./breach-states.ts";
import {
  type BreachRecord,
  breachOrders,
  type CommitmentName,
  countEntries,
  type EntryKindName,
  type EntryRecord,
  findBreach,
  insertBreach,
  insertEntry,
  isTold,
  pageBreaches,
  readEntries,
  updateBreach,
} from "./breach-storage.ts";

export interface BreachParts {
  readonly database: Database;
  readonly ledger: Ledger;
  readonly clock: Clock;
  /** The day of an instant in Europe/Paris, `YYYY-MM-DD`. */
  readonly dayOf: (instant: number) => string;
  /** The state of a partner; undefined when nobody has this identifier. */
  readonly partnerState: (knex: Knex, partnerId: string) => Promise<string | undefined>;
  /** Tells the partner's contacts of a notice, in the same transaction. Errors: `mail_unsafe`. */
  readonly tellNotice: (knex: Knex.Transaction, notice: BreachNotice) => Promise<void>;
  /** Suspends a partner in the same transaction; one that is suspended already stays so. */
  readonly suspendPartner: (
    transaction: LedgerTransaction,
    suspension: {
      readonly partnerId: string;
      readonly reason: string;
      readonly body: OperatorBodyName;
    },
  ) => Promise<void>;
}

/** A notice as it is told. */
export interface BreachNotice extends Pick<BreachRecord, "id" | "partnerId" | "commitment" | "remedyBy"> {
  /** Identifier of the entry that holds the text. */
  readonly entryId: string;
  readonly text: string;
  readonly body: OperatorBodyName;
}

/** Entries of one breach: contacts can answer, and must not fill the table. */
const maxEntries = 500;

const { method } = BreachService;

export function createBreaches(parts: BreachParts) {
  const { database, ledger, clock, dayOf, partnerState, tellNotice, suspendPartner } = parts;
  return {
    record(acting: Acting, request: RecordBreachRequest) {
      return ledger.write(method.recordBreach, request, acting.actor, async (transaction) => {
        const { knex, now } = transaction;
        const state = found(await partnerState(knex, request.partnerId));
        if (state !== "active" && state !== "suspended") throw serviceError("breach_partner_state");
        const breach = newBreach(request, now);
        await insertBreach(knex, breach);
        tell(transaction, "record", undefined, breach);
        return { breach: toBreachMessage(breach, dayOf(now), false) };
      });
    },

    async get(acting: Acting, { id }: GetBreachRequest) {
      const breach = await findReachable(database.knex, acting, id);
      const forPartner = acting.partnerId !== undefined;
      const entries = await readEntries(database.knex, id, !forPartner);
      return {
        breach: toBreachMessage(breach, dayOf(clock.now()), forPartner),
        entries: entries.map(toEntryMessage),
      };
    },

    async list(acting: Acting, request: ListBreachesRequest) {
      const today = dayOf(clock.now());
      const forPartner = acting.partnerId !== undefined;
      const filter = {
        partnerId: partnerFilter(acting, request.partnerId),
        state: nameOf(breachStates, request.state),
        overdueOn: request.overdue ? today : undefined,
        toldOnly: forPartner,
      };
      const page = readPage(request, breachOrders, filter);
      const breaches = await pageBreaches(database.knex, filter, page);
      const { rows, nextPageToken } = finishPage(breaches, page, (breach) => [
        page.column === "remedy_by" ? breach.remedyBy : breach.createdAt,
        breach.id,
      ]);
      return { breaches: rows.map((breach) => toBreachMessage(breach, today, forPartner)), nextPageToken };
    },

    assess(acting: Acting, request: AssessBreachRequest) {
      return ledger.write(method.assessBreach, request, acting.actor, (transaction) =>
        change(transaction, request, "assess", (breach) => ({
          changes: { severity: nameOf(severities, request.severity) ?? breach.severity },
        })),
      );
    },

    giveNotice(acting: Acting, request: GiveNoticeRequest) {
      return ledger.write(method.giveNotice, request, acting.actor, (transaction) =>
        change(transaction, request, "notify", async (breach) => {
          const { remedyBy } = request;
          const body = decidingBody(acting, request.body);
          refuseDeadline(breach, remedyBy, dayOf(transaction.now));
          const entry = newEntry(transaction, acting.actor, breach.id, "notice", request.text, body);
          const notice = { ...breach, remedyBy, entryId: entry.id, text: entry.text, body };
          await tellNotice(transaction.knex, notice);
          return { changes: { remedyBy }, entry };
        }),
      );
    },

    remedy(acting: Acting, request: RemedyBreachRequest) {
      return ledger.write(method.remedyBreach, request, acting.actor, (transaction) =>
        change(transaction, request, "remedy", ({ id }) => ({
          entry: newEntry(transaction, acting.actor, id, "remedy", request.reason),
        })),
      );
    },

    close(acting: Acting, request: CloseBreachRequest) {
      return ledger.write(method.closeBreach, request, acting.actor, (transaction) =>
        change(transaction, request, "close", ({ id }) => ({
          entry: newEntry(transaction, acting.actor, id, "closure", request.reason),
        })),
      );
    },

    suspend(acting: Acting, request: SuspendForBreachRequest) {
      return ledger.write(method.suspendForBreach, request, acting.actor, (transaction) =>
        change(transaction, request, "suspend", async ({ id, partnerId, ...breach }) => {
          const body = decidingBody(acting, request.body);
          refuseHastySuspension(breach, dayOf(transaction.now));
          const reason = request.reason.trim();
          await suspendPartner(transaction, { partnerId, reason, body });
          return { entry: newEntry(transaction, acting.actor, id, "suspension", reason, body) };
        }),
      );
    },

    addNote(acting: Acting, request: AddBreachNoteRequest) {
      return ledger.write(method.addBreachNote, request, acting.actor, async (transaction) => {
        const { id, partnerId } = await findReachable(transaction.knex, acting, request.id);
        const note = newEntry(transaction, acting.actor, id, "note", request.text);
        transaction.record({ action: "breach.note", subject: id, partnerId, after: { entry: note.id } });
        return { entry: toEntryMessage(await addEntry(transaction, note)) };
      });
    },

    answer(acting: Acting, request: AnswerBreachRequest) {
      return ledger.write(method.answerBreach, request, acting.actor, async (transaction) => {
        const { id, state, partnerId } = await findReachable(transaction.knex, acting, request.id);
        nextBreachState("answer", state);
        const answer = newEntry(transaction, acting.actor, id, "answer", request.text);
        transaction.record({ action: "breach.answer", subject: id, partnerId, after: { entry: answer.id } });
        return { entry: toEntryMessage(await addEntry(transaction, answer)) };
      });
    },
  };

  /** Moves a breach as its state allows, with what `decide` says of the change. */
  async function change(
    transaction: LedgerTransaction,
    request: { readonly id: string; readonly etag: string; readonly reason?: string },
    verb: BreachVerb,
    decide: (breach: BreachRecord) => Change | Promise<Change>,
  ) {
    const breach = found(await findBreach(transaction.knex, request.id));
    checkEtag(request.etag, breach.revision);
    const state = nextBreachState(verb, breach.state);
    const { changes, entry } = await decide(breach);
    const after = { ...breach, ...changes, state, revision: breach.revision + 1 };
    await updateBreach(transaction.knex, after);
    if (entry !== undefined) await addEntry(transaction, entry);
    tell(transaction, verb, breach, after, request.reason);
    return { breach: toBreachMessage(after, dayOf(transaction.now), false) };
  }
}

interface Change {
  readonly changes?: Partial<BreachRecord>;
  readonly entry?: EntryRecord;
}

/** To a contact, a breach of which its partner was not told is not there. Errors: `record_not_found`. */
async function findReachable(knex: Knex, acting: Acting, id: string): Promise<BreachRecord> {
  const breach = ownOnly(acting, await findBreach(knex, id));
  if (acting.partnerId !== undefined && !(await isTold(knex, id))) throw serviceError("record_not_found");
  return breach;
}

function newBreach(request: RecordBreachRequest, now: number): BreachRecord {
  return {
    id: createId("brc"),
    partnerId: request.partnerId,
    commitment: nameOf(commitments, request.commitment) as CommitmentName,
    severity: nameOf(severities, request.severity) ?? "ordinary",
    state: "recorded",
    description: request.description.trim(),
    remedyBy: "",
    createdAt: now,
    revision: 1,
  };
}

function newEntry(
  { now }: LedgerTransaction,
  author: Actor,
  breachId: string,
  kind: EntryKindName,
  text: string,
  body?: OperatorBodyName,
): EntryRecord {
  return {
    id: createId("not"),
    breachId,
    kind,
    text: text.trim(),
    authorId: author.id,
    authorName: author.name,
    body,
    createdAt: now,
  };
}

/** Errors: `breach_entries_limited`. What operators decide is never refused for that. */
async function addEntry({ knex }: LedgerTransaction, entry: EntryRecord): Promise<EntryRecord> {
  const isFree = entry.kind === "note" || entry.kind === "answer";
  const count = await countEntries(knex, entry.breachId);
  if (isFree && count >= maxEntries) throw serviceError("breach_entries_limited");
  await insertEntry(knex, entry, count);
  return entry;
}

function tell(
  transaction: LedgerTransaction,
  verb: BreachVerb | "record",
  before: BreachRecord | undefined,
  after: BreachRecord,
  reason?: string,
): void {
  const { id, partnerId } = after;
  transaction.record({
    action: `breach.${verb}`,
    subject: id,
    partnerId,
    reason: reason?.trim(),
    before: before && detailsOf(before),
    after: detailsOf(after),
  });
}

/** What the audit log keeps of a breach; the texts are with its entries. */
function detailsOf({ commitment, severity, state, remedyBy }: BreachRecord) {
  return { commitment, severity, state, remedyBy };
}
