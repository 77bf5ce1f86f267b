// Links that sign people in: asked for with an e-mail address, sent to it. Whoever asks learns nothing of who has an
// account: what is looked up and sent happens after the answer, at an instant that chance chooses.
import { randomInt } from "node:crypto";
import { setTimeout as wait } from "node:timers/promises";
import type { Knex } from "knex";
import type { Person } from "../access/person.ts";
import { hashTokenSecret } from "../access/token-secret.ts";
import { actorOf } from "../audit/actor.ts";
import type { Ledger } from "../audit/ledger.ts";
import type { Clock } from "../clock.ts";
import { serviceError } from "../errors.ts";
import type { Database } from "../storage/database.ts";
import type { Sessions } from "./session.ts";
import { countMailedCodes, isKnownBrowser } from "./session-storage.ts";

/** A mail with links, one for each account of the address. */
export interface SignInMail {
  readonly to: string;
  readonly name: string;
  readonly links: readonly { readonly account: string; readonly url: string }[];
}

export interface SignInLinks {
  /**
   * Has links sent to an address if somebody may sign in with it. `linkTo` makes the address of a code. It returns at
   * once whoever it is. Errors: `service_saturated` when too many are waiting.
   */
  ask(email: string, browserSecret: string, linkTo: (code: string) => string): void;
  /** Sends what is waiting. */
  close(): Promise<void>;
}

export interface SignInLinkParts {
  readonly database: Database;
  readonly clock: Clock;
  readonly ledger: Ledger;
  readonly sessions: Sessions;
  readonly findPeopleByEmail: (knex: Knex, email: string) => Promise<readonly Person[]>;
  /** How a person's account is named in the mail. */
  readonly nameAccount: (knex: Knex, person: Person) => Promise<string>;
  /** Puts the mail into the outbox, in the transaction that makes its codes. */
  readonly send: (transaction: Knex.Transaction, mail: SignInMail) => Promise<void>;
  readonly report: (cause: unknown) => void;
  /** Longest time before an asked link is looked up, in milliseconds. */
  readonly maxDelayMs?: number;
}

const maxWaiting = 200;
/**
 * Links that one person is sent in an hour: more would be somebody else's joke. A browser in which the person has signed
 * in has as many of its own, or strangers who know an address could keep its owner out.
 */
const maxPerHour = 5;
const hourMs = 3_600_000;

export function createSignInLinks(parts: SignInLinkParts): SignInLinks {
  const { database, clock, ledger, sessions, maxDelayMs = 1000 } = parts;
  const waiting = new Set<Promise<void>>();
  const closing = new AbortController();

  return {
    ask(email, browserSecret, linkTo) {
      if (waiting.size >= maxWaiting) throw serviceError("service_saturated", { retryAfterMs: 5000 });
      const work = waitByChance()
        .then(() => sendLinks(email, browserSecret, linkTo))
        .catch(parts.report)
        .finally(() => waiting.delete(work));
      waiting.add(work);
    },
    async close() {
      closing.abort();
      await Promise.all(waiting);
    },
  };

  async function waitByChance(): Promise<void> {
    // Aborted when the service stops: then it is sent at once.
    await wait(randomInt(maxDelayMs), undefined, { signal: closing.signal }).catch(() => {});
  }

  async function sendLinks(
    email: string,
    browserSecret: string,
    linkTo: (code: string) => string,
  ): Promise<void> {
    const browserHash = hashTokenSecret(browserSecret);
    const named = await parts.findPeopleByEmail(database.knex, email);
    const [first] = await withinLimit(database.knex, named, browserHash);
    if (first === undefined) return;
    await ledger.change(actorOf(first), async (transaction) => {
      // Counted again where changes wait for each other: many may have asked at one instant.
      const people = await withinLimit(transaction.knex, named, browserHash);
      if (people.length === 0) return;
      const links: { account: string; url: string }[] = [];
      for (const person of people) {
        const code = await sessions.issueCode(transaction, person.id, "mail", browserSecret);
        links.push({ account: await parts.nameAccount(transaction.knex, person), url: linkTo(code) });
      }
      await parts.send(transaction.knex, { to: first.email, name: first.name, links });
    });
  }

  /** Those whom this browser may still have a link sent to. */
  async function withinLimit(knex: Knex, people: readonly Person[], browserHash: Buffer): Promise<Person[]> {
    const since = clock.now() - hourMs;
    const within: Person[] = [];
    for (const person of people) {
      const isKnown = await isKnownBrowser(knex, person.id, browserHash);
      const sent = await countMailedCodes(knex, person.id, since, isKnown ? browserHash : undefined);
      if (sent < maxPerHour) within.push(person);
    }
    return within;
  }
}
