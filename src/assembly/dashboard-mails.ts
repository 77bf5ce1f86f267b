// The letters of the dashboard: links that sign in, and links that confirm a new address.
import { randomUUID } from "node:crypto";
import type { Knex } from "knex";
import type { Block, Letter } from "../mail/mail-content.ts";
import type { Outbox } from "../mail/outbox.ts";
import { personalKinds } from "../mail/personal-mail.ts";
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
      await outbox.enqueue(transaction, notice(personalKinds.signIn, to, signInLetter(links)), [
        recipient(to, name),
      ]);
    },
    async sendAddressConfirmation({ to, name, url }) {
      await knex.transaction((transaction) =>
        outbox.enqueue(transaction, notice(personalKinds.address, to, addressLetter(url)), [
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

function signInLetter(links: SignInMail["links"]): Letter {
  return {
    subject: "Votre lien de connexion",
    blocks: [
      {
        paragraph:
          "Vous avez demandé à vous connecter au tableau de bord. Ouvrez le lien dans le navigateur qui l'a demandé :",
      },
      ...links.map(({ account, url }): Block => ({ link: account, url })),
      {
        paragraph:
          "Le lien vaut 15 minutes et ne sert qu'une fois. Si vous n'avez rien demandé, ignorez ce message.",
      },
    ],
    because:
      "Ce message vous est adressé parce que quelqu'un a saisi votre adresse sur la page de connexion.",
  };
}

function addressLetter(url: string): Letter {
  return {
    subject: "Confirmez votre nouvelle adresse",
    blocks: [
      {
        paragraph:
          "Vous avez demandé à utiliser cette adresse pour le tableau de bord. Ouvrez le lien dans le navigateur qui l'a demandé, où vous êtes connecté :",
      },
      { link: "Confirmer l'adresse", url },
      { paragraph: "Le lien vaut une heure. Si vous n'avez rien demandé, ignorez ce message." },
    ],
    because:
      "Ce message vous est adressé parce qu'un contact du service a indiqué votre adresse comme la sienne.",
  };
}
