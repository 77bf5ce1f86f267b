// The scopes that a token can hold, by the generation of the public contract that reads them.

/** Scopes of version 3, which this service's own methods read too: each unmasks fields. */
export const scopesOfVersion3 = [
  "mesri_identite",
  "mesri_admissions",
  "mesri_admission_inscrit",
  "mesri_admission_regime_formation",
  "mesri_admission_commune_etudes",
  "mesri_admission_etablissement_etudes",
] as const;

/** Scopes of version 2, three of which filter rows. */
const scopesOfVersion2 = [
  "mesri_identifiant",
  "mesri_identite",
  "mesri_inscription_etudiant",
  "mesri_inscription_autre",
  "mesri_admission",
  "mesri_etablissements",
] as const;

export const allScopes: ReadonlySet<string> = new Set([...scopesOfVersion3, ...scopesOfVersion2]);
