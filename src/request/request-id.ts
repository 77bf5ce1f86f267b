import { randomBytes } from "node:crypto";

/** Random digits are drawn for many identifiers at once. */
const poolBytes = 4096;
/** Hexadecimal digits of one identifier. */
const digitsPerId = 19;

let pool = "";
let used = 0;
/** What identifiers of one millisecond begin with. */
let beginning = "";
let beginningMs = Number.NaN;

/**
 * A UUID of version 7 (RFC 9562, 5.7): 48 bits of time, then random bits. Identifiers of one time stand together in
 * the journal's index, which random ones would scatter. Hot: of each call.
 */
export function createRequestId(nowMs: number): string {
  if (nowMs !== beginningMs) {
    const time = Math.trunc(nowMs).toString(16).padStart(12, "0");
    beginning = `${time.slice(0, 8)}-${time.slice(8)}-7`;
    beginningMs = nowMs;
  }
  if (used + digitsPerId > pool.length) {
    pool = randomBytes(poolBytes).toString("hex");
    used = 0;
  }
  const from = used;
  used += digitsPerId;
  const variant = "89ab".charAt(Number.parseInt(pool.charAt(from), 16) & 3);
  return `${beginning}${pool.slice(from + 1, from + 4)}-${variant}${pool.slice(from + 4, from + 7)}-${pool.slice(from + 7, used)}`;
}
