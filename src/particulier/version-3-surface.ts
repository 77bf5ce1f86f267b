// How version 3 of the public contract speaks when something is wrong.
import type { ConnectError } from "@connectrpc/connect";
import { type FieldViolation, type PublicRow, ServiceError } from "../errors.ts";
import {
  GetByIdentityRequestSchema,
  GetByIneRequestSchema,
} from "../gen/particulier/v3/student_status_pb.ts";
import type { Surface } from "../request/surface.ts";
import { errorRow, sentenceOf } from "./error-row.ts";
import { describeProblem, type Expectations, parameterNames, parameterOf } from "./parameter-problem.ts";

interface Version3ErrorObject {
  readonly code: string;
  readonly title: string;
  readonly detail: string;
  readonly source: { readonly parameter: string } | null;
  readonly meta: Readonly<Record<string, string | number>>;
}

export const version3Surface: Surface = {
  path: "/v3",
  package: "particulier.v3",
  // Clients of the public service send parameters of other services too (`context`, `object`).
  unknownQueryParameters: "ignore",
  dropsEmptyParameters: true,
  jsonOptions: {},
  rateLimitReset: "instant",
  renderError(error, target) {
    const body = JSON.stringify({ errors: version3Errors(error, target) });
    return { status: errorRow(error).v3.http, contentType: "application/json", body };
  },
};

function version3Errors(error: ConnectError, target: string): Version3ErrorObject[] {
  const options = error instanceof ServiceError ? error.options : {};
  if (options.violations !== undefined) return parameterErrors(errorRow(error), options.violations, target);
  const row = errorRow(error);
  const { code, title, detail = sentenceOf(error), parameter } = row.v3;
  return [
    {
      code,
      title,
      detail,
      source: parameter === undefined ? null : { parameter },
      meta: metaOf(row, options.hint, options.retryAfterMs),
    },
  ];
}

/** What a 404 adds for those who would take an absence for a proof. */
const partialCoverage = {
  coverage: "partial",
  notice:
    "Le référentiel ne couvre pas tous les établissements ni toutes les formations : ne pas y trouver une personne ne prouve pas qu'elle n'est pas étudiante.",
};

function metaOf(row: PublicRow, hint: string | undefined, retryAfterMs: number | undefined) {
  const { provider, retryInSeconds } = row.v3;
  const retryIn = retryAfterMs === undefined ? retryInSeconds : Math.ceil(retryAfterMs / 1000);
  return {
    ...(provider !== undefined && { provider: provider === true ? "MESRI" : provider }),
    ...(retryInSeconds !== undefined && retryIn !== undefined && { retry_in: retryIn }),
    ...(row.outcome === "not_found" && partialCoverage),
    ...(row.outcome === "not_found" && hint !== undefined && { hint }),
  };
}

const names = parameterNames([GetByIneRequestSchema, GetByIdentityRequestSchema]);

const required: ReadonlySet<string> = new Set([
  "recipient",
  "ine",
  "nomNaissance",
  "prenoms[]",
  "anneeDateNaissance",
  "moisDateNaissance",
  "jourDateNaissance",
  "sexeEtatCivil",
]);

const expectations: Expectations = {
  anneeDateNaissance: "doit être une année de 1900 à 2199, sur quatre chiffres",
  moisDateNaissance: "doit être un mois de 1 à 12, ou 0 quand l'état civil ne le connaît pas",
  jourDateNaissance: "doit être un jour de 1 à 31, ou 0 quand l'état civil ne le connaît pas",
  sexeEtatCivil: "doit valoir M ou F",
  codeCogInseePaysNaissance: "doit être le code officiel géographique d'un pays : 99 et trois chiffres",
};

/** One error for each bad parameter. */
function parameterErrors(
  { v3 }: PublicRow,
  violations: readonly FieldViolation[],
  target: string,
): Version3ErrorObject[] {
  const given = new URLSearchParams(target.slice(target.indexOf("?") + 1));
  const errors = new Map<string, Version3ErrorObject>();
  for (const violation of violations) {
    const parameter = parameterOf(violation, names);
    if (errors.has(parameter)) continue;
    const detail =
      required.has(parameter) && !isGiven(given, parameter)
        ? `Le paramètre ${parameter} est obligatoire`
        : describeProblem(parameter, violation, expectations);
    const code = codeOf(parameter, v3.code);
    errors.set(parameter, { code, title: v3.title, detail, source: { parameter }, meta: {} });
  }
  return [...errors.values()];
}

function isGiven(given: URLSearchParams, parameter: string): boolean {
  const values = given.getAll(parameter).concat(given.getAll(parameter.replace("[]", "")));
  return values.some((value) => value !== "");
}

/** What is no parameter of the contract, such as a header, has the code of the row. */
function codeOf(parameter: string, other: string): string {
  if (parameter === "recipient") return "00203";
  if (parameter === "ine") return "00360";
  return [...names.values()].includes(parameter) ? "00366" : other;
}
