import { isUnmailable } from "../assembly/outboxes.ts";
import type { Actor } from "../audit/actor.ts";
import type { Ledger } from "../audit/ledger.ts";
import { ensureTerminalPartner } from "../partner/terminal-partner.ts";
import { findProcedureFacts } from "../procedure/procedure-facts.ts";
import { ensureTerminalProcedure } from "../procedure/terminal-procedure.ts";
import { followProcedure } from "../token/follow-procedure.ts";
import {
  checkTerminalRequest,
  type IssuedToken,
  issueTerminalToken,
  type TerminalTokenRequest,
} from "../token/terminal-token.ts";

/**
 * Breaks the glass: makes partner, procedure and token in one transaction, without the contacts and the approval that
 * the service's methods ask for. The audit log and the partner see that it was done at the terminal. Errors:
 * `invalid_request` naming every bad field, `procedure_not_approved`, `scopes_exceed_procedure`,
 * `shared_scopes_differ`.
 */
export async function issueAtTerminal(
  ledger: Ledger,
  actor: Actor,
  request: TerminalTokenRequest,
): Promise<IssuedToken> {
  checkTerminalRequest(request);
  const { partnerSiret: siret, partnerName, procedureName } = request;
  return ledger.change(actor, async (transaction) => {
    const partner = await ensureTerminalPartner(
      transaction,
      { siret, name: partnerName.trim() },
      isUnmailable,
    );
    const wanted = { partnerId: partner.id, name: procedureName.trim(), scopes: request.scopes };
    const procedure = await ensureTerminalProcedure(transaction, wanted, {
      follow: (use) => followProcedure(transaction, use, findProcedureFacts),
      isUnmailable,
    });
    return issueTerminalToken(transaction, { partnerId: partner.id, procedureId: procedure.id }, request);
  });
}
