// What a scope lets a partner see, in plain French.

export const scopeWords: Readonly<Record<string, string>> = {
  mesri_identite: "Identité : nom de naissance, prénoms, date de naissance",
  mesri_admissions: "Admissions et inscriptions, avec leurs dates de début et de fin",
  mesri_admission_inscrit: "Si l’étudiant est inscrit, et non seulement admis",
  mesri_admission_regime_formation: "Régime de formation",
  mesri_admission_commune_etudes: "Commune d’études",
  mesri_admission_etablissement_etudes: "Établissement d’études",
  mesri_identifiant: "Identifiant national (INE), version 2",
  mesri_inscription_etudiant: "Inscriptions en formation initiale, version 2",
  mesri_inscription_autre: "Inscriptions en formation continue, version 2",
  mesri_admission: "Admissions sans inscription, version 2",
  mesri_etablissements: "Établissements des inscriptions et des admissions, version 2",
};

/** A scope in words; one that has none keeps its name. */
export function describeScope(scope: string): string {
  return scopeWords[scope] ?? scope;
}
