// The letters of the dashboard: links that sign in.
import { randomUUID } from "node:crypto";
import type { Knex } from "knex";
import type { Block, Letter } from "../mail/mail-content.ts";
import type { Outbox } from "../mail/outbox.ts";
import type { SignInMail } from "../session/sign-in-links.ts";

export interface DashboardMails {
  readonly sendSignInLink: (transaction: Knex.Transaction, mail: SignInMail) => Promise<void>;
}

export function createDashboardMails(outbox: Outbox): DashboardMails {
  return {
    async sendSignInLink(transaction, { to, name, links }) {
      await outbox.enqueue(transaction, notice("sign-in-link", to, signInLetter(links)), [
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
