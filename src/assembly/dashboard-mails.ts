// The letters of the dashboard: links that sign in.
import type { Knex } from "knex";
import type { Outbox } from "../mail/outbox.ts";
import { askedNotice, personalKinds } from "../mail/personal-mail.ts";
import { signInLetter } from "../notice/sign-in-letter.ts";
import type { SignInMail } from "../session/sign-in-links.ts";

export interface DashboardMails {
  readonly sendSignInLink: (transaction: Knex.Transaction, mail: SignInMail) => Promise<void>;
}

export function createDashboardMails(outbox: Outbox): DashboardMails {
  return {
    async sendSignInLink(transaction, { to, name, links }) {
      await outbox.enqueue(
        transaction,
        askedNotice(personalKinds.signIn, to.slice(0, 80), signInLetter(links)),
        [{ contactId: undefined, address: to, name }],
      );
    },
  };
}
