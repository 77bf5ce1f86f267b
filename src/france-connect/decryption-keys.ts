// Our keys, to which FranceConnect encrypts its answers. Several at a time: a new one is published first, and the one
// before it opens answers until FranceConnect has read the new set (docs/france-connect.md).
import { createPrivateKey, createPublicKey, type JsonWebKey, type KeyObject } from "node:crypto";
import type { JWK } from "jose";
import { ConfigError } from "../config.ts";

export type KeyAlgorithm = "RSA-OAEP-256" | "ECDH-ES";

export interface DecryptionKey {
  readonly kid: string;
  readonly alg: KeyAlgorithm;
  readonly key: KeyObject;
  /** Whether it still opens answers and is no longer published. */
  readonly isRetired: boolean;
}

export interface DecryptionKeys {
  readonly keys: readonly DecryptionKey[];
  /** The document of `/.well-known/jwks.json`: public parts, in the order of the setting. */
  readonly published: { readonly keys: readonly JWK[] };
}

const maxKeys = 8;
const minModulusBits = 2048;

/**
 * Reads the setting FRANCE_CONNECT_KEYS: a JSON Web Key Set (RFC 7517) of private keys, each with `kid` and `alg`
 * (RSA-OAEP-256, of 2048 bits at least, or ECDH-ES on P-256). A key with `"retired": true` opens answers and is not
 * published. Errors: ConfigError, which repeats no key.
 */
export function parseDecryptionKeys(text: string): DecryptionKeys {
  const keys = readSet(text).map(toKey);
  if (new Set(keys.map(({ kid }) => kid)).size < keys.length) throw bad("must not name two keys alike");
  const published = keys.filter(({ isRetired }) => !isRetired).map(toPublicKey);
  if (published.length === 0) throw bad("must hold one key that is not retired");
  return { keys, published: { keys: published } };
}

/** The keys that may open an answer: the one that its header names, or all when it names none. */
export function keysFor(
  keys: readonly DecryptionKey[],
  kid: string | undefined,
  alg: string,
): readonly DecryptionKey[] {
  return keys.filter((key) => key.alg === alg && (kid === undefined || key.kid === kid));
}

function readSet(text: string): readonly JWK[] {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    throw bad("must be a JSON Web Key Set");
  }
  const keys = (document as { keys?: unknown } | null)?.keys;
  if (!Array.isArray(keys) || keys.length === 0 || keys.length > maxKeys) {
    throw bad(`must be a JSON Web Key Set of 1 to ${maxKeys} keys`);
  }
  return keys;
}

function toKey(jwk: JWK & { retired?: unknown }): DecryptionKey {
  const { kid, alg } = jwk ?? {};
  if (typeof kid !== "string" || kid === "") throw bad("must give each key its kid");
  if (alg !== "RSA-OAEP-256" && alg !== "ECDH-ES")
    throw bad("must hold keys for RSA-OAEP-256 or ECDH-ES only");
  const key = importPrivate(jwk);
  if (alg === "RSA-OAEP-256" && key.asymmetricKeyType !== "rsa")
    throw bad("has a key that is not for its alg");
  if (alg === "ECDH-ES" && key.asymmetricKeyDetails?.namedCurve !== "prime256v1") {
    throw bad("must hold EC keys of the curve P-256 only");
  }
  if ((key.asymmetricKeyDetails?.modulusLength ?? minModulusBits) < minModulusBits) {
    throw bad(`must hold RSA keys of ${minModulusBits} bits at least`);
  }
  return { kid, alg: alg as KeyAlgorithm, key, isRetired: jwk.retired === true };
}

function importPrivate(jwk: JWK): KeyObject {
  try {
    return createPrivateKey({ key: jwk as JsonWebKey, format: "jwk" });
  } catch {
    throw bad("must hold private keys that can be read");
  }
}

function toPublicKey({ kid, alg, key }: DecryptionKey): JWK {
  return { ...(createPublicKey(key).export({ format: "jwk" }) as JWK), kid, alg, use: "enc" };
}

function bad(what: string): ConfigError {
  return new ConfigError(`FRANCE_CONNECT_KEYS ${what}`);
}
