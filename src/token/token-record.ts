/** A secret of a token: only its hash is stored. Instants are in milliseconds since 1970. */
export interface SecretRecord {
  readonly createdAt: number;
  /** Refused from this instant on although the token is not; undefined: it ends with the token. */
  readonly expiresAt: number | undefined;
}

/** A token as it is stored, with what it hangs on. Instants are in milliseconds since 1970. */
export interface TokenRecord {
  readonly id: string;
  readonly partnerId: string;
  readonly partnerSiret: string;
  readonly partnerName: string;
  /** requested, active, suspended or terminated. */
  readonly partnerState: string;
  /** The procedures that it serves; the first one is the one for which it was issued. */
  readonly procedures: readonly { readonly id: string; readonly name: string }[];
  /** In alphabetical order. */
  readonly scopes: readonly string[];
  /** CIDR notation; empty: any address. */
  readonly allowedNetworks: readonly string[];
  /** Undefined: the service's default. */
  readonly callsPerSecond: number | undefined;
  readonly createdAt: number;
  readonly validFrom: number;
  readonly expiresAt: number;
  /** Refused from this instant on, which may lie ahead. */
  readonly revokedAt: number | undefined;
  readonly revokedReason: string | undefined;
  /** Instant at which it was said to be known to others. */
  readonly leakedAt: number | undefined;
  readonly prolongedAt: number | undefined;
  readonly issuedAtTerminal: boolean;
  readonly revision: number;
  /** All that are kept, the newest first, ended ones included. */
  readonly secrets: readonly SecretRecord[];
}
