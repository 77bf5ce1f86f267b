/** Letters that Unicode's compatibility decomposition leaves whole. */
const letters: Readonly<Record<string, string>> = {
  Œ: "OE",
  Æ: "AE",
  ẞ: "SS",
  Ø: "O",
  Đ: "D",
  Ð: "D",
  Ł: "L",
  Þ: "TH",
  Ħ: "H",
  Ŧ: "T",
  Ŋ: "N",
  Ə: "E",
  İ: "I",
  ĸ: "K",
  // Hooked, barred and open letters of African and other alphabets.
  Ɓ: "B",
  Ƀ: "B",
  Ƈ: "C",
  Ȼ: "C",
  Ɖ: "D",
  Ɗ: "D",
  Ɛ: "E",
  Ǝ: "E",
  Ɇ: "E",
  Ƒ: "F",
  Ɠ: "G",
  Ɣ: "G",
  Ǥ: "G",
  Ɩ: "I",
  Ɨ: "I",
  Ɉ: "J",
  Ƙ: "K",
  Ƚ: "L",
  Ɲ: "N",
  Ƞ: "N",
  Ɔ: "O",
  Ɵ: "O",
  Ƥ: "P",
  Ɍ: "R",
  Ƭ: "T",
  Ʈ: "T",
  Ⱦ: "T",
  Ʉ: "U",
  Ʊ: "U",
  Ʋ: "V",
  Ɏ: "Y",
  Ƴ: "Y",
  Ƶ: "Z",
  Ʒ: "Z",
  Ȥ: "Z",
};

const mappedLetter = new RegExp(`[${Object.keys(letters).join("")}]`, "gu");

/**
 * The search key of a name: capitals A to Z, so that case, accents, ligatures, apostrophes, hyphens, spaces and
 * Unicode forms do not matter. A Latin letter that has none of these for an equal stays as it is: dropping it could
 * make two names one. The referential stores the key; a lookup computes the same.
 */
export function identityKey(name: string): string {
  if (plainName.test(name)) return name.toUpperCase();
  let key = "";
  for (let index = 0; index < name.length; index++) {
    const mapped = keyByCode[name.charCodeAt(index)];
    if (mapped === undefined) return decomposedKey(name);
    key += mapped;
  }
  return key;
}

const plainName = /^[A-Za-z]*$/;

/** The rule itself. It is context-free, so that the table below can hold its result letter by letter. */
function decomposedKey(name: string): string {
  return name
    .normalize("NFKD")
    .toUpperCase()
    .replace(mappedLetter, (letter) => letters[letter] ?? "")
    .normalize("NFKD")
    .replace(/\P{Script=Latin}/gu, "");
}

/** Keys of the code units up to Latin Extended-A, which almost all names are made of: normalizing costs 1 µs. */
const keyByCode: readonly string[] = Array.from({ length: 0x180 }, (_, code) =>
  decomposedKey(String.fromCharCode(code)),
);
