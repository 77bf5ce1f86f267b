import assert from "node:assert/strict";
import { test } from "node:test";
import { createTokenSecret, hashTokenSecret, parseTokenSecret } from "../../src/access/token-secret.ts";

const secrets = Array.from({ length: 2000 }, createTokenSecret);

test("secrets have the prefix, 43 random characters and 6 of checksum, and suit the existing client", () => {
  for (const secret of secrets) {
    assert.match(secret, /^stetu_[0-9A-Za-z]{49}$/u);
    assert.match(secret, /^[A-Za-z0-9\-_=.]{15,}$/u);
    assert.equal(parseTokenSecret(secret), secret);
  }
  assert.equal(new Set(secrets).size, secrets.length);
});

test("the random part fills its 256 bits", () => {
  const alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  const numbers = secrets.map((secret) =>
    [...secret.slice(6, 49)].reduce((value, digit) => value * 62n + BigInt(alphabet.indexOf(digit)), 0n),
  );
  assert.ok(numbers.every((number) => number < 2n ** 256n));
  for (let bit = 0n; bit < 256n; bit += 1n) {
    const share = numbers.filter((number) => ((number >> bit) & 1n) === 1n).length / numbers.length;
    assert.ok(share > 0.4 && share < 0.6, `bit ${bit} is set in ${share} of the secrets`);
  }
});

test("one changed, missing, added or swapped character is refused without any storage", () => {
  const [secret = ""] = secrets;
  for (let index = 0; index < secret.length; index += 1) {
    const changed = secret.charAt(index) === "A" ? "B" : "A";
    assert.equal(parseTokenSecret(secret.slice(0, index) + changed + secret.slice(index + 1)), undefined);
    assert.equal(parseTokenSecret(secret.slice(0, index) + secret.slice(index + 1)), undefined);
    assert.equal(parseTokenSecret(`${secret.slice(0, index)}x${secret.slice(index)}`), undefined);
    const next = secret.charAt(index + 1);
    if (next === "" || next === secret.charAt(index)) continue;
    const swapped = secret.slice(0, index) + next + secret.charAt(index) + secret.slice(index + 2);
    assert.equal(parseTokenSecret(swapped), undefined);
  }
  for (const text of ["", " ", `${secret}\n`, ` ${secret}`, secret.toUpperCase(), secret.replace("_", "-")]) {
    assert.equal(parseTokenSecret(text), undefined);
  }
});

test("the hash is the SHA-256 of the whole secret", async () => {
  const [secret = ""] = secrets;
  const expected = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(secret));
  assert.deepEqual(hashTokenSecret(secret), Buffer.from(expected));
});
