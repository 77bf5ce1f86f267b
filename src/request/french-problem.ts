// What the transcoder says of a bad field, in French: it speaks English, since it knows nothing of this service.

const sentences: Readonly<Record<string, string>> = {
  "must not be null": "Ne doit pas être null.",
  "has an invalid key": "Comporte une clé qui n'est pas valide.",
  "is not a field": "N'est pas un champ de cette requête.",
  "is given twice, under its proto name and its JSON name": "Est donné deux fois, sous ses deux noms.",
  "is given more than once": "Est donné plusieurs fois.",
  "is given by the body, not by the query": "Se donne dans le corps de la requête, pas dans son adresse.",
  "is given by the path, not by the query": "Se donne dans le chemin de l'adresse, pas dans ses paramètres.",
  "is not percent-encoded UTF-8": "N'est pas de l'UTF-8 encodé en pourcentage.",
  "is nested too deeply": "Est imbriqué trop profondément.",
  "leads through a field that is not a plain message": "Passe par un champ qui n'a pas de champs.",
  "cannot be given as text: it is a map or a message": "Ne peut pas être donné comme un texte.",
};

const types: Readonly<Record<string, string>> = {
  "a 32-bit integer": "un entier de 32 bits",
  "a 64-bit integer": "un entier de 64 bits",
  "an unsigned 32-bit integer": "un entier positif de 32 bits",
  "an unsigned 64-bit integer": "un entier positif de 64 bits",
  "a number": "un nombre",
  "a decimal number, NaN, Infinity or -Infinity": "un nombre décimal, NaN, Infinity ou -Infinity",
  "true or false": "true ou false",
  "a well-formed string": "un texte bien formé",
  base64: "un texte en base64",
  "base64 text": "un texte en base64",
  "an object": "un objet",
  "an array": "une liste",
  "a JSON value": "une valeur JSON",
  "an object with a known @type": "un objet dont le @type est connu",
  "an RFC 3339 date and time, such as 2026-01-31T09:30:00Z":
    "une date et une heure (RFC 3339), comme 2026-01-31T09:30:00Z",
  "seconds with the suffix s, such as 1.5s": "une durée en secondes suivies de s, comme 1.5s",
  "field paths separated by commas": "une liste de chemins de champs séparés par des virgules",
  "field paths in lowerCamelCase separated by commas":
    "une liste de chemins de champs en lowerCamelCase séparés par des virgules",
};

/** The sentence in French; undefined for one that is not known here. */
export function inFrench(description: string): string | undefined {
  if (Object.hasOwn(sentences, description)) return sentences[description];
  const [, rival] = /^excludes (\S+)$/.exec(description) ?? [];
  if (rival !== undefined) return `Ne peut pas être donné avec ${rival}.`;
  const [, wanted, decimal] = /^must be (.+?)(, in decimal)?$/.exec(description) ?? [];
  const type = wanted === undefined ? undefined : typeInFrench(wanted);
  return type === undefined ? undefined : `Doit être ${type}${decimal === undefined ? "" : ", en décimal"}.`;
}

function typeInFrench(type: string): string | undefined {
  if (Object.hasOwn(types, type)) return types[type];
  const [, name] = /^a value of (\w+), by name or number$/.exec(type) ?? [];
  return name === undefined ? undefined : `une valeur de ${name}, par son nom ou son numéro`;
}
