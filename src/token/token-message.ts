import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { type Token, TokenSchema, TokenStatus } from "../gen/statutetudiant/token/v1/token_pb.ts";
import { etagOf } from "../storage/etag.ts";
import { isLive } from "./rotate-token.ts";
import type { SecretRecord, TokenRecord } from "./token-record.ts";
import { type TokenStatus as StatusName, tokenStatus } from "./token-status.ts";

/** The statuses as words, and as the contract numbers them. */
export const statusNumbers: Readonly<Record<StatusName, TokenStatus>> = {
  revoked: TokenStatus.REVOKED,
  expired: TokenStatus.EXPIRED,
  suspended: TokenStatus.SUSPENDED,
  "not yet valid": TokenStatus.NOT_YET_VALID,
  "revoked later": TokenStatus.REVOKED_LATER,
  expiring: TokenStatus.EXPIRING,
  "never used": TokenStatus.NEVER_USED,
  active: TokenStatus.ACTIVE,
};

/** A token as the contract tells it. `lastUse` is a day, `YYYY-MM-DD`; undefined: no call was made with it. */
export function describeToken(record: TokenRecord, lastUse: string | undefined, now: number): Token {
  const told: MessageInitShape<typeof TokenSchema> = {
    id: record.id,
    partnerId: record.partnerId,
    partnerSiret: record.partnerSiret,
    partnerName: record.partnerName,
    procedures: [...record.procedures],
    status: statusNumbers[tokenStatus(record, lastUse !== undefined, now)],
    scopes: [...record.scopes],
    allowedNetworks: [...record.allowedNetworks],
    callsPerSecond: record.callsPerSecond ?? 0,
    validFrom: timestampFromMs(record.validFrom),
    expireTime: timestampFromMs(record.expiresAt),
    revokeReason: record.revokedReason ?? "",
    lastUseDate: lastUse ?? "",
    secrets: record.secrets.filter((secret) => isLive(secret, now)).map(describeSecret),
    issuedAtTerminal: record.issuedAtTerminal,
    createTime: timestampFromMs(record.createdAt),
    etag: etagOf(record.revision),
  };
  if (record.revokedAt !== undefined) told.revokeTime = timestampFromMs(record.revokedAt);
  if (record.leakedAt !== undefined) told.leakTime = timestampFromMs(record.leakedAt);
  if (record.prolongedAt !== undefined) told.prolongTime = timestampFromMs(record.prolongedAt);
  return create(TokenSchema, told);
}

function describeSecret({ createdAt, expiresAt }: SecretRecord) {
  return {
    createTime: timestampFromMs(createdAt),
    ...(expiresAt !== undefined && { expireTime: timestampFromMs(expiresAt) }),
  };
}
