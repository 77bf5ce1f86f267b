import { readFile } from "node:fs/promises";
import { systemActor } from "../audit/actor.ts";
import type { Ledger } from "../audit/ledger.ts";
import { publishTerms } from "./terms.ts";
import { readVersions } from "./terms-storage.ts";

const version = "2026-11";
const file = new URL(`../../db/seeds/terms-${version}.md`, import.meta.url);

/** Publishes the terms of the demonstration where no version is; again does nothing. */
export async function ensureDemonstrationTerms(ledger: Ledger): Promise<void> {
  const markdown = await readFile(file, "utf8");
  const effectiveDate = `${version}-01`;
  await ledger.change(systemActor("demonstration"), async (transaction) => {
    if ((await readVersions(transaction.knex)).length > 0) return;
    const reason = "Démonstration";
    const summary = "Première version, celle de la démonstration.";
    const request = { version, effectiveDate, major: true, markdown, summary, reason };
    await publishTerms(transaction, request, effectiveDate);
  });
}
