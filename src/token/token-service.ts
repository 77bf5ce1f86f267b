import type { MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import type { ServiceImpl } from "@connectrpc/connect";
import type { Caller } from "../access/caller.ts";
import type { IntrospectResponseSchema, TokenService } from "../gen/statutetudiant/token/v1/token_pb.ts";
import { callerOf } from "../request/call.ts";

export interface TokenServiceOptions {
  /** Calls per second of the whole service: no token has more. */
  readonly callsPerSecond: number;
  /** Calls per second of a token that has no rate of its own. */
  readonly tokenCallsPerSecond: number;
}

/** Tells a partner about its own token. */
export function createTokenService(options: TokenServiceOptions): ServiceImpl<typeof TokenService> {
  return {
    introspect: (_request, context) => describeToken(callerOf(context), options),
  };
}

function describeToken(
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
