import type { MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import type { ServiceImpl } from "@connectrpc/connect";
import type { Caller } from "../access/caller.ts";
import { asPerson } from "../audit/as-person.ts";
import type { IntrospectResponseSchema, TokenService } from "../gen/statutetudiant/token/v1/token_pb.ts";
import { callerOf } from "../request/call.ts";
import type { Tokens } from "./tokens.ts";

export interface TokenServiceOptions {
  /** Calls per second of the whole service: no token has more. */
  readonly callsPerSecond: number;
  /** Calls per second of a token that has no rate of its own. */
  readonly tokenCallsPerSecond: number;
}

/** Tells a partner about the token that it calls with, and lets people keep tokens. */
export function createTokenService(
  options: TokenServiceOptions,
  tokens: Tokens,
): ServiceImpl<typeof TokenService> {
  return {
    introspect: (_request, context) => describeCaller(callerOf(context), options),
    issueToken: asPerson(tokens.issue),
    getToken: asPerson(tokens.get),
    listTokens: asPerson(tokens.list),
    updateToken: asPerson(tokens.update),
    setTokenRate: asPerson(tokens.setRate),
    joinToken: asPerson(tokens.join),
    leaveToken: asPerson(tokens.leave),
    rotateToken: asPerson(tokens.rotate),
    revokeToken: asPerson(tokens.revoke),
    markTokenLeaked: asPerson(tokens.markLeaked),
    prolongToken: asPerson(tokens.prolong),
  };
}

function describeCaller(
  caller: Caller,
  { callsPerSecond, tokenCallsPerSecond }: TokenServiceOptions,
): MessageInitShape<typeof IntrospectResponseSchema> {
  return {
    tokenId: caller.tokenId,
    partnerSiret: caller.partnerSiret,
    partnerName: caller.partnerName,
    procedureName: caller.procedureName,
    scopes: [...caller.scopes].sort(),
    validFrom: timestampFromMs(caller.validFrom),
    expiresAt: timestampFromMs(caller.expiresAt),
    callsPerSecond: Math.min(caller.callsPerSecond ?? tokenCallsPerSecond, callsPerSecond),
    allowedNetworks: caller.allowedNetworks.map(([address, bits]) => `${address.toString()}/${bits}`),
  };
}
