// FranceConnect's public keys: read once, held, read again when they are old or when one is missing.
import { createLocalJWKSet, type JSONWebKeySet, type JWTVerifyGetKey } from "jose";
import type { Clock } from "../clock.ts";
import { serviceError } from "../errors.ts";
import type { HttpExchange } from "./http-exchange.ts";
import { retryAfterMs } from "./http-exchange.ts";
import { asClaims } from "./introspection.ts";

/**
 * `createRemoteJWKSet` of jose would do, but for three things: it reads a body without bound, its ages follow a wall
 * clock that may be set, and a set that grew old while FranceConnect's endpoint of keys is down would stop answers
 * that could still be verified.
 */
export interface SigningKeys {
  /** The keys, read when there are none yet or when they are too old. Errors: those of the exchange. */
  current(): Promise<JWTVerifyGetKey>;
  /**
   * Reads the keys again after a signature that they did not verify; undefined when that was done moments ago, so
   * that bad answers cannot make every call ask twice.
   */
  renewed(): Promise<JWTVerifyGetKey | undefined>;
}

/** Age from which keys are read again in the background, and beyond which they no longer count, in milliseconds. */
const refreshAgeMs = 600_000;
const maxAgeMs = 3_600_000;
/** Time between two readings that unverifiable signatures may cause. */
const cooldownMs = 10_000;

export function createSigningKeys(
  url: string,
  exchange: HttpExchange,
  clock: Pick<Clock, "monotonic">,
  report: (cause: unknown) => void,
): SigningKeys {
  let held: JWTVerifyGetKey | undefined;
  let readAt = Number.NEGATIVE_INFINITY;
  let askedAt = Number.NEGATIVE_INFINITY;
  let reading: Promise<JWTVerifyGetKey> | undefined;

  const read = (): Promise<JWTVerifyGetKey> => {
    if (reading !== undefined) return reading;
    askedAt = clock.monotonic();
    const startedAt = askedAt;
    reading = fetchKeys(url, exchange)
      .then((keys) => {
        held = keys;
        readAt = startedAt;
        return keys;
      })
      .finally(() => {
        reading = undefined;
      });
    return reading;
  };
  const sinceAskedMs = () => clock.monotonic() - askedAt;
  return {
    async current() {
      const ageMs = clock.monotonic() - readAt;
      if (held === undefined || ageMs > maxAgeMs) return await read();
      if (ageMs > refreshAgeMs && sinceAskedMs() > cooldownMs) read().catch(report);
      return held;
    },
    async renewed() {
      if (reading !== undefined) return await reading;
      return sinceAskedMs() > cooldownMs ? await read() : undefined;
    },
  };
}

async function fetchKeys(url: string, exchange: HttpExchange): Promise<JWTVerifyGetKey> {
  const { status, body } = await exchange({ url, method: "GET", headers: { accept: "application/json" } });
  if (status !== 200) {
    throw serviceError("france_connect_down", {
      retryAfterMs,
      cause: new Error(`FranceConnect: HTTP ${status} instead of its keys`),
    });
  }
  try {
    return createLocalJWKSet(asClaims(JSON.parse(body), "the key set") as unknown as JSONWebKeySet);
  } catch {
    throw serviceError("france_connect_answer_unreadable", {
      cause: new Error("FranceConnect: what stands in place of its keys is no JSON Web Key Set"),
    });
  }
}
