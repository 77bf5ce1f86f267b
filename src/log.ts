import { type Logger, pino } from "pino";
import type { Clock } from "./clock.ts";

export type { Logger };

/** What is told of an error: its kind and where it came from. A driver's error may carry the row as well. */
interface ToldError {
  readonly type: string;
  readonly code: string | undefined;
  readonly message: string;
  readonly stack: readonly string[];
}

const maxFrames = 8;
const maxMessage = 500;

/**
 * The application's log: JSON lines on standard error. It tells what the service does, never for whom: no URL, no
 * parameter, no token and no identity may be handed to it. What a call was is in the journal, by its request id.
 */
export function createLog(level: string): Logger {
  return pino(
    { level, base: null, timestamp: pino.stdTimeFunctions.isoTime, serializers: { err: describeError } },
    pino.destination({ dest: 2, sync: true }),
  );
}

function describeError(error: unknown): ToldError {
  if (!(error instanceof Error)) return { type: typeof error, code: undefined, message: "", stack: [] };
  const { code } = error as { code?: unknown };
  return {
    type: error.name,
    code: code === undefined ? undefined : String(code),
    message: withoutStatement(error.message).slice(0, maxMessage),
    stack: (error.stack ?? "").split("\n").filter(isFrame).slice(0, maxFrames),
  };
}

function isFrame(line: string): boolean {
  return /^\s+at /.test(line);
}

/** Knex writes the statement and its values before the driver's message. */
function withoutStatement(message: string): string {
  return message.slice(message.lastIndexOf(" - ") + 1).replace(/^- /, "");
}

/** Lets some lines through each second and counts the others: what a stranger can cause must not fill the log. */
function limitLines(nowMs: () => number, write: (suppressed: number) => void, perSecond = 10): () => boolean {
  let second = 0;
  let written = 0;
  let suppressed = 0;
  return () => {
    const current = Math.floor(nowMs() / 1000);
    if (current !== second) {
      if (suppressed > 0) write(suppressed);
      second = current;
      written = 0;
      suppressed = 0;
    }
    written += 1;
    if (written <= perSecond) return true;
    suppressed += 1;
    return false;
  };
}

/** Ends of requests that left no line of the journal, counted for the log. */
export interface LinelessTelling {
  tell(end: "cut" | "refused" | "answered"): void;
  /** Tells what is counted. */
  close(): void;
}

const tellingMs = 60_000;

/** Tells of requests without a line, never whose: at once of the first, then each minute how many more there were. */
export function tellOfLineless(log: Logger): LinelessTelling {
  let counted = { cut: 0, refused: 0, answered: 0 };
  let timer: NodeJS.Timeout | undefined;
  const write = () => {
    clearTimeout(timer);
    timer = undefined;
    if (counted.cut + counted.refused + counted.answered === 0) return;
    log.warn(counted, "requests of strangers left no line in the journal");
    counted = { cut: 0, refused: 0, answered: 0 };
    timer = setTimeout(write, tellingMs).unref();
  };
  return {
    tell(end) {
      counted[end] += 1;
      if (timer === undefined) write();
    },
    close() {
      write();
      clearTimeout(timer);
    },
  };
}

/** Writes why requests failed, a bounded number of them: a flood must not fill the disk. */
export function reportRequests(
  log: Logger,
  { monotonic }: Clock,
): (requestId: string, cause: unknown) => void {
  const mayWrite = limitLines(monotonic, (suppressed) => log.error({ suppressed }, "more requests failed"));
  return (requestId, cause) => {
    if (mayWrite()) log.error({ requestId, err: cause }, "request failed");
  };
}
