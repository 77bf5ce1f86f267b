import type { Awaitable } from "../awaitable.ts";
import type { CommuneDirectory } from "./communes.ts";
import type { Birthplace } from "./match.ts";

/** France in the list of countries of the COG. */
export const france = "99100";

/** The birthplace that a code means. France as a whole narrows nothing: births there are held by commune. */
export function birthplaceByCode(
  communes: CommuneDirectory,
  code: string | undefined,
): Awaitable<Birthplace | undefined> {
  return code === undefined || code === france ? undefined : communes.byCode(code);
}
