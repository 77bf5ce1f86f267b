import { hash, randomBytes } from "node:crypto";
import { crc32 } from "node:zlib";

/** Every token starts so, and no other word does: scanners of leaked secrets can look for it. */
export const tokenPrefix = "stetu_";

const alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
/** 62^43 > 2^256 and 62^6 > 2^32. */
const randomLength = 43;
const checksumLength = 6;
const shape = new RegExp(`^${tokenPrefix}[0-9A-Za-z]{${randomLength + checksumLength}}$`, "u");
const checksumAt = tokenPrefix.length + randomLength;

/**
 * Makes the secret of a token: prefix, 256 random bits in base62 (43 characters), and the CRC-32 of both in base62
 * (6 characters), so that a mistyped or cut token is told from an unknown one without any storage.
 */
export function createTokenSecret(): string {
  const random = BigInt(`0x${randomBytes(32).toString("hex")}`);
  const body = tokenPrefix + toBase62(random, randomLength);
  return body + checksum(body);
}

/** Whether a text could be a secret, its checksum aside. */
export function hasTokenShape(text: string): boolean {
  return shape.test(text);
}

/** The secret itself when it has the shape and the checksum of one; undefined otherwise. */
export function parseTokenSecret(text: string): string | undefined {
  if (!shape.test(text)) return undefined;
  return checksum(text.slice(0, checksumAt)) === text.slice(checksumAt) ? text : undefined;
}

/** SHA-256 of a secret: all that is ever stored of it. 256 random bits need no salt and no slow hash. */
export function hashTokenSecret(secret: string): Buffer {
  return hash("sha256", secret, "buffer");
}

function checksum(body: string): string {
  let value = crc32(body);
  let digits = "";
  for (let length = 0; length < checksumLength; length += 1) {
    digits = alphabet.charAt(value % 62) + digits;
    value = Math.floor(value / 62);
  }
  return digits;
}

function toBase62(number: bigint, length: number): string {
  let rest = number;
  let digits = "";
  while (digits.length < length) {
    digits = alphabet.charAt(Number(rest % 62n)) + digits;
    rest /= 62n;
  }
  return digits;
}
