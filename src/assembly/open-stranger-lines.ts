// What strangers may fill of the journal, as configured, and the log that tells what got no line. Part of the composition
// root.
import { createLineBudget } from "../access/line-budget.ts";
import type { Clock } from "../clock.ts";
import type { Config } from "../config.ts";
import { type Logger, tellOfLineless } from "../log.ts";
import { createStrangerLines, type StrangerLines } from "../request/stranger-lines.ts";

export function openStrangerLines({
  config,
  clock,
  log,
}: {
  readonly config: Config;
  readonly clock: Clock;
  readonly log: Logger;
}): StrangerLines & { close(): void } {
  const { tell, close } = tellOfLineless(log);
  const budget = createLineBudget(clock, {
    address: {
      burst: config.STRANGER_LINES_OF_ADDRESS,
      perSecond: config.STRANGER_LINES_OF_ADDRESS_PER_SECOND,
    },
    everybody: { burst: config.STRANGER_LINES, perSecond: config.STRANGER_LINES_PER_SECOND },
  });
  return { ...createStrangerLines(budget, tell), close };
}
