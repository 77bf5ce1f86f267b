// What a token may see on version 2, whose scopes choose fields of the student and rows of its registrations.
import type { MessageInitShape } from "@bufbuild/protobuf";
import type { GetStudentResponseSchema, RegistrationSchema } from "../gen/particulier/v2/student_pb.ts";
import type { FoundAdmission, FoundStudent } from "../lookup/lookup.ts";
import type { Admission, Student } from "../referential/student.ts";
import { wholeDate } from "./birth-date.ts";

/** Scopes that show something by themselves; `mesri_etablissements` only adds to rows. */
const showingScopes = [
  "mesri_identifiant",
  "mesri_identite",
  "mesri_inscription_etudiant",
  "mesri_inscription_autre",
  "mesri_admission",
] as const;

type Version2Scope = (typeof showingScopes)[number] | "mesri_etablissements";

/** Whether a lookup could show anything at all. */
export function canLookUpVersion2(scopes: ReadonlySet<string>): boolean {
  return showingScopes.some((scope) => scopes.has(scope));
}

/** Makes the answer from the fields and rows that the scopes unmask. */
export function maskVersion2(
  { student, admissions }: FoundStudent,
  scopes: ReadonlySet<string>,
): MessageInitShape<typeof GetStudentResponseSchema> {
  const may = (scope: Version2Scope) => scopes.has(scope);
  return {
    ...(may("mesri_identifiant") && { ine: student.ine }),
    ...(may("mesri_identite") && identityOf(student)),
    inscriptions: admissions
      .filter(({ admission }) => may(rowScope(admission)))
      .map((each) => registrationOf(each, may("mesri_etablissements"))),
  };
}

function identityOf({ birthName, givenNames, birthDate }: Student) {
  const dateNaissance = wholeDate(birthDate);
  return {
    nom: birthName,
    prenom: givenNames[0] ?? "",
    ...(dateNaissance !== undefined && { dateNaissance }),
  };
}

function rowScope(admission: Admission): Version2Scope {
  if (!admission.registered) return "mesri_admission";
  return isInitial(admission) ? "mesri_inscription_etudiant" : "mesri_inscription_autre";
}

/** RF1 to RF4 read "formation initiale", RF5 to RF7 "formation continue". */
function isInitial({ regime }: Admission): boolean {
  return regime <= 4;
}

function registrationOf(
  { admission, institution }: FoundAdmission,
  withInstitution: boolean,
): MessageInitShape<typeof RegistrationSchema> {
  const { startDate, endDate, registered, communeCog, uai } = admission;
  return {
    dateDebutInscription: startDate,
    dateFinInscription: endDate,
    statut: registered ? "inscrit" : "admis",
    regime: isInitial(admission) ? "formation initiale" : "formation continue",
    codeCommune: communeCog,
    ...(withInstitution && { etablissement: { uai, nom: institution?.name ?? "" } }),
  };
}
