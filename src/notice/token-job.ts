import type { Knex } from "knex";
import type { ContactRoleName } from "../access/person.ts";
import type { Clock } from "../clock.ts";
import type { FindRecipients, Outbox } from "../mail/outbox.ts";
import { parisDaysBetween } from "../paris-time.ts";
import type { Job } from "../schedule/job.ts";
import { type ExpiringToken, tokenExpiryLetter, tokenLeakLetter } from "./token-letter.ts";

/** A due notice of a token, as the feature that plans it gives it. */
export interface DueTokenNotice {
  readonly tokenId: string;
  readonly kind: "expiry" | "leak";
  /** The end that it tells of, or the instant of the leak, in milliseconds since 1970. */
  readonly tellsOf: number;
  /** Days before that end. */
  readonly days: number;
  readonly token: { readonly expiresAt: number; readonly procedures: readonly { readonly name: string }[] };
  readonly recipients: { readonly partnerId: string; readonly roles: readonly ContactRoleName[] };
}

export interface TokenMailParts {
  readonly outbox: Outbox;
  readonly findRecipients: FindRecipients;
  /** Makes the notices that are due, and hands each over once, in the transaction that marks it as sent. */
  readonly notices: {
    plan(): Promise<number>;
    send(deliver: (transaction: Knex.Transaction, notice: DueTokenNotice) => Promise<void>): Promise<number>;
  };
  readonly clock: Clock;
  /** Where the service is reached. */
  readonly origin: () => string;
}

/** Tells the holder and the technical contacts that a token ends or leaked, each notice once. */
export function createTokenMail(parts: TokenMailParts): Job {
  const { outbox, findRecipients, notices, clock, origin } = parts;
  return {
    name: "token-notices",
    description: "Mails the notices of tokens that end, at 90, 60, 30, 14, 7 and 0 days, or that leaked.",
    recurrence: { everyMinutes: 15 },
    async run() {
      await notices.plan();
      await notices.send(async (transaction, notice) => {
        const { tokenId: id, kind, tellsOf, days, token } = notice;
        const procedureName = token.procedures.map(({ name }) => name).join(", ");
        const facts = {
          id,
          procedureName,
          expiresAt: token.expiresAt,
          url: `${origin()}/tableau-de-bord/jetons/${id}`,
        };
        const write = (told: ExpiringToken) =>
          kind === "leak"
            ? tokenLeakLetter(told, tellsOf)
            : tokenExpiryLetter(told, daysLeft(clock.now(), token.expiresAt, days));
        const letters = { letter: write(facts), unnamed: write({ ...facts, procedureName: "" }) };
        await outbox.enqueue(
          transaction,
          { key: `${id}:${kind}:${tellsOf}:${days}`, about: id, kind: `token-${kind}`, ...letters },
          await findRecipients(transaction, notice.recipients),
        );
      });
    },
  };
}

/** After an outage fewer days are left than the threshold says. `0` tells that it has ended. */
function daysLeft(now: number, expiresAt: number, threshold: number): number {
  if (threshold === 0 || now >= expiresAt) return 0;
  return Math.max(1, Math.min(threshold, parisDaysBetween(now, expiresAt)));
}
