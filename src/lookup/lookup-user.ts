// The lookup of the user who is logged in with FranceConnect, the same for every surface.
import type { HandlerContext } from "@connectrpc/connect";
import { serviceError } from "../errors.ts";
import type { IdentityCriteria } from "../identity/match.ts";
import { type Call, callOf } from "../request/call.ts";
import type { Lookup, LookupResult } from "./lookup.ts";

/** The user whom a FranceConnect token stands for, and what the partner who presents it may see. */
export interface FranceConnectUser {
  readonly scopes: ReadonlySet<string>;
  /** Absent: the identity can match nobody. */
  readonly criteria: IdentityCriteria | undefined;
}

/** Identifies the user of the FranceConnect token in the header `Authorization` and admits the partner. */
export type IdentifyUser = (
  authorization: string | null,
  recipient: string,
  call: Call,
) => Promise<FranceConnectUser>;

/** What was found, and the scopes that it is masked by. */
export interface UserLookup {
  readonly result: LookupResult;
  readonly scopes: ReadonlySet<string>;
}

/** Looks up the user of a call. Errors: those of the identification, `france_connect_unavailable`, `token_missing`. */
export type LookUpUser = (
  request: { readonly recipient: string; readonly onDate?: string | undefined },
  context: Pick<HandlerContext, "values" | "requestHeader">,
) => Promise<UserLookup>;

/** `identify` is absent where FranceConnect is not configured. */
export function createLookUpUser(lookup: Lookup, identify: IdentifyUser | undefined): LookUpUser {
  return async ({ recipient, onDate }, context) => {
    const call = callOf(context);
    call.trace.recipient = recipient;
    const authorization = context.requestHeader.get("authorization");
    if (identify === undefined) {
      // Whether there is a bearer is all that is read of it.
      const hasBearer = /^bearer +\S/i.test(authorization ?? "");
      throw serviceError(hasBearer ? "france_connect_unavailable" : "token_missing");
    }
    const { scopes, criteria } = await identify(authorization, recipient, call);
    const result =
      criteria === undefined ? ({ finding: "none" } as const) : await lookup.byIdentity(criteria, onDate);
    return { result, scopes };
  };
}
