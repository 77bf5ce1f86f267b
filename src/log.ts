import { type Logger, pino } from "pino";

export type { Logger };

/**
 * The application's log: JSON lines on standard error. It tells what the service does, never for whom: no URL, no
 * parameter, no token and no identity may be handed to it. What a call was is in the journal, by its request id.
 */
export function createLog(level: string): Logger {
  return pino(
    { level, base: null, timestamp: pino.stdTimeFunctions.isoTime },
    pino.destination({ dest: 2, sync: true }),
  );
}
