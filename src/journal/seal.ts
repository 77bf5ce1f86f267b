import { createCipheriv, createDecipheriv } from "node:crypto";
import type { JournalKeys } from "./journal-keys.ts";

const algorithm = "aes-256-gcm";
export const nonceBytes = 12;
const tagBytes = 16;

/**
 * Encrypts with the sealing key: nonce ‖ ciphertext ‖ tag. `place` (`chain:seq`) binds it to its line. The nonce is
 * fresh random bytes.
 */
export function seal(keys: JournalKeys, place: string, text: string, nonce: Uint8Array): Buffer {
  const cipher = createCipheriv(algorithm, keys.sealing.key, nonce, { authTagLength: tagBytes });
  cipher.setAAD(Buffer.from(place));
  return Buffer.concat([nonce, cipher.update(text, "utf8"), cipher.final(), cipher.getAuthTag()]);
}

/** Why sealed facts cannot be opened: `key` is not in the ring, or they are not what was sealed in this `place`. */
export class UnsealError extends Error {
  override readonly name = "UnsealError";
}

/** Opens what `seal` made under the key `keyId`; throws an UnsealError. */
export function unseal(keys: JournalKeys, keyId: string, place: string, sealed: Buffer): string {
  const key = keys.opening.get(keyId);
  if (key === undefined) throw new UnsealError(`the key ${JSON.stringify(keyId)} is not in the ring`);
  const tagAt = sealed.length - tagBytes;
  if (tagAt < nonceBytes) throw new UnsealError("the sealed facts are cut");
  const decipher = createDecipheriv(algorithm, key, sealed.subarray(0, nonceBytes), {
    authTagLength: tagBytes,
  });
  decipher.setAAD(Buffer.from(place));
  decipher.setAuthTag(sealed.subarray(tagAt));
  try {
    return Buffer.concat([decipher.update(sealed.subarray(nonceBytes, tagAt)), decipher.final()]).toString(
      "utf8",
    );
  } catch {
    throw new UnsealError("the sealed facts were changed or moved");
  }
}
