// The outbox: one row for each message and recipient. Every step of a delivery is a conditional update that names the
// claim it belongs to, so that an instance that was taken for dead changes nothing any more.
import type { Knex } from "knex";
import type { Database } from "../storage/database.ts";
import { applyPage, finishPage, type Page } from "../storage/page.ts";
import { untilUnlocked } from "../storage/until-unlocked.ts";
import type { MailContent } from "./mail-content.ts";
import type { MailState } from "./mail-state.ts";
import { withoutPersonalText } from "./outbox-storage.ts";

export interface Recipient {
  readonly contactId: string | undefined;
  readonly name: string;
  readonly address: string;
}

export interface MailRecord {
  readonly id: string;
  readonly about: string;
  readonly kind: string;
  readonly recipient: Recipient;
  readonly content: MailContent;
  readonly messageId: string;
  readonly createdAt: number;
  readonly state: MailState;
  readonly dueAt: number;
  readonly claim: number;
  readonly witnessPlace: string | undefined;
  readonly claimUntil: number | undefined;
  readonly failures: number;
  readonly settledAt: number | undefined;
  readonly lastReply: string | undefined;
}

export interface Claim {
  readonly holder: string;
  readonly now: number;
  readonly claimUntil: number;
  readonly witnessPlace: string;
}

/** How a row leaves a claim. */
export interface Settlement {
  readonly state: "queued" | "sent" | "unconfirmed" | "dead";
  readonly now: number;
  readonly dueAt: number;
  readonly failures: number;
  readonly reply: string;
}

/** A message under a claim of ours, or under one that has run out. */
export type ClaimedMail = Pick<MailRecord, "id" | "claim">;

export interface MailFilter {
  readonly states: readonly MailState[];
  readonly about: string | undefined;
}

export interface MailStorage {
  /** Takes the message that is due longest; undefined when none is. */
  claimNext(claim: Claim): Promise<MailRecord | undefined>;
  /** Lengthens a claim that is still ours. */
  renewClaim(mail: ClaimedMail, claimUntil: number): Promise<void>;
  /** Records that the end of the message is about to be sent. False when the claim is ours no more. */
  beginHandOver(mail: ClaimedMail, claimUntil: number): Promise<boolean>;
  /** Ends a claim; of a message that is sent, the link for its recipient alone goes. False when it has ended otherwise. */
  settle(mail: ClaimedMail, from: readonly MailState[], settlement: Settlement): Promise<boolean>;
  /** Messages whose claims have run out. */
  listAbandoned(now: number, limit: number): Promise<MailRecord[]>;
  /** As it is in a transaction. */
  find(connection: Knex, id: string): Promise<MailRecord | undefined>;
  read(id: string): Promise<MailRecord | undefined>;
  list(filter: MailFilter, page: Page): Promise<{ rows: MailRecord[]; nextPageToken: string }>;
  /** How many messages each state has. */
  count(): Promise<Partial<Record<MailState, number>>>;
  /** Queues a dead or unconfirmed message again. False when it is in another state. */
  requeue(transaction: Knex.Transaction, id: string, now: number): Promise<boolean>;
}

/** Fields by which messages can be ordered; see readPage. */
export const mailOrders = { create_time: "created_at" } as const;

