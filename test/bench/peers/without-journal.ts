// The service itself, with a journal that acknowledges at once and keeps nothing: what remains is the journal's cost.
import { startApp } from "../../../src/app.ts";
import { systemClock } from "../../../src/clock.ts";
import { readConfig } from "../../../src/config.ts";
import { createLog } from "../../../src/log.ts";

const config = readConfig();
const app = await startApp(config, systemClock, createLog(config.LOG_LEVEL), undefined, async () => ({
  append: () => Promise.resolve(),
  healthy: true,
  close: () => Promise.resolve(),
}));
process.once("SIGTERM", () => app.close());
app.complete.catch(() => process.exit(1));
process.stdout.write(`listening on http://127.0.0.1:${app.port}\n`);
