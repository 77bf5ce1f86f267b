// How messages come into the outbox, and how they leave it for good.
import type { Knex } from "knex";
import { createId } from "../storage/create-id.ts";
import type { MailContent } from "./mail-content.ts";
import type { Recipient } from "./mail-storage.ts";
import { storedPersonalKinds } from "./personal-mail.ts";

export interface NewMail {
  /** Names the notice and the person, at most 250 characters: the second mail with the same key is not made. */
  readonly dedupeKey: string;
  /** Identifier of what it tells of, at most 80 characters. */
  readonly about: string;
  /** Name of the template. */
  readonly kind: string;
  readonly recipient: Recipient;
  readonly content: MailContent;
  readonly messageId: string;
  readonly createdAt: number;
}

/** Rows of one statement: a notice to all partners must not hold the ledger for a statement each. */
const insertRows = 100;

/** Adds messages in the transaction of what they tell of; returns how many are new. */
export async function insertMails(transaction: Knex.Transaction, mails: readonly NewMail[]): Promise<number> {
  let added = 0;
  for (let from = 0; from < mails.length; from += insertRows) {
    const rows = mails.slice(from, from + insertRows).map(toRow);
    const inserted = await transaction("mails")
      .insert(rows)
      .onConflict("dedupe_key")
      .ignore()
      .returning("id");
    added += inserted.length;
  }
  return added;
}

function toRow({ recipient, content, ...mail }: NewMail) {
  return {
    id: createId("mail"),
    dedupe_key: mail.dedupeKey,
    about: mail.about,
    kind: mail.kind,
    contact_id: recipient.contactId ?? null,
    recipient_name: recipient.name,
    recipient_address: recipient.address,
    subject: content.subject,
    text_body: content.text,
    html_body: content.html,
    unsubscribe_url: content.unsubscribeUrl ?? null,
    message_id: mail.messageId,
    created_at: mail.createdAt,
    state: "queued",
    due_at: mail.createdAt,
  };
}

/**
 * The texts of a row, without those that hold a secret for the recipient alone. Codes are stored as their SHA-256
 * elsewhere: the letter must not keep one in the clear, here and in backups, once it has left.
 */
export function withoutPersonalText(knex: Knex) {
  const places = storedPersonalKinds.map(() => "?").join(", ");
  const unless = (column: string) =>
    knex.raw(`case when kind in (${places}) then '' else ?? end`, [...storedPersonalKinds, column]);
  return { text_body: unless("text_body"), html_body: unless("html_body") };
}

/** Empties the personal messages that were settled before an instant, sent or not: their links open nothing any more. */
export async function emptyPersonal(transaction: Knex.Transaction, before: number): Promise<void> {
  await transaction("mails")
    .whereIn("kind", storedPersonalKinds)
    .where("settled_at", "<", before)
    .whereNot("text_body", "")
    .update({ text_body: "", html_body: "" });
}

/** Deletes what was settled before an instant, at most `limit` rows; returns how many. */
export async function deleteSettled(
  transaction: Knex.Transaction,
  before: number,
  limit: number,
): Promise<number> {
  const old = transaction("mails").select("id").where("settled_at", "<", before).limit(limit);
  return await transaction("mails").whereIn("id", old).delete();
}
