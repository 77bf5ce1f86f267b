// Opening what is sealed of one call. As a search does, it leaves an event of the audit log before it shows anything.
import { create } from "@bufbuild/protobuf";
import type { Acting } from "../audit/acting.ts";
import type { Ledger } from "../audit/ledger.ts";
import {
  JournalService,
  type OpenCallRequest,
  OpenCallRequestSchema,
} from "../gen/statutetudiant/journal/v1/journal_pb.ts";
import { found } from "../storage/found.ts";
import type { SealedFacts } from "./journal.ts";
import { ineIndex, type JournalKeys } from "./journal-keys.ts";
import type { JournalReader } from "./journal-storage.ts";
import { isNaming, openFacts, refuseNamingReason } from "./search-calls.ts";

export interface CallOpeningParts {
  readonly reader: Pick<JournalReader, "findByRequestId" | "open">;
  readonly keys: JournalKeys;
  readonly ledger: Pick<Ledger, "write">;
}

/** Stands in the audit log for a reason that held the INE. */
const withheldReason = "Motif retiré : il contenait l’INE.";

/**
 * Opens a call: its facts, or undefined when they cannot be read. Errors: `record_not_found`, `invalid_request` when the
 * reason holds the INE; that leaves its event too, since the refusal tells whose call it is.
 */
export function createCallOpening({ reader, keys, ledger }: CallOpeningParts) {
  return async ({ actor }: Acting, request: OpenCallRequest): Promise<SealedFacts | undefined> => {
    const { requestId, callId } = request;
    const line = found((await reader.findByRequestId(callId))[0]);
    const facts = openFacts(reader, line);
    const reason = isNaming(request.reason, facts?.ine) ? withheldReason : request.reason;
    // The fingerprint of what the ledger keeps must not lead back to the INE either.
    const kept = create(OpenCallRequestSchema, { requestId, callId, reason });
    await ledger.write(JournalService.method.openCall, kept, actor, async ({ record }) => {
      const student = facts?.ine && ineIndex(keys, facts.ine).toString("hex");
      record({ action: "journal.open", subject: callId, reason, after: { ...(student && { student }) } });
      return {};
    });
    refuseNamingReason(request.reason, facts?.ine);
    return facts;
  };
}
