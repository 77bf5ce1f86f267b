import { existsSync } from "node:fs";
import { createProceduresAndTokens, type ProceduresAndTokens } from "../assembly/procedures-and-tokens.ts";
import type { Acting } from "../audit/acting.ts";
import { terminalActor } from "../audit/actor.ts";
import type { Ledger } from "../audit/ledger.ts";
import { ServiceError } from "../errors.ts";
import { createLastUses } from "../journal/last-use-storage.ts";
import { type Database, locateDatabase, openDatabase } from "../storage/database.ts";
import type { LastUses } from "../token/token-parts.ts";
import type { CommandContext } from "./command.ts";
import { isMissingTable, withMain } from "./with-main.ts";

export interface TerminalUse extends ProceduresAndTokens {
  /** Whoever sits at the terminal reaches all partners. */
  readonly acting: Acting;
  readonly database: Database;
  readonly ledger: Ledger;
}

/** Runs a command's work on procedures and tokens, and closes the databases whatever happens. */
export function withTokens<T>(context: CommandContext, work: (use: TerminalUse) => Promise<T>): Promise<T> {
  return withMain(context, async ({ database, ledger }) => {
    const journal = openJournalIfThere(context);
    try {
      const lastUses = journal === undefined ? neverUsed : orNeverUsed(createLastUses(journal));
      const features = createProceduresAndTokens({ database, ledger, clock: context.clock, lastUses });
      return await work({
        ...features,
        ...{ database, ledger, acting: { actor: terminalActor(), partnerId: undefined } },
      });
    } finally {
      await journal?.close();
    }
  });
}

/** Says which record was not found, in the words of the command line. */
export async function found<T>(kind: "token" | "procedure", id: string, answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    if (!(error instanceof ServiceError) || error.id !== "record_not_found") throw error;
    throw new Error(`no ${kind} has the identifier ${JSON.stringify(id)}`, { cause: error });
  }
}

function openJournalIfThere(context: CommandContext): Database | undefined {
  const { DATA_DIR: dataDir, DATABASE_URL: databaseUrl } = context.config();
  const place = locateDatabase({ dataDir, databaseUrl }, "journal");
  // Opening would make the file.
  return "file" in place && !existsSync(place.file) ? undefined : openDatabase(place);
}

const neverUsed: LastUses = async () => new Map();

/** Before the service's first start there is no journal, and no call. */
function orNeverUsed(lastUses: LastUses): LastUses {
  return async (tokenIds) => {
    try {
      return await lastUses(tokenIds);
    } catch (error) {
      if (isMissingTable(error)) return new Map();
      throw error;
    }
  };
}
