import { type AccessStorage, createAccessStorage } from "../access/access-storage.ts";
import type { CommandContext } from "./command.ts";
import { withMain } from "./with-main.ts";

/** Runs a command's work on partners and tokens, and closes the database whatever happens. */
export function withAccess<T>(
  context: CommandContext,
  work: (storage: AccessStorage) => Promise<T>,
): Promise<T> {
  return withMain(context, ({ database }) => work(createAccessStorage(database)));
}
