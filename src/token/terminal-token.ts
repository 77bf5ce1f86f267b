// Tokens that are issued on the service's own machine, by whoever sits there: for emergencies, demonstrations, tests.

import { formatNetwork, parseNetwork } from "../access/network.ts";
import { allScopes } from "../access/scopes.ts";
import { isSiret } from "../access/siret.ts";
import { createTokenSecret, hashTokenSecret } from "../access/token-secret.ts";
import type { LedgerTransaction } from "../audit/ledger.ts";
import { type FieldViolation, serviceError } from "../errors.ts";
import { createId } from "../storage/create-id.ts";
import { storeToken } from "./issue-token.ts";
import { endOf, maxTokenDays } from "./token-rules.ts";

/** A token to issue, for one procedure of one partner (terms, article 2). */
export interface TerminalTokenRequest {
  readonly partnerSiret: string;
  /** Taken when the partner is new; a known partner keeps its name. */
  readonly partnerName: string;
  readonly procedureName: string;
  readonly scopes: readonly string[];
  /** Addresses or CIDR networks; none: any address. */
  readonly networks: readonly string[];
  /** 1 to 548; absent: 548. */
  readonly expiresInDays: number | undefined;
  /** 1 to 1000000; absent: the service's default. */
  readonly callsPerSecond: number | undefined;
  /** Instant from which the token is accepted, in milliseconds; absent: now. The days count from it. */
  readonly validFrom: number | undefined;
}

export interface IssuedToken {
  readonly tokenId: string;
  /** The only copy there is. */
  readonly secret: string;
  readonly scopes: readonly string[];
  readonly networks: readonly string[];
  readonly validFrom: number;
  readonly expiresAt: number;
}

const maxCallsPerSecond = 1_000_000;
const maxNameLength = 200;

/**
 * Issues a token for a procedure, which may have several in this way. Scopes must be those of the procedure already.
 */
export async function issueTerminalToken(
  transaction: LedgerTransaction,
  of: { readonly partnerId: string; readonly procedureId: string },
  request: TerminalTokenRequest,
): Promise<IssuedToken> {
  const { now } = transaction;
  const validFrom = request.validFrom ?? now;
  const secret = createTokenSecret();
  const issued: IssuedToken = {
    tokenId: createId("tok"),
    secret,
    scopes: [...new Set(request.scopes)].sort(),
    networks: request.networks.map(canonicalNetwork),
    validFrom,
    expiresAt: endOf(validFrom, request.expiresInDays ?? 0),
  };
  await storeToken(transaction, of.partnerId, {
    id: issued.tokenId,
    procedureId: of.procedureId,
    secretHash: hashTokenSecret(secret),
    scopes: issued.scopes,
    allowedNetworks: issued.networks,
    callsPerSecond: request.callsPerSecond,
    createdAt: now,
    validFrom,
    expiresAt: issued.expiresAt,
    origin: "terminal",
  });
  return issued;
}

/** Errors: `invalid_request`, naming every bad field. */
export function checkTerminalRequest(request: TerminalTokenRequest): void {
  const violations = findViolations(request);
  if (violations.length > 0) throw serviceError("invalid_request", { violations });
}

function findViolations(request: TerminalTokenRequest): FieldViolation[] {
  const { expiresInDays: days = 1, callsPerSecond: rate = 1 } = request;
  const unknown = request.scopes.filter((scope) => !allScopes.has(scope));
  const badNetworks = request.networks.filter((network) => parseNetwork(network) === undefined);
  const checks: [boolean, field: string, description: string][] = [
    [isSiret(request.partnerSiret), "partner_siret", "must be a SIRET: 14 digits with a valid check digit"],
    [isName(request.partnerName), "partner_name", nameRule],
    [isName(request.procedureName), "procedure_name", nameRule],
    [request.scopes.length > 0, "scopes", "must hold one scope at least"],
    [unknown.length === 0, "scopes", `has unknown scopes: ${unknown.join(", ")}`],
    [
      badNetworks.length === 0,
      "allowed_networks",
      `has items that are no network: ${badNetworks.join(", ")}`,
    ],
    [isBetween(days, maxTokenDays), "expires_in_days", `must be a whole number from 1 to ${maxTokenDays}`],
    [
      isBetween(rate, maxCallsPerSecond),
      "calls_per_second",
      `must be a whole number from 1 to ${maxCallsPerSecond}`,
    ],
  ];
  return checks.filter(([holds]) => !holds).map(([, field, description]) => ({ field, description }));
}

const nameRule = `must hold 1 to ${maxNameLength} characters without control characters`;

function isName(name: string): boolean {
  return name.trim() !== "" && name.length <= maxNameLength && !/\p{C}/u.test(name);
}

function isBetween(number: number, maximum: number): boolean {
  return Number.isInteger(number) && number >= 1 && number <= maximum;
}

/** CIDR notation of a network that was checked. */
function canonicalNetwork(text: string): string {
  const network = parseNetwork(text);
  return network === undefined ? text : formatNetwork(network);
}
