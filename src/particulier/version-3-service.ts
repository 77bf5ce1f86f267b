// The door of particulier.v3: the same use cases as our own contract, in the words of the public one.

import type { HandlerContext, ServiceImpl } from "@connectrpc/connect";
import { then } from "../awaitable.ts";
import { serviceError } from "../errors.ts";
import type { StudentStatusService } from "../gen/particulier/v3/student_status_pb.ts";
import type { CommuneDirectory } from "../identity/communes.ts";
import type { Lookup, LookupResult } from "../lookup/lookup.ts";
import type { LookUpUser } from "../lookup/lookup-user.ts";
import { canLookUp } from "../lookup/scopes.ts";
import { type CallTrace, callerOf, callOf } from "../request/call.ts";
import { narrowingHint, readIdentity } from "./version-3-identity.ts";
import { maskVersion3 } from "./version-3-mask.ts";

export function createVersion3Service(
  lookup: Lookup,
  communes: CommuneDirectory,
  lookUpUser: LookUpUser,
): ServiceImpl<typeof StudentStatusService> {
  return {
    getByIne({ ine, recipient }, context) {
      const { trace, scopes } = open(recipient, context);
      trace.ine = ine.toUpperCase();
      return then(lookup.byIne(ine), (result) => answer(result, trace, scopes));
    },
    getByIdentity(request, context) {
      const { trace, scopes } = open(request.recipient, context);
      return then(readIdentity(request, communes), (criteria) =>
        then(lookup.byIdentity(criteria), (result) => answer(result, trace, scopes, narrowingHint(request))),
      );
    },
    async getByFranceConnect(request, context) {
      const { result, scopes } = await lookUpUser(request, context);
      return answer(result, callOf(context).trace, scopes);
    },
  };
}

/** Notes for whom the call is, then refuses a token that could see nothing, before anything is read. */
function open(recipient: string, context: HandlerContext): { trace: CallTrace; scopes: ReadonlySet<string> } {
  const { trace } = callOf(context);
  trace.recipient = recipient;
  const { scopes } = callerOf(context);
  if (!canLookUp(scopes)) throw serviceError("scope_missing");
  return { trace, scopes };
}

/** A student without admission in the window is not found, as on the public service: `admissions` is never empty. */
function answer(result: LookupResult, trace: CallTrace, scopes: ReadonlySet<string>, hint?: string) {
  trace.finding = result.finding;
  if (result.finding === "one") trace.ine = result.student.ine;
  if (result.finding !== "one" || result.admissions.length === 0) {
    throw serviceError("student_not_found", hint === undefined ? {} : { hint });
  }
  return { data: maskVersion3(result, scopes), links: {}, meta: {} };
}
