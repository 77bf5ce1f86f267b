import type { HandOverWitness } from "./hand-over-witness.ts";
import type { MailRecord, Settlement } from "./mail-storage.ts";

/** How long a hand-over waits for an instance of its own place to tell what became of it, in milliseconds. */
const otherPlaceMs = 15 * 60_000;

/**
 * What becomes of a message whose claim has run out, because its instance was killed or hangs. Undefined: it waits
 * for somebody who can know.
 *
 * - Before the end was announced, the server cannot have taken the message: it is queued again.
 * - Afterwards the witness tells whether the end can have been sent, and often the answer. Only when it was sent and
 *   the answer is unknown does the message stay `unconfirmed`: the server had all of it, so that sending it again
 *   would most likely deliver it twice.
 */
export function judgeAbandoned(
  mail: MailRecord,
  witness: HandOverWitness,
  now: number,
): Settlement | undefined {
  const again = {
    state: "queued",
    now,
    dueAt: now,
    failures: mail.failures,
    reply: mail.lastReply ?? "",
  } as const;
  if (mail.state === "claimed") return again;
  if (mail.witnessPlace !== witness.place) {
    const waited = now - (mail.claimUntil ?? now);
    if (waited < otherPlaceMs) return undefined;
    return { ...again, state: "unconfirmed", reply: "the instance ended; its witness is out of reach" };
  }
  const testimony = witness.recover(mail);
  if (testimony.kind === "prevented") return again;
  const { reply } = testimony;
  if (reply === undefined)
    return { ...again, state: "unconfirmed", reply: "the instance ended before the answer" };
  if (reply.startsWith("2")) return { ...again, state: "sent", reply };
  return { ...again, state: reply.startsWith("5") ? "dead" : "queued", reply };
}
