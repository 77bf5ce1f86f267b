// What people do with procedures: each a change of the ledger, in the states of procedure-states.ts.
import { type Acting, ownOnly } from "../audit/acting.ts";
import type { Ledger, LedgerTransaction } from "../audit/ledger.ts";
import { serviceError } from "../errors.ts";
import {
  type ApproveProcedureRequest,
  type CloseProcedureRequest,
  type CreateProcedureRequest,
  type GetProcedureRequest,
  type ListProceduresRequest,
  type ProcedureContent,
  ProcedureService,
  type RefuseProcedureRequest,
  type RequestProcedureChangesRequest,
  type SubmitProcedureRequest,
  type UpdateProcedureRequest,
  type WithdrawProcedureRequest,
} from "../gen/statutetudiant/procedure/v1/procedure_pb.ts";
import { createId } from "../storage/create-id.ts";
import type { Database } from "../storage/database.ts";
import { readPage } from "../storage/page.ts";
import { changeProcedure, decisionOf, recordChange } from "./change-procedure.ts";
import { checkContent, refuseIncomplete, scopesOf } from "./procedure-content.ts";
import { describeProcedure, stateNumbers } from "./procedure-message.ts";
import { procedureStates } from "./procedure-states.ts";
import {
  countOpenProcedures,
  findProcedure,
  findProcedureByName,
  insertProcedure,
  listProcedures,
  type NewProcedure,
  procedureOrders,
} from "./procedure-storage.ts";

/** What an approval says to the tokens of a procedure. */
export interface ApprovedUse {
  readonly procedureId: string;
  readonly scopes: readonly string[];
  /** The procedure to whose purpose its own is approved as close. */
  readonly closeTo: string | undefined;
}

/** What procedures need to know of tokens, and tell them. */
export interface TokensOfProcedures {
  /**
   * Takes from the tokens of a procedure the scopes that are no longer approved. Errors: `shared_scopes_differ`,
   * `shared_purpose_not_close`, when the approval would break what lets it share a token.
   */
  follow(transaction: LedgerTransaction, use: ApprovedUse): Promise<void>;
  /** Whether a token that is neither revoked nor past serves it. */
  isServed(transaction: LedgerTransaction, procedureId: string): Promise<boolean>;
}

export interface ProcedureParts {
  readonly database: Database;
  readonly ledger: Ledger;
  readonly tokens: TokensOfProcedures;
  /** Whether a text may not stand in an e-mail. */
  readonly isUnmailable: (text: string) => boolean;
}

export type Procedures = ReturnType<typeof createProcedures>;

/** Open procedures of one partner. */
const maxOpen = 500;
const method = ProcedureService.method;

