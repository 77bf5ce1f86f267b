// Sessions of people: opened by a single-use code, ended by time, by the person, or with the account.
import type { Knex } from "knex";
import type { Person, SignedIn } from "../access/person.ts";
import {
  createSecret,
  hashTokenSecret,
  parseSecret,
  sessionPrefix,
  signInCodePrefix,
} from "../access/token-secret.ts";
import { actorOf } from "../audit/actor.ts";
import type { Ledger, LedgerTransaction } from "../audit/ledger.ts";
import type { Clock } from "../clock.ts";
import { serviceError } from "../errors.ts";
import { createId } from "../storage/create-id.ts";
import type { Database } from "../storage/database.ts";
import { untilUnlocked } from "../storage/until-unlocked.ts";
import {
  deleteCodes,
  endSessions,
  findSession,
  insertCode,
  insertSession,
  type SessionRecord,
  touchSession,
  useCode,
  voidCodes,
} from "./session-storage.ts";

export interface Sessions {
  /**
   * Makes a code that opens one session of a person within 15 minutes. It is given to that person and kept nowhere.
   * `origin` says how it is handed over. With the secret of a browser, it opens a session for that browser only.
   */
  issueCode(
    transaction: LedgerTransaction,
    holderId: string,
    origin: "terminal" | "mail",
    browserSecret?: string,
  ): Promise<string>;
  /** Opens a session; the secret is in this answer only. Errors: `sign_in_code_invalid`. */
  signIn(code: string, browserSecret?: string): Promise<SignedIn & { readonly secret: string }>;
  /** Opens a session for somebody whom another authority has authenticated. */
  openFor(person: Person): Promise<SignedIn & { readonly secret: string }>;
  /** The person of a secret. Errors: `session_missing`, `session_unknown`. */
  authenticate(secret: string | undefined): Promise<SignedIn>;
  /** Ends the session, or all of the person's. */
  signOut(signedIn: SignedIn, everywhere: boolean): Promise<void>;
  /** Ends all sessions of a person, and voids the codes, in the transaction that takes rights or changes an address. */
  endAll(transaction: LedgerTransaction, holderId: string): Promise<void>;
}

export interface SessionParts {
  readonly database: Database;
  readonly clock: Clock;
  readonly ledger: Ledger;
  /** The operator or contact who may act under this identifier now; undefined for anybody else. */
  readonly findPerson: (knex: Knex, id: string) => Promise<Person | undefined>;
}

const codeMs = 15 * 60_000;
const idleMs = 60 * 60_000;
const absoluteMs = 12 * 60 * 60_000;
/** A session in use is not written at each call. */
const touchMs = 60_000;
/** Codes are kept a while after their end, for whoever asks what became of one. */
const keptCodeMs = 30 * 86_400_000;

export function createSessions({ database, clock, ledger, findPerson }: SessionParts): Sessions {
  return { issueCode, signIn, openFor, authenticate, signOut, endAll };

  async function issueCode(
    transaction: LedgerTransaction,
    holderId: string,
    origin: "terminal" | "mail",
    browserSecret?: string,
  ) {
    const { knex, now } = transaction;
    const code = createSecret(signInCodePrefix);
    await deleteCodes(knex, now - keptCodeMs);
    await insertCode(knex, {
      codeHash: hashTokenSecret(code),
      holderId,
      origin,
      createdAt: now,
      expiresAt: now + codeMs,
      browserHash: hashOf(browserSecret),
    });
    transaction.record({ action: "session.issue_code", subject: holderId, after: { origin } });
    return code;
  }

  async function signIn(code: string, browserSecret?: string) {
    const parsed = parseSecret(signInCodePrefix, code);
    if (parsed === undefined) throw serviceError("sign_in_code_invalid");
    const codeHash = hashTokenSecret(parsed);
    // The code is spent first, by itself: a failure afterwards must not give it back.
    const holderId = await untilUnlocked(() =>
      useCode(database.knex, codeHash, hashOf(browserSecret), clock.now()),
    );
    const person = holderId === undefined ? undefined : await findPerson(database.knex, holderId);
    if (person === undefined) throw serviceError("sign_in_code_invalid");
    return await openFor(person);
  }

  async function openFor(person: Person) {
    const secret = createSecret(sessionPrefix);
    return { person, session: await open(person, secret), secret };
  }

  function open(person: Person, secret: string): Promise<SessionRecord> {
    return ledger.change(actorOf(person), async ({ knex, now, record }) => {
      const session: SessionRecord = {
        id: createId("ses"),
        holderId: person.id,
        createdAt: now,
        lastSeenAt: now,
        expiresAt: now + absoluteMs,
        endedAt: undefined,
      };
      await insertSession(knex, hashTokenSecret(secret), session);
      record({ action: "session.sign_in", subject: session.id, partnerId: partnerOf(person) });
      return session;
    });
  }

  async function authenticate(secret: string | undefined): Promise<SignedIn> {
    if (secret === undefined || secret === "") throw serviceError("session_missing");
    const parsed = parseSecret(sessionPrefix, secret);
    if (parsed === undefined) throw serviceError("session_unknown");
    const session = await findSession(database.knex, hashTokenSecret(parsed));
    const now = clock.now();
    if (session === undefined || !isOpen(session, now)) throw serviceError("session_unknown");
    const person = await findPerson(database.knex, session.holderId);
    if (person === undefined) throw serviceError("session_unknown");
    if (now - session.lastSeenAt >= touchMs)
      await untilUnlocked(() => touchSession(database.knex, session.id, now));
    return { person, session };
  }

  async function signOut({ person, session }: SignedIn, everywhere: boolean): Promise<void> {
    await ledger.change(actorOf(person), async ({ knex, now, record }) => {
      const ended = await endSessions(knex, everywhere ? { holderId: person.id } : { id: session.id }, now);
      record({
        action: "session.sign_out",
        subject: session.id,
        partnerId: partnerOf(person),
        after: { ended },
      });
    });
  }

  async function endAll({ knex, now }: LedgerTransaction, holderId: string): Promise<void> {
    await endSessions(knex, { holderId }, now);
    await voidCodes(knex, holderId, now);
  }
}

function hashOf(browserSecret: string | undefined): Buffer | undefined {
  return browserSecret === undefined ? undefined : hashTokenSecret(browserSecret);
}

function isOpen(session: SessionRecord, now: number): boolean {
  return session.endedAt === undefined && now < session.expiresAt && now < session.lastSeenAt + idleMs;
}

function partnerOf(person: Person): string | undefined {
  return person.kind === "contact" ? person.partnerId : undefined;
}
