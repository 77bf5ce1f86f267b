// Whose calls a person may see: a contact those of the own partner's tokens, an operator those of all.
import type { Person } from "../access/person.ts";
import { serviceError } from "../errors.ts";

/** The tokens of a partner, whatever their state. */
export type TokenIdsOf = (partnerId: string) => Promise<readonly string[]>;

/**
 * The tokens whose calls a person asks for; undefined: everybody's. Empty texts ask for all. Errors:
 * `record_not_found` for another partner than the contact's own, which reads like one that does not exist.
 */
export async function tokensFor(
  person: Person,
  { partnerId, tokenId }: { readonly partnerId: string; readonly tokenId: string },
  tokenIdsOf: TokenIdsOf,
): Promise<readonly string[] | undefined> {
  const partner = person.kind === "contact" ? person.partnerId : partnerId;
  if (partnerId !== "" && partnerId !== partner) throw serviceError("record_not_found");
  if (partner === "") return tokenId === "" ? undefined : [tokenId];
  const tokens = await tokenIdsOf(partner);
  return tokenId === "" ? tokens : tokens.filter((own) => own === tokenId);
}
