// What a token may see, for the proto contract. The answer is built from nothing, scope by scope: a field that no
// scope unmasks is never copied, so that it cannot be forgotten. Messages are written as literals, all of one shape:
// `create` would copy each of them once more, field by field.
import type { Admission, Student } from "../gen/statutetudiant/lookup/v1/lookup_pb.ts";
import type { FoundAdmission, FoundStudent } from "./lookup.ts";
import type { LookupScope } from "./scopes.ts";
import { regimeCode, regimeLabels } from "./training-regime.ts";

/** Makes the answer from the fields that the scopes unmask. */
export function maskStudent({ student, admissions }: FoundStudent, scopes: ReadonlySet<string>): Student {
  const may = (scope: LookupScope) => scopes.has(scope);
  const maskAdmission = createAdmissionMask(may);
  return {
    $typeName: "statutetudiant.lookup.v1.Student",
    identity: may("mesri_identite") ? identityOf(student) : undefined,
    admissions: may("mesri_admissions") ? admissions.map(maskAdmission) : [],
  };
}

function identityOf({ birthName, givenNames, birthDate }: FoundStudent["student"]): Student["identity"] {
  const $typeName = "statutetudiant.lookup.v1.Identity";
  return { $typeName, birthName, givenNames: [...givenNames], birthDate };
}

function createAdmissionMask(may: (scope: LookupScope) => boolean): (found: FoundAdmission) => Admission {
  const [mayRegistered, mayRegime, mayCommune, mayInstitution] = [
    may("mesri_admission_inscrit"),
    may("mesri_admission_regime_formation"),
    may("mesri_admission_commune_etudes"),
    may("mesri_admission_etablissement_etudes"),
  ];
  return (found) => {
    const { startDate, endDate, registered, regime, communeCog } = found.admission;
    return {
      $typeName: "statutetudiant.lookup.v1.Admission",
      startDate,
      endDate,
      registered: mayRegistered ? registered : undefined,
      regime: mayRegime ? regimeOf(regime) : undefined,
      communeCog: mayCommune ? communeCog : undefined,
      institution: mayInstitution ? institutionOf(found) : undefined,
    };
  };
}

function regimeOf(regime: FoundAdmission["admission"]["regime"]): Admission["regime"] {
  const $typeName = "statutetudiant.lookup.v1.TrainingRegime";
  return { $typeName, code: regimeCode(regime), label: regimeLabels[regime] };
}

function institutionOf({ admission, institution }: FoundAdmission): Admission["institution"] {
  const $typeName = "statutetudiant.lookup.v1.Institution";
  return { $typeName, uai: admission.uai, name: institution?.name ?? "" };
}
