import type { Network } from "../config.ts";

/** Who calls: one token, the procedure that it serves and the partner that holds it (terms, article 2). */
export interface Caller {
  readonly tokenId: string;
  readonly procedureId: string;
  readonly procedureName: string;
  readonly partnerId: string;
  readonly partnerSiret: string;
  readonly partnerName: string;
  readonly scopes: ReadonlySet<string>;
  /** Own rate of the token; absent: the service's default. */
  readonly callsPerSecond: number | undefined;
  /** Instants in milliseconds: accepted from, refused from. */
  readonly validFrom: number;
  readonly expiresAt: number;
  readonly allowedNetworks: readonly Network[];
}
