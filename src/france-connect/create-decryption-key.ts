import { calculateJwkThumbprint, exportJWK, generateKeyPair, type JWK } from "jose";
import type { KeyAlgorithm } from "./decryption-keys.ts";

/** Makes a private key for FRANCE_CONNECT_KEYS. Its `kid` is its thumbprint (RFC 7638), so that no two are alike. */
export async function createDecryptionKey(alg: KeyAlgorithm): Promise<JWK> {
  const { privateKey } = await generateKeyPair(alg, { extractable: true, modulusLength: 3072, crv: "P-256" });
  const jwk = await exportJWK(privateKey);
  return { kid: await calculateJwkThumbprint(jwk), alg, use: "enc", ...jwk };
}
