import type { Knex } from "knex";
import type { Job } from "../schedule/job.ts";
import { type Telling, tell } from "./tell.ts";
import { type TermsVersion, termsLetter } from "./terms-letter.ts";

export interface TermsMailParts extends Telling {
  /** Major versions that were published and of which partners have not been told. */
  readonly findUntold: () => Promise<readonly TermsVersion[]>;
  /** Records, in the transaction that stores the mails, that partners are told of a version. */
  readonly markTold: (transaction: Knex.Transaction, id: string) => Promise<void>;
}

/** Mails a major version of the terms to all contacts of every partner, once (terms, article 6.1). */
export function createTermsMail(parts: TermsMailParts): Job {
  return {
    name: "terms-mail",
    description: "Mails new major versions of the terms to every partner.",
    recurrence: { everyMinutes: 5 },
    async run({ unit }) {
      for (const version of await parts.findUntold()) {
        await unit(version.id, async (transaction) => {
          await tell(parts, transaction, {
            about: version.id,
            kind: "terms-major",
            step: version.number,
            letter: termsLetter(version),
            roles: ["administrative", "technical", "data_protection", "business"],
          });
          await parts.markTold(transaction, version.id);
        });
      }
    },
  };
}
