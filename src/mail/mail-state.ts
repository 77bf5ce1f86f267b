/**
 * Where a message is on its way:
 *
 * - `queued`: to be sent once `dueAt` has come.
 * - `claimed`: an instance talks to the mail server; the end of the message has not been sent, so that the server cannot
 *   have taken it.
 * - `handing_over`: the end of the message is about to be sent, or was, and the answer is not stored yet.
 * - `sent`: the server took it.
 * - `unconfirmed`: the server got all of it and nobody knows its answer. It was most likely taken, so that it is not
 *   sent again by itself: an operator decides.
 * - `dead`: refused for good, or in vain for too long. An operator decides.
 */
export const mailStates = ["queued", "claimed", "handing_over", "sent", "unconfirmed", "dead"] as const;

export type MailState = (typeof mailStates)[number];

/** What became of one attempt. */
export type DeliveryOutcome =
  /** The server took the message. */
  | { readonly kind: "accepted"; readonly reply: string }
  /** The server refuses this message: for now, or for good. */
  | { readonly kind: "refused"; readonly reply: string; readonly isPermanent: boolean }
  /** The message was not taken, for reasons that concern all messages: no connection, credentials, sender. */
  | { readonly kind: "unreachable"; readonly reply: string }
  /** The whole message was handed over, and we gave up waiting for the answer. */
  | { readonly kind: "unanswered"; readonly reply: string }
  /** Another instance has taken the message over; nothing was sent. */
  | { readonly kind: "withheld" };