export function createProcedures({ database, ledger, tokens, isUnmailable }: ProcedureParts) {
  return {
    async get(acting: Acting, { id }: GetProcedureRequest) {
      return { procedure: describeProcedure(ownOnly(acting, await findProcedure(database.knex, id))) };
    },

    async list(acting: Acting, request: ListProceduresRequest) {
      const filter = {
        partnerId: acting.partnerId ?? (request.partnerId || undefined),
        state: procedureStates.find((state) => stateNumbers[state] === request.state),
      };
      const { partnerId } = request;
      if (partnerId !== "") ownOnly(acting, { partnerId });
      const page = readPage(request, procedureOrders, filter);
      const { rows, nextPageToken } = await listProcedures(database.knex, filter, page);
      return { procedures: rows.map(describeProcedure), nextPageToken };
    },

    create: (acting: Acting, request: CreateProcedureRequest) =>
      ledger.write(method.createProcedure, request, acting.actor, async (transaction) => {
        const { knex, now, version } = transaction;
        const { partnerId } = acting;
        if (partnerId === undefined) throw serviceError("role_insufficient");
        const content = contentOf(request);
        checkContent(content, undefined, isUnmailable);
        if ((await countOpenProcedures(knex, partnerId)) >= maxOpen) throw serviceError("procedures_limited");
        await refuseTakenName(transaction, partnerId, content.name, undefined);
        const drafted = draft(partnerId, content, now);
        await insertProcedure(knex, drafted, version);
        recordChange(transaction, "procedure.create", undefined, drafted);
        return { procedure: describeProcedure(ownOnly(acting, await findProcedure(knex, drafted.id))) };
      }),

    update: (acting: Acting, request: UpdateProcedureRequest) =>
      ledger.write(method.updateProcedure, request, acting.actor, (transaction) =>
        changeProcedure(transaction, acting, request, "edit", async (record) => {
          const content = contentOf(request);
          checkContent(content, record.id, isUnmailable);
          await refuseTakenName(transaction, record.partnerId, content.name, record.id);
          // What counts keeps its name until the new one is approved.
          return { proposal: content, name: record.approved?.name ?? content.name };
        }),
      ),

    submit: (acting: Acting, request: SubmitProcedureRequest) =>
      ledger.write(method.submitProcedure, request, acting.actor, (transaction) =>
        changeProcedure(transaction, acting, request, "submit", async (record) => {
          if (record.partnerState === "terminated") throw serviceError("partner_not_active");
          refuseIncomplete(pendingOf(record));
          return { submittedAt: transaction.now };
        }),
      ),

    approve: (acting: Acting, request: ApproveProcedureRequest) =>
      ledger.write(method.approveProcedure, request, acting.actor, (transaction) =>
        changeProcedure(transaction, acting, request, "approve", async (record) => {
          const approved = pendingOf(record);
          const { closeTo } = approved;
          if (request.approveCloseness && closeTo === undefined) throw serviceError("closeness_not_declared");
          if (closeTo !== undefined) await refuseForeignCloseness(transaction, record, closeTo.procedureId);
          await refuseTakenName(transaction, record.partnerId, approved.name, record.id);
          await tokens.follow(transaction, {
            procedureId: record.id,
            scopes: scopesOf(approved),
            closeTo: request.approveCloseness ? closeTo?.procedureId : undefined,
          });
          return {
            approved,
            proposal: undefined,
            name: approved.name,
            closenessApproved: request.approveCloseness,
            decision: decisionOf(transaction, acting, request.reason),
          };
        }),
      ),

    requestChanges: (acting: Acting, request: RequestProcedureChangesRequest) =>
      ledger.write(method.requestProcedureChanges, request, acting.actor, (transaction) =>
        changeProcedure(transaction, acting, request, "request_changes", async () => ({
          decision: decisionOf(transaction, acting, request.reason),
        })),
      ),

    refuse: (acting: Acting, request: RefuseProcedureRequest) =>
      ledger.write(method.refuseProcedure, request, acting.actor, (transaction) =>
        changeProcedure(transaction, acting, request, "refuse", async () => ({
          decision: decisionOf(transaction, acting, request.reason),
        })),
      ),

    withdraw: (acting: Acting, request: WithdrawProcedureRequest) =>
      ledger.write(method.withdrawProcedure, request, acting.actor, (transaction) =>
        changeProcedure(transaction, acting, request, "withdraw", async (record) =>
          record.approved === undefined ? {} : { proposal: undefined },
        ),
      ),

    close: (acting: Acting, request: CloseProcedureRequest) =>
      ledger.write(method.closeProcedure, request, acting.actor, (transaction) =>
        changeProcedure(transaction, acting, request, "close", async (record) => {
          if (await tokens.isServed(transaction, record.id)) throw serviceError("procedure_in_use");
          return {};
        }),
      ),
  };
}

function contentOf({ content }: { readonly content?: ProcedureContent | undefined }): ProcedureContent {
  if (content !== undefined) return content;
  // The contract requires it: only a caller that went around its rules gets here.
  const violations = [{ field: "content", description: "Est requis." }];
  throw serviceError("invalid_request", { violations });
}

function pendingOf({ proposal }: { readonly proposal: ProcedureContent | undefined }): ProcedureContent {
  if (proposal === undefined) throw serviceError("internal", { cause: new Error("nothing is pending") });
  return proposal;
}

function draft(partnerId: string, content: ProcedureContent, now: number): NewProcedure {
  return {
    ...{ id: createId("prc"), partnerId, name: content.name, state: "draft", proposal: content },
    ...{ approved: undefined, closenessApproved: false, decision: undefined, submittedAt: undefined },
    ...{ origin: "contact", createdAt: now, updatedAt: now, revision: 1 },
  };
}

async function refuseTakenName(
  { knex }: LedgerTransaction,
  partnerId: string,
  name: string,
  id: string | undefined,
): Promise<void> {
  const holder = await findProcedureByName(knex, partnerId, name);
  if (holder !== undefined && holder.id !== id) throw serviceError("procedure_name_taken");
}

/** The procedure whose purpose is close must be the partner's own, and still be open. */
async function refuseForeignCloseness(
  { knex }: LedgerTransaction,
  record: { readonly partnerId: string },
  closeTo: string,
): Promise<void> {
  const other = await findProcedure(knex, closeTo);
  if (other === undefined || other.partnerId !== record.partnerId || other.state === "closed") {
    throw serviceError("closeness_unfounded");
  }
}
