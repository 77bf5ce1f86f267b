// What a caller is told of its rate: the headers RateLimit-Limit, -Remaining and -Reset.
import type { Clock } from "../clock.ts";
import { ServiceError } from "../errors.ts";
import type { Allowance } from "../guard/guard.ts";
import type { ReplyHeaders } from "./reply.ts";
import type { Surface } from "./surface.ts";

/**
 * What a call that was refused is told. Whatever has come back to its token since, it has nothing left; and it is not
 * told to come sooner than `Retry-After` says, since the whole service may be what is full.
 */
export function afterRefusal({ limit, resetMs }: Allowance, refusal: unknown): Allowance {
  const retryAfterMs = refusal instanceof ServiceError ? (refusal.options.retryAfterMs ?? 0) : 0;
  return { limit, remaining: 0, resetMs: Math.max(resetMs, Math.ceil(retryAfterMs / 1000) * 1000) };
}

/** Adds the headers to those of an answer. An absent `form` is a delay. */
export function writeRateLimit(
  headers: ReplyHeaders,
  { limit, remaining, resetMs }: Allowance,
  form: Surface["rateLimitReset"] | undefined,
  clock: Pick<Clock, "now">,
): void {
  headers["ratelimit-limit"] = String(limit);
  headers["ratelimit-remaining"] = String(remaining);
  headers["ratelimit-reset"] = String(
    form === "instant" ? instantIn(resetMs, clock) : Math.ceil(resetMs / 1000),
  );
}

/** The first whole second after the end, so that whoever counts whole seconds until then comes in time. */
function instantIn(ms: number, clock: Pick<Clock, "now">): number {
  return Math.floor((clock.now() + ms) / 1000) + 1;
}
