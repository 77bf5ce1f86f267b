import assert from "node:assert/strict";
import { test } from "node:test";
import { identityKey } from "../../src/identity/identity-key.ts";
import { SeededRandom } from "../../src/referential/seeded-random.ts";

const sameName: readonly (readonly string[])[] = [
  ["Dupré", "DUPRÉ", "dupre", "Dupre\u0301", "DUPRE"],
  ["Lœtitia", "LŒTITIA", "Loetitia", "LOETITIA"],
  ["Lætitia", "LÆTITIA", "laetitia"],
  ["d'Artagnan", "D’ARTAGNAN", "d\u02bcArtagnan", "D ARTAGNAN", "DARTAGNAN"],
  ["de la Tour", "DE-LA-TOUR", "De  La Tour", "DELATOUR"],
  ["Jean-Pierre", "JEAN PIERRE", "Jean\u2010Pierre", "Jean\u2011Pierre", "JEANPIERRE"],
  ["İbrahim", "Ibrahim", "ıbrahim", "I\u0307BRAHIM"],
  ["Łukasz", "łukasz", "LUKASZ"],
  ["Bjørn", "BJØRN", "Bjorn"],
  ["Weiß", "WEIẞ", "weiss", "WEISS"],
  ["Nguyễn", "NGUYỄN", "Nguye\u0302\u0303n", "Nguyen"],
  ["Đặng", "ĐẶNG", "DANG"],
  ["Šťastný", "STASTNY"],
  ["Þór", "THOR"],
  ["Fran\u00e7oise", "Franc\u0327oise", "FRANCOISE"],
  ["Peña", "PEN\u0303A", "pena"],
  ["ﬁlippi", "Filippi"],
  ["Ｄｕｐｏｎｔ", "Dupont"],
  ["Ɓalde", "ɓalde", "BALDE"],
  ["Ɔɔ", "OO"],
  ["St. Martin", "ST MARTIN"],
];

test("spellings of one name have one key", () => {
  for (const [first = "", ...others] of sameName) {
    const key = identityKey(first);
    assert.match(key, /^[A-Z]+$/, first);
    for (const other of others) assert.equal(identityKey(other), key, `${first} and ${other}`);
  }
});

test("different names have different keys", () => {
  const names = ["Martin", "Martine", "Martinez", "Saint-Martin", "Marin", "Mortin", "Muller", "Mueller"];
  assert.equal(new Set(names.map(identityKey)).size, names.length);
});

test("a letter that nothing equals stays itself, and a name of Latin letters never has an empty key", () => {
  assert.notEqual(identityKey("ʘa"), identityKey("a"));
  for (let code = 0; code < 0x20000; code++) {
    const character = String.fromCodePoint(code);
    if (/(?=\p{Script=Latin})[\p{Lu}\p{Ll}]/u.test(character))
      assert.notEqual(identityKey(character), "", code.toString(16));
  }
});

test("the key does not depend on the Unicode form, and is its own key", () => {
  for (let code = 0x40; code < 0x2fff; code++) {
    const character = String.fromCodePoint(code);
    if (!/[\p{Script=Latin}\p{M}]/u.test(character)) continue;
    const key = identityKey(`a${character}z`);
    for (const form of ["NFC", "NFD", "NFKC", "NFKD"] as const) {
      assert.equal(identityKey(`a${character}z`.normalize(form)), key, `${code.toString(16)} ${form}`);
    }
    assert.equal(identityKey(key), key, code.toString(16));
  }
});

test("the quick way for common letters gives what the rule gives, whatever the name", () => {
  const random = new SeededRandom(9);
  // A combining mark counts for nothing and sends the name the long way.
  const mark = "\u0301";
  for (let round = 0; round < 20_000; round++) {
    const length = random.below(12);
    const name = Array.from({ length }, () => String.fromCharCode(1 + random.below(0x17f))).join("");
    assert.equal(identityKey(name), identityKey(`${name}${mark}`), JSON.stringify(name));
    assert.equal(
      identityKey(`-${name}'`),
      identityKey(name.toLowerCase()).toUpperCase(),
      JSON.stringify(name),
    );
  }
});