export function createMailStorage({ knex }: Database): MailStorage {
  const select = () => knex("mails").select(columns);
  return {
    claimNext: (claim) => untilUnlocked(() => claimNext(knex, claim)),
    async renewClaim(mail, claimUntil) {
      await underClaim(knex, mail, ["claimed", "handing_over"]).update({ claim_until: claimUntil });
    },
    beginHandOver: (mail, claimUntil) =>
      untilUnlocked(async () => {
        const change = { state: "handing_over", claim_until: claimUntil };
        return (await underClaim(knex, mail, ["claimed"]).update(change)) > 0;
      }),
    settle: (mail, from, settlement) =>
      untilUnlocked(async () => {
        const { state, now, dueAt, failures, reply } = settlement;
        const change = {
          ...{ state, failures, due_at: dueAt, settled_at: state === "queued" ? null : now },
          ...{ claimed_by: null, claim_until: null, last_reply: reply.slice(0, 500) },
          ...(state === "sent" && withoutPersonalText(knex)),
        };
        return (await underClaim(knex, mail, from).update(change)) > 0;
      }),
    async listAbandoned(now, limit) {
      const rows: MailRow[] = await select()
        .whereIn("state", ["claimed", "handing_over"])
        .where("claim_until", "<=", now)
        .orderBy("claim_until")
        .limit(limit);
      return rows.map(toRecord);
    },
    find,
    read: (id) => find(knex, id),
    async list({ states, about }, page) {
      const query = select();
      if (states.length > 0) query.whereIn("state", states);
      if (about !== undefined) query.where({ about });
      const found: MailRow[] = await applyPage(query, page);
      const { rows, nextPageToken } = finishPage(found, page, (row) => [row.created_at, row.id]);
      return { rows: rows.map(toRecord), nextPageToken };
    },
    async count() {
      const rows: { state: MailState; number: number }[] = await knex("mails")
        .select("state")
        .count({ number: "*" })
        .groupBy("state");
      return Object.fromEntries(rows.map(({ state, number }) => [state, number]));
    },
    requeue: async (transaction, id, now) =>
      (await transaction("mails")
        .where({ id })
        .whereIn("state", ["dead", "unconfirmed"])
        .update({ state: "queued", due_at: now, failures: 0, settled_at: null })) > 0,
  };
}

async function find(connection: Knex, id: string): Promise<MailRecord | undefined> {
  const row: MailRow | undefined = await connection("mails").select(columns).where({ id }).first();
  return row === undefined ? undefined : toRecord(row);
}

/** Several rows are looked at, since another instance may take the first one at the same instant. */
async function claimNext(knex: Knex, claim: Claim): Promise<MailRecord | undefined> {
  const due: { id: string; claim: number }[] = await knex("mails")
    .select("id", "claim")
    .where("state", "queued")
    .where("due_at", "<=", claim.now)
    .orderBy("due_at")
    .limit(8);
  for (const mail of due) {
    const [row] = (await underClaim(knex, mail, ["queued"])
      .update({
        state: "claimed",
        claim: mail.claim + 1,
        claimed_by: claim.holder,
        claim_until: claim.claimUntil,
        witness_place: claim.witnessPlace,
      })
      .returning(columns)) as MailRow[];
    if (row !== undefined) return toRecord(row);
  }
  return undefined;
}

function underClaim(knex: Knex, { id, claim }: ClaimedMail, states: readonly MailState[]): Knex.QueryBuilder {
  return knex("mails").where({ id, claim }).whereIn("state", states);
}

const columns = [
  ...[
    "id",
    "about",
    "kind",
    "contact_id",
    "recipient_name",
    "recipient_address",
    "subject",
    "text_body",
    "html_body",
  ],
  ...[
    "unsubscribe_url",
    "message_id",
    "created_at",
    "state",
    "due_at",
    "claim",
    "witness_place",
    "claim_until",
  ],
  ...["failures", "settled_at", "last_reply"],
];

interface MailRow {
  readonly id: string;
  readonly about: string;
  readonly kind: string;
  readonly contact_id: string | null;
  readonly recipient_name: string;
  readonly recipient_address: string;
  readonly subject: string;
  readonly text_body: string;
  readonly html_body: string;
  readonly unsubscribe_url: string | null;
  readonly message_id: string;
  readonly created_at: number;
  readonly state: MailState;
  readonly due_at: number;
  readonly claim: number;
  readonly witness_place: string | null;
  readonly claim_until: number | null;
  readonly failures: number;
  readonly settled_at: number | null;
  readonly last_reply: string | null;
}

function toRecord(row: MailRow): MailRecord {
  return {
    id: row.id,
    about: row.about,
    kind: row.kind,
    recipient: {
      contactId: row.contact_id ?? undefined,
      name: row.recipient_name,
      address: row.recipient_address,
    },
    content: {
      subject: row.subject,
      text: row.text_body,
      html: row.html_body,
      unsubscribeUrl: row.unsubscribe_url ?? undefined,
    },
    messageId: row.message_id,
    createdAt: row.created_at,
    state: row.state,
    dueAt: row.due_at,
    claim: row.claim,
    witnessPlace: row.witness_place ?? undefined,
    claimUntil: row.claim_until ?? undefined,
    failures: row.failures,
    settledAt: row.settled_at ?? undefined,
    lastReply: row.last_reply ?? undefined,
  };
}
