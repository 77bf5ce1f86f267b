// Loads the modules of the office while lookups are answered already.
import { setImmediate as nextTurn } from "node:timers/promises";
import type { openOffice } from "./office.ts";

/** Each keeps the event loop to itself while it is read, some 50 ms on a slow core: calls are answered in between. */
const pieces: readonly (() => Promise<unknown>)[] = [
  () => import("./outboxes.ts"),
  () => import("./administration.ts"),
  () => import("./procedures-and-tokens.ts"),
  () => import("../mail/mails.ts"),
  () => import("./jobs.ts"),
  () => import("./services.ts"),
  () => import("./notices.ts"),
  () => import("./availability.ts"),
  () => import("./background.ts"),
  () => import("../proconnect/proconnect.ts"),
  () => import("../dashboard/create-dashboard.ts"),
  () => import("../dashboard/pages/operator/operator-pages.ts"),
  () => import("../dashboard/pages.ts"),
];

/** Gives what opens the office, once its modules are in memory. */
export async function loadOffice(): Promise<typeof openOffice> {
  for (const load of pieces) {
    await load();
    await nextTurn();
  }
  return (await import("./office.ts")).openOffice;
}
