// The letters of a contact's new address: a link that confirms it, and word to the present one.
import { randomUUID } from "node:crypto";
import type { Letter } from "../mail/mail-content.ts";
import type { Outbox } from "../mail/outbox.ts";
import { personalKinds } from "../mail/personal-mail.ts";
import { addressChangeLetter, addressLetter } from "../notice/address-letter.ts";
import type { AddressLetters } from "../partner/change-address.ts";

export interface AddressLetterParts {
  /** It lets codes through that work once. */
  readonly codeOutbox: Outbox;
  /** Where browsers see this service: `https://host`. */
  readonly origin: () => string;
}

export function createAddressLetters({ codeOutbox, origin }: AddressLetterParts): AddressLetters {
  return {
    async askToConfirm(transaction, { to, name, contactId, code }) {
      const letter = addressLetter(`${origin()}/connexion/adresse?code=${code}`);
      await codeOutbox.enqueue(transaction, notice(personalKinds.address, contactId, letter), [
        { contactId: undefined, address: to, name },
      ]);
    },
    async tellPresent(transaction, { to, name, contactId }) {
      await codeOutbox.enqueue(transaction, notice("address-change", contactId, addressChangeLetter()), [
        { contactId, address: to, name },
      ]);
    },
  };
}

/** Each request is a message of its own, however soon it follows another. */
function notice(kind: string, about: string, letter: Letter) {
  return { key: `${kind}:${randomUUID()}`, about, kind, letter };
}
