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
};

/**
 * The search key of a name: capitals A to Z only, so that case, accents, ligatures, apostrophes, hyphens, spaces
 * and Unicode forms do not matter. The referential stores it; a lookup computes the same.
 */
export function identityKey(name: string): string {
  return name
    .normalize("NFKD")
    .toUpperCase()
    .replace(/[ŒÆẞØĐÐŁÞĦŦŊƏİ]/gu, (letter) => letters[letter] ?? "")
    .normalize("NFKD")
    .replace(/[^A-Z]/gu, "");
}
