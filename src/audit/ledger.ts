// How everything but lookups is written: one transaction that takes the lock of the access version, changes rows, and
// appends to the audit log who did what, when, why, and what was there before.
import { hash } from "node:crypto";
import {
  create,
  type DescMessage,
  type DescMethodUnary,
  fromBinary,
  type Message,
  type MessageInitShape,
  type MessageShape,
  toBinary,
} from "@bufbuild/protobuf";
import type { Knex } from "knex";
import type { Clock } from "../clock.ts";
import { serviceError } from "../errors.ts";
import { createId } from "../storage/create-id.ts";
import type { Database } from "../storage/database.ts";
import { untilUnlocked } from "../storage/until-unlocked.ts";
import type { Actor } from "./actor.ts";
import type { AuditEntry } from "./audit-event.ts";
import { appendEvents, findReplay, keepReplay, type Replay } from "./audit-storage.ts";

/** A change on its way. It is whole or not at all. */
export interface LedgerTransaction {
  readonly knex: Knex.Transaction;
  /** The access version that this change raises: rows that tokens depend on keep it, so that instances find them. */
  readonly version: number;
  /** Instant of the change, in milliseconds since 1970. */
  readonly now: number;
  /** Adds to the audit log what was done. */
  record(entry: AuditEntry): void;
}

/** What a write request of a contract may hold beside its own fields. */
type WriteRequest = Message & { readonly requestId?: string; readonly validateOnly?: boolean };

export interface Ledger {
  /**
   * Does what a request asks for, once: the same `request_id` of the same actor gets the stored answer again, for
   * seven days. With `validate_only` everything is tried and nothing kept. `keep` takes out of the stored answer
   * what is shown once only. Errors: `request_id_reused` when the request differs, and those of `work`.
   */
  write<Input extends DescMessage, Output extends DescMessage>(
    method: DescMethodUnary<Input, Output>,
    request: MessageShape<Input>,
    actor: Actor,
    work: (transaction: LedgerTransaction) => Promise<MessageInitShape<Output>>,
    keep?: (answer: MessageShape<Output>) => MessageShape<Output>,
  ): Promise<MessageShape<Output>>;
  /** A change that no request asked for: of a job, of the demonstration. */
  change<T>(actor: Actor, work: (transaction: LedgerTransaction) => Promise<T>): Promise<T>;
}

export interface LedgerOptions {
  readonly database: Database;
  readonly clock: Clock;
  /** Raises the access version in a transaction, which puts all writers in one order, and returns it. */
  readonly raiseVersion: (transaction: Knex.Transaction) => Promise<number>;
}

const replayMs = 7 * 86_400_000;

export function createLedger({ database, clock, raiseVersion }: LedgerOptions): Ledger {
  return {
    change: (actor, work) => run(actor, null, work),
    async write<Input extends DescMessage, Output extends DescMessage>(
      method: DescMethodUnary<Input, Output>,
      request: MessageShape<Input>,
      actor: Actor,
      work: (transaction: LedgerTransaction) => Promise<MessageInitShape<Output>>,
      keep = (answer: MessageShape<Output>) => answer,
    ) {
      const { requestId = "", validateOnly = false } = request as WriteRequest;
      const key = { actorId: actor.id, requestId };
      const fingerprint = fingerprintOf(method, request);
      try {
        return await run(actor, requestId, async (transaction) => {
          const known = await findReplay(transaction.knex, actor.id, requestId);
          if (known !== undefined) return replay(method.output, known, fingerprint);
          const answer = create(method.output, await work(transaction));
          if (validateOnly) throw new Unkept(answer);
          const kept = toBinary(method.output, keep(answer));
          const { now } = transaction;
          await keepReplay(transaction.knex, key, { fingerprint, answer: kept }, now, now - replayMs);
          return answer;
        });
      } catch (thrown) {
        if (thrown instanceof Unkept) return thrown.answer as MessageShape<Output>;
        throw thrown;
      }
    },
  };

  function run<T>(
    actor: Actor,
    requestId: string | null,
    work: (transaction: LedgerTransaction) => Promise<T>,
  ): Promise<T> {
    return untilUnlocked(() =>
      database.knex.transaction(async (knex) => {
        const entries: AuditEntry[] = [];
        const version = await raiseVersion(knex);
        const now = clock.now();
        const result = await work({ knex, version, now, record: (entry) => entries.push(entry) });
        await appendEvents(
          knex,
          entries.map((entry) => toEvent(entry, actor, requestId, now)),
        );
        return result;
      }),
    );
  }
}

/** Thrown to roll back what was only tried. */
class Unkept extends Error {
  override readonly name = "Unkept";
  readonly answer: Message;
  constructor(answer: Message) {
    super("rolled back");
    this.answer = answer;
  }
}

function replay<Output extends DescMessage>(
  output: Output,
  known: Replay,
  fingerprint: Buffer,
): MessageShape<Output> {
  if (!known.fingerprint.equals(fingerprint)) throw serviceError("request_id_reused");
  return fromBinary(output, known.answer);
}

function fingerprintOf(method: DescMethodUnary, request: Message): Buffer {
  const name = Buffer.from(`${method.parent.typeName}/${method.name}\n`);
  return hash("sha256", Buffer.concat([name, toBinary(method.input, request)]), "buffer");
}

function toEvent(entry: AuditEntry, actor: Actor, requestId: string | null, at: number) {
  return {
    id: createId("evt"),
    at,
    actor,
    action: entry.action,
    subject: entry.subject,
    partnerId: entry.partnerId ?? null,
    reason: entry.reason ?? null,
    before: entry.before === undefined ? null : JSON.stringify(entry.before),
    after: entry.after === undefined ? null : JSON.stringify(entry.after),
    requestId,
  };
}
