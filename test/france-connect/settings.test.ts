import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { exportJWK, generateKeyPair, type JWK } from "jose";
import { ConfigError, readConfig } from "../../src/config.ts";
import { createDecryptionKey } from "../../src/france-connect/create-decryption-key.ts";
import { parseDecryptionKeys } from "../../src/france-connect/decryption-keys.ts";
import { readFranceConnectSettings } from "../../src/france-connect/france-connect-settings.ts";
import { runStatut } from "../support/service.ts";

const ecdh = await createDecryptionKey("ECDH-ES");
const rsa = await createDecryptionKey("RSA-OAEP-256");
const set = (...keys: unknown[]) => JSON.stringify({ keys });

const good = {
  FRANCE_CONNECT: "v2",
  FRANCE_CONNECT_URL: "https://fc.exemple.fr/api/v2/checktoken",
  FRANCE_CONNECT_ISSUER: "https://fc.exemple.fr/api/v2",
  FRANCE_CONNECT_JWKS_URL: "https://fc.exemple.fr/api/v2/jwks",
  FRANCE_CONNECT_CLIENT_ID: "nous",
  FRANCE_CONNECT_CLIENT_SECRET: "secret",
  FRANCE_CONNECT_KEYS: set(ecdh, rsa),
};

const read = (different: Record<string, string | undefined> = {}) =>
  readFranceConnectSettings(readConfig({ ...good, ...different }));

suite("settings", () => {
  test("are absent when FranceConnect is off", () => {
    assert.equal(readFranceConnectSettings(readConfig({})), undefined);
    assert.equal(read({ FRANCE_CONNECT: "off" }), undefined);
  });

  test("of version 2 are read together", () => {
    const settings = read();
    assert.equal(settings?.version, 2);
    assert.deepEqual(settings?.version === 2 && settings.decryptionKeys?.keys.map(({ kid }) => kid), [
      ecdh.kid,
      rsa.kid,
    ]);
  });

  test("of version 1 need an address only", () => {
    const { FRANCE_CONNECT_URL } = good;
    const settings = readFranceConnectSettings(readConfig({ FRANCE_CONNECT: "v1", FRANCE_CONNECT_URL }));
    assert.deepEqual(settings, { version: 1, url: FRANCE_CONNECT_URL, minAcr: "eidas1" });
  });

  for (const name of ["URL", "ISSUER", "JWKS_URL", "CLIENT_ID", "CLIENT_SECRET"]) {
    test(`FRANCE_CONNECT_${name} is required`, () => {
      assert.throws(
        () => read({ [`FRANCE_CONNECT_${name}`]: undefined }),
        refuses(`FRANCE_CONNECT_${name} is required`),
      );
    });
  }

  test("may be in cleartext on this machine only", () => {
    assert.ok(
      read({
        FRANCE_CONNECT_URL: "http://127.0.0.1:3000/checktoken",
        FRANCE_CONNECT_JWKS_URL: "http://[::1]/jwks",
      }),
    );
    for (const url of ["http://fc.exemple.fr/", "http://127.0.0.1.exemple.fr/", "http://10.0.0.1/"]) {
      assert.throws(
        () => read({ FRANCE_CONNECT_URL: url }),
        refuses("FRANCE_CONNECT_URL must start with https"),
      );
      assert.throws(
        () => read({ FRANCE_CONNECT_JWKS_URL: url }),
        refuses("FRANCE_CONNECT_JWKS_URL must start with https"),
      );
    }
  });

  test("that are bad end the start with exit code 2, and repeat no secret", async () => {
    for (const [different, message] of [
      [{ FRANCE_CONNECT_KEYS: '{"keys":[{"kid":"un-secret"}]}' }, /^error: FRANCE_CONNECT_KEYS must/],
      [{ FRANCE_CONNECT: "stand-in" }, /^error: FRANCE_CONNECT=stand-in is for --demonstration only/],
    ] as const) {
      const { code, stderr } = await runStatut(["serve"], { ...process.env, ...good, ...different });
      assert.equal(code, 2);
      assert.match(stderr, message);
      assert.doesNotMatch(stderr, /un-secret/);
    }
  });
});

suite("our keys", () => {
  test("are published in their order, without what is private and what is retired", () => {
    const { keys, published } = parseDecryptionKeys(set(rsa, { ...ecdh, retired: true }));
    assert.deepEqual(
      keys.map(({ kid, isRetired }) => [kid, isRetired]),
      [
        [rsa.kid, false],
        [ecdh.kid, true],
      ],
    );
    assert.deepEqual(published.keys, [
      { kty: "RSA", n: rsa.n, e: rsa.e, kid: rsa.kid, alg: "RSA-OAEP-256", use: "enc" },
    ]);
  });

  test("that are made are good, and differ", async () => {
    assert.notEqual((await createDecryptionKey("ECDH-ES")).kid, ecdh.kid);
    assert.equal(Buffer.from(rsa.n ?? "", "base64url").length * 8, 3072);
  });

  test("that cannot be used are refused", async () => {
    const small = await exportPrivate("RSA-OAEP-256", { modulusLength: 2048 });
    const { p: _p, q: _q, d: _d, dp: _dp, dq: _dq, qi: _qi, ...publicRsa } = rsa;
    const p384 = await exportPrivate("ECDH-ES", { crv: "P-384" });
    const x25519 = await exportPrivate("ECDH-ES", { crv: "X25519" });
    const bad: [text: string, message: string][] = [
      ["", "must be a JSON Web Key Set"],
      ["[]", "must be a JSON Web Key Set of 1 to 8 keys"],
      [set(), "must be a JSON Web Key Set of 1 to 8 keys"],
      [set(...Array(9).fill(ecdh)), "must be a JSON Web Key Set of 1 to 8 keys"],
      [set(null), "must give each key its kid"],
      [set({ ...ecdh, kid: undefined }), "must give each key its kid"],
      [set({ ...ecdh, alg: undefined }), "must hold keys for RSA-OAEP-256 or ECDH-ES only"],
      [set({ ...rsa, alg: "RSA1_5" }), "must hold keys for RSA-OAEP-256 or ECDH-ES only"],
      [set({ ...ecdh, alg: "RSA-OAEP-256" }), "has a key that is not for its alg"],
      [set({ ...rsa, alg: "ECDH-ES" }), "must hold EC keys of the curve P-256 only"],
      [set(publicRsa), "must hold private keys that can be read"],
      [set({ ...p384, kid: "a", alg: "ECDH-ES" }), "must hold EC keys of the curve P-256 only"],
      [set({ ...x25519, kid: "a", alg: "ECDH-ES" }), "must hold EC keys of the curve P-256 only"],
      [set(ecdh, ecdh), "must not name two keys alike"],
      [set({ ...ecdh, retired: true }), "must hold one key that is not retired"],
    ];
    for (const [text, message] of bad) {
      assert.throws(() => parseDecryptionKeys(text), refuses(`FRANCE_CONNECT_KEYS ${message}`));
    }
    assert.ok(parseDecryptionKeys(set({ ...small, kid: "a", alg: "RSA-OAEP-256" })));
  });
});

async function exportPrivate(alg: string, options: { modulusLength?: number; crv?: string }): Promise<JWK> {
  const { privateKey } = await generateKeyPair(alg, { extractable: true, ...options });
  return await exportJWK(privateKey);
}

function refuses(start: string): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof ConfigError, String(error));
    assert.ok(error.message.startsWith(start), error.message);
    return true;
  };
}
