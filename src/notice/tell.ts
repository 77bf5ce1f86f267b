import type { Knex } from "knex";
import type { ContactRoleName } from "../access/person.ts";
import type { Letter } from "../mail/mail-content.ts";
import type { FindRecipients, Outbox } from "../mail/outbox.ts";

/** How notices reach people. */
export interface Telling {
  readonly outbox: Outbox;
  readonly findRecipients: FindRecipients;
}

export interface Told {
  /** Identifier of what is told of. */
  readonly about: string;
  /** Name of the template, which with `step` and `about` makes the notice one. */
  readonly kind: string;
  /** Tells this notice from others of its kind about the same thing: a revision, a number of days. */
  readonly step: string | number;
  readonly letter: Letter;
  /** Only contacts of this partner; absent: of every one. */
  readonly partnerId?: string;
  readonly roles: readonly ContactRoleName[];
}

/** Puts a notice into the outbox for every contact with one of the roles; returns how many get it. */
export async function tell(
  { outbox, findRecipients }: Telling,
  transaction: Knex.Transaction,
  { about, kind, step, letter, ...who }: Told,
): Promise<number> {
  const recipients = await findRecipients(transaction, who);
  return await outbox.enqueue(
    transaction,
    { key: `${about}:${kind}:${step}`, about, kind, letter },
    recipients,
  );
}
