import type { RequestHeaders } from "./exchange.ts";
import { TranscodingError } from "./transcoding-error.ts";

/** Longest delay of a Node timer, 24.8 days. */
const longestTimerMs = 2 ** 31 - 1;

const grpcUnitsMs: Readonly<Record<string, number>> = {
  H: 3_600_000,
  M: 60_000,
  S: 1000,
  m: 1,
  u: 0.001,
  n: 0.000_001,
};

/**
 * Milliseconds that the caller gives the call: `X-Server-Timeout` in decimal seconds or `Grpc-Timeout`, the shorter one
 * when both are there, at most `maxMs`. Undefined when there is neither. Throws `invalid_timeout`.
 */
export function readTimeoutMs(headers: RequestHeaders, maxMs: number): number | undefined {
  const seconds = headers["x-server-timeout"];
  const grpc = headers["grpc-timeout"];
  if (seconds === undefined && grpc === undefined) return undefined;
  return Math.min(
    seconds === undefined ? Number.POSITIVE_INFINITY : parseServerTimeout(String(seconds)),
    grpc === undefined ? Number.POSITIVE_INFINITY : parseGrpcTimeout(String(grpc)),
    maxMs,
    longestTimerMs,
  );
}

function parseServerTimeout(text: string): number {
  if (/^(?:[0-9]{1,20}(?:\.[0-9]{0,20})?|\.[0-9]{1,20})$/.test(text)) return Number(text) * 1000;
  throw new TranscodingError("invalid_timeout", "X-Server-Timeout must be a decimal number of seconds");
}

function parseGrpcTimeout(text: string): number {
  const [, amount, unit] = /^([0-9]{1,8})([HMSmun])$/.exec(text) ?? [];
  const unitMs = unit === undefined ? undefined : grpcUnitsMs[unit];
  if (unitMs !== undefined) return Number(amount) * unitMs;
  throw new TranscodingError(
    "invalid_timeout",
    "Grpc-Timeout must be up to 8 digits and one of the units H, M, S, m, u, n",
  );
}
