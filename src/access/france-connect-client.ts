// FranceConnect clients of partners: which registration is in force, and whom it makes the caller.
import { type ServiceError, serviceError } from "../errors.ts";
import type { AccessDirectory } from "./access-directory.ts";
import { asRefusalOf } from "./authenticate.ts";
import type { Caller } from "./caller.ts";
import type { FranceConnectClientRecord } from "./france-connect-client-storage.ts";
import { isInNetworks, parseStoredNetwork } from "./network.ts";

/** A registration as the directory holds it. */
export interface FranceConnectClientEntry {
  /** Its identifier stands in place of a token's: the guard and the journal count it so. */
  readonly caller: Caller;
  /** SIRETs that a call may name as recipient, the partner's own included. */
  readonly recipients: ReadonlySet<string>;
  readonly isRevoked: boolean;
  readonly partnerState: FranceConnectClientRecord["partnerState"];
}

/** All registrations, by the client's name at FranceConnect. */
export function createFranceConnectClients() {
  const byClientId = new Map<string, Map<string, FranceConnectClientEntry>>();
  return {
    find(clientId: string): FranceConnectClientEntry | undefined {
      const entries = [...(byClientId.get(clientId)?.values() ?? [])];
      return entries.find(({ isRevoked }) => !isRevoked) ?? entries.at(-1);
    },
    put(records: readonly FranceConnectClientRecord[]): void {
      for (const record of records) {
        const known = byClientId.get(record.clientId) ?? new Map<string, FranceConnectClientEntry>();
        byClientId.set(record.clientId, known.set(record.id, toEntry(record)));
      }
    },
  };
}

function toEntry(record: FranceConnectClientRecord): FranceConnectClientEntry {
  return {
    caller: {
      tokenId: record.id,
      procedureId: record.procedureId,
      procedureName: record.procedureName,
      partnerId: record.partnerId,
      partnerSiret: record.partnerSiret,
      partnerName: record.partnerName,
      // Never more than the procedure, whatever has become of it since.
      scopes: new Set(record.scopes.filter((scope) => record.procedureScopes?.includes(scope))),
      callsPerSecond: record.callsPerSecond,
      validFrom: record.createdAt,
      // A registration ends when it is revoked; FranceConnect's tokens end by themselves.
      expiresAt: Number.POSITIVE_INFINITY,
      allowedNetworks: record.allowedNetworks.map(parseStoredNetwork),
    },
    recipients: new Set([record.partnerSiret, ...record.recipients]),
    isRevoked: record.revokedAt !== undefined || record.procedureScopes === undefined,
    partnerState: record.partnerState,
  };
}

/** A call that came with the token of a FranceConnect client. */
export interface FranceConnectCall {
  readonly clientId: string;
  readonly recipient: string;
  readonly clientAddress: string;
}

/**
 * Finds the caller of a FranceConnect client and checks that it may call now, from there and for this recipient.
 * Errors, in this order: `france_connect_client_unknown`, `france_connect_client_revoked` (or its partner
 * terminated), `partner_suspended`, `address_refused`, `france_connect_recipient_refused`.
 */
export function createFranceConnectCallerFinder(directory: Pick<AccessDirectory, "findFranceConnectClient">) {
  return (call: FranceConnectCall): Caller => {
    const entry = directory.findFranceConnectClient(call.clientId);
    if (entry === undefined) throw serviceError("france_connect_client_unknown");
    const refusal = judge(entry, call);
    if (refusal !== undefined) throw asRefusalOf(entry.caller, refusal);
    return entry.caller;
  };
}

function judge(entry: FranceConnectClientEntry, call: FranceConnectCall): ServiceError | undefined {
  const { caller, partnerState, isRevoked, recipients } = entry;
  if (isRevoked || partnerState === "terminated") return serviceError("france_connect_client_revoked");
  if (partnerState !== "active") return serviceError("partner_suspended");
  if (caller.allowedNetworks.length > 0 && !isInNetworks(call.clientAddress, caller.allowedNetworks)) {
    return serviceError("address_refused");
  }
  return recipients.has(call.recipient) ? undefined : serviceError("france_connect_recipient_refused");
}
