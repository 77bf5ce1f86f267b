/** Id of our own rule: texts without control characters and well encoded. */
export const uncleanTextRule = "string.clean";

/** What a partner reads when a rule is broken, by rule id. It depends on the rule alone and never on the value. */
export const ruleDescriptions: Readonly<Record<string, string>> = {
  [uncleanTextRule]: "Ne doit comporter ni caractère de contrôle ni caractère mal encodé (UTF-8).",
  "string.ine": "Doit être un INE : 11 lettres ou chiffres.",
  "string.siret": "Doit être un SIRET : 14 chiffres dont la clé de contrôle est exacte.",
  "string.calendar_date": "Doit être une date qui existe, au format AAAA-MM-JJ.",
  "string.birth_date":
    "Doit être une date qui existe, au format AAAA-MM-JJ, avec 00 pour un jour inconnu ou pour un mois et un jour inconnus.",
  "string.cog":
    "Doit être un code officiel géographique de 5 caractères : une commune (29019, 2A004) ou un pays (99xxx).",
  "string.department": "Doit être un code de département : 01 à 95, 2A, 2B, 971 à 978 ou 984 à 989.",
  "string.person_name":
    "Doit comporter de 1 à 100 lettres latines, espaces, apostrophes, traits d'union ou points, dont une lettre au moins.",
  "string.lines":
    "Ne doit comporter aucun caractère de contrôle, sauf des sauts de ligne et des tabulations.",
  "string.min_len": "Est trop court : voir la longueur minimale au contrat.",
  "string.max_len": "Est trop long : voir la longueur maximale au contrat.",
  "string.pattern": "Comporte des caractères que le contrat n'admet pas.",
  "int32.gte_lte": "Doit être un nombre entre les bornes du contrat.",
  "repeated.min_items": "Comporte trop peu de valeurs : voir le nombre minimal au contrat.",
  "repeated.max_items": "Comporte trop de valeurs : voir le nombre maximal au contrat.",
  "repeated.unique": "Comporte deux fois la même valeur.",
  "enum.defined_only": "Doit être une des valeurs que le contrat admet.",
  "enum.in": "Doit être une des valeurs que le contrat admet ici.",
  "enum.not_in": "Doit être renseigné par une des valeurs que le contrat admet.",
  "ine.alone": "Se donne seul, ou à sa place nom, prenom, dateDeNaissance et sexe.",
  "overlap_days.lost": "Ne se donne pas lorsque le dernier secret est perdu.",
  "birth_commune_name.alone": "birth_commune_name et birth_department vont ensemble, et sans birthplace_cog.",
};

/** French description of a broken rule. */
export function describeRule(ruleId: string): string {
  return ruleDescriptions[ruleId] ?? "N'est pas conforme au contrat.";
}
