// The doors of particulier.v2: the same use cases as our own contract, in the words of the deprecated public one.

import type { ServiceImpl } from "@connectrpc/connect";
import { type Awaitable, then } from "../awaitable.ts";
import { serviceError } from "../errors.ts";
import type { IntrospectionService } from "../gen/particulier/v2/introspection_pb.ts";
import type { GetStudentRequest, StudentService } from "../gen/particulier/v2/student_pb.ts";
import { birthplaceByCode } from "../identity/birthplace.ts";
import type { CommuneDirectory } from "../identity/communes.ts";
import type { IdentityCriteria } from "../identity/match.ts";
import type { Lookup, LookupResult } from "../lookup/lookup.ts";
import { type CallTrace, callerOf, callOf } from "../request/call.ts";
import { canLookUpVersion2, maskVersion2 } from "./version-2-mask.ts";

export function createVersion2Service(
  lookup: Lookup,
  communes: CommuneDirectory,
): ServiceImpl<typeof StudentService> {
  return {
    getStudent(request, context) {
      const { trace } = callOf(context);
      trace.recipient = request.recipient;
      const { scopes } = callerOf(context);
      if (!canLookUpVersion2(scopes)) throw serviceError("scope_missing");
      trace.ine = request.ine?.toUpperCase();
      return then(find(request, lookup, communes), (result) => answer(result, trace, scopes));
    },
  };
}

/** The contract's rules leave either an INE or a whole civil identity. */
function find(
  request: GetStudentRequest,
  lookup: Lookup,
  communes: CommuneDirectory,
): Awaitable<LookupResult> {
  if (request.ine !== undefined) return lookup.byIne(request.ine);
  return then(readIdentity(request, communes), (criteria) => lookup.byIdentity(criteria));
}

function readIdentity(request: GetStudentRequest, communes: CommuneDirectory): Awaitable<IdentityCriteria> {
  const { nom: birthName = "", prenom = "", dateDeNaissance: birthDate = "" } = request;
  const sex = request.sexe === "m" ? "M" : "F";
  return then(birthplaceByCode(communes, request.lieuDeNaissance), (birthplace) => {
    return { birthName, givenNames: [prenom], birthDate, sex, birthplace };
  });
}

function answer(result: LookupResult, trace: CallTrace, scopes: ReadonlySet<string>) {
  trace.finding = result.finding;
  if (result.finding !== "one") throw serviceError("student_not_found");
  trace.ine = result.student.ine;
  return maskVersion2(result, scopes);
}

/** Tells a partner about its own token, with the scopes of both generations. */
export function createVersion2Introspection(): ServiceImpl<typeof IntrospectionService> {
  return {
    introspect(_request, context) {
      const { tokenId, procedureName, scopes } = callerOf(context);
      return { id: tokenId, name: procedureName, scopes: [...scopes].sort() };
    },
  };
}
