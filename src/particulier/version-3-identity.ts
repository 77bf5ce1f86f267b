// The civil identity that a version 3 request describes.
import { type Awaitable, then } from "../awaitable.ts";
import { type FieldViolation, serviceError } from "../errors.ts";
import type { GetByIdentityRequest } from "../gen/particulier/v3/student_status_pb.ts";
import { birthplaceByCode, france } from "../identity/birthplace.ts";
import type { CommuneDirectory } from "../identity/communes.ts";
import type { Birthplace, IdentityCriteria } from "../identity/match.ts";
import { existsInCalendar } from "./birth-date.ts";

/**
 * What is wrong with parameters that are well formed by themselves: a date that does not exist, parameters that need or
 * contradict each other, and a commune that is not known (while the names of communes are being read, `readIdentity`
 * tells that).
 */
export function checkIdentity(
  request: GetByIdentityRequest,
  isGood: (field: string) => boolean,
  communes: CommuneDirectory,
): FieldViolation[] {
  return [
    ...(dateFields.every(isGood) ? checkDate(request) : []),
    ...(birthplaceFields.every(isGood) ? checkBirthplace(request) : []),
    ...(communeFields.every(isGood) ? checkCommune(request, communes) : []),
  ];
}

const dateFields = ["annee_date_naissance", "mois_date_naissance", "jour_date_naissance"];
const communeFields = ["nom_commune_naissance", "code_cog_insee_departement_naissance"];
const birthplaceFields = [
  ...communeFields,
  "code_cog_insee_commune_naissance",
  "code_cog_insee_pays_naissance",
];

/** Reads the criteria of a request that is checked. Errors: `invalid_request` for an unknown commune. */
export function readIdentity(
  request: GetByIdentityRequest,
  communes: CommuneDirectory,
): Awaitable<IdentityCriteria> {
  const criteria = {
    birthName: request.nomNaissance,
    givenNames: request.prenoms,
    birthDate: writeDate(request),
    sex: request.sexeEtatCivil === "M" ? ("M" as const) : ("F" as const),
  };
  return then(readBirthplace(request, communes), (birthplace) => ({ ...criteria, birthplace }));
}

/** The optional parameters that were not given and could narrow any search. It depends on the request alone. */
export function narrowingHint(request: GetByIdentityRequest): string | undefined {
  const missing: string[] = [];
  if (request.prenoms.length === 1) missing.push("prenoms[] (prénoms suivants)");
  if (!hasBirthplace(request)) {
    missing.push("codeCogInseeCommuneNaissance (ou nomCommuneNaissance et codeCogInseeDepartementNaissance)");
  }
  if (missing.length === 0) return undefined;
  return `Paramètres facultatifs non renseignés qui préciseraient toute recherche : ${missing.join(", ")}.`;
}

function writeDate({ anneeDateNaissance, moisDateNaissance, jourDateNaissance }: GetByIdentityRequest) {
  return `${anneeDateNaissance}-${moisDateNaissance.padStart(2, "0")}-${jourDateNaissance.padStart(2, "0")}`;
}

function checkDate(request: GetByIdentityRequest): FieldViolation[] {
  const month = Number(request.moisDateNaissance);
  const day = Number(request.jourDateNaissance);
  if (existsInCalendar(Number(request.anneeDateNaissance), month, day)) return [];
  return month === 0
    ? [problem("mois_date_naissance", "Doit être renseigné quand le jour l'est.")]
    : [problem("jour_date_naissance", "N'existe pas dans le mois indiqué.")];
}

/** A code counts before a name; a country before both, unless it is France. */
function checkBirthplace(request: GetByIdentityRequest): FieldViolation[] {
  const {
    codeCogInseeCommuneNaissance: commune,
    codeCogInseeDepartementNaissance: department,
    nomCommuneNaissance: name,
  } = request;
  const country = foreignCountry(request);
  if (country !== undefined) {
    const agrees = commune === undefined || commune === country;
    return agrees
      ? []
      : [problem("code_cog_insee_pays_naissance", "Contredit codeCogInseeCommuneNaissance.")];
  }
  if (commune !== undefined || (name === undefined) === (department === undefined)) return [];
  return name === undefined
    ? [problem("nom_commune_naissance", "Va avec codeCogInseeDepartementNaissance.")]
    : [problem("code_cog_insee_departement_naissance", "Va avec nomCommuneNaissance.")];
}

function hasBirthplace(request: GetByIdentityRequest): boolean {
  const { codeCogInseeCommuneNaissance: commune, nomCommuneNaissance: name } = request;
  return (
    foreignCountry(request) !== undefined ||
    (commune !== undefined && commune !== france) ||
    name !== undefined
  );
}

function foreignCountry({ codeCogInseePaysNaissance: country }: GetByIdentityRequest): string | undefined {
  return country === france ? undefined : country;
}

function readBirthplace(
  request: GetByIdentityRequest,
  communes: CommuneDirectory,
): Awaitable<Birthplace | undefined> {
  const named = namedCommune(request);
  if (named === undefined) {
    return birthplaceByCode(communes, foreignCountry(request) ?? request.codeCogInseeCommuneNaissance);
  }
  return then(communes.byName(...named), (birthplace) => {
    if (birthplace === undefined) throw serviceError("invalid_request", { violations: [unknownCommune] });
    return birthplace;
  });
}

function checkCommune(request: GetByIdentityRequest, communes: CommuneDirectory): FieldViolation[] {
  const named = namedCommune(request);
  return named !== undefined && communes.knowsName(...named) === false ? [unknownCommune] : [];
}

/** The commune's name and department, when they are what counts. */
function namedCommune(request: GetByIdentityRequest): [name: string, department: string] | undefined {
  const {
    codeCogInseeCommuneNaissance: commune,
    codeCogInseeDepartementNaissance: department,
    nomCommuneNaissance: name,
  } = request;
  const hasCode = commune !== undefined || foreignCountry(request) !== undefined;
  return hasCode || name === undefined || department === undefined ? undefined : [name, department];
}

const unknownCommune = problem(
  "nom_commune_naissance",
  "N'est le nom d'aucune commune, actuelle ou ancienne, du département indiqué.",
);

function problem(field: string, description: string): FieldViolation {
  return { field, description, rule: `${field}.consistent` };
}
