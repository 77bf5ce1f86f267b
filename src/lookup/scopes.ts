/** What each scope of the version 3 contract unmasks. */
export const lookupScopes = {
  mesri_identite: "Birth name, given names and birth date.",
  mesri_admissions: "Admissions and registrations, with their first and last days.",
  mesri_admission_inscrit: "Whether the student is registered, and not admitted only.",
  mesri_admission_regime_formation: "Training regime.",
  mesri_admission_commune_etudes: "COG code of the commune of study.",
  mesri_admission_etablissement_etudes: "Institution: its UAI and its name.",
} as const satisfies Record<string, string>;

export type LookupScope = keyof typeof lookupScopes;

/** Whether a lookup could answer anything at all: the other scopes only add to the admissions. */
export function canLookUp(scopes: ReadonlySet<string>): boolean {
  return (
    scopes.has("mesri_admissions" satisfies LookupScope) || scopes.has("mesri_identite" satisfies LookupScope)
  );
}
