import type { Clock } from "../clock.ts";
import { type FieldViolation, serviceError } from "../errors.ts";
import { createId } from "../storage/create-id.ts";
import type { AccessStorage } from "./access-storage.ts";
import { formatNetwork, parseNetwork } from "./network.ts";
import { allScopes } from "./scopes.ts";
import { isSiret } from "./siret.ts";
import { createTokenSecret, hashTokenSecret } from "./token-secret.ts";

/** A token to issue, for one procedure of one partner (terms, article 2). */
export interface TokenRequest {
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

/** 18 months. */
export const maxTokenDays = 548;
const maxCallsPerSecond = 1_000_000;
const maxNameLength = 200;
const dayMs = 86_400_000;

/**
 * Issues a token; partner and procedure are made when they are new. Errors: `invalid_request`, naming every bad
 * field, a partner that is not active included.
 */
export async function issueToken(
  storage: AccessStorage,
  clock: Clock,
  request: TokenRequest,
): Promise<IssuedToken> {
  const violations = [...checkRequest(request), ...(await checkPartner(storage, request.partnerSiret))];
  if (violations.length > 0) throw serviceError("invalid_request", { violations });
  const createdAt = clock.now();
  const validFrom = request.validFrom ?? createdAt;
  const secret = createTokenSecret();
  const issued: IssuedToken = {
    tokenId: createId("tok"),
    secret,
    scopes: [...new Set(request.scopes)].sort(),
    networks: request.networks.map(canonicalNetwork),
    validFrom,
    expiresAt: validFrom + (request.expiresInDays ?? maxTokenDays) * dayMs,
  };
  await storage.insertToken({
    tokenId: issued.tokenId,
    secretHash: hashTokenSecret(secret),
    scopes: issued.scopes,
    allowedNetworks: issued.networks,
    callsPerSecond: request.callsPerSecond,
    createdAt,
    validFrom,
    expiresAt: issued.expiresAt,
    procedure: { id: createId("prc"), name: request.procedureName.trim() },
    partner: { id: createId("prt"), siret: request.partnerSiret, name: request.partnerName.trim() },
  });
  return issued;
}

function checkRequest(request: TokenRequest): FieldViolation[] {
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

async function checkPartner(storage: AccessStorage, siret: string): Promise<FieldViolation[]> {
  const partner = await storage.findPartner(siret);
  if (partner === undefined || partner.state === "active") return [];
  return [{ field: "partner_siret", description: `is the SIRET of a partner that is ${partner.state}` }];
}

const nameRule = `must hold 1 to ${maxNameLength} characters without control characters`;

function isName(name: string): boolean {
  return name.trim() !== "" && name.length <= maxNameLength && !/\p{C}/u.test(name);
}

function isBetween(number: number, maximum: number): boolean {
  return Number.isInteger(number) && number >= 1 && number <= maximum;
}

function canonicalNetwork(text: string): string {
  const network = parseNetwork(text);
  return network === undefined ? text : formatNetwork(network);
}
