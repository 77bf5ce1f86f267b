// What a token may see on version 3. The answer is built from nothing, scope by scope: a field that no scope unmasks
// is never copied.
import type { MessageInitShape } from "@bufbuild/protobuf";
import type { AdmissionSchema, StudentStatusSchema } from "../gen/particulier/v3/student_status_pb.ts";
import type { FoundAdmission, FoundStudent } from "../lookup/lookup.ts";
import type { LookupScope } from "../lookup/scopes.ts";
import { regimeCode, regimeLabels } from "../lookup/training-regime.ts";
import type { Student } from "../referential/student.ts";
import { wholeDate } from "./birth-date.ts";

type Masked<Init> = { -readonly [Key in keyof Init]: Init[Key] };

/** Makes the answer from the fields that the scopes unmask. */
export function maskVersion3(
  { student, admissions }: FoundStudent,
  scopes: ReadonlySet<string>,
): MessageInitShape<typeof StudentStatusSchema> {
  const may = (scope: LookupScope) => scopes.has(scope);
  return {
    ...(may("mesri_identite") && { identite: identityOf(student) }),
    ...(may("mesri_admissions") && { admissions: admissions.map((each) => maskAdmission(each, may)) }),
  };
}

function identityOf({ birthName, givenNames, birthDate }: Student) {
  const dateNaissance = wholeDate(birthDate);
  return {
    nomNaissance: birthName,
    prenom: givenNames[0] ?? "",
    ...(dateNaissance !== undefined && { dateNaissance }),
  };
}

function maskAdmission(
  { admission, institution }: FoundAdmission,
  may: (scope: LookupScope) => boolean,
): MessageInitShape<typeof AdmissionSchema> {
  const { startDate, endDate, registered, regime, communeCog, uai } = admission;
  const masked: Masked<MessageInitShape<typeof AdmissionSchema>> = { dateDebut: startDate, dateFin: endDate };
  if (may("mesri_admission_inscrit")) masked.estInscrit = registered;
  if (may("mesri_admission_regime_formation")) {
    masked.regimeFormation = { libelle: regimeLabels[regime], code: regimeCode(regime) };
  }
  if (may("mesri_admission_commune_etudes")) masked.codeCogInseeCommune = communeCog;
  if (may("mesri_admission_etablissement_etudes")) {
    masked.etablissementEtudes = { uai, nom: institution?.name ?? "" };
  }
  return masked;
}
