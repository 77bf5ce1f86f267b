/** One call, as the journal keeps it (terms, article 4). */
export interface JournalLine {
  readonly requestId: string;
  /** Instant of reception, in milliseconds. */
  readonly receivedAt: number;
  /** Who called: a token (`tok_…`), or an operator or contact with a session (`opr_…`, `ctc_…`). */
  readonly tokenId: string | undefined;
  readonly procedureId: string | undefined;
  /** grpc, grpc-web, connect, rest or http (anything that no protocol claims). */
  readonly protocol: string;
  readonly httpMethod: string;
  /** The route as the contract writes it (`/v1/students/{ine}`), never with values; empty when none matched. */
  readonly route: string;
  /** `package.Service/Method`, or empty. */
  readonly rpc: string;
  readonly recipient: string | undefined;
  readonly clientAddress: string;
  readonly userAgent: string | undefined;
  readonly httpStatus: number;
  /** Code as Connect names it (`ok`, `not_found`). */
  readonly rpcCode: string;
  /** Row of the table of errors, or empty. */
  readonly errorId: string;
  readonly outcome: string;
  readonly durationUs: number;
  readonly responseBytes: number;
  /** What may identify a student or an agent: encrypted at rest. */
  readonly sealed: SealedFacts;
}

export interface SealedFacts {
  /** The request target as received, cut to 2048 characters. */
  readonly target: string;
  /** The request message as JSON, or undefined when none was read. */
  readonly parameters: string | undefined;
  readonly agent: string | undefined;
  /** INE asked for or found; its blind index makes the line findable. */
  readonly ine: string | undefined;
  /** What the search gave: `one`, `none` or `several`. */
  readonly finding: string | undefined;
}

export interface Journal {
  /**
   * Resolves once the line is durable (after the fsync of its group). Rejects with `trace_unavailable` within
   * 250 ms when it cannot be written: the answer must then not leave.
   */
  append(line: JournalLine): Promise<void>;
  /** Whether lines can be written now, for /readyz. */
  readonly healthy: boolean;
  /** Writes what is queued and ends, within 5 s. */
  close(): Promise<void>;
}
