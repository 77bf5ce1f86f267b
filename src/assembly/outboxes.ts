import { holdsLastingSecret, holdsSecret } from "../access/token-in-text.ts";
import type { Clock } from "../clock.ts";
import type { Config } from "../config.ts";
import { holdsStudentNumber } from "../identity/student-number.ts";
import { createOutbox, type Outbox } from "../mail/outbox.ts";

export interface Outboxes {
  /** Refuses every secret. */
  readonly outbox: Outbox;
  /** Lets through codes that work once, which is how links of mails sign in and confirm. */
  readonly codeOutbox: Outbox;
}

export function createOutboxes({ MAIL_FROM: from }: Pick<Config, "MAIL_FROM">, clock: Clock): Outboxes {
  return {
    outbox: createOutbox({ clock, from, holdsSecret }),
    codeOutbox: createOutbox({ clock, from, holdsSecret: holdsLastingSecret }),
  };
}

/** Whether a text may not stand in a mail: the letters of a thing that is named so would leave its name out. */
export function isUnmailable(text: string): boolean {
  return holdsSecret(text) || holdsStudentNumber(text);
}
