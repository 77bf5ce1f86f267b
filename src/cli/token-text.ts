// How commands print tokens.
import { type Timestamp, timestampMs } from "@bufbuild/protobuf/wkt";
import type { Token } from "../gen/statutetudiant/token/v1/token_pb.ts";
import { statusNumbers } from "../token/token-message.ts";
import { tokenStatuses } from "../token/token-status.ts";
import { terminalText } from "./terminal-text.ts";

export function writeInstant(instant: number): string {
  return new Date(instant).toISOString();
}

/** The status in words. */
function statusText({ status }: Token): string {
  return tokenStatuses.find((name) => statusNumbers[name] === status) ?? "";
}

export function tokenName(token: Token): string {
  const procedures = token.procedures.map(({ name }) => name).join(" + ");
  return terminalText(`${token.partnerName} · ${procedures}`);
}

export function tokenRow(token: Token): string {
  const status = statusText(token).padEnd("not yet valid".length);
  const end = (instantText(token.expireTime) ?? "").slice(0, 10);
  return `${token.id}  ${status}  ${end}  ${token.partnerSiret}  ${tokenName(token)}  ${token.scopes.join(",")}`;
}

/** One JSON document; what is absent stays out. */
export function tokenDocument(token: Token): Record<string, unknown> {
  return {
    tokenId: token.id,
    status: statusText(token),
    partnerId: token.partnerId,
    partnerSiret: token.partnerSiret,
    partnerName: token.partnerName,
    procedureName: token.procedures[0]?.name,
    procedures: token.procedures.map(({ id, name }) => ({ id, name })),
    scopes: token.scopes,
    allowedNetworks: token.allowedNetworks,
    callsPerSecond: token.callsPerSecond || undefined,
    validFrom: instantText(token.validFrom),
    expiresAt: instantText(token.expireTime),
    revokedAt: instantText(token.revokeTime),
    revokedReason: token.revokeReason || undefined,
    leakedAt: instantText(token.leakTime),
    prolongedAt: instantText(token.prolongTime),
    lastUseDate: token.lastUseDate || undefined,
    secrets: token.secrets.map(({ createTime, expireTime }) => ({
      createdAt: instantText(createTime),
      expiresAt: instantText(expireTime),
    })),
    issuedAtTerminal: token.issuedAtTerminal,
    createdAt: instantText(token.createTime),
  };
}

export function instantText(timestamp: Timestamp | undefined): string | undefined {
  return timestamp === undefined ? undefined : writeInstant(timestampMs(timestamp));
}
