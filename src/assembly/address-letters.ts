// The letters of a contact's new address: a link that confirms it, and word to the present one.
import type { Outbox } from "../mail/outbox.ts";
import { askedNotice, personalKinds } from "../mail/personal-mail.ts";
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
      await codeOutbox.enqueue(transaction, askedNotice(personalKinds.address, contactId, letter), [
        { contactId: undefined, address: to, name },
      ]);
    },
    async tellPresent(transaction, { to, name, contactId }) {
      await codeOutbox.enqueue(transaction, askedNotice("address-change", contactId, addressChangeLetter()), [
        { contactId, address: to, name },
      ]);
    },
  };
}
