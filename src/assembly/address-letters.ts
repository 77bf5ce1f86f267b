// The letters of a contact's new address: a link that confirms it, and word to the present one.
import { randomUUID } from "node:crypto";
import type { Letter } from "../mail/mail-content.ts";
import type { Outbox } from "../mail/outbox.ts";
import type { AddressLetters } from "../partner/change-address.ts";

/** `origin`: where browsers see this service. The outbox must let codes through that work once. */
export function createAddressLetters(outbox: Outbox, origin: () => string): AddressLetters {
  return {
    async askToConfirm(transaction, { to, name, contactId, code }) {
      const letter = confirmationLetter(`${origin()}/connexion/adresse?code=${code}`);
      await outbox.enqueue(transaction, notice("address-confirmation", contactId, letter), [
        { contactId: undefined, address: to, name },
      ]);
    },
    async tellPresent(transaction, { to, name, contactId }) {
      await outbox.enqueue(transaction, notice("address-change", contactId, changeLetter), [
        { contactId, address: to, name },
      ]);
    },
  };
}

/** Each request is a message of its own, however soon it follows another. */
function notice(kind: string, about: string, letter: Letter) {
  return { key: `${kind}:${randomUUID()}`, about, kind, letter };
}

function confirmationLetter(url: string): Letter {
  return {
    subject: "Confirmez votre nouvelle adresse",
    blocks: [
      {
        paragraph:
          "Cette adresse a été indiquée pour le tableau de bord du service. Ouvrez le lien pour confirmer qu'elle est la vôtre :",
      },
      { link: "Confirmer l'adresse", url },
      {
        paragraph:
          "Le lien vaut 24 heures. Tant qu'il n'a pas servi, rien ne change. Si cette demande ne vous concerne pas, ignorez ce message.",
      },
    ],
    because:
      "Ce message vous est adressé parce que votre adresse a été indiquée comme celle d'un contact du service.",
  };
}

const changeLetter: Letter = {
  subject: "Une autre adresse est demandée pour votre compte",
  blocks: [
    {
      paragraph:
        "Une nouvelle adresse électronique a été demandée pour votre compte, par vous, un contact administratif de votre organisme ou un agent du service. Elle remplacera celle-ci dès qu'elle sera confirmée.",
    },
    {
      paragraph:
        "Si vous n'êtes pas au courant, prévenez sans attendre un contact administratif de votre organisme et répondez à l'adresse ci-dessous.",
    },
  ],
  because: "Ce message vous est adressé parce que vous êtes un contact du service.",
};
