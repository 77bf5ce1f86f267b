// The door of statutetudiant.lookup.v1: reads the call, runs the use case, notes in the trace whose data left, masks.

import type { HandlerContext, ServiceImpl } from "@connectrpc/connect";
import { type Awaitable, then } from "../awaitable.ts";
import { type ServiceError, serviceError } from "../errors.ts";
import {
  type LookupByIdentityRequest,
  type LookupService,
  Sex,
  type Student,
} from "../gen/statutetudiant/lookup/v1/lookup_pb.ts";
import { birthplaceByCode, france } from "../identity/birthplace.ts";
import type { CommuneDirectory } from "../identity/communes.ts";
import type { Birthplace, IdentityCriteria } from "../identity/match.ts";
import { type CallTrace, callerOf, callOf } from "../request/call.ts";
import type { Lookup, LookupResult } from "./lookup.ts";
import type { LookUpUser } from "./lookup-user.ts";
import { maskStudent } from "./mask.ts";
import { canLookUp } from "./scopes.ts";

type Implementation = ServiceImpl<typeof LookupService>;

export function createLookupService(
  lookup: Lookup,
  communes: CommuneDirectory,
  lookUpUser: LookUpUser,
): Implementation {
  return {
    lookupByIne(request, context) {
      const { trace, scopes } = open(request, context);
      trace.ine = request.ine.toUpperCase();
      return then(lookup.byIne(request.ine, request.onDate), (result) => answer(result, trace, scopes));
    },
    lookupByIdentity(request, context) {
      const { trace, scopes } = open(request, context);
      return then(readCriteria(request, communes), (criteria) =>
        then(lookup.byIdentity(criteria, request.onDate), (result) => answer(result, trace, scopes, request)),
      );
    },
    async lookupByFranceConnect(request, context) {
      const { trace } = callOf(context);
      trace.agent = request.agent;
      const { result, scopes } = await lookUpUser(request, context);
      return { admissions: answer(result, trace, scopes).student.admissions };
    },
  };
}

/** Notes who asks for whom, then refuses a token that could see nothing, before anything is read. */
function open(
  request: { readonly recipient: string; readonly agent?: string | undefined },
  context: HandlerContext,
): { trace: CallTrace; scopes: ReadonlySet<string> } {
  const { trace } = callOf(context);
  trace.recipient = request.recipient;
  trace.agent = request.agent;
  const { scopes } = callerOf(context);
  if (!canLookUp(scopes)) throw serviceError("scope_missing", { hint: neededScopes });
  return { trace, scopes };
}

const neededScopes = "Il lui faut mesri_identite ou mesri_admissions.";

function answer(
  result: LookupResult,
  trace: CallTrace,
  scopes: ReadonlySet<string>,
  identity?: LookupByIdentityRequest,
): { student: Student } {
  trace.finding = result.finding;
  if (result.finding !== "one") throw notFound(identity);
  trace.ine = result.student.ine;
  return { student: maskStudent(result, scopes) };
}

/** Of nobody and of several people alike. */
function notFound(identity: LookupByIdentityRequest | undefined): ServiceError {
  const hint = identity === undefined ? undefined : narrowingHint(identity);
  return serviceError("student_not_found", hint === undefined ? {} : { hint });
}

function readCriteria(
  request: LookupByIdentityRequest,
  communes: CommuneDirectory,
): Awaitable<IdentityCriteria> {
  const { birthName, givenNames, birthDate } = request;
  const sex = request.sex === Sex.MALE ? "M" : "F";
  return then(readBirthplace(request, communes), (birthplace) => {
    return { birthName, givenNames, birthDate, sex, birthplace };
  });
}

function readBirthplace(
  { birthplaceCog, birthCommuneName, birthDepartment }: LookupByIdentityRequest,
  communes: CommuneDirectory,
): Awaitable<Birthplace | undefined> {
  if (birthplaceCog !== undefined) return birthplaceByCode(communes, birthplaceCog);
  if (birthCommuneName === undefined || birthDepartment === undefined) return undefined;
  return then(communes.byName(birthCommuneName, birthDepartment), (birthplace) => {
    if (birthplace === undefined) throw serviceError("invalid_request", { violations: [unknownCommune] });
    return birthplace;
  });
}

const unknownCommune = {
  field: "birth_commune_name",
  description: "Aucune commune, actuelle ou ancienne, ne porte ce nom dans le département indiqué.",
  rule: "birth_commune_name.known",
};

/** The optional parameters that were not given and could narrow any search. It depends on the request alone. */
function narrowingHint(request: LookupByIdentityRequest): string | undefined {
  const missing: string[] = [];
  if (request.givenNames.length === 1) missing.push("given_names (prénoms suivants)");
  const { birthplaceCog, birthCommuneName } = request;
  if ((birthplaceCog === undefined || birthplaceCog === france) && birthCommuneName === undefined) {
    missing.push("birthplace_cog (ou birth_commune_name et birth_department)");
  }
  if (missing.length === 0) return undefined;
  return `Paramètres facultatifs non renseignés qui préciseraient toute recherche : ${missing.join(", ")}.`;
}
