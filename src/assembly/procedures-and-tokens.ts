// Procedures and tokens know each other only by what is put together here, for the service and for the command line.
import type { Ledger } from "../audit/ledger.ts";
import type { Clock } from "../clock.ts";
import { parisDay } from "../paris-time.ts";
import { listContacts } from "../partner/contact-storage.ts";
import { findProcedureFacts } from "../procedure/procedure-facts.ts";
import { createProcedures, type Procedures } from "../procedure/procedures.ts";
import type { Database } from "../storage/database.ts";
import { etagOf } from "../storage/etag.ts";
import { followProcedure, isServed } from "../token/follow-procedure.ts";
import type { LastUses } from "../token/token-parts.ts";
import { createTokens, type Tokens } from "../token/tokens.ts";
import { isUnmailable } from "./outboxes.ts";

export interface ProceduresAndTokens {
  readonly procedures: Procedures;
  readonly tokens: Tokens;
}

export interface ProceduresAndTokensParts {
  readonly database: Database;
  readonly ledger: Ledger;
  readonly clock: Clock;
  /** The journal counts calls; nothing else of it is needed. */
  readonly lastUses: LastUses;
}

export function createProceduresAndTokens(parts: ProceduresAndTokensParts): ProceduresAndTokens {
  const { database, ledger } = parts;
  const tokens = createTokens({
    ...parts,
    findProcedure: findProcedureFacts,
    contactsOf: async (knex, partnerId) =>
      (await listContacts(knex, partnerId)).map(({ id, revision }) => ({ id, etag: etagOf(revision) })),
    dayOf: parisDay,
  });
  const procedures = createProcedures({
    database,
    ledger,
    isUnmailable,
    tokens: {
      follow: (transaction, use) => followProcedure(transaction, use, findProcedureFacts),
      isServed,
    },
  });
  return { procedures, tokens };
}
