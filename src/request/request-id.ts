import { randomBytes } from "node:crypto";

/** Random bytes are drawn for many identifiers at once. */
const poolBytes = 4096;
const randomBytesPerId = 10;

let pool = Buffer.alloc(0);
let used = 0;

/**
 * A UUID of version 7 (RFC 9562, 5.7): 48 bits of time, then random bits. Identifiers of one time stand together in
 * the journal's index, which random ones would scatter.
 */
export function createRequestId(nowMs: number): string {
  if (used + randomBytesPerId > pool.length) {
    pool = randomBytes(poolBytes);
    used = 0;
  }
  const time = Math.trunc(nowMs).toString(16).padStart(12, "0");
  const random = pool.toString("hex", used, used + randomBytesPerId);
  const variant = "89ab".charAt(Number.parseInt(random.charAt(3), 16) & 3);
  used += randomBytesPerId;
  return `${time.slice(0, 8)}-${time.slice(8)}-7${random.slice(0, 3)}-${variant}${random.slice(4, 7)}-${random.slice(7, 19)}`;
}
