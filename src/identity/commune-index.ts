// What lookups need of the official geographic code, made once from 8.6 MB of JSON into about 1 MB of text. Pure.
import { identityKey } from "./identity-key.ts";

/** A record of the data package (@etalab/decoupage-administratif), as far as it is read here. */
export interface CommuneRecord {
  readonly code: string;
  readonly nom: string;
  readonly departement: string;
  readonly type: "commune-actuelle" | "commune-deleguee" | "commune-associee" | "arrondissement-municipal";
  /** Codes that the commune, or those merged into it, had before. */
  readonly anciensCodes?: readonly string[];
  /** The present commune of a delegated or associated one. */
  readonly chefLieu?: string;
  /** The city of a district. */
  readonly commune?: string;
}

export interface CommuneIndex {
  /** By department: lines `\nKEY:CODE,CODE`, closed by a line feed; the key is a `communeKey` or a `looseKey`. */
  readonly names: ReadonlyMap<string, string>;
  /** By code: the codes that may stand for the same birthplace, separated by commas. */
  readonly equivalents: ReadonlyMap<string, string>;
}

export function buildCommuneIndex(records: Iterable<CommuneRecord>): CommuneIndex {
  const names = new Map<string, Map<string, string>>();
  const equivalents = new Map<string, string>();
  for (const record of records) {
    addNames(names, record);
    for (const other of relatedCodes(record)) {
      if (other === record.code) continue;
      addTo(equivalents, record.code, other);
      addTo(equivalents, other, record.code);
    }
  }
  return {
    names: new Map([...names].map(([department, known]) => [department, toLines(known)])),
    equivalents,
  };
}

function relatedCodes({ anciensCodes = [], chefLieu, commune }: CommuneRecord): readonly string[] {
  return [...anciensCodes, chefLieu, commune].filter((code) => code !== undefined);
}

/** Districts have no name of their own here: the contract's names hold no digits, and their city's name is theirs. */
function addNames(names: Map<string, Map<string, string>>, record: CommuneRecord): void {
  if (record.type === "arrondissement-municipal") return;
  const keys = communeKeys(record.nom);
  addCodes(names, record.departement, keys, [record.code]);
  for (const former of record.anciensCodes ?? []) {
    // A commune that changed department is known there under its present name: the package holds no older ones.
    const department = departmentOf(former);
    if (department !== record.departement) addCodes(names, department, keys, [former, record.code]);
  }
}

function addCodes(
  names: Map<string, Map<string, string>>,
  department: string,
  keys: readonly string[],
  codes: readonly string[],
): void {
  const known = names.get(department) ?? new Map<string, string>();
  names.set(department, known);
  for (const key of keys) for (const code of codes) addTo(known, key, code);
}

/** Department of a COG code: two characters, three overseas. */
function departmentOf(code: string): string {
  return code.slice(0, code.startsWith("97") || code.startsWith("98") ? 3 : 2);
}

/** Keys under which a name is found: without what the code adds in brackets, and loosely without its article. */
function communeKeys(name: string): readonly string[] {
  const plain = name.replace(/ \(.*$/u, "");
  const bare = plain.replace(article, "");
  return bare === plain ? [communeKey(plain)] : [communeKey(plain), looseKey(bare)];
}

const article = /^(?:l['\u2019]|(?:le|la|les|los|las) )/iu;

/** Key of a name that lacks the article which the official one has, as in older files (ABERGEMENT-CLEMENCIAT). */
export function looseKey(name: string): string {
  return `~${communeKey(name)}`;
}

/** Key of a commune's name: that of a person's name, with the abbreviations of Saint spelt out. */
export function communeKey(name: string): string {
  return identityKey(name.normalize("NFC").replace(abbreviations, spellOut));
}

const abbreviations = /(?<![\p{L}\p{M}])(?:st|ste|sts|stes)(?![\p{L}\p{M}])/giu;

function spellOut(abbreviation: string): string {
  return `saint${abbreviation.slice(2)}`;
}

/** Lists are text from the start: forty thousand sets of one code each would take megabytes. */
function addTo(lists: Map<string, string>, key: string, code: string): void {
  const known = lists.get(key);
  if (known === undefined) lists.set(key, code);
  else if (!known.split(",").includes(code)) lists.set(key, `${known},${code}`);
}

function toLines(codesByKey: ReadonlyMap<string, string>): string {
  return `${[...codesByKey].map(([key, codes]) => `\n${key}:${codes}`).join("")}\n`;
}
