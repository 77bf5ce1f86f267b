// What calls have in common that are counted together. Each fact is from a list of ours (tokens, contracts, the table
// of errors), so that no stranger can make a series: a route that nobody knows is the empty method.

export interface SeriesFacts {
  /** Empty for strangers, and for the people who call with a session. */
  readonly tokenId: string;
  readonly procedureId: string;
  /** grpc, grpc-web, connect, rest or http. */
  readonly protocol: string;
  /** Contract: native, particulier-v2, particulier-v3, or public (probes, health, reflection, unknown routes). */
  readonly surface: string;
  /** `package.Service/Method`, or empty. */
  readonly rpc: string;
  readonly httpStatus: number;
  readonly rpcCode: string;
  readonly errorId: string;
  readonly outcome: string;
}

/** What calls can be told apart by. */
export type Dimension = keyof SeriesFacts;

/** Columns of `journal_series`, in the order of the facts. */
export const seriesColumns = [
  ["tokenId", "token_id"],
  ["procedureId", "procedure_id"],
  ["protocol", "protocol"],
  ["surface", "surface"],
  ["rpc", "rpc"],
  ["httpStatus", "http_status"],
  ["rpcCode", "rpc_code"],
  ["errorId", "error_id"],
  ["outcome", "outcome"],
] as const satisfies readonly (readonly [Dimension, string])[];

const packages: readonly (readonly [prefix: string, surface: string])[] = [
  ["particulier.v2.", "particulier-v2"],
  ["particulier.v3.", "particulier-v3"],
  ["statutetudiant.", "native"],
];

/** The contract of a method; `public` for what is none. */
export function surfaceOf(rpc: string): string {
  return packages.find(([prefix]) => rpc.startsWith(prefix))?.[1] ?? "public";
}

type Nullable<T> = { readonly [K in keyof T]: T[K] | null };
/** What tells the series of a line. */
export type LineFacts = Nullable<Omit<SeriesFacts, "surface">>;

/** Whether a line's caller is one whom the guard counts, and not a person (see JournalLine). */
export function isToken(tokenId: string | null): tokenId is string {
  return tokenId !== null && !tokenId.startsWith("opr_") && !tokenId.startsWith("ctc_");
}

export function seriesOf(line: LineFacts): SeriesFacts {
  const rpc = line.rpc ?? "";
  return {
    tokenId: isToken(line.tokenId) ? line.tokenId : "",
    procedureId: line.procedureId ?? "",
    protocol: line.protocol ?? "",
    surface: surfaceOf(rpc),
    rpc,
    httpStatus: line.httpStatus ?? 0,
    rpcCode: line.rpcCode ?? "",
    errorId: line.errorId ?? "",
    outcome: line.outcome ?? "",
  };
}

/** Whether both have the same key. Hot: of each line. */
export function isSameSeries(one: LineFacts, other: LineFacts): boolean {
  return (
    one.tokenId === other.tokenId &&
    one.procedureId === other.procedureId &&
    one.protocol === other.protocol &&
    one.rpc === other.rpc &&
    one.httpStatus === other.httpStatus &&
    one.rpcCode === other.rpcCode &&
    one.errorId === other.errorId &&
    one.outcome === other.outcome
  );
}

/** Tells series apart. */
export function seriesKey(facts: SeriesFacts): string {
  const { tokenId, procedureId, protocol, rpc, httpStatus, rpcCode, errorId, outcome } = facts;
  return `${tokenId}\n${procedureId}\n${protocol}\n${rpc}\n${httpStatus}\n${rpcCode}\n${errorId}\n${outcome}`;
}
