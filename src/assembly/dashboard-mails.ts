// The letters of the dashboard: links that sign in.
import { randomUUID } from "node:crypto";
import type { Knex } from "knex";
import type { Letter } from "../mail/mail-content.ts";
import type { Outbox } from "../mail/outbox.ts";
import { personalKinds } from "../mail/personal-mail.ts";
import { signInLetter } from "../notice/sign-in-letter.ts";
import type { SignInMail } from "../session/sign-in-links.ts";

export interface DashboardMails {
  readonly sendSignInLink: (transaction: Knex.Transaction, mail: SignInMail) => Promise<void>;
}

export function createDashboardMails(outbox: Outbox): DashboardMails {
  return {
    async sendSignInLink(transaction, { to, name, links }) {
      await outbox.enqueue(transaction, notice(personalKinds.signIn, to, signInLetter(links)), [
        recipient(to, name),
      ]);
    },
  };
}

/** Each request is a message of its own, however soon it follows another. */
function notice(kind: string, to: string, letter: Letter) {
  return { key: `${kind}:${randomUUID()}`, about: to.slice(0, 80), kind, letter };
}

function recipient(address: string, name: string) {
  return { contactId: undefined, address, name };
}
