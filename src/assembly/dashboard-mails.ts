// The letters of the dashboard: links that sign in, and links that confirm a new address.
import { randomUUID } from "node:crypto";
import type { Knex } from "knex";
import type { Letter } from "../mail/mail-content.ts";
import type { Outbox } from "../mail/outbox.ts";
import { addressLetter, signInLetter } from "../notice/sign-in-letter.ts";
import type { SignInMail } from "../session/sign-in-links.ts";
import type { Database } from "../storage/database.ts";

export interface DashboardMails {
  readonly sendSignInLink: (transaction: Knex.Transaction, mail: SignInMail) => Promise<void>;
  readonly sendAddressConfirmation: (mail: AddressMail) => Promise<void>;
}

interface AddressMail {
  readonly to: string;
  readonly name: string;
  readonly url: string;
}

export function createDashboardMails(outbox: Outbox, { knex }: Database): DashboardMails {
  return {
    async sendSignInLink(transaction, { to, name, links }) {
      await outbox.enqueue(transaction, notice("sign-in-link", to, signInLetter(links)), [
        recipient(to, name),
      ]);
    },
    async sendAddressConfirmation({ to, name, url }) {
      await knex.transaction((transaction) =>
        outbox.enqueue(transaction, notice("address-confirmation", to, addressLetter(url)), [
          recipient(to, name),
        ]),
      );
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
