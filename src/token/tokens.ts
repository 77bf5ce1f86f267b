// What people do with tokens: each a change of the ledger, of which secrets are never kept.
import { type Acting, ownOnly } from "../audit/acting.ts";
import type { Ledger } from "../audit/ledger.ts";
import type { Clock } from "../clock.ts";
import {
  type GetTokenRequest,
  type IssueTokenRequest,
  type JoinTokenRequest,
  type LeaveTokenRequest,
  type ListTokensRequest,
  type MarkTokenLeakedRequest,
  type ProlongTokenRequest,
  type RevokeTokenRequest,
  type RotateTokenRequest,
  type SetTokenRateRequest,
  type Token,
  TokenService,
  type UpdateTokenRequest,
} from "../gen/statutetudiant/token/v1/token_pb.ts";
import type { Database } from "../storage/database.ts";
import { readPage } from "../storage/page.ts";
import { editToken, setTokenRate } from "./edit-token.ts";
import { issueToken, type ShownToken } from "./issue-token.ts";
import { joinToken, leaveToken } from "./join-token.ts";
import { prolongToken } from "./prolong-token.ts";
import { markTokenLeaked, revokeToken } from "./revoke-token.ts";
import { rotateToken } from "./rotate-token.ts";
import { describeToken, statusNumbers } from "./token-message.ts";
import type { ContactsOf, DayOf, FindProcedure, LastUses } from "./token-parts.ts";
import type { TokenRecord } from "./token-record.ts";
import { tokenStatuses } from "./token-status.ts";
import { findToken, listTokens, type TokenFilter, tokenOrders } from "./token-storage.ts";

export interface TokenParts {
  readonly database: Database;
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly findProcedure: FindProcedure;
  readonly contactsOf: ContactsOf;
  readonly lastUses: LastUses;
  readonly dayOf: DayOf;
}

export type Tokens = ReturnType<typeof createTokens>;

const method = TokenService.method;

export function createTokens(parts: TokenParts) {
  const { database, ledger, clock, findProcedure, lastUses, dayOf } = parts;
  return {
    async get(acting: Acting, { id }: GetTokenRequest) {
      return { token: await describe(ownOnly(acting, await findToken(database.knex, id))) };
    },

    async list(acting: Acting, request: ListTokensRequest) {
      const { partnerId, procedureId } = request;
      if (partnerId !== "") ownOnly(acting, { partnerId });
      const filter: TokenFilter = {
        partnerId: acting.partnerId ?? (partnerId || undefined),
        procedureId: procedureId || undefined,
        status: statusOf(request),
      };
      const page = readPage(request, tokenOrders, filter);
      const now = clock.now();
      const { rows, nextPageToken } = await listTokens(database.knex, filter, page, now);
      const uses = await lastUses(rows.map(({ id }) => id));
      return { tokens: rows.map((row) => describeToken(row, uses.get(row.id), now)), nextPageToken };
    },

    issue: (acting: Acting, request: IssueTokenRequest) =>
      ledger.write(
        method.issueToken,
        request,
        acting.actor,
        async (transaction) =>
          show(await issueToken(transaction, acting, request, findProcedure), undefined, request),
        withoutSecret,
      ),

    rotate: async (acting: Acting, request: RotateTokenRequest) => {
      const lastUse = await lastUseOf(request.id);
      return ledger.write(
        method.rotateToken,
        request,
        acting.actor,
        async (transaction) => show(await rotateToken(transaction, acting, request), lastUse, request),
        withoutSecret,
      );
    },

    update: async (acting: Acting, request: UpdateTokenRequest) => {
      const lastUse = await lastUseOf(request.id);
      return ledger.write(method.updateToken, request, acting.actor, async (transaction) =>
        tell(await editToken(transaction, acting, request, findProcedure), lastUse),
      );
    },

    setRate: async (acting: Acting, request: SetTokenRateRequest) => {
      const lastUse = await lastUseOf(request.id);
      return ledger.write(method.setTokenRate, request, acting.actor, async (transaction) =>
        tell(await setTokenRate(transaction, acting, request), lastUse),
      );
    },

    join: async (acting: Acting, request: JoinTokenRequest) => {
      const lastUse = await lastUseOf(request.id);
      return ledger.write(method.joinToken, request, acting.actor, async (transaction) =>
        tell(await joinToken(transaction, acting, request, findProcedure), lastUse),
      );
    },

    leave: async (acting: Acting, request: LeaveTokenRequest) => {
      const lastUse = await lastUseOf(request.id);
      return ledger.write(method.leaveToken, request, acting.actor, async (transaction) =>
        tell(await leaveToken(transaction, acting, request), lastUse),
      );
    },

    revoke: async (acting: Acting, request: RevokeTokenRequest) => {
      const lastUse = await lastUseOf(request.id);
      return ledger.write(method.revokeToken, request, acting.actor, async (transaction) =>
        tell(await revokeToken(transaction, acting, request), lastUse),
      );
    },

    markLeaked: async (acting: Acting, request: MarkTokenLeakedRequest) => {
      const lastUse = await lastUseOf(request.id);
      return ledger.write(method.markTokenLeaked, request, acting.actor, async (transaction) =>
        tell(await markTokenLeaked(transaction, acting, request, dayOf), lastUse),
      );
    },

    prolong: async (acting: Acting, request: ProlongTokenRequest) => {
      const lastUse = await lastUseOf(request.id);
      return ledger.write(method.prolongToken, request, acting.actor, async (transaction) =>
        tell(await prolongToken(transaction, acting, request, parts), lastUse),
      );
    },
  };

  async function describe(record: TokenRecord): Promise<Token> {
    return describeToken(record, (await lastUses([record.id])).get(record.id), clock.now());
  }

  /** Read before the change, which waits for nothing else, and without which a leaked token is revoked as well. */
  async function lastUseOf(id: string): Promise<string | undefined> {
    try {
      return (await lastUses([id])).get(id);
    } catch {
      return undefined;
    }
  }

  function tell(record: TokenRecord, lastUse: string | undefined) {
    return { token: describeToken(record, lastUse, clock.now()) };
  }

  function show(
    { token, secret }: ShownToken,
    lastUse: string | undefined,
    { validateOnly }: { readonly validateOnly: boolean },
  ) {
    // What is only checked is rolled back: its secret would open nothing.
    return { ...tell(token, lastUse), secret: validateOnly ? "" : secret };
  }
}

function withoutSecret<Answer extends { readonly secret: string }>(answer: Answer): Answer {
  return { ...answer, secret: "" };
}

function statusOf({ status }: ListTokensRequest): TokenFilter["status"] {
  const name = tokenStatuses.find((candidate) => statusNumbers[candidate] === status);
  // The contract refuses to be asked for it.
  return name === "never used" ? "active" : name;
}
