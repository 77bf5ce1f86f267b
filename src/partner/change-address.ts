// A new e-mail address of a contact counts once whoever reads mail there has confirmed it, whoever asked: an address
// signs its owner in, so that a wrong one would hand the account over.
import type { Knex } from "knex";
import { createSecret, hashTokenSecret, parseSecret, signInCodePrefix } from "../access/token-secret.ts";
import type { LedgerTransaction } from "../audit/ledger.ts";
import { serviceError } from "../errors.ts";
import {
  type AddressChange,
  cancelAddressChanges,
  countAddressChanges,
  deleteAddressChanges,
  findAddressChange,
  insertAddressChange,
} from "./address-change-storage.ts";
import type { ContactRecord } from "./contact-storage.ts";

/** The two letters of a new address, stored in the transaction that asks for it. */
export interface AddressLetters {
  /** To the new address: the code that confirms it. */
  askToConfirm(knex: Knex.Transaction, mail: AddressLetter & { readonly code: string }): Promise<void>;
  /** To the present address: that another one is to take its place. */
  tellPresent(knex: Knex.Transaction, mail: AddressLetter): Promise<void>;
}

interface AddressLetter {
  readonly to: string;
  readonly name: string;
  readonly contactId: string;
}

const dayMs = 86_400_000;
const codeMs = dayMs;
/** What was asked is kept a while after its end, for whoever asks what became of it. */
const keptMs = 30 * dayMs;
/** Addresses that one partner's contacts are given in a day: more would be letters to strangers. */
const maxPerDay = 20;

/**
 * Has a code sent to a new address, which takes the place of any that was asked for before. The present address gives
 * those up, and needs no code. Returns the address that waits. Errors: `address_changes_limited`.
 */
export async function askAddressChange(
  { knex, now }: LedgerTransaction,
  { id: contactId, partnerId, email: present, name }: ContactRecord,
  email: string,
  letters: AddressLetters,
): Promise<string | undefined> {
  await cancelAddressChanges(knex, contactId, now);
  if (email === present) return undefined;
  if ((await countAddressChanges(knex, partnerId, now - dayMs)) >= maxPerDay) {
    throw serviceError("address_changes_limited", { retryAfterMs: dayMs });
  }
  const code = createSecret(signInCodePrefix);
  await deleteAddressChanges(knex, now - keptMs);
  const change = { contactId, partnerId, email, askedAt: now, expiresAt: now + codeMs };
  await insertAddressChange(knex, hashTokenSecret(code), change);
  await letters.askToConfirm(knex, { to: email, name, contactId, code });
  await letters.tellPresent(knex, { to: present, name, contactId });
  return email;
}

/** The hash under which a code is known. Errors: `address_code_invalid`. */
export function hashAddressCode(code: string): Buffer {
  const parsed = parseSecret(signInCodePrefix, code);
  if (parsed === undefined) throw serviceError("address_code_invalid");
  return hashTokenSecret(parsed);
}

/**
 * What a code is for, as long as it holds. One that was confirmed is found too: whoever repeats a confirmation whose
 * answer was lost gets it again. Errors: `address_code_invalid`, whichever the reason.
 */
export async function readAddressCode(knex: Knex, codeHash: Buffer, now: number): Promise<AddressChange> {
  const change = await findAddressChange(knex, codeHash);
  if (change === undefined || change.cancelledAt !== undefined || change.expiresAt <= now) {
    throw serviceError("address_code_invalid");
  }
  return change;
}
