import type { Clock } from "../clock.ts";

/** Whether lookups can be answered, as it was last seen. */
export interface Readiness {
  readonly status: "ok" | "bad_gateway" | "unknown";
  /** Instant of the last look, in milliseconds. */
  readonly lastUpdate: number;
  /** Instant of the last look that found everything well; undefined: none did. */
  readonly lastOk: number | undefined;
}

export interface ReadinessWatch {
  read(): Readiness;
  close(): void;
}

const lookEveryMs = 1000;
/** A look that is older than this says nothing of now. */
const maxAgeMs = 10_000;

/** Looks once a second whether lookups can be answered, so that asking costs nothing, however often. */
export function watchReadiness(serving: () => boolean, clock: Clock): ReadinessWatch {
  let seen = look(undefined);
  const timer = setInterval(() => {
    seen = look(seen.lastOk);
  }, lookEveryMs);
  timer.unref();

  function look(lastOk: number | undefined) {
    const lastUpdate = clock.now();
    const isServing = serving();
    return { isServing, lastUpdate, lastOk: isServing ? lastUpdate : lastOk, at: clock.monotonic() };
  }

  return {
    read() {
      const { isServing, lastUpdate, lastOk, at } = seen;
      const isStale = clock.monotonic() - at > maxAgeMs;
      return { status: isStale ? "unknown" : isServing ? "ok" : "bad_gateway", lastUpdate, lastOk };
    },
    close: () => clearInterval(timer),
  };
}
