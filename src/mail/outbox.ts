// The way of every e-mail into the world: it is stored in the transaction of the event that it tells of, so that
// there is no event without its mail and no mail without its event.
import { hash, randomUUID } from "node:crypto";
import type { Knex } from "knex";
import type { ContactRoleName } from "../access/person.ts";
import type { Clock } from "../clock.ts";
import { serviceError } from "../errors.ts";
import { holdsStudentNumber } from "../identity/student-number.ts";
import { type Letter, type MailContent, renderLetter } from "./mail-content.ts";
import type { Recipient } from "./mail-storage.ts";
import { insertMails, type NewMail } from "./outbox-storage.ts";

export type { Recipient } from "./mail-storage.ts";

export interface Notice {
  /** Names what is told, without the person: `chg_4a:reminder:30`. At most 150 characters. */
  readonly key: string;
  /** Identifier of what it tells of, at most 80 characters. */
  readonly about: string;
  /** Name of the template, at most 60 characters. */
  readonly kind: string;
  readonly letter: Letter;
  /**
   * The same letter without the names that partners gave to things: it is sent when one of them holds what no mail may
   * hold. Absent: the letter has none.
   */
  readonly unnamed?: Letter;
}

export interface Outbox {
  /**
   * Stores one message for each recipient, and returns for how many it is new: the same notice to the same address
   * exists once, whoever asks and however often. Errors: `mail_unsafe` when a text holds what no mail may hold.
   */
  enqueue(transaction: Knex.Transaction, notice: Notice, recipients: readonly Recipient[]): Promise<number>;
}

/** The contacts to tell: those with one of the roles, of every partner that is not terminated. */
export type FindRecipients = (
  transaction: Knex.Transaction,
  who: { readonly partnerId?: string; readonly roles: readonly ContactRoleName[] },
) => Promise<Recipient[]>;

export interface OutboxParts {
  readonly clock: Clock;
  /** Address of the sender; its domain is that of the messages' identifiers. */
  readonly from: string;
  /** Whether a text holds a secret, such as a token. */
  readonly holdsSecret: (text: string) => boolean;
}

export function createOutbox({ clock, from, holdsSecret }: OutboxParts): Outbox {
  const domain = addressOf(from).split("@").at(-1) ?? "localhost";
  return {
    async enqueue(transaction, { key, about, kind, letter: named, unnamed = named }, recipients) {
      const letter = isUnsafe(renderLetter(named, ""), holdsSecret) ? unnamed : named;
      const anonymous = renderLetter(letter, "");
      // Whoever writes is told at once, even when there is nobody to tell yet.
      if (isUnsafe(anonymous, holdsSecret)) throw serviceError("mail_unsafe");
      const createdAt = clock.now();
      const mails = recipients
        .filter(({ address }) => isMailAddress(address))
        .map((recipient): NewMail => {
          const personal = renderLetter(letter, recipient.name);
          // The name of one contact must not keep the letter from it, nor from all others.
          const content = isUnsafe(personal, holdsSecret) ? anonymous : personal;
          // One copy for each address, also of somebody who is a contact of two partners.
          const person = hash("sha256", recipient.address.toLowerCase()).slice(0, 32);
          const messageId = `<${randomUUID()}@${domain}>`;
          return { dedupeKey: `${key}:${person}`, about, kind, recipient, content, messageId, createdAt };
        });
      return await insertMails(transaction, mails);
    },
  };
}

/** Whether a message holds what no mail may hold. */
function isUnsafe({ subject, text: body }: MailContent, holdsSecret: (text: string) => boolean): boolean {
  const text = `${subject}\n${body}`;
  return holdsSecret(text) || holdsStudentNumber(text);
}

/**
 * One address that is safe in a header and in an SMTP command. Whatever a contact's address may be passes, so that
 * nobody is left out unseen: the mail server judges, and an operator sees what it refuses.
 */
function isMailAddress(address: string): boolean {
  return address.length <= 254 && /^[^\s@<>(),;:\\"\p{Cc}]{1,64}@[A-Za-z0-9.-]{1,253}$/u.test(address);
}

/** `Nom <address>` or the address alone. */
export function addressOf(from: string): string {
  return /<([^<>]+)>\s*$/u.exec(from)?.[1] ?? from.trim();
}
