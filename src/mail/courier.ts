// Takes messages out of the outbox and hands them to the mail server. Every instance has one; a claim keeps each
// message to one of them, and docs/notices.md tells why no message goes out twice, whenever an instance is killed.
import type { Clock } from "../clock.ts";
import type { HandOver, HandOverWitness } from "./hand-over-witness.ts";
import type { DeliveryOutcome } from "./mail-state.ts";
import type { MailRecord, MailStorage, Settlement } from "./mail-storage.ts";
import type { HandOverGate, MailTransport } from "./mail-transport.ts";
import { addressOf } from "./outbox.ts";
import { judgeAbandoned } from "./recover-mail.ts";
import { isGivenUp, pauseMs, retryDelayMs } from "./retry-delay.ts";
import { writeMessage } from "./write-message.ts";

export interface CourierParts {
  readonly storage: MailStorage;
  readonly transport: MailTransport;
  readonly witness: HandOverWitness;
  readonly clock: Clock;
  /** Names this process in claims. */
  readonly holder: string;
  /** Sender of all messages: an address, or `Name <address>`. */
  readonly from: string;
  /** Gets what an operator must know; it holds no address. */
  readonly report: (event: string, facts: Readonly<Record<string, unknown>>) => void;
  /** From 0 to 1. */
  readonly random?: () => number;
  /** Time between two looks into the outbox, in milliseconds. */
  readonly lookEveryMs?: number;
  /** How long a claim lasts without being renewed, in milliseconds. */
  readonly claimMs?: number;
}

export interface Courier {
  /** Looks into the outbox now and ends when nothing is due. */
  deliverDue(): Promise<void>;
  /** Gives the message under way a moment to end, and stops. */
  close(): Promise<void>;
}

const defaultLookEveryMs = 1000;
const defaultClaimMs = 60_000;
/** Time that a message under way gets when the service stops, in milliseconds. */
const graceMs = 2000;

/** Starts to deliver; ends with `close`. */
export function startCourier(parts: CourierParts): Courier {
  const { storage, transport, clock, holder, report } = parts;
  const { random = Math.random, claimMs = defaultClaimMs } = parts;
  let stopped = false;
  let pausedUntil = Number.NEGATIVE_INFINITY;
  let unreachable = 0;
  let running: Promise<void> | undefined;
  let inHand: MailRecord | undefined;
  const looks = setInterval(() => void deliverDue(), parts.lookEveryMs ?? defaultLookEveryMs);
  // Only of the message in hand: of another one in our name, such as one whose claim was stored while the database's
  // answer was lost, nobody here knows. Its claim runs out, and it is recovered like any other.
  const renewals = setInterval(() => {
    if (inHand === undefined) return;
    storage.renewClaim(inHand, clock.now() + claimMs).catch(tell("claim not renewed"));
  }, claimMs / 4);
  looks.unref();
  renewals.unref();

  return {
    deliverDue,
    async close() {
      stopped = true;
      clearInterval(looks);
      const grace = setTimeout(() => transport.close(), graceMs);
      await running;
      clearTimeout(grace);
      clearInterval(renewals);
      transport.close();
    },
  };

  function deliverDue(): Promise<void> {
    running ??= work()
      .catch(tell("outbox"))
      .finally(() => {
        running = undefined;
      });
    return running;
  }

  async function work(): Promise<void> {
    await recoverAbandoned();
    while (!stopped && clock.monotonic() >= pausedUntil) {
      const now = clock.now();
      const claim = { holder, now, claimUntil: now + claimMs, witnessPlace: parts.witness.place };
      const mail = await storage.claimNext(claim);
      if (mail === undefined) return;
      inHand = mail;
      await deliver(mail).finally(() => {
        inHand = undefined;
      });
    }
  }

  async function deliver(mail: MailRecord): Promise<void> {
    let handOver: HandOver | undefined;
    const gate: HandOverGate = {
      async announce() {
        const askedAt = clock.monotonic();
        const isOurs = await storage.beginHandOver(mail, clock.now() + claimMs);
        // A process that hung meanwhile may have been taken for dead.
        return isOurs && clock.monotonic() - askedAt < claimMs / 2;
      },
      take() {
        handOver = parts.witness.take(mail);
        return handOver;
      },
    };
    const outcome = await transfer(mail, gate);
    noteReachability(outcome);
    const isStored = await settle(mail, judge(mail, outcome));
    if (isStored) handOver?.forget();
  }

  async function transfer(mail: MailRecord, gate: HandOverGate): Promise<DeliveryOutcome> {
    const addresses = { from: addressOf(parts.from), to: mail.recipient.address };
    try {
      const raw = await writeMessage(mail, parts.from);
      return await transport.deliver({ id: mail.id, ...addresses, raw }, gate);
    } catch (cause) {
      tell("message not written")(cause);
      return { kind: "refused", reply: "the message cannot be written", isPermanent: true };
    }
  }

  /** A server that cannot be used is left alone for a while: all messages would meet the same. */
  function noteReachability(outcome: DeliveryOutcome): void {
    unreachable = outcome.kind === "unreachable" ? unreachable + 1 : 0;
    if (outcome.kind !== "unreachable") return;
    pausedUntil = clock.monotonic() + pauseMs(unreachable, random());
    const { reply } = outcome;
    if (unreachable === 1) report("mail server unreachable", { transport: transport.description, reply });
  }

  function judge(mail: MailRecord, outcome: DeliveryOutcome): Settlement {
    const now = clock.now();
    const base = { now, dueAt: now, failures: mail.failures };
    switch (outcome.kind) {
      case "accepted":
        return { ...base, state: "sent", reply: outcome.reply };
      case "unanswered":
        return { ...base, state: "unconfirmed", reply: outcome.reply };
      case "unreachable":
        return { ...base, state: "queued", reply: outcome.reply };
      case "refused": {
        const failures = mail.failures + 1;
        const isDead = outcome.isPermanent || isGivenUp(failures);
        const dueAt = now + retryDelayMs(failures, random());
        return { now, dueAt, failures, state: isDead ? "dead" : "queued", reply: outcome.reply };
      }
      case "withheld":
        return { ...base, state: "queued", reply: mail.lastReply ?? "" };
    }
  }

  /** What became of a message is stored whatever it takes: nobody else knows it. False when we stop before. */
  async function settle(mail: MailRecord, settlement: Settlement): Promise<boolean> {
    const { id, kind } = mail;
    if (settlement.state === "dead" || settlement.state === "unconfirmed") {
      report(`mail ${settlement.state}`, { id, kind });
    }
    for (let attempt = 1; ; attempt += 1) {
      try {
        await storage.settle(mail, ["claimed", "handing_over", "unconfirmed"], settlement);
        return true;
      } catch (cause) {
        if (attempt === 1) tell("outcome not stored")(cause);
        // The witness has the answer for whoever comes after.
        if (stopped) return false;
        await new Promise((resolve) => setTimeout(resolve, Math.min(100 * 2 ** attempt, 5000)));
      }
    }
  }

  async function recoverAbandoned(): Promise<void> {
    const now = clock.now();
    for (const mail of await storage.listAbandoned(now, 100)) {
      const settlement = judgeAbandoned(mail, parts.witness, now);
      if (settlement === undefined) continue;
      const changed = await storage.settle(mail, [mail.state], settlement);
      if (changed) report("mail recovered", { id: mail.id, from: mail.state, to: settlement.state });
    }
  }

  function tell(event: string): (cause: unknown) => void {
    return (cause) => report(event, { err: cause });
  }
}
