// Loads the modules of the office while lookups are answered already.
import { setTimeout as pause } from "node:timers/promises";
import { loadRuleEngine } from "../validation/rule-engine.ts";
import type { openOffice } from "./office.ts";

/** Each keeps the event loop to itself while it is read, some 50 ms of a slow core. */
const pieces: readonly (() => unknown)[] = [
  loadRuleEngine,
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
    await betweenPieces();
  }
  return (await import("./office.ts")).openOffice;
}

/** For the calls that have come meanwhile: to be read, journaled and answered takes them several turns. */
export function betweenPieces(): Promise<void> {
  return pause(pauseMs);
}

const pauseMs = 10;
