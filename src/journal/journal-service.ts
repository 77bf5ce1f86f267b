import type { ServiceImpl } from "@connectrpc/connect";
import { actingAs } from "../audit/acting.ts";
import type { JournalService } from "../gen/statutetudiant/journal/v1/journal_pb.ts";
import { callOf, personOf } from "../request/call.ts";
import type { createCallOpening } from "./open-call.ts";
import type { createCallSearch } from "./search-calls.ts";

/** Implements `JournalService`. Errors: those of the search and of the opening. */
export function createJournalService(
  searchCalls: ReturnType<typeof createCallSearch>,
  openCall: ReturnType<typeof createCallOpening>,
): ServiceImpl<typeof JournalService> {
  return {
    searchCalls(request, context) {
      // The student may learn of this search as well: its own line is found by a later one.
      callOf(context).trace.ine = request.ine;
      return searchCalls(actingAs(personOf(context)), request);
    },
    async openCall(request, context) {
      const facts = await openCall(actingAs(personOf(context)), request);
      if (facts === undefined) return {};
      callOf(context).trace.ine = facts.ine;
      const { target, parameters = "", agent = "", ine = "", finding = "" } = facts;
      return { opened: { target, parameters, agent, ine, finding } };
    },
  };
}
