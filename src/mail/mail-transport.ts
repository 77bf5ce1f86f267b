import type { HandOver } from "./hand-over-witness.ts";
import type { DeliveryOutcome } from "./mail-state.ts";

/** A message on its way out. */
export interface OutgoingMessage {
  readonly id: string;
  readonly from: string;
  readonly to: string;
  /** As it goes over the wire. */
  readonly raw: Buffer;
}

/** What stands between a message that was transferred and its end, which makes the server take it. */
export interface HandOverGate {
  /** Stores that the end is about to be sent. False when the message is not ours any more. */
  announce(): Promise<boolean>;
  /** Takes the right to send the end, synchronously; undefined when it was taken away. */
  take(): HandOver | undefined;
}

export interface MailTransport {
  /** Where messages go, for the log and for operators. It holds no password. */
  readonly description: string;
  /** Tries to hand one message over. It never rejects. */
  deliver(message: OutgoingMessage, gate: HandOverGate): Promise<DeliveryOutcome>;
  /** Ends what is under way before its end is sent, and closes connections. */
  close(): void;
}
