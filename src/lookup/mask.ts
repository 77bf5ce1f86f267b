// What a token may see, for the proto contract. The answer is built from nothing, scope by scope: a field that no
// scope unmasks is never copied, so that it cannot be forgotten.
import { create, type MessageInitShape } from "@bufbuild/protobuf";
import {
  type Admission,
  AdmissionSchema,
  type Student,
  StudentSchema,
} from "../gen/statutetudiant/lookup/v1/lookup_pb.ts";
import type { FoundAdmission, FoundStudent } from "./lookup.ts";
import type { LookupScope } from "./scopes.ts";
import { regimeCode, regimeLabels } from "./training-regime.ts";

/** Makes the answer from the fields that the scopes unmask. */
export function maskStudent(found: FoundStudent, scopes: ReadonlySet<string>): Student {
  const may = (scope: LookupScope) => scopes.has(scope);
  const masked: MessageInitShape<typeof StudentSchema> = {};
  if (may("mesri_identite")) {
    const { birthName, givenNames, birthDate } = found.student;
    masked.identity = { birthName, givenNames: [...givenNames], birthDate };
  }
  if (may("mesri_admissions")) {
    masked.admissions = found.admissions.map((admission) => maskAdmission(admission, may));
  }
  return create(StudentSchema, masked);
}

function maskAdmission(
  { admission, institution }: FoundAdmission,
  may: (scope: LookupScope) => boolean,
): Admission {
  const { startDate, endDate, registered, regime, communeCog, uai } = admission;
  const masked: MessageInitShape<typeof AdmissionSchema> = { startDate, endDate };
  if (may("mesri_admission_inscrit")) masked.registered = registered;
  if (may("mesri_admission_regime_formation")) {
    masked.regime = { code: regimeCode(regime), label: regimeLabels[regime] };
  }
  if (may("mesri_admission_commune_etudes")) masked.communeCog = communeCog;
  if (may("mesri_admission_etablissement_etudes")) {
    masked.institution = { uai, name: institution?.name ?? "" };
  }
  return create(AdmissionSchema, masked);
}
