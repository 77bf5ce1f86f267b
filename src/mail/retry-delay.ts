const firstDelayMs = 60_000;
const longestDelayMs = 4 * 3_600_000;
/** Time for which a message that is refused for now is tried again (RFC 5321, 4.5.4.1). */
const giveUpAfterMs = 5 * 86_400_000;

/**
 * Milliseconds until the next attempt: a minute after the first failure, twice as long after each further one, four
 * hours at most, each between half and one and a half times as long so that messages do not come back together.
 * `random` is from 0 to 1.
 */
export function retryDelayMs(failures: number, random: number): number {
  const delay = Math.min(firstDelayMs * 2 ** Math.max(0, failures - 1), longestDelayMs);
  return Math.round(delay * (0.5 + random));
}

/** Refusals whose delays, in the mean, add up to that time. */
const maxFailures = countFailures();

/**
 * Whether a message that was refused for now is given up. Refusals count and not its age: one that waited for a server
 * which was away, or that an operator queued again, has its five days like any other.
 */
export function isGivenUp(failures: number): boolean {
  return failures > maxFailures;
}

function countFailures(): number {
  let failures = 0;
  for (let waitedMs = 0; waitedMs <= giveUpAfterMs; waitedMs += retryDelayMs(failures, 0.5)) failures += 1;
  return failures;
}

/** Milliseconds that all messages wait when the server cannot be used: from a second to five minutes. */
export function pauseMs(failures: number, random: number): number {
  return Math.round(Math.min(1000 * 2 ** Math.max(0, failures - 1), 300_000) * (0.5 + random));
}
