import { hash, randomBytes } from "node:crypto";
import { crc32 } from "node:zlib";

/** Every token starts so, and no other word does: scanners of leaked secrets can look for it. */
export const tokenPrefix = "stetu_";
/** How the secrets of people start: of a session, and of the single-use code that opens one. */
export const sessionPrefix = "stses_";
export const signInCodePrefix = "stcod_";
export type SecretPrefix = typeof tokenPrefix | typeof sessionPrefix | typeof signInCodePrefix;

const alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
/** 62^43 > 2^256 and 62^6 > 2^32. */
const randomLength = 43;
const checksumLength = 6;
const shapes: Readonly<Record<SecretPrefix, RegExp>> = {
  [tokenPrefix]: shapeOf(tokenPrefix),
  [sessionPrefix]: shapeOf(sessionPrefix),
  [signInCodePrefix]: shapeOf(signInCodePrefix),
};

/**
 * Makes a secret: prefix, 256 random bits in base62 (43 characters), and the CRC-32 of both in base62
 * (6 characters), so that a mistyped or cut token is told from an unknown one without any storage.
 */
export function createSecret(prefix: SecretPrefix): string {
  const random = BigInt(`0x${randomBytes(32).toString("hex")}`);
  const body = prefix + toBase62(random, randomLength);
  return body + checksum(body);
}

/** Makes the secret of a token. */
export function createTokenSecret(): string {
  return createSecret(tokenPrefix);
}

function shapeOf(prefix: SecretPrefix): RegExp {
  return new RegExp(`^${prefix}[0-9A-Za-z]{${randomLength + checksumLength}}$`, "u");
}

/** Whether a text could be the secret of a token, its checksum aside. */
export function hasTokenShape(text: string): boolean {
  return shapes[tokenPrefix].test(text);
}

/** The secret itself when it has the shape and the checksum of one; undefined otherwise. */
export function parseSecret(prefix: SecretPrefix, text: string): string | undefined {
  if (!shapes[prefix].test(text)) return undefined;
  const checksumAt = prefix.length + randomLength;
  return checksum(text.slice(0, checksumAt)) === text.slice(checksumAt) ? text : undefined;
}

/** As `parseSecret`, of a token. */
export function parseTokenSecret(text: string): string | undefined {
  return parseSecret(tokenPrefix, text);
}

/** SHA-256 of a secret: all that is ever stored of it. 256 random bits need no salt and no slow hash. */
export function hashTokenSecret(secret: string): Buffer {
  // Through a text: a Buffer of its own gets memory outside the heap, which costs as much as the digest.
  return Buffer.from(hash("sha256", secret, "binary"), "latin1");
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
